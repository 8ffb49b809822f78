//! A runtime of this pallet over real balances, and the deeds of those who use it.

use deepnode_primitives::{
	bridge::{tree::committed_root, Claim, Domain, Judgement, Message, Payload, Receipt},
	fees::FeeTable,
	traits::{Issued, Payouts as _, Receipts as _},
	Balance, TaskId, DN,
};
use frame_support::{
	assert_ok, derive_impl, parameter_types,
	traits::{
		fungible::{InspectHold, Mutate},
		Hooks,
	},
};
use frame_system::EnsureRoot;
use sp_core::{H160, H256};
use sp_runtime::{traits::IdentityLookup, AccountId32, BuildStorage, DispatchResult};

use crate as pallet_base_bridge;
use crate::{types::*, Event, HoldReason};

type Block = frame_system::mocking::MockBlock<Test>;
pub type AccountId = AccountId32;
pub type BlockNumber = u64;

/// The existential deposit.
pub const LEAST: Balance = DN / 1000;
/// What each of the accounts 1 to 20 owns.
pub const FUNDS: Balance = 1_000 * DN;
/// What the treasury owns.
pub const TREASURY: Balance = 100 * DN;
/// The chain's genesis hash.
pub const CHAIN: H256 = H256([0xdc; 32]);
/// Base's chain id.
pub const BASE: u64 = 8453;
/// The gateway's address.
pub const GATEWAY: H160 = H160([0xba; 20]);

/// Messages and claims go between these ends.
pub fn domain() -> Domain {
	Domain { chain: CHAIN, base: BASE, gateway: GATEWAY }
}

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
	pub type BaseBridge = pallet_base_bridge;
}

parameter_types! {
	pub const ExistentialDeposit: Balance = LEAST;
	pub const ChainFee: Balance = DN / 2;
	pub const MinWithdrawal: Balance = DN / 10;
	pub const MinRaise: Balance = DN / 100;
	pub const MaxQueued: u32 = 8;
	pub const MessagesPerBlock: u32 = 3;
	pub const ReceiptsPerBlock: u32 = 4;
	pub const KeepMessages: BlockNumber = 50;
	pub const EpochLength: BlockNumber = 20;
	pub const MaxPayouts: u32 = 5;
	pub const PayoutDeposit: Balance = DN;
	pub const MinClaim: Balance = DN / 10;
	pub const ClaimsPerBlock: u32 = 2;
	/// Who pays the chain's fees.
	pub Treasury: AccountId = account(100);
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
	type AdminOrigin = EnsureRoot<AccountId>;
	type BaseOrigin = EnsureRoot<AccountId>;
	type FeeAccount = Treasury;
	type ChainFee = ChainFee;
	type MinWithdrawal = MinWithdrawal;
	type MinRaise = MinRaise;
	type MaxQueued = MaxQueued;
	type MessagesPerBlock = MessagesPerBlock;
	type ReceiptsPerBlock = ReceiptsPerBlock;
	type KeepMessages = KeepMessages;
	type EpochLength = EpochLength;
	type MaxPayouts = MaxPayouts;
	type PayoutDeposit = PayoutDeposit;
	type MinClaim = MinClaim;
	type ClaimsPerBlock = ClaimsPerBlock;
	type WeightInfo = ();
}

pub fn account(number: u8) -> AccountId {
	AccountId32::new([number; 32])
}

/// An address on Base.
pub fn address(number: u8) -> H160 {
	H160([number; 20])
}

pub fn signed(number: u8) -> RuntimeOrigin {
	RuntimeOrigin::signed(account(number))
}

/// A chain at its first block: accounts 1 to 20 and the treasury own something.
pub fn genesis(gateway: Option<(u64, H160)>) -> sp_io::TestExternalities {
	let mut storage = frame_system::GenesisConfig::<Test>::default().build_storage().unwrap();
	let balances = (1..=20).map(|number| (account(number), FUNDS)).chain([(Treasury::get(), TREASURY)]).collect();
	pallet_balances::GenesisConfig::<Test> { balances, ..Default::default() }.assimilate_storage(&mut storage).unwrap();
	crate::GenesisConfig::<Test> { gateway, ..Default::default() }.assimilate_storage(&mut storage).unwrap();
	let mut ext = sp_io::TestExternalities::new(storage);
	ext.execute_with(|| {
		frame_system::BlockHash::<Test>::insert(0, CHAIN);
		System::set_block_number(1);
		BaseBridge::on_initialize(1);
	});
	ext
}

/// A chain whose gateway is known.
pub fn new_test_ext() -> sp_io::TestExternalities {
	genesis(Some((BASE, GATEWAY)))
}

/// Runs `test`, and checks the invariants after it.
pub fn run(test: impl FnOnce()) {
	new_test_ext().execute_with(|| {
		test();
		check();
	});
}

/// What must hold at any time.
pub fn check() {
	BaseBridge::do_try_state().unwrap();
	let accounts: Balance =
		frame_system::Account::<Test>::iter_values().map(|it| it.data.free + it.data.reserved).sum();
	assert_eq!(Balances::total_issuance(), accounts, "the issuance is what the accounts have");
	assert!(crate::ReceiptLeaves::<Test>::get().len() <= 4);
}

/// Ends this block and begins the next, so many times.
pub fn advance(blocks: BlockNumber) {
	for _ in 0..blocks {
		let now = System::block_number();
		BaseBridge::on_finalize(now);
		System::set_block_number(now + 1);
		BaseBridge::on_initialize(now + 1);
	}
}

/// Ends the running epoch, and goes on until it is closed and told.
pub fn close_epoch() -> u64 {
	let (epoch, _) = BaseBridge::epoch();
	assert_ok!(BaseBridge::end_epoch(RuntimeOrigin::root()));
	advance(1);
	assert_eq!(BaseBridge::epoch().0, epoch + 1);
	while crate::Closing::<Test>::exists() || BaseBridge::queued() > 0 {
		advance(1);
	}
	epoch
}

/// What an account has that it can use, and what it has on hold.
pub fn balances(number: u8) -> (Balance, Balance) {
	let who = account(number);
	(Balances::free_balance(&who), Balances::total_balance_on_hold(&who))
}

pub fn on_hold(reason: HoldReason, number: u8) -> Balance {
	Balances::balance_on_hold(&reason.into(), &account(number))
}

/// What has happened since the last call of this.
pub fn events() -> Vec<Event<Test>> {
	let events = System::events().into_iter().filter_map(|record| match record.event {
		RuntimeEvent::BaseBridge(event) => Some(event),
		_ => None,
	});
	let events = events.collect();
	System::reset_events();
	events
}

pub fn withdraw(number: u8, amount: Balance, fee: Balance) -> DispatchResult {
	BaseBridge::withdraw(signed(number), address(number), amount, fee)
}

/// A withdrawal that is in this block's tree when it ends; its number.
pub fn told(number: u8, amount: Balance, fee: Balance) -> u64 {
	let nonce = crate::NextNonce::<Test>::get();
	assert_ok!(withdraw(number, amount, fee));
	advance(1);
	assert!(matches!(state(nonce), State::Told(_)));
	nonce
}

pub fn release(nonce: u64, number: u8, amount: Balance, fee: Balance) -> Message {
	let payload = Payload::Release { recipient: address(number), amount };
	Message { nonce, sender: H256([number; 32]), fee, payload }
}

pub fn state(nonce: u64) -> State<BlockNumber> {
	BaseBridge::message(nonce).expect("the message is kept").state
}

/// The root over these messages.
pub fn root(messages: &[Message]) -> H256 {
	committed_root(&messages.iter().map(|message| message.leaf(&domain())).collect::<Vec<_>>())
}

/// The root over these claims.
pub fn claims_root(claims: &[Claim]) -> H256 {
	committed_root(&claims.iter().map(|claim| claim.leaf(&domain())).collect::<Vec<_>>())
}

/// Pays an account what it has earned out of another's pocket, as the fee table does.
pub fn earn(number: u8, amount: Balance) {
	let from = Balances::free_balance(account(20));
	assert!(from > amount, "account 20 pays for everything");
	<Balances as Mutate<_>>::transfer(
		&account(20),
		&account(number),
		amount,
		frame_support::traits::tokens::Preservation::Preserve,
	)
	.unwrap();
	BaseBridge::earned(&account(number), amount);
}

/// Has an account paid out at the address of its number.
pub fn pay_out(number: u8) {
	assert_ok!(BaseBridge::set_payout_address(signed(number), Some(address(number))));
}

pub fn receipt(task: TaskId) -> Receipt {
	let split = FeeTable::default().split(DN, 2);
	Receipt {
		task,
		model: 7,
		items: 2,
		verdict: Judgement::Settled,
		requester: H256([1; 32]),
		manifest: [2; 32],
		input: [3; 32],
		output: [4; 32],
		workers: vec![H256([5; 32]), H256([6; 32])].try_into().unwrap(),
		fee: DN,
		creator: split.creator,
		per_worker: split.per_worker,
		validators: split.validators,
		treasury: split.treasury,
		community: split.community,
		burned: split.burned,
	}
}

/// Settles a task: leaves [`receipt`] of it.
pub fn issue(task: TaskId) {
	BaseBridge::issue(Issued {
		task,
		model: 7,
		items: 2,
		verdict: Judgement::Settled,
		requester: &account(1),
		manifest: [2; 32],
		input: [3; 32],
		output: [4; 32],
		workers: &[account(5), account(6)],
		fee: DN,
		split: &FeeTable::default().split(DN, 2),
	});
}
