//! A runtime with real balances.

use crate as pallet_data_registry;
use crate::{DataFile, DataSet, DataSetSpec, DataSets, Event, Files, Manifest, NextDataSetId};
use deepnode_primitives::{
	content::{sha256, ContentRef, Uris},
	Balance, DataSetId, DN,
};
use frame_support::{assert_ok, derive_impl, parameter_types, traits::fungible::InspectHold};
use sp_runtime::{traits::IdentityLookup, AccountId32, BuildStorage};

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
	pub type DataRegistry = pallet_data_registry;
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
	type BaseBond = BaseBond;
	type ByteBond = ByteBond;
	type WeightInfo = ();
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

pub fn uris(uris: &[&str]) -> Uris {
	uris.iter().map(|uri| text(uri)).collect::<Vec<_>>().try_into().unwrap()
}

pub fn file(name: &str) -> DataFile {
	DataFile {
		name: text(name),
		content: ContentRef { hash: sha256(name.as_bytes()), length: 1000, uris: uris(&["https://data.example/a"]) },
	}
}

pub fn files() -> Files {
	vec![file("images.npy"), file("labels.npy")].try_into().unwrap()
}

/// An open data set with nothing wrong about it.
pub fn spec() -> DataSetSpec {
	DataSetSpec {
		name: text("digits"),
		domain: text("vision"),
		manifest: Manifest::Open(files()),
		licence: text("CC-BY-4.0"),
		royalty: 50_000,
		evaluation_price: DN / 10,
		items: 1797,
	}
}

/// The same, sealed.
pub fn sealed() -> DataSetSpec {
	DataSetSpec { manifest: Manifest::Sealed(spec().manifest.digest()), ..spec() }
}

/// Registers `spec` for the account of that number.
pub fn register(owner: u8, spec: DataSetSpec) -> DataSetId {
	let data_set = NextDataSetId::<Test>::get();
	assert_ok!(DataRegistry::register(signed(owner), spec));
	data_set
}

pub fn entry(data_set: DataSetId) -> DataSet<AccountId, u64> {
	DataSets::<Test>::get(data_set).expect("the data set is stored")
}

pub fn is_stored(data_set: DataSetId) -> bool {
	DataSets::<Test>::contains_key(data_set)
}

pub fn on_hold(owner: u8) -> Balance {
	Balances::balance_on_hold(&crate::HoldReason::DataSetBond.into(), &account(owner))
}

/// The events since the last time.
pub fn events() -> Vec<Event<Test>> {
	let events = System::read_events_no_consensus()
		.filter_map(|record| match record.event {
			RuntimeEvent::DataRegistry(event) => Some(event),
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
		DataRegistry::do_try_state().unwrap();
	});
}
