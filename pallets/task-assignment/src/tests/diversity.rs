//! Who works with whom.

use deepnode_scoring::pairs;
use frame_support::assert_ok;

use crate::{
	mock::*,
	pool::{Pool, Wanted},
	types::{Worker, MAX_PARTNERS, MAX_SHUNNED},
	Workers,
};

#[test]
fn a_worker_remembers_its_last_partners_and_accomplices() {
	let mut worker = Worker::<u32, u32>::new(0, 100, 1, true);
	(1..=MAX_PARTNERS + 2).for_each(|partner| worker.meet(partner));
	assert_eq!(worker.partners.to_vec(), (3..=MAX_PARTNERS + 2).collect::<Vec<_>>());
	for accomplice in [1, 1, 2, 3, 4, 5] {
		worker.shun(accomplice);
	}
	assert_eq!(worker.shunned.to_vec(), (2..=MAX_SHUNNED + 1).collect::<Vec<_>>());
	(0..20).for_each(|_| worker.meet(7));
	assert_eq!(worker.acceptance(&[7, 8]), pairs::acceptance(MAX_PARTNERS, MAX_PARTNERS));
	assert_eq!(worker.acceptance(&[8]), pairs::acceptance(0, MAX_PARTNERS));
}

#[test]
fn those_who_serve_a_task_together_remember_each_other_also_in_a_dispute() {
	run(|| {
		let model = model();
		workers(10..13, model);
		let (task, first) = assign_and_commit(model, [&scores([1, 2, 3]), &scores([9, 9, 9])]);
		let partners = |number| worker_of(number).partners.iter().map(number_of).collect::<Vec<_>>();
		assert_eq!(partners(first[0]), [first[1]]);
		all_reveal(task, &first[..1], &scores([1, 2, 3]));
		all_reveal(task, &first[1..], &scores([9, 9, 9]));
		advance(1);
		let third = joined(assigned(task), &first)[0];
		assert_eq!(partners(third), first);
		assert_eq!(partners(first[0]), [first[1], third]);
		assert_eq!(partners(first[1]), [first[0], third]);
	});
}

fn number_of(account: &AccountId) -> u8 {
	number(account)
}

/// How often of 2,000 draws 11 is drawn next to 10.
fn together(model: u32) -> usize {
	let (requester, with) = (account(REQUESTER), [account(10)]);
	let ten = account(10);
	(0..2_000)
		.filter(|luck| {
			Luck::set(*luck);
			let barred = vec![&requester, &ten];
			let wanted = Wanted { task: 0, count: 1, barred, with: &with, bound: 0, fixed_at: 0 };
			Pool::<Test>::of(model).draw(&wanted).expect("all are free") == [account(11)]
		})
		.count()
}

#[test]
fn who_has_met_often_lately_meets_less_often() {
	run(|| {
		let model = model();
		workers(10..20, model);
		let strangers = together(model);
		assert!((170..280).contains(&strangers), "one of nine: {strangers}");
		Workers::<Test>::mutate_extant(account(11), |worker| {
			(0..MAX_PARTNERS).for_each(|_| worker.meet(account(10)));
		});
		let friends = together(model);
		assert!((10..60).contains(&friends), "a ninth of that: {friends}");
	});
}

#[test]
fn a_small_pool_takes_those_who_have_met_after_all() {
	run(|| {
		let model = model();
		(10..12).for_each(|number| worker(number, STAKE, 99, model));
		for _ in 0..12 {
			let (_, mut drawn) = assign(model);
			drawn.sort();
			assert_eq!(drawn, [10, 11], "there is nobody else");
		}
	});
}

#[test]
fn accomplices_never_meet_again_not_even_where_there_is_nobody_else() {
	run(|| {
		let model = model();
		workers([10, 11], model);
		Workers::<Test>::mutate_extant(account(11), |worker| worker.shun(account(10)));
		let task = submit(model, 1);
		advance(30);
		assert_eq!(status(task), crate::types::TaskStatus::Submitted);
		workers([12], model);
		advance(8);
		assert!(assigned(task).contains(&12));
	});
}

#[test]
fn a_false_agreement_parts_its_accomplices() {
	run(|| {
		let model = model();
		workers(10..17, model);
		endow_audit_fund(100 * PRICE);
		let (lie, truth) = (scores([9, 9, 9]), scores([1, 2, 3]));
		let (task, pair) = audited(model, &lie);
		audit_with(task, &truth);
		assert_eq!(worker_of(pair[0]).shunned.to_vec(), accounts(&pair[1..]));
		assert_eq!(worker_of(pair[1]).shunned.to_vec(), accounts(&pair[..1]));
	});
}

#[test]
fn fidelity_weighs_a_stake_and_the_pools_know_it_by_the_next_block() {
	run(|| {
		let model = model();
		workers(10..12, model);
		let answer = scores([1, 2, 3]);
		for _ in 0..6 {
			let (task, drawn) = assign(model);
			answer_with(task, &drawn, &[&answer, &answer]);
		}
		advance(1);
		let worker = worker_of(10);
		assert!(worker.fidelity > deepnode_scoring::fidelity::START);
		let weighs = deepnode_scoring::fidelity::weigh(STAKE, worker.fidelity);
		assert!(weighs > weight(STAKE));
		assert_eq!(TaskAssignment::pool(model), (2, 2 * weighs));
	});
}

#[test]
fn a_pool_that_does_not_know_yet_draws_nobody_whose_stake_is_too_small() {
	run(|| {
		let model = model();
		workers([10, 11], model);
		Workers::<Test>::mutate_extant(account(10), |worker| worker.stake -= 1);
		crate::StaleWeights::<Test>::insert(account(10), ());
		let (requester, creator) = (account(REQUESTER), account(CREATOR));
		let wanted = Wanted { task: 0, count: 2, barred: vec![&requester, &creator], with: &[], bound: 0, fixed_at: 0 };
		assert_eq!(Pool::<Test>::of(model).draw(&wanted), None);
		// It was the test that took the unit.
		Workers::<Test>::mutate_extant(account(10), |worker| worker.stake += 1);
		assert_ok!(TaskAssignment::leave(signed(10)));
	});
}
