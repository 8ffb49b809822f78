use deepnode_primitives::Balance;
use frame_support::assert_ok;

use crate::{
	mock::*,
	pool::{Pool, Wanted},
	types::TaskStatus,
};

/// The sum of `(observed - expected)^2 / expected`.
fn chi_square(observed: impl IntoIterator<Item = (u32, f64)>) -> f64 {
	observed.into_iter().map(|(observed, expected)| (f64::from(observed) - expected).powi(2) / expected).sum()
}

/// Draws `count` of a model's workers with the `luck` of that number, and takes nobody.
fn draw(model: u32, luck: u32, count: usize) -> Vec<u8> {
	Luck::set(luck);
	let (requester, creator) = (account(REQUESTER), account(CREATOR));
	let wanted = Wanted { task: 0, count, barred: vec![&requester, &creator], with: &[], bound: bound(), fixed_at: 0 };
	let drawn = Pool::<Test>::of(model).draw(&wanted);
	drawn.expect("all are free").iter().map(number).collect()
}

#[test]
fn the_chance_of_a_draw_is_proportional_to_stake() {
	run(|| {
		const DRAWS: u32 = 10_000;
		let model = model();
		// Stakes of 1 to 8, in no order.
		let stakes: [u8; 8] = [3, 8, 1, 5, 2, 7, 4, 6];
		for (at, stake) in stakes.iter().enumerate() {
			worker(10 + at as u8, STAKE * Balance::from(*stake), 1, model);
		}
		let stake_of = |number: u8| f64::from(stakes[usize::from(number) - 10]);
		let total: f64 = stakes.iter().copied().map(f64::from).sum();

		let mut first = [0u32; 8];
		let mut pairs = std::collections::BTreeMap::<(u8, u8), u32>::new();
		for luck in 0..DRAWS {
			let drawn = draw(model, luck, 2);
			first[usize::from(drawn[0]) - 10] += 1;
			*pairs.entry((drawn[0], drawn[1])).or_default() += 1;
		}
		let expected = |number| f64::from(DRAWS) * stake_of(number) / total;
		let statistic = chi_square((10..18).map(|number| (first[usize::from(number) - 10], expected(number))));
		assert!(statistic < 24.3, "7 degrees of freedom go beyond 24.3 once in a thousand: {statistic}");

		let pair = |a, b| expected(a) * stake_of(b) / (total - stake_of(a));
		let statistic = chi_square((10..18).flat_map(|a| {
			let pairs = &pairs;
			(10..18).filter(move |b| a != *b).map(move |b| (pairs.get(&(a, b)).copied().unwrap_or(0), pair(a, b)))
		}));
		assert!(statistic < 93.2, "55 degrees of freedom go beyond 93.2 once in a thousand: {statistic}");
	});
}

#[test]
fn splitting_a_stake_does_not_change_its_chance() {
	run(|| {
		const DRAWS: u32 = 5_000;
		let model = model();
		worker(10, 8 * STAKE, 1, model);
		(11..19).for_each(|number| worker(number, STAKE, 1, model));
		let whole = (0..DRAWS).filter(|luck| draw(model, *luck, 1) == [10]).count() as u32;
		let half = f64::from(DRAWS) / 2.0;
		assert!(chi_square([(whole, half), (DRAWS - whole, half)]) < 10.8);
	});
}

#[test]
#[cfg(not(feature = "runtime-benchmarks"))]
fn nobody_is_drawn_for_a_task_that_is_not_older_than_the_randomness() {
	run(|| {
		let model = model();
		workers([10, 11], model);
		let task = submit(model, 1);
		// The runtime says so where a block has no VRF output.
		KnownSince::set(Some(System::block_number()));
		advance(4);
		assert_eq!(status(task), TaskStatus::Submitted);
		KnownSince::set(None);
		advance(4);
		assert_eq!(status(task), TaskStatus::Assigned);
	});
}

#[test]
fn a_task_is_drawn_in_the_next_block_with_both_occupied() {
	run(|| {
		let model = model();
		workers([10, 11], model);
		let task = submit(model, 1);
		events();
		advance(1);
		let workers = assigned(task);
		assert_eq!(events(), [Event::TaskAssigned { task, workers: accounts(&workers) }]);
		for number in workers {
			assert_eq!(worker_of(number).active, 1);
			assert!(crate::Assignments::<Test>::contains_key(account(number), task));
		}
	});
}

#[test]
fn capacity_is_respected() {
	run(|| {
		let model = model();
		worker(10, STAKE, 1, model);
		worker(11, STAKE, 2, model);
		worker(12, STAKE, 1, model);
		let tasks: Vec<_> = (0..3).map(|_| submit(model, 1)).collect();
		advance(1);
		// 11 serves two tasks, with 10 and with 12, if luck brings it into the first; else one waits more.
		advance(15);
		let assigned: Vec<_> = tasks.iter().filter(|task| status(**task) == TaskStatus::Assigned).collect();
		assert!(assigned.len() <= 2);
		for number in 10..13 {
			let worker = worker_of(number);
			assert!(worker.active <= worker.capacity);
		}
	});
}

#[test]
fn a_busy_worker_is_drawn_again_when_it_is_free() {
	run(|| {
		let model = model();
		workers([10, 11], model);
		let first = submit(model, 1);
		let second = submit(model, 1);
		advance(1);
		let (busy, waiting) = if status(first) == TaskStatus::Assigned { (first, second) } else { (second, first) };
		assert_eq!(status(waiting), TaskStatus::Submitted);
		let answer = scores([1, 2, 3]);
		all_commit(busy, &[10, 11], &answer);
		all_reveal(busy, &[10, 11], &answer);
		advance(2);
		assert_eq!(status(waiting), TaskStatus::Assigned);
	});
}

#[test]
fn neither_requester_nor_creator_nor_theirs_are_drawn() {
	run(|| {
		let model = model();
		worker(REQUESTER, 10 * STAKE, 99, model);
		worker(CREATOR, 10 * STAKE, 99, model);
		for (number, owner) in [(20, REQUESTER), (21, CREATOR)] {
			assert_ok!(TaskAssignment::join(signed(number), 10 * STAKE, 99, Some(account(owner)), true));
			assert_ok!(TaskAssignment::serve(signed(number), model));
		}
		worker(10, STAKE, 99, model);
		worker(11, STAKE, 99, model);
		for luck in 0..CommitWindow::get() as u32 - 1 {
			Luck::set(luck);
			let (_, mut drawn) = assign(model);
			drawn.sort();
			assert_eq!(drawn, [10, 11]);
		}
	});
}

#[test]
fn workers_of_the_requesters_declared_owner_are_not_drawn() {
	run(|| {
		let model = model();
		// The requester is a worker of 50, and so is 20.
		assert_ok!(TaskAssignment::join(signed(REQUESTER), STAKE, 1, Some(account(50)), true));
		for (number, owner) in [(20, Some(account(50))), (50, None), (10, None), (11, None)] {
			assert_ok!(TaskAssignment::join(signed(number), STAKE, 99, owner, true));
			assert_ok!(TaskAssignment::serve(signed(number), model));
		}
		for luck in 0..CommitWindow::get() as u32 - 1 {
			Luck::set(luck);
			let (_, mut drawn) = assign(model);
			drawn.sort();
			assert_eq!(drawn, [10, 11]);
		}
	});
}

#[test]
fn two_of_one_declared_owner_never_serve_one_task() {
	run(|| {
		let model = model();
		for number in 20..26 {
			assert_ok!(TaskAssignment::join(signed(number), STAKE, 99, Some(account(30)), true));
			assert_ok!(TaskAssignment::serve(signed(number), model));
		}
		worker(10, STAKE, 99, model);
		for luck in 0..CommitWindow::get() as u32 - 1 {
			Luck::set(luck);
			let (_, drawn) = assign(model);
			assert!(drawn.contains(&10), "one of the six at most: {drawn:?}");
		}
	});
}

#[test]
fn a_replacement_is_not_the_partners() {
	run(|| {
		let model = model();
		for (number, owner) in [(20, 30), (21, 30), (22, 31)] {
			assert_ok!(TaskAssignment::join(signed(number), STAKE, 99, Some(account(owner)), true));
			assert_ok!(TaskAssignment::serve(signed(number), model));
		}
		let (task, drawn) = assign(model);
		let partner = drawn.into_iter().find(|number| *number < 22).expect("22 has one partner");
		assert_ok!(commit(partner, task, &scores([1, 2, 3])));
		advance(CommitWindow::get());
		assert_eq!(status(task), TaskStatus::Submitted, "only a worker of the partner's owner is left");
	});
}

#[test]
fn one_worker_is_no_pair() {
	run(|| {
		let model = model();
		workers([10], model);
		let task = submit(model, 1);
		advance(10);
		assert_eq!(status(task), TaskStatus::Submitted);
		assert_eq!(worker_of(10).active, 0);
	});
}

#[test]
fn a_draw_gives_up_after_enough_looks_and_is_lucky_another_time() {
	run(|| {
		let model = model();
		// Busy workers of the largest stake stand before two free ones.
		(20..60).for_each(|number| worker(number, 10 * STAKE, 1, model));
		(20..60).for_each(|number| {
			crate::Workers::<Test>::mutate_extant(account(number), |worker| worker.capacity = 0);
		});
		workers([10, 11], model);
		let task = submit(model, 1);
		advance(1);
		assert_eq!(status(task), TaskStatus::Submitted);
		(20..58).for_each(|number| {
			assert_ok!(TaskAssignment::leave(signed(number)));
		});
		advance(8);
		assert_eq!(status(task), TaskStatus::Assigned);
	});
}
