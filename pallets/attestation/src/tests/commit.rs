use deepnode_primitives::{commitment::commitment, traits::Rounds as _};
use frame_support::{assert_noop, assert_ok, dispatch::Pays};
use sp_runtime::DispatchError;

use crate::{mock::*, Error, Event, Rounds};

#[test]
fn a_valid_commitment_is_kept_and_costs_nothing() {
	run(|| {
		open(&[10, 11]);
		let sealed = sealed(10, TASK, scores([1, 2, 3]).digest());
		let outcome = Attestation::commit(signed(10), TASK, sealed).unwrap();
		assert_eq!(outcome.pays_fee, Pays::No);

		let round = Rounds::<Test>::get(TASK).unwrap();
		let kept: Vec<_> = round.seats.iter().map(|seat| seat.commitment).collect();
		assert_eq!(kept, [Some(sealed), None]);
		assert_eq!(events(), [Event::Committed { task: TASK, worker: account(10) }]);
		assert_eq!(told(), []);
	});
}

#[test]
fn the_keeper_is_told_of_the_last_commitment() {
	run(|| {
		open(&[10, 11]);
		assert_ok!(commit(11, &scores([1, 2, 3])));
		assert_eq!(told(), []);
		assert_ok!(commit(10, &scores([1, 2, 3])));
		assert_eq!(told(), [Told::AllCommitted(TASK)]);
	});
}

#[test]
fn only_those_who_were_asked_commit() {
	run(|| {
		open(&[10, 11]);
		assert_noop!(commit(12, &scores([1, 2, 3])), Error::<Test>::NotAssigned);
		for (origin, task, error) in [
			(signed(10), TASK + 1, Error::<Test>::NotAssigned.into()),
			(RuntimeOrigin::root(), TASK, DispatchError::BadOrigin),
		] {
			assert_noop!(Attestation::commit(origin, task, Default::default()), error);
		}
	});
}

#[test]
fn a_refused_call_is_paid_for() {
	run(|| {
		let failed = Attestation::commit(signed(10), TASK, Default::default()).unwrap_err();
		assert_eq!(failed.post_info.pays_fee, Pays::Yes);
	});
}

#[test]
fn a_commitment_is_final() {
	run(|| {
		open(&[10, 11]);
		assert_ok!(commit(10, &scores([1, 2, 3])));
		assert_noop!(commit(10, &scores([4, 5, 6])), Error::<Test>::AlreadyCommitted);
		assert_ok!(commit(11, &scores([1, 2, 3])));
		assert_noop!(commit(11, &scores([4, 5, 6])), Error::<Test>::AlreadyCommitted);
	});
}

#[test]
fn a_copied_commitment_cannot_be_revealed() {
	run(|| {
		let (author, copier) = (10, 11);
		open(&[author, copier]);
		let answer = scores([1, 2, 3]);
		let copied = sealed(author, TASK, answer.digest());
		assert_ok!(Attestation::commit(signed(author), TASK, copied));
		assert_ok!(Attestation::commit(signed(copier), TASK, copied));
		assert_ok!(reveal(author, &answer));

		// It has seen all of its author's secrets by now, and has no commitment that they open.
		let output = inline(answer.to_bytes());
		for salt in [salt(author), salt(copier)] {
			let revealed = Attestation::reveal(signed(copier), TASK, salt, answer.digest(), output.clone());
			assert_noop!(revealed.map(drop).map_err(|failed| failed.error), Error::<Test>::CommitmentMismatch);
		}
	});
}

#[test]
fn a_commitment_is_bound_to_chain_task_and_worker() {
	let answer = scores([1, 2, 3]);
	let seal = |genesis, task, worker| commitment(&genesis, task, &account(worker), &[0; 32], &answer.digest());
	let (here, elsewhere) = (sp_core::H256::zero(), sp_core::H256::repeat_byte(1));
	let all = [seal(here, 0, 1), seal(elsewhere, 0, 1), seal(here, 1, 1), seal(here, 0, 2)];
	for (at, one) in all.iter().enumerate() {
		assert!(all[at + 1..].iter().all(|other| other != one));
	}
}

#[test]
fn a_commitment_fails_with_its_keeper() {
	run(|| {
		open(&[10]);
		when_told(|_| Err(DispatchError::Other("no")));
		assert_noop!(
			frame_support::storage::with_storage_layer(|| commit(10, &scores([1, 2, 3]))),
			DispatchError::Other("no")
		);
		Attestation::close(TASK);
	});
}
