//! What must hold at any time, in each pallet and between them.

use crate::{
	AccountId, Attestation, Balance, Balances, BaseBridge, DataRegistry, FeeSplit, ModelRegistry, Powr, Runtime,
	RuntimeEvent, RuntimeHoldReason, System, TaskAssignment,
};
use deepnode_primitives::bridge::{tree::committed_root, Payload, Roots};
use pallet_base_bridge::Event;
use pallet_task_assignment::types::TaskStatus;
use sp_core::H256;
use std::collections::BTreeMap;

/// Panics where something does not hold.
pub fn check() {
	ModelRegistry::do_try_state().unwrap();
	DataRegistry::do_try_state().unwrap();
	TaskAssignment::do_try_state().unwrap();
	Attestation::do_try_state().unwrap();
	FeeSplit::do_try_state().unwrap();
	Powr::do_try_state().unwrap();
	BaseBridge::do_try_state().unwrap();
	check_holds();
	check_rounds();
	let owned: Balance =
		frame_system::Account::<Runtime>::iter_values().map(|account| account.data.free + account.data.reserved).sum();
	assert_eq!(Balances::total_issuance(), owned, "the issuance is what the accounts have");
}

/// What everybody together has on hold for a reason is what the pallet knows of that gave it: nothing is stuck.
fn check_holds() {
	use pallet_task_assignment::HoldReason as Tasks;
	let mut held = BTreeMap::<String, Balance>::new();
	for hold in pallet_balances::Holds::<Runtime>::iter_values().flatten() {
		*held.entry(format!("{:?}", hold.id)).or_default() += hold.amount;
	}
	let all = |reason: RuntimeHoldReason| held.get(&format!("{reason:?}")).copied().unwrap_or(0);
	let tasks: Vec<_> = pallet_task_assignment::Tasks::<Runtime>::iter_values().collect();
	let sum = |of: fn(&pallet_task_assignment::types::Task<AccountId, u32>) -> Balance| tasks.iter().map(of).sum();
	let open = |task: &pallet_task_assignment::types::Task<AccountId, u32>| {
		if task.status.is_open() {
			task.fee + task.audit_fee
		} else {
			0
		}
	};
	let bond = |task: &pallet_task_assignment::types::Task<AccountId, u32>| {
		task.audit.report.as_ref().map_or(0, |report| report.bond)
	};
	let models = pallet_model_registry::Models::<Runtime>::iter_values().map(|model| model.bond).sum::<Balance>();
	let data_sets = pallet_data_registry::DataSets::<Runtime>::iter_values().map(|it| it.bond).sum::<Balance>();
	let workers = pallet_task_assignment::Workers::<Runtime>::iter_values().map(|it| it.stake).sum::<Balance>();
	let seated = pallet_powr::Seats::<Runtime>::iter_values().flatten().map(|seat| seat.stake).sum::<Balance>();
	let leaving = pallet_powr::Unbonding::<Runtime>::iter_values().map(|it| it.stake).sum::<Balance>();
	let sent = pallet_base_bridge::Messages::<Runtime>::iter_values().map(|it| it.held).sum::<Balance>();
	let payouts: Vec<_> = pallet_base_bridge::PayoutsOf::<Runtime>::iter_values().collect();
	let known: [(RuntimeHoldReason, Balance); 11] = [
		(pallet_model_registry::HoldReason::ModelBond.into(), models),
		(pallet_data_registry::HoldReason::DataSetBond.into(), data_sets),
		(pallet_powr::HoldReason::EvaluatorStake.into(), seated + leaving),
		(Tasks::WorkerStake.into(), workers),
		(Tasks::TaskFee.into(), sum(open)),
		(Tasks::TaskDeposit.into(), sum(|task| task.deposit)),
		(Tasks::Denouncement.into(), sum(bond)),
		(Tasks::AuditReward.into(), sum(|task| task.audit.reserved)),
		(pallet_base_bridge::HoldReason::Withdrawal.into(), sent),
		(pallet_base_bridge::HoldReason::Payout.into(), payouts.iter().map(|it| it.earned).sum()),
		(pallet_base_bridge::HoldReason::PayoutDeposit.into(), payouts.iter().map(|it| it.deposit).sum()),
	];
	for (reason, amount) in known {
		assert_eq!(all(reason), amount, "{reason:?}");
	}
}

/// Panics where the roots of a block that has ended are not those over what its events tell Base.
pub fn check_roots() {
	let (mut messages, mut receipts) = (Vec::new(), Vec::new());
	for record in System::read_events_no_consensus() {
		match record.event {
			RuntimeEvent::BaseBridge(Event::MessageTold { index, message }) => {
				assert_eq!(index as usize, messages.len(), "{message:?}");
				messages.push(message);
			},
			RuntimeEvent::BaseBridge(Event::ReceiptIssued { index, receipt }) => {
				assert_eq!(index as usize, receipts.len(), "{receipt:?}");
				receipts.push(receipt);
			},
			_ => {},
		}
	}
	let settlement = messages.iter().find_map(|message| match message.payload {
		Payload::Settlement { root, .. } => Some(root),
		_ => None,
	});
	let leaves: Vec<H256> = BaseBridge::domain().map_or_else(Vec::new, |domain| {
		let leaves = messages.iter().map(|message| message.leaf(&domain));
		leaves.collect()
	});
	let chain = System::block_hash(0);
	let roots = Roots {
		messages: committed_root(&leaves),
		settlement: settlement.unwrap_or_default(),
		receipts: committed_root(&receipts.iter().map(|receipt| receipt.leaf(&chain)).collect::<Vec<_>>()),
	};
	assert_eq!(BaseBridge::roots(), roots, "a relayer can prove what the events say");
	assert_eq!(BaseBridge::told(System::block_number()), messages, "and look it up");
}

/// Tasks and rounds know of each other, and of the same people, and models of their tasks.
fn check_rounds() {
	let mut used = BTreeMap::<u32, u32>::new();
	for (id, task) in pallet_task_assignment::Tasks::<Runtime>::iter() {
		let given_up = matches!(task.status, TaskStatus::Refunded { .. }) && !task.status.is_decided();
		*used.entry(task.model).or_default() += u32::from(!given_up);
		let Some(round) = pallet_attestation::Rounds::<Runtime>::get(id) else {
			assert!(given_up || task.status == TaskStatus::Submitted, "task {id} has no round");
			continue;
		};
		let mut seated: Vec<_> = round.answering().map(|seat| seat.worker.clone()).collect();
		let (open, audited) = (task.status.is_open(), task.audit.phase.is_open());
		let serving = task.workers.iter().filter(|_| open).chain(task.audit.auditors.iter());
		let mut serving: Vec<_> = serving.cloned().collect();
		seated.sort();
		serving.sort();
		assert!(!(open || audited) || seated == serving, "task {id} is answered by {seated:?}, not by {serving:?}");
	}
	let mut rounds = pallet_attestation::Rounds::<Runtime>::iter_keys();
	assert!(rounds.all(pallet_task_assignment::Tasks::<Runtime>::contains_key), "a round has a task");
	let open: BTreeMap<_, _> = pallet_model_registry::OpenTasks::<Runtime>::iter().collect();
	used.retain(|_, tasks| *tasks > 0);
	assert_eq!(open, used, "models count their tasks");
}
