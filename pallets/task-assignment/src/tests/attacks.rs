//! What somebody could try, and what comes of it.

use deepnode_primitives::{task::Assurance, DN};
use frame_support::{assert_noop, assert_ok};

use crate::{
	mock::*,
	types::{AuditPhase, TaskStatus},
	Error,
};

type Refused = pallet_attestation::Error<Test>;

#[test]
fn whoever_has_seen_an_answer_can_give_no_other_than_it_has_sealed() {
	run(|| {
		let model = model();
		workers(10..14, model);
		let (truth, sealed_lie) = (scores([1, 2, 3]), scores([9, 9, 9]));
		let (task, drawn) = assign_and_unseal(model, [&truth, &sealed_lie]);
		assert_ok!(reveal(drawn[0], task, &truth));
		assert_noop!(reveal(drawn[1], task, &truth), Refused::CommitmentMismatch);
		assert_noop!(commit(drawn[1], task, &truth), Refused::AlreadyCommitted);
		// Too late it is refused as well, and costs it a withheld answer.
		advance(RevealWindow::get());
		assert_noop!(reveal(drawn[1], task, &sealed_lie), Refused::NotAssigned);
		assert_eq!(balances(drawn[1]).1, STAKE - STAKE / 5);
	});
}

#[test]
fn nobody_reveals_before_all_have_committed() {
	run(|| {
		let model = model();
		workers(10..12, model);
		let (task, drawn) = assign(model);
		let answer = scores([1, 2, 3]);
		assert_ok!(commit(drawn[0], task, &answer));
		assert_noop!(reveal(drawn[0], task, &answer), Refused::RevealTooEarly);
	});
}

#[test]
fn a_copied_commitment_opens_for_nobody_but_its_author() {
	run(|| {
		let model = model();
		workers(10..12, model);
		let (task, drawn) = assign(model);
		let answer = scores([1, 2, 3]);
		let seal = sealed(drawn[0], task, &answer);
		assert_ok!(Attestation::commit(signed(drawn[0]), task, seal));
		assert_ok!(Attestation::commit(signed(drawn[1]), task, seal));
		draw_lots(task);
		assert_ok!(reveal(drawn[0], task, &answer));
		let copied =
			Attestation::reveal(signed(drawn[1]), task, salt(drawn[0]), answer.digest(), inline(answer.to_bytes()));
		assert_noop!(copied, Refused::CommitmentMismatch);
	});
}

#[test]
fn withholding_costs_more_than_a_wrong_answer() {
	// What the second worker of a pair loses where it reveals a lie, and where it withholds that.
	let lost = |reveals: bool| {
		let mut lost = 0;
		run(|| {
			let model = model();
			workers(10..16, model);
			let (truth, lie) = (scores([1, 2, 3]), scores([9, 9, 9]));
			let (task, drawn) = assign_and_unseal(model, [&truth, &lie]);
			assert_ok!(reveal(drawn[0], task, &truth));
			if reveals {
				assert_ok!(reveal(drawn[1], task, &lie));
				advance(1);
				answer_with(task, &joined(assigned(task), &drawn), &[&truth]);
			} else {
				advance(RevealWindow::get());
			}
			lost = FUNDS - owned(&account(drawn[1]));
		});
		lost
	};
	assert!(lost(false) > lost(true));
	assert!(lost(true) > bound());
}

#[test]
fn a_liar_pays_and_its_partner_has_its_full_pay() {
	run(|| {
		let model = model();
		workers(10..13, model);
		let (truth, lie) = (scores([1, 2, 3]), scores([9, 9, 9]));
		let (task, drawn) = assign_and_commit(model, [&truth, &lie]);
		all_reveal(task, &drawn[..1], &truth);
		all_reveal(task, &drawn[1..], &lie);
		advance(1);
		answer_with(task, &joined(assigned(task), &drawn), &[&truth]);
		assert_eq!(owned(&account(drawn[0])), FUNDS + reward());
		assert!(owned(&account(drawn[1])) < FUNDS - bound());
	});
}

#[test]
fn a_colluding_pair_is_caught_and_two_of_one_hand_lose_also_where_one_denounces_the_other() {
	for denounced in [false, true] {
		run(|| {
			let model = model();
			workers(10..17, model);
			endow_audit_fund(10 * DN);
			let (lie, truth) = (scores([9, 9, 9]), scores([1, 2, 3]));
			let (task, pair) = if denounced { settled(model, &lie) } else { audited(model, &lie) };
			if denounced {
				assert_ok!(TaskAssignment::denounce(signed(pair[0]), task, Default::default()));
			}
			audit_with(task, &truth);
			assert!(matches!(status(task), TaskStatus::Overturned { .. }));
			let together: u128 = pair.iter().map(|worker| owned(&account(*worker))).sum();
			assert!(together + 2 * bound() < 2 * FUNDS, "both together lose more than they were paid");
		});
	}
}

#[test]
fn a_requester_cannot_choose_its_workers_by_trying_submissions() {
	run(|| {
		let model = model();
		(10..30).for_each(|number| worker(number, STAKE, 9, model));
		// In one block it may submit as often as it likes: what is drawn hangs on what nobody knows yet.
		let outcomes: std::collections::BTreeSet<_> = (0..20)
			.map(|luck| {
				frame_support::storage::with_transaction(|| {
					let task = submit(model, 1);
					assert_eq!(status(task), TaskStatus::Submitted, "nothing is decided in its block");
					Luck::set(luck);
					System::set_block_number(System::block_number() + 1);
					<TaskAssignment as frame_support::traits::Hooks<_>>::on_initialize(System::block_number());
					let mut drawn = assigned(task);
					drawn.sort();
					sp_runtime::TransactionOutcome::Rollback(Ok::<_, sp_runtime::DispatchError>(drawn))
				})
				.unwrap()
			})
			.collect();
		assert!(outcomes.len() > 10, "the same submission, other randomness, other workers");
	});
}

#[test]
fn a_task_is_not_drawn_nor_audited_with_randomness_that_was_known_when_it_was_fixed() {
	run(|| {
		let model = model();
		workers(10..14, model);
		endow_audit_fund(10 * DN);
		let answer = scores([1, 2, 3]);
		let (task, drawn) = assign_and_commit(model, [&answer, &answer]);
		Audited::set(Some(true));
		KnownSince::set(Some(System::block_number()));
		advance(5);
		assert_eq!(phase(task), AuditPhase::Lottery);
		assert_noop!(reveal(drawn[0], task, &answer), pallet_attestation::Error::<Test>::RevealTooEarly);
		KnownSince::set(None);
		advance(2);
		assert_eq!(phase(task), AuditPhase::Assigned);
	});
}

#[test]
fn a_stake_cannot_be_drained_before_the_audit() {
	run(|| {
		let model = model();
		workers(10..17, model);
		endow_audit_fund(10 * DN);
		let (lie, truth) = (scores([9, 9, 9]), scores([1, 2, 3]));
		let (task, pair) = audited(model, &lie);
		for worker in &pair {
			assert_ok!(TaskAssignment::leave(signed(*worker)));
			assert_noop!(TaskAssignment::withdraw(signed(*worker)), Error::<Test>::StillUnbonding);
		}
		audit_with(task, &truth);
		for worker in &pair {
			assert_eq!(balances(*worker).1, STAKE - STAKE * 3 / 10, "unbonding stake is slashed as well");
		}
		skip(UnbondingPeriod::get());
		for worker in &pair {
			assert_ok!(TaskAssignment::withdraw(signed(*worker)));
			assert_eq!(balances(*worker).0, FUNDS + reward() - STAKE * 3 / 10);
		}
	});
}

#[test]
fn a_stake_answers_for_no_more_tasks_than_it_can() {
	run(|| {
		let model = model();
		(10..13).for_each(|number| worker(number, STAKE, u16::MAX, model));
		let most = (STAKE / bound()) as usize;
		let tasks = submit_many(model, 3 * most);
		advance(8);
		assert!(tasks.iter().any(|task| status(*task) == TaskStatus::Submitted));
		(10..13).for_each(|number| assert!(worker_of(number).liable <= STAKE));
	});
}

#[test]
fn a_creator_cannot_retire_its_model_to_escape_an_audit() {
	run(|| {
		let model = model();
		workers(10..17, model);
		endow_audit_fund(10 * DN);
		let (lie, truth) = (scores([9, 9, 9]), scores([1, 2, 3]));
		let (task, drawn) = assign(model);
		assert_ok!(ModelRegistry::retire(signed(CREATOR), model));
		all_commit(task, &drawn, &lie);
		hold_audit(task);
		audit_with(task, &truth);
		assert!(matches!(status(task), TaskStatus::Overturned { .. }));
		advance(2 * AuditWindow::get());
		assert_eq!(balances(CREATOR).1, 0, "its bond comes back once nobody needs the model");
	});
}

#[test]
fn workers_that_are_absent_on_purpose_pay_for_the_delay() {
	run(|| {
		let model = model();
		workers(10..12, model);
		let task = submit_assured(model, Assurance::Single);
		advance(1);
		let absent = assigned(task)[0];
		advance(CommitWindow::get());
		assert!(owned(&account(absent)) < FUNDS);
		let other = assigned(task)[0];
		assert_ne!(other, absent);
		answer_with(task, &[other], &[&scores([1, 2, 3])]);
		assert!(matches!(status(task), TaskStatus::Settled { .. }));
	});
}
