//! Whatever anybody does, in whatever order: the invariants of every pallet hold after every call and
//! every block, no DN is lost or made, and in the end nothing is stuck. Some lie, alone or together, some
//! are absent, some withhold; tasks are disputed, audited and denounced.
//!
//! `DEEPNODE_COMMANDS` says how many commands to try; a few hundred where it is not set.

use deepnode_primitives::{
	canonical::Answer,
	task::{Assurance, ErrorCode},
	Balance, ModelId, TaskId,
};
use frame_support::traits::{fungible::Mutate, tokens::Preservation};
use proptest::{collection::vec, prelude::*, test_runner::TestRunner};
use sp_runtime::DispatchResult;
use std::{
	cell::RefCell,
	collections::{BTreeMap, BTreeSet},
};

use crate::{mock::*, Tasks, Workers};

/// How many commands make up one history.
const HISTORY: usize = 150;
/// The accounts are 1 to this.
const ACCOUNTS: u8 = 18;

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
		private: bool,
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
		assurance: Assurance,
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
	/// Everybody who is asked commits and reveals, each third of the accounts its answer.
	AnswerAll {
		answers: [u8; 3],
	},
	Denounce {
		who: u8,
		task: usize,
	},
	/// What chance says about audits from now on.
	Audit {
		audited: Option<bool>,
	},
	/// Somebody gives to the audit fund.
	Endow {
		amount: Balance,
	},
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
		6 => (who(), 0..30u128, 0..4u16, proptest::option::weighted(0.2, who()), any::<bool>())
			.prop_map(|(who, tenths, capacity, owner, private)| {
				Join { who, stake: STAKE * tenths / 10, capacity, owner, private }
			}),
		10 => (who(), model()).prop_map(|(who, model)| Serve { who, model }),
		2 => (who(), model()).prop_map(|(who, model)| StopServing { who, model }),
		2 => (who(), 0..3u128).prop_map(|(who, stakes)| AddStake { who, amount: stakes * STAKE / 2 }),
		2 => who().prop_map(|who| Leave { who }),
		2 => who().prop_map(|who| Withdraw { who }),
		12 => (who(), model(), 1..4u32, assurance(), 25..120u64)
			.prop_map(|(who, model, items, assurance, ahead)| Submit { who, model, items, assurance, ahead }),
		8 => (any::<usize>(), 0..6u8).prop_map(|(seat, answer)| Commit { seat, answer }),
		8 => prop_oneof![2 => Just(0), 1 => 0..6u8].prop_map(|answer| CommitAll { answer }),
		8 => (any::<usize>(), prop::bool::weighted(0.9)).prop_map(|(seat, truly)| Reveal { seat, truly }),
		6 => Just(RevealAll),
		14 => prop_oneof![3 => prop::array::uniform3(kind()), 1 => Just([0, 3, 4])]
			.prop_map(|answers| AnswerAll { answers }),
		4 => (who(), any::<usize>()).prop_map(|(who, task)| Denounce { who, task }),
		3 => prop_oneof![3 => Just(Some(true)), 2 => Just(None), 1 => Just(Some(false))]
			.prop_map(|audited| Audit { audited }),
		1 => (0..4u128).prop_map(|amount| Endow { amount: amount * PRICE / 2 }),
		2 => (who(), 1..=10u8).prop_map(|(who, part)| Spend { who, part }),
		20 => prop_oneof![12 => Just(1), 4 => 2..25u64, 1 => Just(UnbondingPeriod::get() / 4)]
			.prop_map(|blocks| Advance { blocks }),
	]
}

fn kind() -> impl Strategy<Value = u8> {
	prop_oneof![4 => Just(0), 1 => 1..6u8]
}

fn assurance() -> impl Strategy<Value = Assurance> {
	prop_oneof![2 => Just(Assurance::Single), 4 => Just(Assurance::Pair), 2 => Just(Assurance::Panel)]
}

/// Answers that agree with the first, the first two that is; an error; one that agrees with none; and one that
/// says that nothing was run.
fn answer(kind: u8) -> Answer {
	match kind {
		0 | 1 => scores([100, 50, 0]),
		2 => scores([101, 49, 0]),
		3 => error(ErrorCode::InputInvalid),
		5 => error(ErrorCode::InputUnavailable),
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
		.flat_map(|(id, task)| task.busy().map(|who| (id, number(who))).collect::<Vec<_>>())
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
			Register => {
				match pallet_model_registry::NextModelId::<Test>::get() {
					0 | 1 => model(),
					2 => private_model(),
					_ => return Ok(()),
				};
				Ok(())
			},
			Retire { model } => ModelRegistry::retire(signed(CREATOR), model),
			Join { who, stake, capacity, owner, private } => {
				TaskAssignment::join(signed(who), stake, capacity, owner.map(account), private)
			},
			Serve { who, model } => TaskAssignment::serve(signed(who), model),
			StopServing { who, model } => TaskAssignment::stop_serving(signed(who), model),
			AddStake { who, amount } => TaskAssignment::add_stake(signed(who), amount),
			Leave { who } => TaskAssignment::leave(signed(who)),
			Withdraw { who } => TaskAssignment::withdraw(signed(who)),
			Submit { who, model, items, assurance, ahead } => {
				let (deadline, any) = (System::block_number() + ahead, Balance::MAX);
				let (who, input) = (signed(who), input(items));
				TaskAssignment::submit(who, model, input, items, assurance, deadline, any, [0; 32])
			},
			Commit { seat, answer } => self.commit(pick(seat), answer),
			CommitAll { answer } => seats().into_iter().try_for_each(|seat| self.commit(seat, answer)),
			Reveal { seat, truly } => self.reveal(pick(seat), truly),
			RevealAll => seats().into_iter().try_for_each(|seat| self.reveal(seat, true)),
			AnswerAll { answers } => {
				for (task, who) in seats() {
					let _ = self.commit((task, who), answers[usize::from(who % 3)]);
				}
				seats().into_iter().try_for_each(|seat| self.reveal(seat, true))
			},
			Denounce { who, task } => {
				// Most try what they can denounce, if there is anything.
				let mut denounceable: Vec<_> = Tasks::<Test>::iter()
					.filter(|(_, task)| task.is_decided() && task.audit.phase == crate::types::AuditPhase::Spared)
					.collect();
				denounceable.sort_by_key(|(id, _)| *id);
				let Some((id, it)) = denounceable.get(task % (denounceable.len() + 1)) else {
					return TaskAssignment::denounce(signed(who), task as TaskId, Default::default());
				};
				let outvoted = it.losers.first().map(|(loser, _)| loser).filter(|_| task % 3 == 1);
				let who = if task % 3 == 0 { who } else { number(outvoted.unwrap_or(&it.workers[0])) };
				TaskAssignment::denounce(signed(who), *id, Default::default())
			},
			Audit { audited } => {
				Audited::set(audited);
				Ok(())
			},
			Endow { amount } => {
				endow_audit_fund(amount);
				Ok(())
			},
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

/// How many commands to try.
fn commands() -> usize {
	std::env::var("DEEPNODE_COMMANDS").ok().and_then(|number| number.parse().ok()).unwrap_or(600)
}

/// What a long series of histories comes to, among other things.
const COMES_ABOUT: [&str; 16] = [
	"TaskDisputed",
	"TaskSettled",
	"TaskRefunded",
	"TaskRequeued",
	"WorkerReplaced",
	"WorkerCompensated",
	"RequesterCompensated",
	"AuditAssigned",
	"AuditContradicted",
	"AuditConfirmed",
	"AuditUndecided",
	"AuditLapsed",
	"TaskOverturned",
	"TaskDenounced",
	"ReporterRewarded",
	"BondLost",
];

/// Runs a history to its end, and notes what came about.
fn live(history: Vec<Command>, came_about: &mut BTreeSet<String>) {
	new_test_ext().execute_with(|| {
		let mut knowledge = Knowledge::default();
		// So that histories come to the point: a model and some who serve it.
		let model = model();
		(6..=ACCOUNTS).for_each(|who| worker(who, Balance::from(who) * STAKE / 6, 1 + u16::from(who % 3), model));
		endow_audit_fund(PRICE);
		Audited::set(None);
		for command in history {
			knowledge.run(command);
			check();
			let names = events().into_iter().map(|event| format!("{event:?}"));
			came_about
				.extend(names.filter_map(|name| Some(name.split_once([' ', '{'])?.0.rsplit("::").next()?.to_string())));
		}

		// Nobody does anything any more.
		skip(MaxDeadline::get() + 4 * AuditWindow::get() + 200);
		assert_eq!(Tasks::<Test>::iter().count(), 0, "every task ends and is forgotten");
		assert_eq!(pallet_attestation::Answers::<Test>::iter().count(), 0, "with all its answers");
		for (_, worker) in Workers::<Test>::iter() {
			assert_eq!((worker.active, worker.liable), (0, 0), "nobody answers for what is over");
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
		let fund = frame_system::Account::<Test>::get(TaskAssignment::audit_fund()).data;
		assert_eq!(fund.reserved, 0, "nor in the audit fund");
	});
}

#[test]
fn no_history_breaks_an_invariant_or_leaves_a_task_stuck() {
	let cases = commands().div_ceil(HISTORY * 3 / 4) as u32;
	let config = ProptestConfig { source_file: Some(file!()), ..ProptestConfig::with_cases(cases) };
	let came_about = RefCell::new(BTreeSet::new());
	let histories = vec(command(), HISTORY / 2..=HISTORY);
	let lived = TestRunner::new(config).run(&histories, |history| {
		live(history, &mut came_about.borrow_mut());
		Ok(())
	});
	if let Err(failed) = lived {
		panic!("{failed}");
	}
	if commands() >= 10_000 {
		let came_about = came_about.into_inner();
		let missing: Vec<_> = COMES_ABOUT.iter().filter(|event| !came_about.contains(**event)).collect();
		assert!(missing.is_empty(), "the histories come to nothing like {missing:?}");
	}
}
