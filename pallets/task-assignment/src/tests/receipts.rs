//! What is left of a settled task.

use deepnode_primitives::{
	bridge::Judgement,
	content::manifest_digest,
	fees::{FeeTable, Split},
	task::ErrorCode,
};
use frame_support::assert_ok;
use pallet_model_registry::Models;

use crate::{mock::*, Inputs, Tasks};

#[test]
fn a_settled_task_leaves_one_receipt() {
	run(|| {
		let model = model();
		workers([10, 11], model);
		let answer = scores([1, 2, 3]);
		let (task, pair) = settled(model, &answer);

		let files = Models::<Test>::get(model).unwrap().spec.files;
		let manifest = manifest_digest(files.iter().map(|file| (&file.name[..], &file.content)));
		let receipt = Receipt {
			task,
			model,
			items: 1,
			verdict: Judgement::Settled,
			requester: account(REQUESTER),
			manifest,
			input: input(1).digest(),
			output: answer.digest(),
			workers: accounts(&pair),
			fee: PRICE,
			split: FeeTable::default().split(PRICE, 2),
		};
		assert_eq!(Receipted::get(), [receipt]);
	});
}

/// Workers and model may be gone by the time that somebody asks for the receipt.
#[test]
fn the_receipt_of_a_retired_models_task_names_its_manifest() {
	run(|| {
		let model = model();
		workers([10, 11], model);
		let manifest = <ModelRegistry as deepnode_primitives::traits::Models<_>>::manifest(model).unwrap();
		let answer = scores([1, 2, 3]);
		let (task, pair) = assign_and_unseal(model, [&answer, &answer]);
		assert_ok!(ModelRegistry::retire(signed(CREATOR), model));
		all_reveal(task, &pair, &answer);
		assert_eq!(Receipted::get().iter().map(|receipt| receipt.manifest).collect::<Vec<_>>(), [manifest]);
	});
}

#[test]
fn a_task_that_is_refunded_leaves_none() {
	run(|| {
		let model = model();
		workers([10, 11], model);
		let failed = error(ErrorCode::InputInvalid);
		let (task, pair) = assign_and_unseal(model, [&failed, &failed]);
		all_reveal(task, &pair, &failed);
		assert_eq!(Receipted::get(), []);
	});
}

#[test]
fn an_overturned_task_leaves_another_that_says_so() {
	run(|| {
		endow_audit_fund(10 * deepnode_primitives::DN);
		let model = model();
		workers(10..17, model);
		let (lie, truth) = (scores([9, 9, 9]), scores([1, 2, 3]));
		let (task, pair) = audited(model, &lie);
		answer_with(task, &auditors(task), &[&truth]);
		advance(1);
		answer_with(task, &asked_auditors(task), &[&truth, &truth]);
		advance(1);
		answer_with(task, &auditors(task)[3..], &[&truth, &truth]);

		let receipts = Receipted::get();
		let [settled, overturned] = &receipts[..] else { panic!("two receipts: {receipts:?}") };
		assert_eq!(
			(settled.verdict, settled.output, &settled.workers),
			(Judgement::Settled, lie.digest(), &accounts(&pair))
		);
		let expected = Receipt { verdict: Judgement::Overturned, fee: 0, split: Split::default(), ..settled.clone() };
		assert_eq!(*overturned, expected);
		assert!(Tasks::<Test>::contains_key(task) && Inputs::<Test>::contains_key(task));
	});
}
