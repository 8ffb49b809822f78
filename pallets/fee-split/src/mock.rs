//! A runtime with real balances and real transaction fees.

use crate as pallet_fee_split;
use deepnode_primitives::{
	fees::FeeTable,
	traits::{Lineage, Payouts},
	Balance, DN,
};
use frame_support::{derive_impl, parameter_types, traits::fungible::Credit, weights::IdentityFee, PalletId};
use frame_system::EnsureRoot;
use pallet_transaction_payment::FungibleAdapter;
use sp_runtime::{traits::IdentityLookup, AccountId32, BuildStorage};

type Block = frame_system::mocking::MockBlock<Test>;
pub type AccountId = AccountId32;

/// The existential deposit.
pub const LEAST: Balance = DN / 100;

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
	pub type TransactionPayment = pallet_transaction_payment;
	#[runtime::pallet_index(3)]
	pub type FeeSplit = pallet_fee_split;
}

parameter_types! {
	pub const ExistentialDeposit: Balance = LEAST;
	pub const FeePallet: PalletId = PalletId(*b"dn/fees_");
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

#[derive_impl(pallet_transaction_payment::config_preludes::TestDefaultConfig)]
impl pallet_transaction_payment::Config for Test {
	type OnChargeTransaction = FungibleAdapter<Balances, crate::TransactionFees<Test>>;
	type WeightToFee = IdentityFee<Balance>;
	type LengthToFee = IdentityFee<Balance>;
}

parameter_types! {
	/// Who was said to have been paid.
	pub static Earned: Vec<(AccountId, Balance)> = Vec::new();
}

/// Writes down who was paid, and that it was.
pub struct Elsewhere;

impl Payouts<AccountId> for Elsewhere {
	fn earned(who: &AccountId, amount: Balance) {
		assert!(Balances::free_balance(who) >= amount, "it is told after it was paid");
		Earned::mutate(|earned| earned.push((who.clone(), amount)));
	}
}

impl crate::Config for Test {
	type Currency = Balances;
	type Payouts = Elsewhere;
	type AdminOrigin = EnsureRoot<AccountId>;
	type PalletId = FeePallet;
	type WeightInfo = ();
}

pub fn account(number: u8) -> AccountId {
	AccountId32::new([number; 32])
}

/// A credit of `amount`, minted.
pub fn fee(amount: Balance) -> Credit<AccountId, Balances> {
	<Balances as frame_support::traits::fungible::Balanced<_>>::issue(amount)
}

pub fn lineage(owners: &[AccountId], royalties: &[u32]) -> Lineage<AccountId> {
	Lineage { owners: owners.to_vec(), royalties: royalties.to_vec(), data_sets: Vec::new() }
}

pub fn events() -> Vec<crate::Event<Test>> {
	let is_ours = |record: frame_system::EventRecord<RuntimeEvent, _>| match record.event {
		RuntimeEvent::FeeSplit(event) => Some(event),
		_ => None,
	};
	System::read_events_no_consensus().filter_map(|record| is_ours(*record)).collect()
}

pub fn genesis(table: FeeTable, balances: Vec<(AccountId, Balance)>) -> sp_io::TestExternalities {
	let mut storage = frame_system::GenesisConfig::<Test>::default().build_storage().unwrap();
	pallet_balances::GenesisConfig::<Test> { balances, ..Default::default() }.assimilate_storage(&mut storage).unwrap();
	crate::GenesisConfig::<Test> { table, ..Default::default() }.assimilate_storage(&mut storage).unwrap();
	let mut ext = sp_io::TestExternalities::new(storage);
	ext.execute_with(|| {
		System::set_block_number(1);
		Earned::set(Vec::new());
	});
	ext
}

/// Accounts 1 to 9 own 10 DN each; nobody else exists.
pub fn new_test_ext() -> sp_io::TestExternalities {
	genesis(FeeTable::default(), (1..10).map(|number| (account(number), 10 * DN)).collect())
}

/// Runs `test`, and checks the invariants after it.
pub fn run(test: impl FnOnce()) {
	new_test_ext().execute_with(|| {
		test();
		FeeSplit::do_try_state().unwrap();
	});
}
