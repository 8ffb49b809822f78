//! Settled tasks that outsiders find settled falsely.

use deepnode_primitives::{
	canonical::Answer,
	fees::{part, FeeTable},
	task::ErrorCode,
	traits::SettledTasks,
	DN,
};
use deepnode_scoring::fidelity::{self, Mark};
use frame_support::assert_noop;
use pallet_model_registry::ModelSpec;

use crate::{
	mock::*,
	types::{AuditPhase, Offence, TaskStatus},
	Error,
};

const FALSELY: u128 = STAKE * 3 / 10;

/// A task that a pair has settled falsely, the pair, and the auditors, of whom three have answered truly and the
/// last two not yet.
fn contradicted(model: u32, lie: &Answer, truth: &Answer) -> (u64, Vec<u8>, Vec<u8>) {
	endow_audit_fund(10 * DN);
	let (task, pair) = audited(model, lie);
	answer_with(task, &auditors(task), &[truth]);
	assert_eq!(phase(task), AuditPhase::Waiting);
	advance(1);
	answer_with(task, &asked_auditors(task), &[truth, truth]);
	assert_eq!(phase(task), AuditPhase::Waiting, "three are not enough");
	advance(1);
	(task, pair, auditors(task))
}

#[test]
fn a_pair_that_agreed_falsely_loses_its_stake_to_the_requester_and_the_auditors() {
	run(|| {
		let model = model();
		workers(10..17, model);
		let (lie, truth) = (scores([9, 9, 9]), scores([1, 2, 3]));
		let (task, pair, auditors) = contradicted(model, &lie, &truth);
		let pots = FeeSplit::pots();
		let network = owned(&pots.treasury);
		events();
		answer_with(task, &auditors[3..], &[&truth, &truth]);

		assert_eq!(status(task), TaskStatus::Overturned { at: System::block_number() });
		assert_eq!(phase(task), AuditPhase::Overturned);
		assert_eq!((TaskAssignment::settled(task), TaskAssignment::output(task)), (None, None));
		assert_eq!(balances(REQUESTER), (FUNDS - audit_fee(1) - deposit(1), deposit(1)), "it has its fee back");
		for worker in &pair {
			assert_eq!(balances(*worker), (FUNDS - STAKE + reward(), STAKE - FALSELY));
			let worker = worker_of(*worker);
			assert_eq!(worker.liable, 0);
			let then = fidelity::after(fidelity::START, Mark::For, &Fidelity::get());
			assert_eq!(worker.fidelity, fidelity::after(then, Mark::Against, &Fidelity::get()));
		}
		let lost = 2 * FALSELY;
		let found = part(lost, FinderPart::get()) / 5;
		for auditor in &auditors {
			assert_eq!(balances(*auditor), (FUNDS - STAKE + reward() + found, STAKE));
			assert_eq!(worker_of(*auditor).liable, bound());
		}
		assert_eq!(SlashedAndBurned::get(), lost - PRICE - 5 * (reward() + found));
		assert_eq!(owned(&TaskAssignment::audit_fund()), LEAST + 10 * DN + audit_fee(1));
		assert_eq!(owned(&pots.treasury), network);
		assert_eq!(Observed::get().last(), Some(&Told::Overturned(task, PRICE)));
		let overturned = Event::TaskOverturned {
			task,
			digest: Some(truth.digest()),
			auditors: accounts(&auditors),
			losers: accounts(&pair),
		};
		assert_eq!(events().last(), Some(&overturned));
		assert_noop!(TaskAssignment::denounce(signed(pair[0]), task, Default::default()), Error::<Test>::NotSettled);

		advance(2 * AuditWindow::get());
		assert_eq!(balances(REQUESTER).1, 0, "it is forgotten like any other");
		assert!((10..17).all(|worker| worker_of(worker).liable == 0));
	});
}

#[test]
fn an_answer_that_should_have_been_an_error_is_overturned_too() {
	run(|| {
		let model = model();
		workers(10..17, model);
		let truth = error(ErrorCode::InputInvalid);
		let (task, _, auditors) = contradicted(model, &scores([9, 9, 9]), &truth);
		events();
		answer_with(task, &auditors[3..], &[&truth, &truth]);
		assert!(matches!(events().last(), Some(Event::TaskOverturned { digest: None, .. })));
	});
}

#[test]
fn a_false_auditor_among_true_ones_is_slashed_like_a_wrong_answer() {
	run(|| {
		let model = model();
		workers(10..17, model);
		let (lie, truth) = (scores([9, 9, 9]), scores([1, 2, 3]));
		let (task, pair, auditors) = contradicted(model, &lie, &truth);
		events();
		answer_with(task, &auditors[3..], &[&lie, &truth]);
		assert!(matches!(status(task), TaskStatus::Overturned { .. }));
		let amount = STAKE / 10;
		let slash = Event::WorkerSlashed { worker: account(auditors[3]), task, amount, offence: Offence::WrongAnswer };
		assert!(events().contains(&slash));
		assert_eq!(balances(auditors[3]), (FUNDS - STAKE, STAKE - amount));
		pair.iter().for_each(|worker| assert_eq!(balances(*worker).1, STAKE - FALSELY));
	});
}

#[test]
fn a_slash_never_takes_more_than_the_stake_and_pays_the_requester_first() {
	run(|| {
		let model = register(ModelSpec { price: 60 * DN, ..spec(Default::default()) });
		workers(10..17, model);
		endow_audit_fund(100 * DN);
		let (lie, truth) = (scores([9, 9, 9]), scores([1, 2, 3]));
		let (task, pair) = audited(model, &lie);
		// Other offences have left the pair next to nothing.
		for worker in &pair {
			crate::Workers::<Test>::mutate_extant(account(*worker), |worker| worker.stake = 30 * DN);
			let worker = account(*worker);
			use frame_support::traits::{fungible::hold::Mutate, tokens::Precision};
			let reason = crate::HoldReason::WorkerStake.into();
			Balances::release(&reason, &worker, STAKE - 30 * DN, Precision::Exact).unwrap();
		}
		pair.iter().for_each(|worker| crate::StaleWeights::<Test>::insert(account(*worker), ()));
		let all = audit_with(task, &truth);
		pair.iter().for_each(|worker| assert_eq!(balances(*worker).1, 0));
		let (_, audit, _) = TaskAssignment::quote(model, 1, deepnode_primitives::task::Assurance::Pair).unwrap();
		assert_eq!(balances(REQUESTER).0, FUNDS - audit - deposit(1), "its fee is what the two had left");
		let paid = all.iter().map(|auditor| balances(*auditor).0 - (FUNDS - STAKE)).collect::<Vec<_>>();
		assert_eq!(paid, [15 * DN, 0, 0, 0, 0], "what the fund had set aside for one");
		assert_eq!(SlashedAndBurned::get(), 0);
	});
}

#[test]
fn who_was_outvoted_by_a_false_majority_has_back_what_it_lost() {
	run(|| {
		let model = model();
		workers(10..18, model);
		endow_audit_fund(10 * DN);
		let (lie, truth) = (scores([9, 9, 9]), scores([1, 2, 3]));
		let (task, first) = assign_and_commit(model, [&truth, &lie]);
		hold_audit(task);
		answer_with(task, &auditors(task), &[&truth]);
		advance(1);
		let third = joined(assigned(task), &first)[0];
		answer_with(task, &[third], &[&lie]);
		let (honest, lost) = (first[0], STAKE / 10);
		assert_eq!(balances(honest), (FUNDS - STAKE, STAKE - lost));
		events();
		let more = audit_with(task, &truth);
		assert!(!more.contains(&honest), "who was outvoted is no outsider");
		assert_eq!(balances(honest), (FUNDS - STAKE + lost, STAKE - lost));
		let restored = Event::WorkerRestored { worker: account(honest), task, amount: lost };
		assert!(events().contains(&restored));
		[first[1], third].iter().for_each(|liar| assert_eq!(balances(*liar).1, STAKE - FALSELY));
	});
}

#[test]
fn a_winner_whose_own_answer_agrees_with_the_auditors_is_not_slashed() {
	run(|| {
		let model = model();
		workers(10..18, model);
		endow_audit_fund(10 * DN);
		// The settled answer is one of two that agree; the auditors' agrees with the other alone.
		let (low, high) = (scores([0, 0, 0]), scores([2, 0, 0]));
		let (task, pair) = assign_and_commit(model, [&low, &high]);
		hold_audit(task);
		// Which of the two it is hangs on their digests alone.
		let settled_low = low.digest() < high.digest();
		let theirs = if settled_low { scores([4, 0, 0]) } else { scores([-2, 0, 0]) };
		let (near, far) = if settled_low { (pair[1], pair[0]) } else { (pair[0], pair[1]) };
		audit_with(task, &theirs);
		assert!(matches!(status(task), TaskStatus::Overturned { .. }));
		assert_eq!((balances(near).1, balances(far).1), (STAKE, STAKE - FALSELY));
		assert_eq!(assigned(task), [near]);
	});
}

#[test]
fn what_a_false_agreement_earned_is_less_than_what_it_costs() {
	run(|| {
		let model = model();
		workers(10..17, model);
		let (lie, truth) = (scores([9, 9, 9]), scores([1, 2, 3]));
		let (task, pair, auditors) = contradicted(model, &lie, &truth);
		answer_with(task, &auditors[3..], &[&truth, &truth]);
		let pay = FeeTable::default().split(PRICE, 2).per_worker;
		// At a chance of 5% that somebody looks, and a coalition of a third.
		let chance = 0.05 * (16.0 / 81.0) * 2.0;
		pair.iter().for_each(|worker| {
			let lost = STAKE - balances(*worker).1;
			assert!(lost as f64 * chance > pay as f64);
		});
	});
}
