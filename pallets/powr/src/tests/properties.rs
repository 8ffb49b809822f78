//! Whatever anybody does, in whatever order: the invariants hold after every call and every block, no DN
//! is lost or made, the pot loses exactly what is paid from it, and in the end every stake comes back.
//!
//! `DEEPNODE_COMMANDS` says how many commands to try; a few hundred where it is not set.

use deepnode_primitives::{traits::Observer, Balance, ModelId, TaskId, DN};
use proptest::{collection::vec, prelude::*};
use sp_runtime::DispatchResult;

use crate::{
	mock::*,
	seals,
	types::{Expected, Params},
	Evaluations, Event, Unbonding,
};

/// How many commands make up one history.
const HISTORY: usize = 120;
/// The evaluators are 1 to this.
const EVALUATORS: u64 = 6;
/// The models are 0 to this, the last excluded.
const MODELS: ModelId = 6;

#[derive(Clone, Debug)]
enum Command {
	Settle {
		model: ModelId,
		requester: u64,
		fee: Balance,
		winners: u64,
	},
	Overturn {
		task: TaskId,
	},
	Undecided {
		model: ModelId,
	},
	Join {
		who: u64,
		stake: Balance,
	},
	Leave {
		who: u64,
	},
	Withdraw {
		who: u64,
	},
	Commit {
		who: u64,
	},
	CommitAll,
	Reveal {
		who: u64,
		truly: bool,
	},
	/// Everybody who has committed, once it is time.
	RevealAll,
	Open {
		who: u64,
		data_set: Option<u32>,
	},
	Evaluate {
		who: u64,
		fee: Balance,
		right: bool,
	},
	Unseal {
		who: u64,
		task: TaskId,
	},
	Rate {
		who: u64,
		task: TaskId,
		rating: u32,
	},
	Enlist {
		model: ModelId,
		instead: ModelId,
	},
	Params {
		half_life: u32,
		rate: u32,
		max_idle: u32,
	},
	Advance {
		blocks: u64,
	},
}

fn command() -> impl Strategy<Value = Command> {
	use Command::*;
	let who = || 1..=EVALUATORS;
	let fee = || prop_oneof![1 => Just(1), 4 => (0..1_000u128).prop_map(|fee| fee * DN / 7), 1 => Just(3_000_000 * DN)];
	prop_oneof![
		10 => (0..MODELS, 90..93u64, fee(), 0..4u64)
			.prop_map(|(model, requester, fee, winners)| Settle { model, requester, fee, winners }),
		1 => (0..40u64).prop_map(|task| Overturn { task }),
		1 => (0..MODELS).prop_map(|model| Undecided { model }),
		6 => (who(), 0..30u128).prop_map(|(who, tenths)| Join { who, stake: STAKE * tenths / 10 }),
		1 => who().prop_map(|who| Leave { who }),
		2 => who().prop_map(|who| Withdraw { who }),
		4 => who().prop_map(|who| Commit { who }),
		4 => Just(CommitAll),
		4 => (who(), prop::bool::weighted(0.8)).prop_map(|(who, truly)| Reveal { who, truly }),
		3 => Just(RevealAll),
		4 => (who(), proptest::option::of(0..3u32)).prop_map(|(who, data_set)| Open { who, data_set }),
		6 => (who(), fee(), any::<bool>()).prop_map(|(who, fee, right)| Evaluate { who, fee, right }),
		2 => (who(), 0..40u64).prop_map(|(who, task)| Unseal { who, task }),
		4 => (90..93u64, 0..40u64, 0..=100u32).prop_map(|(who, task, rating)| Rate { who, task, rating }),
		2 => (0..MODELS, 0..MODELS).prop_map(|(model, instead)| Enlist { model, instead }),
		1 => (0..4u32, 0..20u32, 1..4u32)
			.prop_map(|(half_life, rate, max_idle)| Params { half_life, rate, max_idle }),
		16 => prop_oneof![6 => Just(1), 3 => 2..8u64, 1 => Just(20)].prop_map(|blocks| Advance { blocks }),
	]
}

fn expected() -> Expected {
	Expected::Answer(answer([9, 1, 1]).try_into().unwrap())
}

fn unseal(who: u64, task: TaskId) -> DispatchResult {
	Powr::unseal(signed(who), DOMAIN, task, expected(), salt(9), [7; 32])
}

/// Does it. Whether it is refused is of no interest here; that nothing else goes wrong is.
fn attempt(command: Command) -> DispatchResult {
	use Command::*;
	match command {
		Settle { model, requester, fee, winners } => {
			let winners: Vec<_> = (80..80 + winners).collect();
			settle_as(model, requester, fee, &winners, [0; 32]);
		},
		Overturn { task } => {
			if let Some((settled, _)) = world(|world| world.tasks.remove(&task)) {
				// The number stays taken.
				Powr::overturned(task, settled.model, settled.fee);
			}
		},
		Undecided { model } => Powr::undecided(0, model),
		Join { who, stake } => Powr::join(signed(who), DOMAIN, stake)?,
		Leave { who } => Powr::leave(signed(who), DOMAIN)?,
		Withdraw { who } => Powr::withdraw(signed(who), DOMAIN)?,
		Commit { who } => commit_weights(who)?,
		CommitAll => (1..=EVALUATORS).for_each(|who| _ = commit_weights(who)),
		Reveal { who, truly } => reveal(who, &if truly { weights(who) } else { vec![(0, 1)] })?,
		RevealAll => {
			to_reveals();
			(1..=EVALUATORS).for_each(|who| _ = reveal(who, &weights(who)));
		},
		Open { who, data_set } => {
			let item = seals::item(&who, &expected(), &[7; 32]);
			Powr::open_evaluation(signed(who), DOMAIN, item, data_set)?
		},
		Evaluate { who, fee, right } => {
			let drawn = Evaluations::<Test>::get(DOMAIN, who).map(|it| it.models.into_inner()).unwrap_or_default();
			for (model, _) in drawn.into_iter().filter(|(_, judged)| !judged) {
				let seal = seals::task(&who, &expected(), &salt(9));
				let scores = if right { [9, 1, 1] } else { [1, 9, 1] };
				let task = settle_with(model, 93, fee, &[80, 81], seal, answer(scores));
				unseal(who, task)?;
			}
		},
		Unseal { who, task } => unseal(who, task)?,
		Rate { who, task, rating } => Powr::rate(signed(who), task, percent(rating))?,
		Enlist { model, instead } => Powr::enlist(signed(1), model, Some(instead))?,
		Params { half_life, rate, max_idle } => {
			let mut params = self::Params { half_life, max_idle, ..generous() };
			params.emission.rate = percent(rate);
			set_params(params);
		},
		Advance { blocks } => advance(blocks),
	}
	Ok(())
}

/// What an evaluator thinks of the models in the running epoch.
fn weights(who: u64) -> Vec<(ModelId, u32)> {
	(0..MODELS).map(|model| (model, (who as u32 * 7 + epoch() * 5 + model * 13) % 101)).collect()
}

fn commit_weights(who: u64) -> DispatchResult {
	let hash = seals::page(&page(&weights(who)), &salt(who));
	Powr::commit_weights(signed(who), DOMAIN, seals::ballot(epoch(), DOMAIN, &who, &[hash]))
}

/// What the events since the last time say that the pot has paid, less what it was paid.
fn paid() -> i128 {
	let paid = |event| match event {
		Event::EmissionPaid { amount, .. } | Event::DataSetPaid { amount, .. } => amount as i128,
		Event::TaskUnsealed { reimbursed, .. } => reimbursed as i128,
		Event::EvaluatorSlashed { amount, .. } => -(amount as i128),
		_ => 0,
	};
	events().into_iter().map(paid).sum()
}

fn runs() -> u32 {
	let commands = std::env::var("DEEPNODE_COMMANDS").ok().and_then(|number| number.parse().ok()).unwrap_or(3_000);
	(commands as u32).div_ceil(HISTORY as u32)
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(runs()))]

	#[test]
	fn no_history_breaks_an_invariant_or_loses_dn(history in vec(command(), HISTORY / 2..=HISTORY)) {
		new_test_ext().execute_with(|| {
			let issuance = Balances::total_issuance();
			set_params(Params { max_idle: 2, ..generous() });
			MaxModels::set(MODELS - 1);
			(0..MODELS).for_each(|creator| settle_all(&[model(70 + u64::from(creator))], DN));
			world(|world| world.data_sets.extend([(1, (95, DN)), (2, (9_999, 1))]));
			(1..EVALUATORS).for_each(|who| Powr::join(signed(who), DOMAIN, STAKE).unwrap());
			close_epoch();
			events();
			for command in history {
				let before = pot() as i128;
				let _ = frame_support::storage::with_storage_layer(|| attempt(command));
				Powr::do_try_state().unwrap();
				assert_eq!(Balances::total_issuance(), issuance, "nothing is minted or burned");
				assert_eq!(before - pot() as i128, paid(), "the pot loses what is paid from it");
			}

			// Nobody does anything any more.
			(1..=EVALUATORS).for_each(|who| _ = Powr::leave(signed(who), DOMAIN));
			advance(UnbondingPeriod::get());
			close_epoch();
			close_epoch();
			(1..=EVALUATORS).for_each(|who| _ = Powr::withdraw(signed(who), DOMAIN));
			assert_eq!(Unbonding::<Test>::iter().count(), 0, "every stake can be withdrawn");
			for who in 1..=EVALUATORS {
				assert_eq!(frame_system::Account::<Test>::get(who).data.reserved, 0, "nothing stays on hold");
			}
			assert_eq!(crate::Models::<Test>::iter().count(), 0, "nobody uses any model");
			assert_eq!(crate::Marks::<Test>::iter().count(), 0);
			Powr::do_try_state().unwrap();
			MaxModels::set(1_000);
		});
	}
}
