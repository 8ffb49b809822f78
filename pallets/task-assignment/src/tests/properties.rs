//! Whatever anybody does, in whatever order: the invariants of every pallet hold after every call and
//! every block, no DN is lost or made, and in the end nothing is stuck.
//!
//! `DEEPNODE_COMMANDS` says how many commands to try; a few hundred where it is not set.

use deepnode_primitives::{canonical::Answer, task::ErrorCode, Balance, ModelId, TaskId, DN};
use frame_support::traits::{fungible::Mutate, tokens::Preservation};
use proptest::{collection::vec, prelude::*};
use sp_runtime::DispatchResult;
use std::collections::BTreeMap;

use crate::{mock::*, Tasks, Workers};

/// How many commands make up one history.
const HISTORY: usize = 150;
/// The accounts are 1 to this.
const ACCOUNTS: u8 = 12;

#[derive(Clone, Debug)]
enum Command {
	Register,
	Retire {
		model: ModelId,
	},
	Join {
		who: u8,
		stake: Balance,
		capacity: u16,
		owner: Option<u8>,
	},
	Serve {
		who: u8,
		model: ModelId,
	},
	StopServing {
		who: u8,
		model: ModelId,
	},
	AddStake {
		who: u8,
		amount: Balance,
	},
	Leave {
		who: u8,
	},
	Withdraw {
		who: u8,
	},
	Submit {
		who: u8,
		model: ModelId,
		items: u32,
		ahead: BlockNumber,
	},
	/// Somebody commits who should, or who should not.
	Commit {
		seat: usize,
		answer: u8,
	},
	/// Everybody commits who should.
	CommitAll {
		answer: u8,
	},
	Reveal {
		seat: usize,
		truly: bool,
	},
	RevealAll,
	Spend {
		who: u8,
		part: u8,
	},
	Advance {
		blocks: BlockNumber,
	},
}

fn command() -> impl Strategy<Value = Command> {
	use Command::*;
	let who = || 1..=ACCOUNTS;
	let model = || prop_oneof![6 => Just(0), 1 => 1..3u32];
	prop_oneof![
		1 => Just(Register),
		1 => (0..3u32).prop_map(|model| Retire { model }),
		6 => (who(), 0..30u128, 0..4u16, proptest::option::weighted(0.2, who()))
			.prop_map(|(who, tenths, capacity, owner)| Join { who, stake: STAKE * tenths / 10, capacity, owner }),
		10 => (who(), model()).prop_map(|(who, model)| Serve { who, model }),
		2 => (who(), model()).prop_map(|(who, model)| StopServing { who, model }),
		2 => (who(), 0..3u128).prop_map(|(who, stakes)| AddStake { who, amount: stakes * STAKE / 2 }),
		2 => who().prop_map(|who| Leave { who }),
		2 => who().prop_map(|who| Withdraw { who }),
		12 => (who(), model(), 1..4u32, 25..120u64)
			.prop_map(|(who, model, items, ahead)| Submit { who, model, items, ahead }),
		8 => (any::<usize>(), 0..5u8).prop_map(|(seat, answer)| Commit { seat, answer }),
		8 => prop_oneof![2 => Just(0), 1 => 0..5u8].prop_map(|answer| CommitAll { answer }),
		8 => (any::<usize>(), prop::bool::weighted(0.9)).prop_map(|(seat, truly)| Reveal { seat, truly }),
		6 => Just(RevealAll),
		2 => (who(), 1..=10u8).prop_map(|(who, part)| Spend { who, part }),
		20 => prop_oneof![12 => Just(1), 4 => 2..25u64, 1 => Just(UnbondingPeriod::get() / 4)]
			.prop_map(|blocks| Advance { blocks }),
	]
}

/// Answers that agree with the first, the first two that is; an error; and one that agrees with none.
fn answer(kind: u8) -> Answer {
	match kind {
		0 | 1 => scores([100, 50, 0]),
		2 => scores([101, 49, 0]),
		3 => error(ErrorCode::InputInvalid),
		_ => scores([-100, 50, 0]),
	}
}

/// What the workers of the test know.
#[derive(Default)]
struct Knowledge {
	committed: BTreeMap<(TaskId, u8), Answer>,
}

/// Every seat there is.
fn seats() -> Vec<(TaskId, u8)> {
	let mut seats: Vec<_> = Tasks::<Test>::iter()
		.flat_map(|(id, task)| task.workers.into_iter().map(move |who| (id, number(&who))))
		.collect();
	seats.sort();
	seats
}

/// One of the seats, or one that there is not.
fn pick(seat: usize) -> (TaskId, u8) {
	let seats = seats();
	seats.get(seat % (seats.len() + 1)).copied().unwrap_or((0, 1))
}

impl Knowledge {
	fn commit(&mut self, (task, who): (TaskId, u8), kind: u8) -> DispatchResult {
		if commit(who, task, &answer(kind)).is_ok() {
			self.committed.insert((task, who), answer(kind));
		}
		Ok(())
	}

	fn reveal(&self, (task, who): (TaskId, u8), truly: bool) -> DispatchResult {
		let known = self.committed.get(&(task, who)).cloned();
		let answer = known.filter(|_| truly).unwrap_or_else(|| scores([9, 9, 9]));
		let _ = reveal(who, task, &answer);
		Ok(())
	}

	/// Does it. Whether it is refused is of no interest here; that nothing else goes wrong is.
	fn run(&mut self, command: Command) {
		let _ = self.attempt(command);
	}

	fn attempt(&mut self, command: Command) -> DispatchResult {
		use Command::*;
		match command {
			Register if pallet_model_registry::NextModelId::<Test>::get() < 3 => {
				model();
				Ok(())
			},
			Register => Ok(()),
			Retire { model } => ModelRegistry::retire(signed(CREATOR), model),
			Join { who, stake, capacity, owner } => {
				TaskAssignment::join(signed(who), stake, capacity, owner.map(account))
			},
			Serve { who, model } => TaskAssignment::serve(signed(who), model),
			StopServing { who, model } => TaskAssignment::stop_serving(signed(who), model),
			AddStake { who, amount } => TaskAssignment::add_stake(signed(who), amount),
			Leave { who } => TaskAssignment::leave(signed(who)),
			Withdraw { who } => TaskAssignment::withdraw(signed(who)),
			Submit { who, model, items, ahead } => {
				let deadline = System::block_number() + ahead;
				try_submit(who, model, input(items), items, deadline, Balance::MAX)
			},
			Commit { seat, answer } => self.commit(pick(seat), answer),
			CommitAll { answer } => seats().into_iter().try_for_each(|seat| self.commit(seat, answer)),
			Reveal { seat, truly } => self.reveal(pick(seat), truly),
			RevealAll => seats().into_iter().try_for_each(|seat| self.reveal(seat, true)),
			Spend { who, part } => {
				let amount = balances(who).0 / 10 * Balance::from(part);
				Balances::transfer(&account(who), &account(99), amount, Preservation::Expendable).map(|_| ())
			},
			Advance { blocks } => {
				if blocks > 25 {
					skip(blocks)
				} else {
					advance(blocks)
				}
				Ok(())
			},
		}
	}
}

fn runs() -> u32 {
	let commands = std::env::var("DEEPNODE_COMMANDS").ok().and_then(|number| number.parse().ok()).unwrap_or(600);
	(commands as u32).div_ceil(HISTORY as u32)
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(runs()))]

	#[test]
	fn no_history_breaks_an_invariant_or_leaves_a_task_stuck(history in vec(command(), HISTORY / 2..=HISTORY)) {
		new_test_ext().execute_with(|| {
			let mut knowledge = Knowledge::default();
			// So that histories come to the point: a model and some who serve it.
			let model = model();
			(6..=ACCOUNTS).for_each(|who| worker(who, Balance::from(who) * STAKE / 6, 1 + u16::from(who % 3), model));
			for command in history {
				knowledge.run(command);
				check();
				System::reset_events();
			}

			// Nobody does anything any more.
			skip(MaxDeadline::get() + AuditWindow::get() + 10);
			assert_eq!(Tasks::<Test>::iter().count(), 0, "every task ends and is forgotten");
			for (_, worker) in Workers::<Test>::iter() {
				assert_eq!(worker.active, 0, "nobody is busy with what is over");
			}
			for who in 1..=ACCOUNTS {
				let _ = TaskAssignment::leave(signed(who));
			}
			skip(UnbondingPeriod::get());
			for who in 1..=ACCOUNTS {
				let _ = TaskAssignment::withdraw(signed(who));
			}
			assert_eq!(Workers::<Test>::iter().count(), 0, "every stake can be withdrawn");
			for who in (1..=ACCOUNTS).filter(|who| *who != CREATOR) {
				assert_eq!(balances(who).1, 0, "nothing stays on hold");
			}
			assert!(Genesis::get() - Balances::total_issuance() < 1000 * DN, "and little was burned");
		});
	}
}
