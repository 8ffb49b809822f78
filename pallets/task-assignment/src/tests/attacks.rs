//! What somebody could try, and what comes of it.

use deepnode_primitives::{
	task::{Assurance, ErrorCode},
	DN,
};
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
fn a_liar_that_withholds_once_its_lie_is_audited_saves_nobody() {
	run(|| {
		let model = model();
		workers(10..18, model);
		endow_audit_fund(10 * DN);
		let (lie, truth) = (scores([9, 9, 9]), scores([1, 2, 3]));
		let (task, pair) = audited(model, &lie);
		let auditor = auditors(task)[0];
		assert_ok!(commit(auditor, task, &truth));
		all_reveal(task, &pair[..1], &lie);
		assert_ok!(reveal(auditor, task, &truth));
		advance(RevealWindow::get());
		audit_with(task, &truth);
		assert!(matches!(status(task), TaskStatus::Overturned { .. }));
		for liar in pair {
			assert!(owned(&account(liar)) + bound() < FUNDS + reward(), "each of them pays what answers for the task");
		}
	});
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

#[test]
fn lazy_workers_that_always_say_that_nothing_can_be_fetched_earn_nothing() {
	run(|| {
		let model = model();
		workers(10..15, model);
		endow_audit_fund(10 * DN);
		let claim = error(ErrorCode::InputUnavailable);
		for audit in [false, true, false] {
			let (task, drawn) = if audit { audited(model, &claim) } else { assign(model) };
			if audit {
				answer_with(task, &auditors(task), &[&scores([1, 2, 3])]);
			} else {
				answer_with(task, &drawn, &[&claim, &claim]);
			}
			drawn.iter().for_each(|lazy| assert!(owned(&account(*lazy)) <= FUNDS + reward()));
			let earned: u128 = drawn.iter().map(|lazy| balances(*lazy).0 - (FUNDS - STAKE)).sum();
			assert_eq!(earned, audits_paid(&drawn), "only who once audited in earnest has been paid");
		}
	});
}

/// What these were paid as auditors.
fn audits_paid(who: &[u8]) -> u128 {
	let paid = System::read_events_no_consensus().filter_map(|record| match record.event {
		RuntimeEvent::TaskAssignment(crate::Event::AuditorPaid { auditor, amount, .. }) => Some((auditor, amount)),
		_ => None,
	});
	paid.filter(|(auditor, _)| who.contains(&number(auditor))).map(|(_, amount)| amount).sum()
}

#[test]
fn lazy_workers_that_claim_an_error_to_be_spared_the_run_lose_more_than_a_tenth_of_the_pay_is_worth() {
	run(|| {
		let model = model();
		workers(10..17, model);
		endow_audit_fund(10 * DN);
		let (task, pair) = audited(model, &error(ErrorCode::ResourcesExceeded));
		audit_with(task, &scores([1, 2, 3]));
		for worker in pair {
			let lost = FUNDS - owned(&account(worker));
			// At a chance of 5% that somebody looks, and a coalition of a third.
			let chance = 0.05 * (16.0 / 81.0) * 2.0;
			assert!(lost as f64 * chance > reward() as f64 / 10.0);
		}
	});
}

#[test]
fn a_requester_cannot_convict_its_workers_by_taking_its_input_down_before_the_audit() {
	run(|| {
		let model = model();
		workers(10..17, model);
		endow_audit_fund(10 * DN);
		let (task, pair) = audited(model, &scores([1, 2, 3]));
		let all = audit_with(task, &error(ErrorCode::InputUnavailable));
		assert_eq!((all.len(), phase(task)), (5, AuditPhase::Undecided));
		assert!(matches!(status(task), TaskStatus::Settled { .. }));
		pair.iter().for_each(|worker| assert_eq!(owned(&account(*worker)), FUNDS + reward()));
		all.iter().for_each(|auditor| assert_eq!(owned(&account(*auditor)), FUNDS, "nor do they lose anything"));
		assert_eq!(balances(REQUESTER).0, FUNDS - cost(1) - deposit(1));
	});
}

#[test]
fn a_requester_cannot_convict_its_workers_by_showing_its_input_only_to_the_audit() {
	run(|| {
		let model = model();
		workers(10..17, model);
		endow_audit_fund(10 * DN);
		let (task, pair) = audited(model, &error(ErrorCode::InputUnavailable));
		answer_with(task, &auditors(task), &[&scores([1, 2, 3])]);
		assert!(matches!(status(task), TaskStatus::Refunded { .. }));
		pair.iter().for_each(|worker| assert_eq!(owned(&account(*worker)), FUNDS));
	});
}

/// The chain cannot see that creator, requester and workers are one: it need not, for what goes round loses a part.
#[test]
fn a_creator_that_works_on_its_own_model_through_unlinked_accounts_loses_what_the_network_takes() {
	run(|| {
		let model = model();
		let hands: Vec<u8> = [CREATOR, REQUESTER].into_iter().chain(10..13).collect();
		workers(10..13, model);
		let together = || hands.iter().map(|hand| owned(&account(*hand))).sum::<u128>();
		let before = together();
		for assurance in [Assurance::Single, Assurance::Pair, Assurance::Panel] {
			let (then, task) = (together(), submit_assured(model, assurance));
			advance(1);
			let drawn = assigned(task);
			answer_with(task, &drawn, &vec![&scores([9, 9, 9]); drawn.len()]);
			assert!(matches!(status(task), TaskStatus::Settled { .. }));
			let fee = crate::mock::task(task).fee;
			assert!(then - together() >= fee / 5, "a fifth of the fee and what is for the audit");
			advance(AuditWindow::get());
		}
		assert!(together() < before);
	});
}

#[test]
fn nothing_overflows_nor_loses_precision_at_the_smallest_price_and_at_all_that_there_is() {
	use deepnode_primitives::{fees::FeeTable, MAX_SUPPLY};
	use frame_support::traits::{fungible::Mutate, tokens::Preservation};
	for (price, items) in [(1, 1), (1, 3), (MAX_SUPPLY, 1), (MAX_SUPPLY / 3, 3)] {
		run(|| {
			let model = register(pallet_model_registry::ModelSpec { price, ..spec(Default::default()) });
			// Whoever works for such a fee has a stake that answers for it.
			let stake = 1_000 * MAX_SUPPLY;
			for worker in 10..12 {
				Balances::mint_into(&account(worker), 2 * stake).unwrap();
			}
			Balances::mint_into(&account(REQUESTER), 2 * MAX_SUPPLY).unwrap();
			Genesis::set(Balances::total_issuance());
			[10, 11].into_iter().for_each(|number| worker(number, stake, 1, model));
			let (requester, creator) = (owned(&account(REQUESTER)), owned(&account(CREATOR)));
			let task = submit(model, items);
			advance(1);
			let drawn = assigned(task);
			let paid: Vec<_> = drawn.iter().map(|who| owned(&account(*who))).collect();
			let answer = scores([1, 2, 3]);
			answer_with(task, &drawn, &[&answer, &answer]);
			let (fee, audit) = (crate::mock::task(task).fee, crate::mock::task(task).audit_fee);
			assert_eq!(fee, price * u128::from(items));
			let split = FeeTable::default().split(fee, 2);
			assert_eq!(split.total(), Some(fee), "not a unit is lost");
			assert_eq!(requester - owned(&account(REQUESTER)), fee + audit);
			assert_eq!(owned(&account(CREATOR)) - creator, split.creator);
			for (who, before) in drawn.iter().zip(paid) {
				assert_eq!(owned(&account(*who)) - before, split.per_worker);
			}
			let keep = Preservation::Expendable;
			assert!(Balances::transfer(&account(REQUESTER), &account(98), 1, keep).is_ok(), "the books are in order");
		});
	}
}
