#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![deny(missing_docs)]
#![cfg_attr(
	not(test),
	deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)
)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod epoch;
#[cfg(test)]
mod mock;
mod payouts;
mod prune;
mod queue;
mod receipts;
mod refusals;
#[cfg(test)]
mod tests;
mod try_state;
pub mod types;
mod views;
pub mod weights;

pub use pallet::*;
pub use weights::WeightInfo;

// What FRAME's macros write here expects what it has checked itself. Events are as large as a receipt.
#[allow(clippy::expect_used, clippy::large_enum_variant)]
#[frame_support::pallet]
pub mod pallet {
	use alloc::vec::Vec;
	use deepnode_primitives::{
		bridge::{CallData, Claim, Domain, Message, Receipt, Roots as BlockRoots},
		Balance, TaskId,
	};
	use frame_support::{
		pallet_prelude::*,
		traits::fungible::{Inspect, Mutate, MutateHold},
	};
	use frame_system::pallet_prelude::*;
	use sp_core::{H160, H256};
	use sp_runtime::{traits::Saturating, AccountId32};

	use crate::{
		types::{Backing, ClosingEpoch, Earned, Gateway, Payout, QueueEnds, Record, Settlement, Telling},
		WeightInfo,
	};

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// The pallet.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// What the pallet needs of its runtime.
	#[pallet::config]
	pub trait Config:
		frame_system::Config<AccountId = AccountId32, Hash = H256, RuntimeEvent: From<Event<Self>>>
	{
		/// The DN token.
		type Currency: Mutate<AccountId32, Balance = Balance>
			+ MutateHold<AccountId32, Reason = Self::RuntimeHoldReason>;
		/// The runtime's reasons for holds.
		type RuntimeHoldReason: From<HoldReason>;
		/// Who may name the gateway, send governance messages and end an epoch early.
		type AdminOrigin: EnsureOrigin<Self::RuntimeOrigin>;
		/// Who may report that Base has refused a message.
		type BaseOrigin: EnsureOrigin<Self::RuntimeOrigin>;
		/// Who pays the fees of the chain's own messages.
		type FeeAccount: Get<AccountId32>;
		/// The fee of each of the chain's own messages, where the account can pay it.
		#[pallet::constant]
		type ChainFee: Get<Balance>;
		/// The least that can be withdrawn; at least the existential deposit.
		#[pallet::constant]
		type MinWithdrawal: Get<Balance>;
		/// The least by which a fee can be raised.
		#[pallet::constant]
		type MinRaise: Get<Balance>;
		/// How many messages may wait to be told.
		#[pallet::constant]
		type MaxQueued: Get<u32>;
		/// How many messages one block tells.
		#[pallet::constant]
		type MessagesPerBlock: Get<u32>;
		/// How many receipts one block has; more tasks than that never settle in one.
		#[pallet::constant]
		type ReceiptsPerBlock: Get<u32>;
		/// For how many blocks a message is kept after it was last told, and a settlement's claims with it.
		#[pallet::constant]
		type KeepMessages: Get<BlockNumberFor<Self>>;
		/// How many blocks an epoch has.
		#[pallet::constant]
		type EpochLength: Get<BlockNumberFor<Self>>;
		/// How many accounts may be paid out on Base.
		#[pallet::constant]
		type MaxPayouts: Get<u32>;
		/// The deposit of each of them.
		#[pallet::constant]
		type PayoutDeposit: Get<Balance>;
		/// The least that is paid out at once; at least the existential deposit.
		#[pallet::constant]
		type MinClaim: Get<Balance>;
		/// How many accounts one block looks at when an epoch is closed.
		#[pallet::constant]
		type ClaimsPerBlock: Get<u32>;
		/// What the calls and the hooks weigh.
		type WeightInfo: WeightInfo;
	}

	/// Why the pallet holds somebody's DN.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// They wait to be told to Base.
		Withdrawal,
		/// They are earned, and paid out on Base when the epoch ends.
		Payout,
		/// The deposit of a payout address.
		PayoutDeposit,
	}

	/// The gateway on Base, once it is known.
	#[pallet::storage]
	pub type BaseGateway<T: Config> = StorageValue<_, Gateway>;

	/// The number of the next message.
	#[pallet::storage]
	pub type NextNonce<T: Config> = StorageValue<_, u64, ValueQuery>;

	/// The messages.
	#[pallet::storage]
	pub type Messages<T: Config> = StorageMap<_, Twox64Concat, u64, Record<BlockNumberFor<T>>>;

	/// The numbers of the messages that wait to be told, by their position in the queue.
	#[pallet::storage]
	pub type Queue<T: Config> = StorageMap<_, Twox64Concat, u64, u64>;

	/// Which positions of the queue are in use.
	#[pallet::storage]
	pub type Queued<T: Config> = StorageValue<_, QueueEnds, ValueQuery>;

	/// What each block has told, in the order of its tree.
	#[pallet::storage]
	pub type Told<T: Config> =
		StorageMap<_, Twox64Concat, BlockNumberFor<T>, BoundedVec<Telling, T::MessagesPerBlock>, ValueQuery>;

	/// The first block whose messages may still be kept.
	#[pallet::storage]
	pub type FirstKeptBlock<T: Config> = StorageValue<_, BlockNumberFor<T>, ValueQuery>;

	/// The roots of the last block that has ended: what the next one puts into its leaf.
	#[pallet::storage]
	pub type Roots<T: Config> = StorageValue<_, BlockRoots, ValueQuery>;

	/// The leaves of this block's receipts. It is empty between blocks.
	#[pallet::storage]
	pub type ReceiptLeaves<T: Config> = StorageValue<_, BoundedVec<H256, T::ReceiptsPerBlock>, ValueQuery>;

	/// What Base has locked for this chain's issuance.
	#[pallet::storage]
	pub type Backed<T: Config> = StorageValue<_, Balance, ValueQuery>;

	/// The accounts that are paid out on Base.
	#[pallet::storage]
	pub type PayoutsOf<T: Config> = CountedStorageMap<_, Blake2_128Concat, AccountId32, Payout>;

	/// The running epoch.
	#[pallet::storage]
	pub type CurrentEpoch<T: Config> = StorageValue<_, u64, ValueQuery>;

	/// The first block that is not the running epoch's.
	#[pallet::storage]
	pub type EpochEnds<T: Config> = StorageValue<_, BlockNumberFor<T>, ValueQuery>;

	/// The epoch that is being closed.
	#[pallet::storage]
	pub type Closing<T: Config> = StorageValue<_, ClosingEpoch>;

	/// The leaves of its claims so far.
	#[pallet::storage]
	pub type ClaimLeaves<T: Config> = StorageValue<_, BoundedVec<H256, T::MaxPayouts>, ValueQuery>;

	/// The claims of each epoch, by their index.
	#[pallet::storage]
	pub type Claims<T: Config> = StorageDoubleMap<_, Twox64Concat, u64, Twox64Concat, u32, Earned>;

	/// The settlements whose claims are kept.
	#[pallet::storage]
	pub type Settlements<T: Config> = StorageMap<_, Twox64Concat, u64, Settlement>;

	/// The first epoch whose claims may still be kept; those of a refused settlement are kept beyond it.
	#[pallet::storage]
	pub type FirstKeptEpoch<T: Config> = StorageValue<_, u64, ValueQuery>;

	/// The state at genesis.
	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// Base's chain id and the gateway's address there, where they are known.
		pub gateway: Option<(u64, H160)>,
		#[doc(hidden)]
		#[serde(skip)]
		pub _config: PhantomData<T>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		/// All that is issued at genesis is locked on Base: the pallet has to be the last that is built.
		fn build(&self) {
			if let Some((base, address)) = self.gateway {
				let gateway = Gateway { base, address };
				assert!(
					Pallet::<T>::is_valid(&gateway),
					"neither the chain id nor the address may be zero: {gateway:?}"
				);
				BaseGateway::<T>::put(gateway);
			}
			Backed::<T>::put(T::Currency::total_issuance());
			EpochEnds::<T>::put(T::EpochLength::get());
		}
	}

	#[pallet::event]
	#[pallet::generate_deposit(pub(crate) fn deposit_event)]
	pub enum Event<T: Config> {
		/// The gateway is known.
		GatewaySet {
			/// It.
			gateway: Gateway,
		},
		/// DN wait to leave the chain.
		WithdrawalQueued {
			/// The message's number.
			nonce: u64,
			/// Whose they are.
			sender: AccountId32,
			/// Who gets them on Base.
			recipient: H160,
			/// How many.
			amount: Balance,
			/// What whoever delivers the message is paid.
			fee: Balance,
		},
		/// A message has a higher fee; where it was told already it is told again.
		FeeRaised {
			/// The message's number.
			nonce: u64,
			/// Its fee now.
			fee: Balance,
		},
		/// A call waits to be told to Base's timelock.
		GovernanceQueued {
			/// The message's number.
			nonce: u64,
			/// The contract that is to be called.
			target: H160,
		},
		/// A message is in this block's tree, and its DN have left the chain.
		MessageTold {
			/// Its position there.
			index: u32,
			/// The message.
			message: Message,
		},
		/// Base has refused a message.
		MessageRefused {
			/// Its number.
			nonce: u64,
			/// What its sender has back.
			refunded: Balance,
		},
		/// A task has left a receipt in this block's tree.
		ReceiptIssued {
			/// Its position there.
			index: u32,
			/// The receipt.
			receipt: Receipt,
		},
		/// This block has as many receipts as it may: a task has left none.
		ReceiptOmitted {
			/// The task.
			task: TaskId,
		},
		/// An account is paid out on Base from now on, or elsewhere there; or no more.
		PayoutAddressSet {
			/// The account.
			account: AccountId32,
			/// Where.
			address: Option<H160>,
		},
		/// An epoch has ended.
		EpochEnded {
			/// The epoch.
			epoch: u64,
		},
		/// What an account has earned has left the chain, to be claimed on Base.
		PaidOut {
			/// The account.
			account: AccountId32,
			/// What can be claimed.
			claim: Claim,
		},
		/// An epoch's settlement waits to be told.
		SettlementQueued {
			/// The epoch.
			epoch: u64,
			/// The settlement.
			settlement: Settlement,
		},
		/// What an account could not claim, since Base has refused the settlement, is its own again.
		Reclaimed {
			/// The epoch.
			epoch: u64,
			/// The claim's index.
			index: u32,
			/// The account.
			account: AccountId32,
			/// How much.
			amount: Balance,
		},
		/// What the chain has burned waits to be told.
		BurnQueued {
			/// The epoch that has ended.
			epoch: u64,
			/// How much.
			amount: Balance,
		},
		/// More is issued than Base has locked for it: something has minted. Nothing is told of it.
		Unbacked {
			/// Both.
			backing: Backing,
		},
	}

	#[pallet::error]
	pub enum Error<T> {
		/// The gateway on Base is not known yet, so nothing can be sent there; wait until it is set.
		NoGateway,
		/// Neither the chain id nor the gateway's address may be zero.
		InvalidGateway,
		/// Messages are bound to the gateway that is set: it cannot be changed once there are any.
		GatewayInUse,
		/// An address on Base must not be zero.
		ZeroAddress,
		/// The amount is less than `MinWithdrawal`.
		TooLittle,
		/// As many messages wait as may; try again in a few blocks.
		QueueFull,
		/// There is no such message, or it was told so long ago that it is forgotten.
		UnknownMessage,
		/// Only the message's sender may do this.
		NotSender,
		/// The fee must be higher than it is by `MinRaise` or more.
		RaisedTooLittle,
		/// The message has not been told yet.
		NotTold,
		/// Base has refused the message, and it was taken back.
		AlreadyRefused,
		/// As many accounts are paid out on Base as may be.
		TooManyPayouts,
		/// The account is not paid out on Base.
		NoPayoutAddress,
		/// The epoch's settlement has not been refused: its claims are paid on Base.
		NotRefused,
		/// There is no such claim, or it was taken back.
		UnknownClaim,
		/// The last epoch is still being closed; try again in a few blocks.
		EpochClosing,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		/// Forgets what is old and goes on with the closing of an epoch; what `on_finalize` may need is
		/// reserved.
		fn on_initialize(now: BlockNumberFor<T>) -> Weight {
			Self::reserved()
				.saturating_add(Self::prune_messages(now))
				.saturating_add(Self::prune_claims())
				.saturating_add(Self::advance_epoch(now))
		}

		/// Tells what waits, and writes the roots that the next block's leaf commits to.
		fn on_finalize(now: BlockNumberFor<T>) {
			let (messages, settlement) = Self::tell(now);
			Roots::<T>::put(BlockRoots { messages, settlement, receipts: Self::receipts_root() });
		}

		fn integrity_test() {
			let least = T::Currency::minimum_balance();
			assert!(T::MinWithdrawal::get() >= least, "a refused withdrawal could not be returned");
			assert!(T::MinClaim::get() >= least, "a refused claim could not be returned");
			assert!(T::MessagesPerBlock::get() > 0 && T::ClaimsPerBlock::get() > 0, "nothing would ever be told");
			assert!(T::EpochLength::get() > 0u32.into(), "an epoch has blocks");
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Sends `amount` DN to `recipient` on Base. With the `fee`, which whoever delivers the message there
		/// is paid, they are put on hold, and are burned in the block that tells the message: this one or one
		/// of the next.
		///
		/// ## Dispatch origin
		/// Signed, by whose DN they are.
		///
		/// ## Errors
		/// - [`Error::NoGateway`], [`Error::ZeroAddress`], [`Error::TooLittle`], [`Error::QueueFull`].
		/// - Token errors, where the caller has not got amount and fee, and the existential deposit besides.
		///
		/// ## Complexity
		/// O(1).
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::withdraw())]
		pub fn withdraw(
			origin: OriginFor<T>,
			recipient: H160,
			#[pallet::compact] amount: Balance,
			#[pallet::compact] fee: Balance,
		) -> DispatchResult {
			Self::do_withdraw(ensure_signed(origin)?, recipient, amount, fee)
		}

		/// Raises a message's fee to `fee`. A message that was told is told again, under the same number: only
		/// one of the two ever takes effect, and what the fee was raised by is gone whichever it is.
		///
		/// ## Dispatch origin
		/// Signed, by the message's sender.
		///
		/// ## Errors
		/// - [`Error::UnknownMessage`], [`Error::NotSender`], [`Error::AlreadyRefused`], [`Error::QueueFull`].
		/// - [`Error::RaisedTooLittle`]: by `MinRaise` at least.
		/// - Token errors, where the caller has not got the difference.
		///
		/// ## Complexity
		/// O(1).
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::raise_fee())]
		pub fn raise_fee(
			origin: OriginFor<T>,
			#[pallet::compact] nonce: u64,
			#[pallet::compact] fee: Balance,
		) -> DispatchResult {
			Self::do_raise_fee(ensure_signed(origin)?, nonce, fee)
		}

		/// Has what the caller earns from now on paid out on Base, once an epoch; until then it is on hold.
		/// Without an address the caller is paid here again, and has what is on hold and its deposit back.
		///
		/// ## Dispatch origin
		/// Signed.
		///
		/// ## Errors
		/// - [`Error::ZeroAddress`], [`Error::TooManyPayouts`], [`Error::NoPayoutAddress`].
		/// - Token errors, where the caller has not got the deposit.
		///
		/// ## Complexity
		/// O(1).
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::set_payout_address())]
		pub fn set_payout_address(origin: OriginFor<T>, address: Option<H160>) -> DispatchResult {
			Self::do_set_payout_address(ensure_signed(origin)?, address)
		}

		/// Takes back what Base has refused: a withdrawal's amount is its sender's again, a settlement's claims
		/// can be taken back by [`Self::reclaim`], and a burn is reported again. The fee is not returned:
		/// whoever delivered the message was paid it.
		///
		/// ## Dispatch origin
		/// `BaseOrigin`.
		///
		/// ## Errors
		/// - [`Error::UnknownMessage`], [`Error::NotTold`].
		/// - [`Error::AlreadyRefused`]: it is taken back once.
		///
		/// ## Complexity
		/// O(1).
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::report_refusal())]
		pub fn report_refusal(origin: OriginFor<T>, #[pallet::compact] nonce: u64) -> DispatchResult {
			T::BaseOrigin::ensure_origin(origin)?;
			Self::do_report_refusal(nonce)
		}

		/// Gives an account back what it cannot claim on Base, since the epoch's settlement was refused.
		///
		/// ## Dispatch origin
		/// Signed, by anybody: it is the claim's account that is paid.
		///
		/// ## Errors
		/// - [`Error::NotRefused`], [`Error::UnknownClaim`].
		///
		/// ## Complexity
		/// O(1).
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::reclaim())]
		pub fn reclaim(
			origin: OriginFor<T>,
			#[pallet::compact] epoch: u64,
			#[pallet::compact] index: u32,
		) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_reclaim(epoch, index)
		}

		/// Has the timelock on Base schedule a call of `target` with `data`.
		///
		/// ## Dispatch origin
		/// `AdminOrigin`.
		///
		/// ## Errors
		/// - [`Error::NoGateway`], [`Error::ZeroAddress`], [`Error::QueueFull`].
		///
		/// ## Complexity
		/// O(bytes), of which there are 1,024 at most.
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::send_governance(data.len() as u32))]
		pub fn send_governance(origin: OriginFor<T>, target: H160, data: CallData) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Self::do_send_governance(target, data)
		}

		/// Says where the gateway is: on the chain with the id `base`, at `address`. It can be said anew until
		/// the first message is queued, since messages are bound to it.
		///
		/// ## Dispatch origin
		/// `AdminOrigin`.
		///
		/// ## Errors
		/// - [`Error::InvalidGateway`], [`Error::GatewayInUse`].
		///
		/// ## Complexity
		/// O(1).
		#[pallet::call_index(6)]
		#[pallet::weight(T::WeightInfo::set_gateway())]
		pub fn set_gateway(origin: OriginFor<T>, #[pallet::compact] base: u64, address: H160) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			let gateway = Gateway { base, address };
			ensure!(Self::is_valid(&gateway), Error::<T>::InvalidGateway);
			ensure!(NextNonce::<T>::get() == 0 && !Closing::<T>::exists(), Error::<T>::GatewayInUse);
			BaseGateway::<T>::put(gateway);
			Self::deposit_event(Event::GatewaySet { gateway });
			Ok(())
		}

		/// Ends the running epoch in the next block instead of at its time.
		///
		/// ## Dispatch origin
		/// `AdminOrigin`.
		///
		/// ## Errors
		/// - [`Error::EpochClosing`]
		///
		/// ## Complexity
		/// O(1).
		#[pallet::call_index(7)]
		#[pallet::weight(T::WeightInfo::end_epoch())]
		pub fn end_epoch(origin: OriginFor<T>) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			ensure!(!Closing::<T>::exists(), Error::<T>::EpochClosing);
			let now = frame_system::Pallet::<T>::block_number();
			EpochEnds::<T>::put(now.saturating_add(1u32.into()));
			Ok(())
		}
	}

	#[pallet::view_functions]
	impl<T: Config> Pallet<T> {
		/// Between which ends messages go; `None` until the gateway is known.
		pub fn domain() -> Option<Domain> {
			Self::current_domain()
		}

		/// The message of this number and what has become of it; `None` where there is none, or it is
		/// forgotten.
		pub fn message(nonce: u64) -> Option<Record<BlockNumberFor<T>>> {
			Messages::<T>::get(nonce)
		}

		/// The messages that a block has told, as it told them, in the order of its tree.
		pub fn told(block: BlockNumberFor<T>) -> Vec<Message> {
			Self::messages_of(block)
		}

		/// How many messages wait to be told.
		pub fn queued() -> u64 {
			Queued::<T>::get().len()
		}

		/// The running epoch, and the block in which the next begins.
		pub fn epoch() -> (u64, BlockNumberFor<T>) {
			(CurrentEpoch::<T>::get(), EpochEnds::<T>::get())
		}

		/// An epoch's settlement, while its claims are kept.
		pub fn settlement(epoch: u64) -> Option<Settlement> {
			Settlements::<T>::get(epoch)
		}

		/// The claims of an epoch's settlement, in the order of its tree.
		pub fn claims(epoch: u64) -> Vec<Claim> {
			Self::claims_of(epoch)
		}

		/// Where an account is paid out on Base, and what it has earned in this epoch.
		pub fn payout(account: AccountId32) -> Option<Payout> {
			PayoutsOf::<T>::get(account)
		}

		/// What Base has locked for this chain, and what is issued.
		pub fn backing() -> Backing {
			Backing { backed: Backed::<T>::get(), issuance: T::Currency::total_issuance() }
		}

		/// The roots of this block, which are in the next block's leaf.
		pub fn roots() -> BlockRoots {
			Roots::<T>::get()
		}
	}
}
