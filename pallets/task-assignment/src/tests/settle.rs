use deepnode_primitives::{
	comparison::Comparison,
	fees::Split,
	traits::{Rounds, SettledTasks},
	DN,
};
use frame_support::assert_ok;

use crate::{
	mock::*,
	types::{AuditPhase, TaskStatus},
	Assignments, Inputs, Tasks,
};

#[test]
fn a_task_is_settled_to_the_last_unit() {
	run(|| {
		let model = model();
		let pots = FeeSplit::pots();
		workers([10, 11], model);
		let creator = balances(CREATOR);
		let issuance = Genesis::get();

		let task = submit(model, 2);
		advance(1);
		let drawn = assigned(task);
		let answer = scores([1, 2, 3]);
		all_commit(task, &drawn, &answer);
		assert_eq!((status(task), phase(task)), (TaskStatus::Committed, AuditPhase::Lottery));
		draw_lots(task);
		assert_eq!((status(task), phase(task)), (TaskStatus::Committed, AuditPhase::Spared));
		assert_ok!(reveal(drawn[1], task, &answer));
		assert_eq!(status(task), TaskStatus::Committed);
		events();
		assert_ok!(reveal(drawn[0], task, &answer));

		// 2 x (1 DN + 3): 30% of 6 is 1.8, 50% of it 3, of which each worker gets 1.
		let fee = 2 * PRICE;
		let split = Split {
			creator: DN * 6 / 10 + 1,
			workers: DN + 2,
			per_worker: DN / 2 + 1,
			validators: DN * 16 / 100,
			treasury: DN * 12 / 100 + 3,
			community: DN * 10 / 100,
			burned: DN * 2 / 100,
		};
		assert_eq!(split.total(), Some(fee));
		let digest = answer.digest();
		assert_eq!(events(), [Event::TaskSettled { task, digest, winners: accounts(&drawn), losers: vec![], split }]);
		assert_eq!(status(task), TaskStatus::Settled { at: System::block_number(), digest });

		assert_eq!(balances(REQUESTER), (FUNDS - cost(2) - deposit(2), deposit(2)));
		assert_eq!(owned(&TaskAssignment::audit_fund()), LEAST + audit_fee(2));
		assert_eq!(balances(CREATOR), (creator.0 + split.creator, creator.1));
		for &worker in &drawn {
			assert_eq!(balances(worker), (FUNDS - STAKE + split.per_worker, STAKE));
			assert_eq!(worker_of(worker).active, 0);
		}
		assert_eq!(owned(&pots.validators), LEAST + split.validators);
		assert_eq!(owned(&pots.treasury), LEAST + split.treasury);
		assert_eq!(owned(&pots.community), LEAST + split.community);
		assert_eq!(Balances::total_issuance(), issuance - split.burned);

		assert_eq!(TaskAssignment::output(task), Some(inline(answer.to_bytes())));
		let settled = TaskAssignment::settled(task).unwrap();
		assert_eq!((settled.fee, settled.digest, settled.seal, settled.items), (fee, digest, [7; 32], 2));
		assert_eq!(Observed::get(), [Told::Settled(task, fee, accounts(&drawn))]);
		assert_eq!(Assignments::<Test>::iter().count(), 0);
	});
}

#[test]
fn a_task_can_settle_three_blocks_after_its_submission() {
	run(|| {
		let model = model();
		workers([10, 11], model);
		let submitted_at = System::block_number();
		let (task, drawn) = assign(model);
		let answer = scores([1, 2, 3]);
		advance(1);
		all_commit(task, &drawn, &answer);
		all_reveal(task, &drawn, &answer);
		assert_eq!(status(task), TaskStatus::Settled { at: submitted_at + 3, digest: answer.digest() });
	});
}

#[test]
fn answers_within_the_tolerance_settle_on_one_of_them_whoever_reveals_first() {
	run(|| {
		let model = model();
		workers([10, 11], model);
		let (first, second) = (scores([100, 0, -100]), scores([102, -2, -99]));
		let expected = if first.digest() < second.digest() { &first } else { &second };
		for order in [[0, 1], [1, 0]] {
			let (task, drawn) = assign_and_unseal(model, [&first, &second]);
			for at in order {
				assert_ok!(reveal(drawn[at], task, [&first, &second][at]));
			}
			assert!(matches!(status(task), TaskStatus::Settled { digest, .. } if digest == expected.digest()));
			assert_eq!(TaskAssignment::output(task), Some(inline(expected.to_bytes())));
		}
	});
}

#[test]
fn the_models_own_comparison_decides() {
	run(|| {
		let exact = register(spec(Comparison::Exact));
		assert_eq!(
			<ModelRegistry as deepnode_primitives::traits::Models<_>>::terms(exact).unwrap().comparison,
			Comparison::Exact
		);
		let argmax = register(spec(Comparison::ArgMax { quantisation: Default::default(), tau: 1 }));
		workers([10, 11], argmax);
		let (first, second) = (scores([900, 0, -100]), scores([100, 50, 0]));
		let (task, drawn) = assign_and_unseal(argmax, [&first, &second]);
		assert_ok!(reveal(drawn[0], task, &first));
		assert_ok!(reveal(drawn[1], task, &second));
		assert!(matches!(status(task), TaskStatus::Settled { .. }), "both say class 0");
	});
}

#[test]
fn a_retired_model_finishes_what_it_has() {
	run(|| {
		let model = model();
		workers([10, 11], model);
		let task = submit(model, 1);
		assert_ok!(ModelRegistry::retire(signed(CREATOR), model));
		advance(1);
		let drawn = assigned(task);
		let answer = scores([1, 2, 3]);
		let before = owned(&account(CREATOR));
		all_commit(task, &drawn, &answer);
		all_reveal(task, &drawn, &answer);
		assert!(owned(&account(CREATOR)) > before, "its owner is paid");
		assert!(balances(CREATOR).1 > 0, "an auditor may still need the model");
		advance(AuditWindow::get());
		assert_eq!(balances(CREATOR).1, 0, "then it has its bond back");
	});
}

#[test]
fn a_settled_task_is_forgotten_when_its_audit_window_ends() {
	run(|| {
		let model = model();
		workers([10, 11], model);
		let (first, second) = (scores([1, 2, 3]), scores([1, 2, 3]));
		let (task, drawn) = assign_and_unseal(model, [&first, &second]);
		all_reveal(task, &drawn, &first);
		drawn.iter().for_each(|worker| assert_eq!(worker_of(*worker).liable, bound()));
		skip(AuditWindow::get() - 1);
		assert!(Tasks::<Test>::contains_key(task));
		assert_eq!(balances(REQUESTER).1, deposit(1));
		advance(1);

		assert!(!Tasks::<Test>::contains_key(task));
		assert!(!Inputs::<Test>::contains_key(task));
		assert_eq!(TaskAssignment::settled(task), None);
		assert_eq!(TaskAssignment::output(task), None);
		assert_eq!(Attestation::answer(task, &first.digest()), None);
		assert_eq!(balances(REQUESTER), (FUNDS - cost(1), 0));
		drawn.iter().for_each(|worker| assert_eq!(worker_of(*worker).liable, 0));
	});
}

#[test]
fn one_block_can_settle_many_tasks_of_the_same_workers() {
	run(|| {
		let model = model();
		worker(10, STAKE, 8, model);
		worker(11, STAKE, 8, model);
		let tasks: Vec<_> = (0..8).map(|_| submit(model, 1)).collect();
		advance(1);
		assert_eq!(worker_of(10).active, 8);
		let answer = scores([1, 2, 3]);
		for task in &tasks {
			all_commit(*task, &[10, 11], &answer);
		}
		for task in tasks {
			all_reveal(task, &[10, 11], &answer);
		}
		assert_eq!(worker_of(10).active, 0);
		assert_eq!(balances(10), balances(11));
	});
}
