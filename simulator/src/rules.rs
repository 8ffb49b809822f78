//! What a run is told: the protocol's rules, and the world that they are played in.

use deepnode_primitives::{fees::FeeTable, Balance, DN};
use deepnode_scoring::{
	assurance::AssuranceParams, emission::EmissionParams, fidelity::FidelityParams, powr::Exponents, Unit,
};

/// The protocol's rules. The formulas are those of `deepnode-scoring` and `deepnode-primitives`; this is
/// what they are given.
#[derive(Clone, Debug)]
pub struct Rules {
	/// How a fee is divided.
	pub fees: FeeTable,
	/// Audit probabilities, and the coalition to withstand.
	pub assurance: AssuranceParams,
	/// How fast trust is won and lost.
	pub fidelity: FidelityParams,
	/// What an epoch pays out.
	pub emission: EmissionParams,
	/// The exponents of a model's score.
	pub exponents: Exponents,
	/// The least stake that is drawn.
	pub min_stake: Balance,
	/// What an answer costs that loses against a majority, at least the task's bound.
	pub wrong_answer: Unit,
	/// What an answer costs that an audit overturns, at least the task's bound.
	pub false_agreement: Unit,
	/// What a missed commit costs.
	pub missed_commit: Unit,
	/// What an answer costs that was committed to and never revealed, at least the task's bound.
	pub missed_reveal: Unit,
	/// What a dispute costs each of its workers in which no majority agrees.
	pub no_majority: Unit,
	/// The part of its fee that the requester of such a dispute is compensated with at most.
	pub compensation: Unit,
	/// The part of a fee that is spent where most claim an error.
	pub failed: Unit,
	/// The auditors' part of the slash that an overturned answer costs.
	pub finder: Unit,
	/// A reporter's part of its partners' slash.
	pub traitor: Unit,
	/// A reporter's least bond; it is at least what one run earns.
	pub report_bond: Balance,
	/// How many of its last partners a worker remembers.
	pub memory: u32,
	/// What is kept of a model's accuracy where its workers do not agree.
	pub undecided: Unit,
	/// How far an evaluator's weight counts from the median.
	pub weight_band: Unit,
	/// After how many epochs the past counts half in the averages.
	pub half_life: u32,
	/// Whether settled tasks are audited.
	pub audits: bool,
	/// Whether partners who met lately are passed over.
	pub diversity: bool,
	/// Whether one of those who agreed on a settled answer can report it.
	pub reports: bool,
	/// Whether finders and reporters are paid parts of the task's bound at most, not of the whole slash.
	pub bounties_of_bound: bool,
	/// Whether a worker that was outvoted can report the answer that outvoted it, too.
	pub outvoted_report: bool,
	/// Whether the audit lottery is drawn, and the auditor commits, between the commits and the reveals.
	pub sealed_audits: bool,
	/// Whether it takes four of five auditors to overturn an answer, instead of two of three.
	pub four_of_five: bool,
	/// Whether an evaluator without known-answer tasks of its own is paid nothing.
	pub sealed_work: bool,
	/// Whether errors are audited like outputs, and who says that nothing could be fetched is paid nothing.
	pub audited_errors: bool,
}

impl Rules {
	/// The protocol's rules and defaults.
	pub fn protocol() -> Self {
		Self {
			fees: FeeTable::default(),
			assurance: AssuranceParams::default(),
			fidelity: FidelityParams::default(),
			emission: EmissionParams::default(),
			exponents: Exponents::default(),
			min_stake: 100 * DN,
			wrong_answer: Unit::from_percent(5),
			false_agreement: Unit::from_percent(30),
			missed_commit: Unit::from_parts(1_000_000),
			missed_reveal: Unit::from_percent(10),
			no_majority: Unit::from_parts(1_000_000),
			compensation: Unit::from_percent(10),
			failed: Unit::from_percent(10),
			finder: Unit::from_percent(10),
			traitor: Unit::from_percent(30),
			report_bond: 10 * DN,
			memory: 8,
			undecided: Unit::from_percent(99),
			weight_band: Unit::from_percent(20),
			half_life: 7,
			audits: true,
			diversity: true,
			reports: true,
			bounties_of_bound: false,
			outvoted_report: true,
			sealed_audits: true,
			four_of_five: true,
			sealed_work: true,
			audited_errors: true,
		}
	}

	/// The rules as they were first designed, before the five changes that the simulation asked for.
	pub fn first_design() -> Self {
		Self {
			outvoted_report: false,
			sealed_audits: false,
			four_of_five: false,
			sealed_work: false,
			audited_errors: false,
			..Self::protocol()
		}
	}

	/// Neither audits, nor reports, nor any regard to who met whom.
	pub fn unguarded() -> Self {
		Self { audits: false, diversity: false, reports: false, ..Self::protocol() }
	}
}

/// The world that the rules are played in.
#[derive(Clone, Debug)]
pub struct Setup {
	/// The seed of everything random.
	pub seed: u64,
	/// How many epochs are played.
	pub epochs: u32,
	/// How many workers there are.
	pub workers: u32,
	/// How many models; model 0 is that of the actor under test.
	pub models: usize,
	/// How many tasks ordinary requesters submit in an epoch.
	pub tasks: u32,
	/// The price of every model's item.
	pub price: Balance,
	/// The smallest stake of a worker; they reach up to 32 times as much.
	pub stake: Balance,
	/// What a run costs, as a part of what it earns.
	pub cost: Unit,
	/// The chance that an honest run goes wrong: a broken machine.
	pub fault: Unit,
	/// The chance that an honest worker misses its commit.
	pub absence: Unit,
	/// How often a model's answer is its most frequent one.
	pub predictability: Unit,
	/// Of a hundred tasks, how many ask for a single worker, and how many for a panel; the rest for a pair.
	pub mix: (u32, u32),
	/// How many later tasks pass before a task's bound is free again.
	pub audit_window: u64,
	/// What is in the emission's pot at first.
	pub pot: Balance,
	/// How many evaluators there are, all with the same stake.
	pub evaluators: u32,
	/// What judging the models costs an evaluator in an epoch, as a part of its equal share.
	pub evaluation_cost: Unit,
	/// How far a model's relevance moves in an epoch at most.
	pub drift: Unit,
	/// How far an honest evaluator's weight is off at most.
	pub noise: Unit,
	/// Of the workers outside the coalition, how many copy the settled answer when they audit.
	pub lazy_auditors: Unit,
}

impl Default for Setup {
	fn default() -> Self {
		Self {
			seed: 1,
			epochs: 1_000,
			workers: 200,
			models: 5,
			tasks: 60,
			price: 10 * DN,
			stake: 100 * DN,
			cost: Unit::from_percent(60),
			fault: Unit::from_parts(100_000),
			absence: Unit::from_parts(1_000_000),
			predictability: Unit::from_percent(50),
			mix: (20, 10),
			audit_window: 4,
			pot: 1_000_000 * DN,
			evaluators: 20,
			evaluation_cost: Unit::from_percent(30),
			drift: Unit::from_percent(2),
			noise: Unit::from_percent(2),
			lazy_auditors: Unit::zero(),
		}
	}
}
