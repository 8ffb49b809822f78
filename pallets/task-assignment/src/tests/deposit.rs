//! What a task may come to keep in the state is paid for.

use deepnode_primitives::{
	content::{ContentRef, Payload, Uri, Uris, MAX_INLINE_LEN, MAX_URIS, MAX_URI_LEN},
	task::Assurance,
	DN,
};
use frame_support::assert_ok;

use crate::mock::*;

/// The bytes of the keys and values that these pallets keep for tasks.
fn kept() -> usize {
	let mut kept = 0;
	for pallet in [&b"TaskAssignment"[..], b"Attestation"] {
		let prefix = sp_io::hashing::twox_128(pallet);
		let mut key = prefix.to_vec();
		while let Some(next) = sp_io::storage::next_key(&key).filter(|next| next.starts_with(&prefix)) {
			kept += next.len() + sp_io::storage::get(&next).map_or(0, |value| value.len());
			key = next.to_vec();
		}
	}
	kept
}

/// An answer of about 16 KiB, no two of which agree.
fn long(kind: i32) -> deepnode_primitives::canonical::Answer {
	let data = vec![kind * 100; MAX_INLINE_LEN as usize / 4 - 8];
	let dims = vec![1, data.len() as u32];
	deepnode_primitives::canonical::Answer::Outputs(vec![deepnode_primitives::canonical::Output { dims, data }])
}

/// What a task pays for in bytes.
fn paid_for(id: u64) -> usize {
	((task(id).deposit - DepositBase::get()) / DepositPerByte::get()) as usize
}

#[test]
fn a_deposit_covers_a_dispute_and_an_audit_with_a_long_answer_of_everybody() {
	run(|| {
		let model = model();
		workers(10..30, model);
		endow_audit_fund(100 * DN);
		let before = kept();
		let (task, first) = assign(model);
		// Of five answers three agree, and are different: the tolerance is 2.
		let near = |by: i32| {
			let deepnode_primitives::canonical::Answer::Outputs(mut outputs) = long(0) else { unreachable!() };
			outputs[0].data[0] = by;
			deepnode_primitives::canonical::Answer::Outputs(outputs)
		};
		for (worker, answer) in first.iter().zip([near(0), long(1)]) {
			frame_support::assert_ok!(commit(*worker, task, &answer));
		}
		hold_audit(task);
		answer_with(task, &auditors(task), &[&long(4)]);
		advance(1);
		let third = joined(assigned(task), &first);
		answer_with(task, &third, &[&long(2)]);
		let so_far = assigned(task);
		advance(1);
		answer_with(task, &joined(assigned(task), &so_far), &[&near(1), &near(2)]);
		advance(1);
		answer_with(task, &asked_auditors(task), &[&long(5), &long(6)]);
		advance(1);
		answer_with(task, &asked_auditors(task), &[&long(7), &long(8)]);

		// What the workers remember is theirs, and paid for by their stakes.
		let answers: usize = pallet_attestation::Answers::<Test>::iter_prefix_values(task)
			.map(|answer| codec::Encode::encode(&answer).len())
			.sum();
		assert!(answers > 9 * MAX_INLINE_LEN as usize);
		assert!(kept() - before <= paid_for(task), "{} of {}", kept() - before, paid_for(task));
	});
}

#[test]
fn places_to_look_for_a_long_answer_take_less_than_an_answer() {
	let uri = Uri::try_from(vec![b'u'; MAX_URI_LEN as usize]).unwrap();
	let uris = Uris::try_from(vec![uri; MAX_URIS as usize]).unwrap();
	let longest = Payload::Reference(ContentRef { hash: [0; 32], length: u64::MAX, uris });
	assert!(codec::Encode::encode(&longest).len() < MAX_INLINE_LEN as usize);
}

#[test]
fn many_small_tasks_cost_as_much_as_they_keep() {
	run(|| {
		let model = model();
		let before = kept();
		let tasks = submit_many(model, 50);
		let paid: usize = tasks.iter().map(|task| paid_for(*task)).sum();
		assert!(kept() - before <= paid);
		assert!(balances(REQUESTER).1 >= 50 * deposit(1), "all of it is on hold");
	});
}

#[test]
fn a_deposit_is_the_same_at_every_level_and_comes_back() {
	run(|| {
		let model = model();
		for assurance in [Assurance::Single, Assurance::Pair, Assurance::Panel] {
			let id = submit_assured(model, assurance);
			assert_eq!(task(id).deposit, deposit(1));
		}
		assert_ok!(TaskAssignment::join(signed(10), STAKE, 1, None, true));
		advance(MaxDeadline::get() + AuditWindow::get());
		assert_eq!(balances(REQUESTER), (FUNDS, 0));
	});
}
