//! A runtime of this pallet over real balances. Models, tasks and data sets are tables that tests fill.

use deepnode_primitives::{
	canonical::{Answer, Output},
	content::{Inline, Payload},
	fees::FeeTable,
	traits::{DataSetTerms, DataSets, Observer, Settled, SettledTasks, Settlement},
	Balance, DataSetId, ModelId, TaskId, DN,
};
use deepnode_scoring::{metric::Metric, Unit};
use frame_support::{
	assert_ok, derive_impl, parameter_types,
	traits::{OnInitialize, Randomness},
	weights::{constants::RocksDbWeight, Weight},
	PalletId,
};
use frame_system::EnsureRoot;
use sp_core::H256;
use sp_runtime::{BuildStorage, DispatchResult};
use std::{cell::RefCell, collections::BTreeMap};

use crate as pallet_powr;
use crate::{seals, types::*, Event, Works};

type Block = frame_system::mocking::MockBlock<Test>;
pub type AccountId = u64;
pub type BlockNumber = u64;

/// The existential deposit.
pub const LEAST: Balance = DN / 100;
/// What each of the accounts 1 to 99 owns.
pub const FUNDS: Balance = 100_000 * DN;
/// What an evaluator needs.
pub const STAKE: Balance = 100 * DN;
/// What the pot has at genesis, besides the existential deposit.
pub const POT: Balance = 10_000_000 * DN;
/// The domain of the tests' models.
pub const DOMAIN: DomainId = 0;

#[frame_support::runtime]
mod runtime {
	#[runtime::runtime]
	#[runtime::derive(
		RuntimeCall,
		RuntimeEvent,
		RuntimeError,
		RuntimeOrigin,
		RuntimeFreezeReason,
		RuntimeHoldReason,
		RuntimeSlashReason,
		RuntimeLockId,
		RuntimeTask,
		RuntimeViewFunction
	)]
	pub struct Test;

	#[runtime::pallet_index(0)]
	pub type System = frame_system;
	#[runtime::pallet_index(1)]
	pub type Balances = pallet_balances;
	#[runtime::pallet_index(2)]
	pub type Powr = pallet_powr;
}

parameter_types! {
	pub const ExistentialDeposit: Balance = LEAST;
	pub const PowrPallet: PalletId = PalletId(*b"dn/powr_");
	pub const EpochLength: BlockNumber = 20;
	pub const RevealLength: BlockNumber = 6;
	pub const EvaluationWindow: BlockNumber = 15;
	pub const MinEvaluatorStake: Balance = STAKE;
	pub const UnbondingPeriod: BlockNumber = 50;
	pub static MaxModels: u32 = 1_000;
	/// A tenth of a block of two seconds.
	pub static EpochWeight: Weight = Weight::from_parts(100_000_000_000, u64::MAX);
	pub static Fees: FeeTable = FeeTable::default();
	/// The last block whose randomness was unknown before it; the current one where there is none.
	pub static KnownSince: Option<BlockNumber> = None;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
	type AccountData = pallet_balances::AccountData<Balance>;
	type DbWeight = RocksDbWeight;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type Balance = Balance;
	type ExistentialDeposit = ExistentialDeposit;
	type AccountStore = System;
}

impl crate::Config for Test {
	type Currency = Balances;
	type RuntimeHoldReason = RuntimeHoldReason;
	type AdminOrigin = EnsureRoot<AccountId>;
	type Models = Table;
	type Tasks = Table;
	type DataSets = Table;
	type FeeTable = Fees;
	type Randomness = TestRandomness;
	type PalletId = PowrPallet;
	type EpochLength = EpochLength;
	type RevealLength = RevealLength;
	type EvaluationWindow = EvaluationWindow;
	type MinEvaluatorStake = MinEvaluatorStake;
	type UnbondingPeriod = UnbondingPeriod;
	type MaxModels = MaxModels;
	type EpochWeight = EpochWeight;
	type WeightInfo = crate::weights::SubstrateWeight<Test>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = Table;
}

/// What other pallets would know.
#[derive(Default)]
pub struct World {
	pub models: BTreeMap<ModelId, (DomainName, AccountId, bool)>,
	pub tasks: BTreeMap<TaskId, (Settled<AccountId, BlockNumber>, Payload)>,
	pub next_task: TaskId,
	pub data_sets: BTreeMap<DataSetId, (AccountId, Balance)>,
	pub uses: BTreeMap<DataSetId, u32>,
}

impl World {
	fn keep(&mut self, task: Settled<AccountId, BlockNumber>, output: Payload) -> TaskId {
		let id = self.next_task;
		self.next_task += 1;
		self.tasks.insert(id, (task, output));
		id
	}
}

thread_local! {
	static WORLD: RefCell<World> = RefCell::default();
}

/// Reads or changes what other pallets would know.
pub fn world<R>(with: impl FnOnce(&mut World) -> R) -> R {
	WORLD.with_borrow_mut(with)
}

/// The other pallets.
pub struct Table;

impl ModelDomains<AccountId> for Table {
	fn domain(model: ModelId) -> Option<DomainName> {
		world(|world| world.models.get(&model).map(|it| it.0.clone()))
	}
	fn creator(model: ModelId) -> Option<AccountId> {
		world(|world| world.models.get(&model).map(|it| it.1))
	}
	fn active(model: ModelId) -> bool {
		world(|world| world.models.get(&model).is_some_and(|it| it.2))
	}
}

impl SettledTasks<AccountId, BlockNumber> for Table {
	fn settled(task: TaskId) -> Option<Settled<AccountId, BlockNumber>> {
		world(|world| world.tasks.get(&task).map(|it| it.0.clone()))
	}
	fn output(task: TaskId) -> Option<Payload> {
		world(|world| world.tasks.get(&task).map(|it| it.1.clone()))
	}
}

impl DataSets<AccountId> for Table {
	fn terms(data_set: DataSetId) -> Option<DataSetTerms<AccountId>> {
		let (owner, evaluation_price) = world(|world| world.data_sets.get(&data_set).copied())?;
		let domain = Default::default();
		Some(DataSetTerms { owner, domain, royalty: 0, evaluation_price, items: 1, sealed: false, active: true })
	}

	fn referenced(_: DataSetId) -> DispatchResult {
		unreachable!("only models refer to data sets")
	}

	fn released(_: DataSetId) {
		unreachable!("only models refer to data sets")
	}

	fn used(data_set: DataSetId, items: u32) {
		world(|world| *world.uses.entry(data_set).or_default() += items);
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_data_set(owner: &AccountId) -> DataSetId {
		world(|world| world.data_sets.insert(0, (*owner, 1)));
		0
	}
}

#[cfg(feature = "runtime-benchmarks")]
impl BenchmarkHelper<AccountId, BlockNumber> for Table {
	fn model(domain: &DomainName, creator: &AccountId) -> ModelId {
		model_in(domain.clone(), *creator)
	}
	fn settled(task: Settled<AccountId, BlockNumber>, output: Payload) -> TaskId {
		world(|world| world.keep(task, output))
	}
}

/// A hash of the block's number and the subject.
pub struct TestRandomness;

impl Randomness<H256, BlockNumber> for TestRandomness {
	fn random(subject: &[u8]) -> (H256, BlockNumber) {
		let now = System::block_number();
		let seed = codec::Encode::encode(&(now, subject));
		(sp_io::hashing::blake2_256(&seed).into(), KnownSince::get().unwrap_or(now))
	}
}

pub fn new_test_ext() -> sp_io::TestExternalities {
	let mut storage = frame_system::GenesisConfig::<Test>::default().build_storage().unwrap();
	let pot = Powr::pot_account();
	let balances = (1..100).map(|who| (who, FUNDS)).chain([(pot, POT + LEAST)]).collect();
	pallet_balances::GenesisConfig::<Test> { balances, ..Default::default() }.assimilate_storage(&mut storage).unwrap();
	let domains = vec![("tabular".into(), 1_000_000, "class".into(), 3)];
	crate::GenesisConfig::<Test> { domains, ..Default::default() }.assimilate_storage(&mut storage).unwrap();
	world(|world| *world = World::default());
	let mut ext = sp_io::TestExternalities::new(storage);
	ext.execute_with(|| System::set_block_number(1));
	ext
}

/// Runs `test`, and checks the invariants after it.
pub fn run(test: impl FnOnce()) {
	new_test_ext().execute_with(|| {
		let issuance = Balances::total_issuance();
		test();
		Powr::do_try_state().unwrap();
		assert_eq!(Balances::total_issuance(), issuance, "nothing is minted or burned");
	});
}

/// Goes on by one block. Returns what its work weighed.
pub fn block() -> Weight {
	System::set_block_number(System::block_number() + 1);
	Powr::on_initialize(System::block_number())
}

/// Goes on by `blocks` blocks.
pub fn advance(blocks: BlockNumber) {
	for _ in 0..blocks {
		block();
	}
}

/// Goes on until the running epoch has ended and is closed.
pub fn close_epoch() {
	let epoch = epoch();
	while epoch == self::epoch() || crate::Closing::<Test>::exists() {
		block();
	}
}

/// Goes on until weights are revealed.
pub fn to_reveals() {
	while System::block_number() < Powr::epoch().reveal_from {
		block();
	}
}

pub fn epoch() -> EpochIndex {
	crate::CurrentEpoch::<Test>::get().index
}

pub fn signed(who: AccountId) -> RuntimeOrigin {
	RuntimeOrigin::signed(who)
}

pub fn free(who: AccountId) -> Balance {
	Balances::free_balance(who)
}

pub fn pot() -> Balance {
	free(Powr::pot_account())
}

pub fn percent(percent: u32) -> Unit {
	Unit::from_percent(percent)
}

pub fn name(text: &str) -> DomainName {
	text.as_bytes().to_vec().try_into().unwrap()
}

/// Parameters under which an epoch has much to give, and the past does not count.
pub fn generous() -> Params {
	let mut params = Params { half_life: 0, evaluation: percent(1), ..Default::default() };
	params.emission.rate = percent(1);
	params
}

pub fn set_params(params: Params) {
	assert_ok!(Powr::set_params(RuntimeOrigin::root(), params));
}

pub fn set_domain(text: &str, share: Unit, metric: Metric) -> DispatchResult {
	Powr::set_domain(RuntimeOrigin::root(), name(text), share, metric, 3)
}

fn model_in(domain: DomainName, creator: AccountId) -> ModelId {
	world(|world| {
		let id = world.models.len() as ModelId;
		world.models.insert(id, (domain, creator, true));
		id
	})
}

/// A model of the tests' domain.
pub fn model(creator: AccountId) -> ModelId {
	model_in(name("tabular"), creator)
}

/// A canonical answer of one item.
pub fn answer(scores: [i32; 3]) -> Vec<u8> {
	Answer::Outputs(vec![Output { dims: vec![1, 3], data: scores.to_vec() }]).to_bytes()
}

/// Settles a task that was submitted and answered in this block.
pub fn settle_as(model: ModelId, requester: AccountId, fee: Balance, winners: &[AccountId], seal: [u8; 32]) -> TaskId {
	settle_with(model, requester, fee, winners, seal, answer([9, 1, 1]))
}

pub fn settle_with(
	model: ModelId,
	requester: AccountId,
	fee: Balance,
	winners: &[AccountId],
	seal: [u8; 32],
	output: Vec<u8>,
) -> TaskId {
	let now = System::block_number();
	let output = Payload::Inline(Inline::try_from(output).unwrap());
	let digest = output.digest();
	let settled = Settled { requester, model, items: 1, fee, seal, submitted_at: now, settled_at: now, digest };
	let task = world(|world| world.keep(settled, output));
	let split = Fees::get().split(fee, winners.len() as u32);
	Powr::settled(Settlement { task, model, requester: &requester, items: 1, fee, split: &split, winners });
	task
}

/// Settles an ordinary task of account 90, served by accounts 80 and 81.
pub fn settle(model: ModelId, fee: Balance) -> TaskId {
	settle_as(model, 90, fee, &[80, 81], [0; 32])
}

/// Settles such a task of each model.
pub fn settle_all(models: &[ModelId], fee: Balance) {
	for model in models {
		settle(*model, fee);
	}
}

/// Makes accounts evaluators, who can judge from the next epoch on, which then runs.
pub fn evaluators(stakes: &[(AccountId, Balance)]) {
	for (who, stake) in stakes {
		assert_ok!(Powr::join(signed(*who), DOMAIN, *stake));
	}
	close_epoch();
}

/// One page of weights in percent.
pub fn page(weights: &[(ModelId, u32)]) -> WeightsPage {
	weights.iter().map(|(model, weight)| (*model, percent(*weight))).collect::<Vec<_>>().try_into().unwrap()
}

pub fn salt(who: AccountId) -> [u8; 32] {
	[who as u8; 32]
}

pub fn commit(who: AccountId, weights: &[(ModelId, u32)]) {
	diligent(who);
	let hash = seals::page(&page(weights), &salt(who));
	let ballot = seals::ballot(epoch(), DOMAIN, &who, &[hash]);
	assert_ok!(Powr::commit_weights(signed(who), DOMAIN, ballot));
}

pub fn reveal(who: AccountId, weights: &[(ModelId, u32)]) -> DispatchResult {
	let hash = seals::page(&page(weights), &salt(who));
	Powr::reveal_weights(signed(who), DOMAIN, vec![hash].try_into().unwrap(), 0, page(weights), salt(who))
}

/// Lets an evaluator have unsealed in this epoch all that was drawn for it, where nothing was drawn.
pub fn diligent(who: AccountId) {
	Works::<Test>::mutate((epoch(), DOMAIN), who, |work| {
		if work.drawn == 0 {
			(work.drawn, work.judged) = (1, 1);
		}
	});
}

/// Everybody commits and reveals, and the epoch is closed.
pub fn vote(votes: &[(AccountId, &[(ModelId, u32)])]) {
	votes.iter().for_each(|(who, weights)| commit(*who, weights));
	to_reveals();
	votes.iter().for_each(|(who, weights)| reveal(*who, weights).unwrap());
	close_epoch();
}

/// The events of this pallet since the last time.
pub fn events() -> Vec<Event<Test>> {
	let events = System::read_events_no_consensus()
		.filter_map(|record| match record.event {
			RuntimeEvent::Powr(event) => Some(event),
			_ => None,
		})
		.collect();
	System::reset_events();
	events
}
