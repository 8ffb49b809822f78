//! The strategies that are tried, and what each comes to.

use deepnode_scoring::Unit;

use crate::{
	jobs,
	rules::{Rules, Setup},
	run::{play, Actor, Outcome},
	strategy::Strategy,
};

/// A strategy with a coalition to try it.
#[derive(Clone, Debug)]
pub struct Scenario {
	/// Its name in tables.
	pub name: &'static str,
	/// Who does what.
	pub actor: Actor,
	/// How its world differs from others': by what it is told.
	pub world: World,
}

/// What is particular about a scenario's world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum World {
	/// Nothing.
	Usual,
	/// Nine answers in ten are the model's most frequent one.
	Predictable,
	/// Three honest runs in a thousand go wrong, so that there are disputes.
	Faulty,
}

impl Scenario {
	/// A strategy of workers in the usual world.
	pub fn new(name: &'static str, strategy: Strategy, percent: u32) -> Self {
		Self { name, actor: Actor::workers(strategy, percent), world: World::Usual }
	}

	/// The same with other holdings.
	fn with(mut self, change: impl Fn(&mut Actor)) -> Self {
		change(&mut self.actor);
		self
	}

	/// The same in another world.
	fn within(mut self, world: World) -> Self {
		self.world = world;
		self
	}

	/// The coalition in percent.
	pub fn percent(&self) -> u32 {
		(u64::from(self.actor.coalition.deconstruct()) / 10_000_000) as u32
	}

	/// The world that it is played in.
	pub fn setup(&self, setup: &Setup) -> Setup {
		let mut setup = setup.clone();
		match self.world {
			World::Usual => {},
			World::Predictable => setup.predictability = Unit::from_percent(90),
			World::Faulty => setup.fault = Unit::from_parts(3_000_000),
		}
		setup
	}
}

/// Everything that is tried by default.
pub fn all() -> Vec<Scenario> {
	use Strategy::*;
	let of = |name, strategy, percents: &[u32]| {
		percents.iter().map(|percent| Scenario::new(name, strategy, *percent)).collect::<Vec<_>>()
	};
	let own_pool = |actor: &mut Actor| actor.own_pool = true;
	let washing = |actor: &mut Actor| (actor.own_pool, actor.requests) = (true, 20);
	let washing_split = |actor: &mut Actor| (actor.own_pool, actor.requests, actor.accounts) = (true, 20, 100);
	let requesting = |actor: &mut Actor| actor.requests = 10;
	[
		of("honest", Honest, &[33]),
		of("copy-audits", CopyAudit, &[10, 33]),
		vec![Scenario::new("copy-in-disputes", CopyThird, 33).within(World::Faulty)],
		of("constant-answer", Constant, &[10, 33]),
		vec![Scenario::new("constant-answer-90%", Constant, 33).within(World::Predictable)],
		of("always-unavailable", AlwaysUnavailable, &[10, 33]),
		of("claim-errors", ClaimError, &[10, 33]),
		of("collusion-blind", CollusionBlind, &[10, 33, 45]),
		of("collusion-knowing", CollusionKnowing, &[10, 33, 45]),
		of("collusion-with-traitors", CollusionLeaky, &[33]),
		of("shared-run", SharedRun, &[10, 33]),
		of("audit-capture", AuditCapture, &[10, 33, 45]),
		of("false-reports", FalseReport, &[10, 33, 45]),
		of("griefing", Grief, &[10, 33]),
		of("absent", Absent, &[10]),
		of("withholding", Withhold, &[10, 33]),
		vec![Scenario::new("withholding-90%", Withhold, 33).within(World::Predictable)],
		of("free-riding-requester", FreeRide, &[33, 45]).into_iter().map(|it| it.with(requesting)).collect(),
		of("washing", Wash, &[0, 10, 33, 100]).into_iter().map(|it| it.with(washing)).collect(),
		of("washing-100-accounts", Wash, &[33, 100]).into_iter().map(|it| it.with(washing_split)).collect(),
		of("creator-lies", CreatorLies, &[10, 33, 100]).into_iter().map(|it| it.with(own_pool)).collect(),
		of("copy-weights", CopyWeights, &[5, 33]),
		of("copy-weights-and-work", CopyWeightsWorking, &[33]),
		of("under-weight-a-rival", UnderWeight, &[5, 33]),
	]
	.into_iter()
	.flatten()
	.collect()
}

/// What a scenario came to, beside the same holdings used honestly.
#[derive(Clone, Debug)]
pub struct Measured {
	/// The scenario.
	pub scenario: Scenario,
	/// The strategy's runs, one for each seed.
	pub tried: Vec<Outcome>,
	/// Their honest twins.
	pub honest: Vec<Outcome>,
}

impl Measured {
	/// Plays a scenario and its honest twin with `runs` seeds.
	pub fn of(rules: &Rules, setup: &Setup, scenario: &Scenario, runs: u32) -> Self {
		let setups: Vec<_> = (0..u64::from(runs))
			.map(|run| Setup { seed: setup.seed.wrapping_add(run), ..scenario.setup(setup) })
			.collect();
		let side = scenario.actor.strategy;
		let play_all = |actor: Actor| setups.iter().map(|setup| play(rules, setup, &actor, side)).collect();
		Self {
			scenario: scenario.clone(),
			tried: play_all(scenario.actor.clone()),
			honest: play_all(scenario.actor.honest()),
		}
	}

	/// What it earns as a part of what the same holdings earn honestly.
	pub fn profit_vs_honest(&self) -> f64 {
		let sum = |outcomes: &[Outcome]| outcomes.iter().map(|outcome| outcome.profit as f64).sum::<f64>();
		sum(&self.tried) / sum(&self.honest)
	}

	/// In which epoch, counted from 1, a member was first slashed for what it did, on average over the runs in which that happened.
	pub fn detection_epochs(&self) -> Option<f64> {
		let epochs: Vec<_> = self.tried.iter().filter_map(|outcome| outcome.counts.detected).collect();
		let sum: f64 = epochs.iter().map(|epoch| f64::from(*epoch) + 1.0).sum();
		(!epochs.is_empty()).then(|| sum / epochs.len() as f64)
	}

	/// What ordinary requesters paid for false answers and did not get back, as a part of what they paid.
	pub fn requester_loss(&self) -> f64 {
		self.ratio(|outcome| outcome.counts.lost, |outcome| outcome.counts.paid)
	}

	/// The actor's part of the emission that was paid.
	pub fn emission_share(&self) -> f64 {
		self.ratio(|outcome| outcome.counts.emission.1, |outcome| outcome.counts.emission.0)
	}

	/// What honest workers were slashed for each DN that the actor gave up, where it gave up anything.
	pub fn outsiders_slashed(&self) -> f64 {
		let sum =
			|outcomes: &[Outcome]| outcomes.iter().map(|outcome| outcome.counts.outsiders_slashed as f64).sum::<f64>();
		(sum(&self.tried) - sum(&self.honest)) / self.tried.len() as f64 / 1e18
	}

	/// True answers that audits overturned, a run.
	pub fn wrongly_overturned(&self) -> f64 {
		let sum: u64 = self.tried.iter().map(|outcome| outcome.counts.wrongly_overturned).sum();
		sum as f64 / self.tried.len() as f64
	}

	fn ratio(&self, part: impl Fn(&Outcome) -> u128, whole: impl Fn(&Outcome) -> u128) -> f64 {
		let sum = |of: &dyn Fn(&Outcome) -> u128| self.tried.iter().map(|outcome| of(outcome) as f64).sum::<f64>();
		sum(&part) / sum(&whole).max(1.0)
	}
}

/// Plays scenarios on all cores.
pub fn measure(what: &str, rules: &Rules, setup: &Setup, scenarios: &[Scenario], runs: u32) -> Vec<Measured> {
	jobs::all(what, scenarios, |scenario| Measured::of(rules, setup, scenario, runs))
}
