//! A runtime with real balances.

use crate as pallet_model_registry;
use crate::{Event, Format, Model, ModelFile, ModelSpec, Models, NextModelId, OpenTasks, Parent, RuntimeClass};
use deepnode_primitives::traits::{DataSetTerms, DataSets};
use deepnode_primitives::{
	comparison::Comparison,
	content::{sha256, ContentRef, Uris},
	private::LINEAR,
	tensor::{Dim, ElementType, TensorSpec},
	Balance, DataSetId, ModelId, DN,
};
use frame_support::{
	assert_ok, derive_impl, parameter_types, storage_alias, traits::fungible::InspectHold, Twox64Concat,
};
use sp_runtime::{traits::IdentityLookup, AccountId32, ArithmeticError, BuildStorage, DispatchError, DispatchResult};

type Block = frame_system::mocking::MockBlock<Test>;
pub type AccountId = AccountId32;

/// The existential deposit.
pub const LEAST: Balance = DN / 100;
/// What each of the accounts 1 to 9 owns.
pub const FUNDS: Balance = 10_000 * DN;

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
	pub type ModelRegistry = pallet_model_registry;
}

parameter_types! {
	pub const ExistentialDeposit: Balance = LEAST;
	pub const BaseBond: Balance = 10 * DN;
	pub const ByteBond: Balance = DN / 1000;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
	type AccountId = AccountId;
	type Lookup = IdentityLookup<AccountId>;
	type AccountData = pallet_balances::AccountData<Balance>;
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
	type DataSets = MockDataSets;
	type BaseBond = BaseBond;
	type ByteBond = ByteBond;
	type WeightInfo = ();
}

#[storage_alias]
type Terms = StorageMap<MockData, Twox64Concat, DataSetId, DataSetTerms<AccountId>>;
#[storage_alias]
type References = StorageMap<MockData, Twox64Concat, DataSetId, u32>;

/// A data registry of nothing but terms and counts.
pub struct MockDataSets;

impl DataSets<AccountId> for MockDataSets {
	fn terms(data_set: DataSetId) -> Option<DataSetTerms<AccountId>> {
		Terms::get(data_set)
	}

	fn referenced(data_set: DataSetId) -> DispatchResult {
		References::try_mutate(data_set, |count| {
			*count = Some(count.unwrap_or(0).checked_add(1).ok_or(DispatchError::from(ArithmeticError::Overflow))?);
			Ok(())
		})
	}

	fn released(data_set: DataSetId) {
		References::mutate_exists(data_set, |count| {
			let left = count.expect("it was counted") - 1;
			*count = Some(left).filter(|left| *left > 0);
		});
	}

	fn used(_: DataSetId, _: u32) {}

	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_data_set(owner: &AccountId) -> DataSetId {
		store_data_set(owner.clone(), 100_000)
	}
}

fn store_data_set(owner: AccountId, royalty: u32) -> DataSetId {
	let data_set = Terms::iter().count() as DataSetId;
	let terms = DataSetTerms {
		owner,
		domain: text("vision"),
		royalty,
		evaluation_price: DN,
		items: 100,
		sealed: false,
		active: true,
	};
	Terms::insert(data_set, terms);
	data_set
}

/// A new data set of the account of that number.
pub fn data_set(owner: u8, royalty: u32) -> DataSetId {
	store_data_set(account(owner), royalty)
}

/// Retires a data set.
pub fn retire_data_set(data_set: DataSetId) {
	Terms::mutate(data_set, |terms| terms.as_mut().expect("it is there").active = false);
}

/// Gives a data set another royalty, which the real registry does not.
pub fn break_royalty(data_set: DataSetId) {
	Terms::mutate(data_set, |terms| terms.as_mut().expect("it is there").royalty += 1);
}

/// How many models refer to a data set.
pub fn references(data_set: DataSetId) -> u32 {
	References::get(data_set).unwrap_or(0)
}

/// Makes a data set's references as many as can be counted.
pub fn fill_references(data_set: DataSetId) {
	References::insert(data_set, u32::MAX);
}

pub fn account(number: u8) -> AccountId {
	AccountId32::new([number; 32])
}

pub fn signed(number: u8) -> RuntimeOrigin {
	RuntimeOrigin::signed(account(number))
}

pub fn text<T: TryFrom<Vec<u8>>>(text: &str) -> T {
	text.as_bytes().to_vec().try_into().ok().expect("a short text")
}

pub fn tensor(name: &str, element: ElementType, shape: &[Dim]) -> TensorSpec {
	TensorSpec { name: text(name), element, shape: shape.to_vec().try_into().unwrap() }
}

pub fn uris(uris: &[&str]) -> Uris {
	uris.iter().map(|uri| text(uri)).collect::<Vec<_>>().try_into().unwrap()
}

pub fn file(name: &str) -> ModelFile {
	ModelFile {
		name: text(name),
		content: ContentRef { hash: sha256(name.as_bytes()), length: 1000, uris: uris(&["https://models.example/a"]) },
	}
}

/// A classifier of images with nothing wrong about it.
pub fn spec() -> ModelSpec {
	ModelSpec {
		name: text("digits"),
		domain: text("vision"),
		files: vec![file("model.onnx"), file("README.md")].try_into().unwrap(),
		format: Format::Onnx,
		opset: 17,
		inputs: vec![tensor("image", ElementType::F32, &[Dim::Batch, Dim::Fixed(64)])].try_into().unwrap(),
		outputs: vec![tensor("class", ElementType::F32, &[Dim::Batch, Dim::Fixed(10)])].try_into().unwrap(),
		licence: text("Apache-2.0"),
		price: DN,
		comparison: Comparison::default(),
		runtime_class: RuntimeClass::Any,
		fhe: None,
		parent: None,
		data_sets: Default::default(),
	}
}

/// The same, made from these.
pub fn from_data_sets(data_sets: &[DataSetId]) -> ModelSpec {
	ModelSpec { data_sets: data_sets.to_vec().try_into().unwrap(), ..spec() }
}

pub fn child_of(model: ModelId) -> ModelSpec {
	ModelSpec { parent: Some(Parent { model, royalty: 100_000 }), ..spec() }
}

/// A linear circuit that is asked with encrypted inputs.
pub fn private_spec() -> ModelSpec {
	let rows = |name, element| vec![tensor(name, element, &[Dim::Batch, Dim::Fixed(64)])].try_into().unwrap();
	ModelSpec {
		inputs: rows("ciphertext", ElementType::U8),
		outputs: rows("result", ElementType::I32),
		comparison: Comparison::Exact,
		fhe: Some(LINEAR),
		..spec()
	}
}

/// Registers `spec` for the account of that number.
pub fn register(owner: u8, spec: ModelSpec) -> ModelId {
	let model = NextModelId::<Test>::get();
	assert_ok!(ModelRegistry::register(signed(owner), spec));
	model
}

pub fn entry(model: ModelId) -> Model<AccountId, u64> {
	Models::<Test>::get(model).expect("the model is stored")
}

pub fn open_tasks(model: ModelId) -> u32 {
	OpenTasks::<Test>::get(model)
}

pub fn is_stored(model: ModelId) -> bool {
	Models::<Test>::contains_key(model)
}

pub fn on_hold(owner: u8) -> Balance {
	Balances::balance_on_hold(&crate::HoldReason::ModelBond.into(), &account(owner))
}

/// The events since the last time.
pub fn events() -> Vec<Event<Test>> {
	let events = System::read_events_no_consensus()
		.filter_map(|record| match record.event {
			RuntimeEvent::ModelRegistry(event) => Some(event),
			_ => None,
		})
		.collect();
	System::reset_events();
	events
}

pub fn new_test_ext() -> sp_io::TestExternalities {
	let mut storage = frame_system::GenesisConfig::<Test>::default().build_storage().unwrap();
	let balances = (1..10).map(|number| (account(number), FUNDS)).collect();
	pallet_balances::GenesisConfig::<Test> { balances, ..Default::default() }.assimilate_storage(&mut storage).unwrap();
	let mut ext = sp_io::TestExternalities::new(storage);
	ext.execute_with(|| System::set_block_number(1));
	ext
}

/// Runs `test`, and checks the invariants after it.
pub fn run(test: impl FnOnce()) {
	new_test_ext().execute_with(|| {
		test();
		ModelRegistry::do_try_state().unwrap();
	});
}
