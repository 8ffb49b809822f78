//! Whatever anybody does, in whatever order, with all of the pallets of the real runtime: the invariants of each hold
//! after every transaction and every block, what is on hold is what the pallets know of, and no DN is made, nor lost
//! but what is burned or leaves for Base, where as much is locked.
//!
//! `DEEPNODE_COMMANDS` says how many commands to try, a few hundred where it is not set, and `DEEPNODE_SEED` which: the
//! same seed gives the same history. With 10,000 or more the histories have to come to everything that is listed here.

mod actions;
mod base;
mod invariants;
mod rng;
mod work;
mod world;

use std::collections::BTreeMap;
use world::World;

/// How many commands make up one history.
const HISTORY: usize = 2_500;

/// What a few hundred commands come to.
const SOON: [&str; 11] = [
	"ModelRegistry.ModelRegistered",
	"TaskAssignment.TaskSettled",
	"TaskAssignment.TaskDisputed",
	"TaskAssignment.TaskRefunded",
	"TaskAssignment.WorkerSlashed",
	"TaskAssignment.AuditAssigned",
	"Powr.EvaluatorJoined",
	"Powr.EpochClosed",
	"Powr.EmissionPaid.Worker",
	"BaseBridge.ReceiptIssued",
	"BaseBridge.EpochEnded",
];

/// What ten thousand come to besides.
const IN_TIME: [&str; 45] = [
	"DataRegistry.DataSetRegistered",
	"TaskAssignment.AuditConfirmed",
	"ModelRegistry.ModelRetired",
	"ModelRegistry.ModelRemoved",
	"DataRegistry.DataSetPublished",
	"DataRegistry.DataSetRemoved",
	"TaskAssignment.StakeWithdrawn",
	"TaskAssignment.TaskRequeued",
	"TaskAssignment.WorkerReplaced",
	"TaskAssignment.RequesterCompensated",
	"TaskAssignment.AuditContradicted",
	"TaskAssignment.TaskOverturned",
	"TaskAssignment.TaskDenounced",
	"TaskAssignment.BondLost",
	"Attestation.Challenged",
	"Attestation.ChunksOpened",
	"FeeSplit.TableChanged",
	"Powr.EvaluationDrawn",
	"Powr.WeightsCommitted",
	"Powr.TaskUnsealed",
	"Powr.TaskRated",
	"Powr.WeightsRevealed",
	"Powr.EpochEnded",
	"Powr.EpochClosed",
	"Powr.EmissionPaid.Creator",
	"Powr.EmissionPaid.Evaluator",
	"Balances.DustLost",
	"TaskAssignment.WorkerLeft",
	"BaseBridge.GatewaySet",
	"BaseBridge.WithdrawalQueued",
	"BaseBridge.FeeRaised",
	"BaseBridge.GovernanceQueued",
	"BaseBridge.MessageTold.Release",
	"BaseBridge.MessageTold.Release.Again",
	"BaseBridge.MessageTold.Settlement",
	"BaseBridge.MessageTold.Burn",
	"BaseBridge.MessageTold.Governance",
	"BaseBridge.MessageRefused.Release",
	"BaseBridge.MessageRefused.Settlement",
	"BaseBridge.MessageRefused.Burn",
	"BaseBridge.PayoutAddressSet",
	"BaseBridge.PaidOut",
	"BaseBridge.SettlementQueued",
	"BaseBridge.Reclaimed",
	"BaseBridge.BurnQueued",
];

/// The number that an environment variable says.
fn number(name: &str, otherwise: u64) -> u64 {
	let said = std::env::var(name).ok();
	said.map_or(otherwise, |said| said.parse().unwrap_or_else(|_| panic!("{name}={said} is no number")))
}

#[test]
fn no_history_of_the_whole_runtime_breaks_an_invariant() {
	let commands = number("DEEPNODE_COMMANDS", 400) as usize;
	let seed = number("DEEPNODE_SEED", 1);
	let mut came_about = BTreeMap::<String, usize>::new();
	let mut succeeded = BTreeMap::<&str, (usize, usize)>::new();
	let mut left = commands;
	for history in 0.. {
		let now = left.min(HISTORY);
		let mut world = World::new(seed + history);
		while world.done < now {
			world.step();
		}
		world.rest();
		for (name, (tried, done)) in &world.commands {
			let (all, well) = succeeded.entry(name).or_default();
			(*all, *well) = (*all + tried, *well + done);
		}
		for (event, times) in &world.events {
			*came_about.entry(event.clone()).or_default() += times;
		}
		left -= now;
		if left == 0 {
			break;
		}
	}

	println!("{commands} commands from seed {seed}; of each kind, how many were tried and how many succeeded:");
	succeeded.iter().for_each(|(name, (tried, done))| println!("{name:>28} {tried:6} {done:6}"));
	println!("what came about:");
	came_about.iter().for_each(|(event, times)| println!("{event:>38} {times:6}"));

	let expected = SOON.iter().chain(IN_TIME.iter().filter(|_| commands >= 10_000));
	let missing: Vec<_> = expected.filter(|event| !came_about.contains_key(**event)).collect();
	assert!(missing.is_empty(), "{commands} commands from seed {seed} come to nothing like {missing:?}");
	// A list of so many models as a domain has never fills here, so that nobody has to be put on it.
	let never = succeeded.iter().filter(|(name, (_, done))| *done == 0 && **name != "enlist");
	let never: Vec<_> = never.map(|(name, _)| name).collect();
	assert!(commands < 10_000 || never.is_empty(), "never successful: {never:?}");
}
