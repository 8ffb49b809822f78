//! Which pallets are benchmarked, for `deepnode-node benchmark pallet` and `frame-omni-bencher`.

use crate::{configs::deepnode::Registries, AccountId, BlockNumber, ModelRegistry, Runtime};
use deepnode_primitives::{
	content::Payload,
	task::Assurance,
	traits::{Models as _, Settled},
	ModelId, TaskId,
};
use pallet_powr::types::{BenchmarkHelper, DomainName};
use pallet_task_assignment::types::{Task, TaskStatus};

frame_benchmarking::define_benchmarks!(
	[frame_benchmarking, BaselineBench::<Runtime>]
	[frame_system, SystemBench::<Runtime>]
	[frame_system_extensions, SystemExtensionsBench::<Runtime>]
	[pallet_attestation, Attestation]
	[pallet_balances, Balances]
	[pallet_base_bridge, BaseBridge]
	[pallet_data_registry, DataRegistry]
	[pallet_fee_split, FeeSplit]
	[pallet_model_registry, ModelRegistry]
	[pallet_powr, Powr]
	[pallet_sudo, Sudo]
	[pallet_task_assignment, TaskAssignment]
	[pallet_timestamp, Timestamp]
	[pallet_utility, Utility]
);

impl BenchmarkHelper<AccountId, BlockNumber> for Registries {
	fn model(domain: &DomainName, creator: &AccountId) -> ModelId {
		let id = ModelRegistry::benchmark_model(creator);
		pallet_model_registry::Models::<Runtime>::mutate_extant(id, |model| model.spec.domain = domain.clone());
		id
	}

	fn settled(settled: Settled<AccountId, BlockNumber>, output: Payload) -> TaskId {
		let Settled { requester, model, items, fee, seal, submitted_at, settled_at, digest } = settled;
		let id = pallet_task_assignment::NextTaskId::<Runtime>::mutate(|next| {
			*next = next.saturating_add(1);
			next.saturating_sub(1)
		});
		let task = Task {
			requester,
			model,
			items,
			assurance: Assurance::Pair,
			fee,
			audit_fee: 0,
			bound: 0,
			deposit: 0,
			deadline: settled_at,
			seal,
			submitted_at,
			fixed_at: submitted_at,
			status: TaskStatus::Settled { at: settled_at, digest },
			workers: Default::default(),
			judged: 0,
			long_answers: Default::default(),
			losers: Default::default(),
			excluded: Default::default(),
			audit: Default::default(),
			failed_draws: 0,
			wake: settled_at,
		};
		pallet_task_assignment::Tasks::<Runtime>::insert(id, task);
		pallet_attestation::Answers::<Runtime>::insert(id, digest, output);
		id
	}
}
