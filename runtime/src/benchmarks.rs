//! Which pallets are benchmarked, for `deepnode-node benchmark pallet` and `frame-omni-bencher`.

frame_benchmarking::define_benchmarks!(
	[frame_benchmarking, BaselineBench::<Runtime>]
	[frame_system, SystemBench::<Runtime>]
	[frame_system_extensions, SystemExtensionsBench::<Runtime>]
	[pallet_attestation, Attestation]
	[pallet_balances, Balances]
	[pallet_fee_split, FeeSplit]
	[pallet_model_registry, ModelRegistry]
	[pallet_sudo, Sudo]
	[pallet_task_assignment, TaskAssignment]
	[pallet_timestamp, Timestamp]
	[pallet_utility, Utility]
);
