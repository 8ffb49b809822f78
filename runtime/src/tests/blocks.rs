//! Blocks as a node makes them, but for the signatures of their transactions: BABE's digest with a verifiable
//! random output, every pallet's hooks, and transactions that are weighed and paid for.

use crate::{
	constants::time::SLOT_DURATION, AccountId, Balance, BlockNumber, Executive, Hash, Header, Runtime, RuntimeCall,
	System, TransactionPayment, TxExtension, UncheckedExtrinsic,
};
use codec::Encode;
use frame_support::dispatch::{DispatchInfo, DispatchResultWithPostInfo, GetDispatchInfo};
use sp_consensus_babe::{
	digests::{CompatibleDigestItem, PreDigest, SecondaryVRFPreDigest},
	make_vrf_sign_data,
};
use sp_core::crypto::VrfSecret;
use sp_keyring::Sr25519Keyring;
use sp_runtime::{
	generic::{CheckedExtrinsic, Era, ExtrinsicFormat},
	traits::{Applyable, Header as _},
	transaction_validity::TransactionValidityError,
	Digest, DigestItem, TransactionOutcome,
};

/// Where a chain stands between two blocks.
pub struct Blocks {
	number: BlockNumber,
	slot: u64,
	seed: u64,
}

impl Blocks {
	/// A chain at its genesis. The seed takes the place of the parents' hashes, in which the authors' signatures
	/// would be, which are never the same twice: one seed, one history.
	pub fn new(seed: u64) -> Self {
		Self { number: 0, slot: 1_000, seed }
	}

	/// Begins the next block, `ahead` blocks after the last one: where that is not 1 nothing was in those between.
	pub fn begin(&mut self, ahead: BlockNumber) {
		self.number += ahead;
		self.slot += u64::from(ahead);
		// No block has a number that does not follow on the last: those between are skipped here.
		System::set_block_number(self.number - 1);
		// Nor does the agenda have to go through them.
		let due = pallet_task_assignment::Agenda::<Runtime>::iter_keys().map(|(block, _)| block).min();
		let due = due.unwrap_or(self.number).min(self.number);
		pallet_task_assignment::AgendaCursor::<Runtime>::mutate(|cursor| *cursor = due.max(*cursor));
		// Nor the bridge, when it forgets what blocks have told.
		let told = pallet_base_bridge::Told::<Runtime>::iter_keys().min().unwrap_or(self.number);
		pallet_base_bridge::FirstKeptBlock::<Runtime>::mutate(|first| *first = told.max(*first));
		let header = self.header(self.digest(self.epoch()));
		Executive::initialize_block(&header);
		let set = pallet_timestamp::Call::set { now: self.slot * SLOT_DURATION };
		let inherent = UncheckedExtrinsic::new_bare(set.into());
		Executive::apply_extrinsic(inherent).expect("the time is an inherent").expect("and always moves on");
	}

	/// Ends a block.
	pub fn finish(&self) {
		Executive::finalize_block();
	}

	fn header(&self, digest: Digest) -> Header {
		let parent = sp_io::hashing::blake2_256(&(self.seed, self.number).encode());
		Header::new(self.number, Hash::zero(), Hash::zero(), parent.into(), digest)
	}

	/// Alice's digest for the slot, signed with an epoch's randomness.
	fn digest(&self, (epoch, randomness): (u64, sp_consensus_babe::Randomness)) -> Digest {
		let slot = self.slot.into();
		let vrf_signature = Sr25519Keyring::Alice.pair().vrf_sign(&make_vrf_sign_data(&randomness, slot, epoch));
		let digest = PreDigest::SecondaryVRF(SecondaryVRFPreDigest { authority_index: 0, slot, vrf_signature });
		Digest { logs: vec![<DigestItem as CompatibleDigestItem>::babe_pre_digest(digest)] }
	}

	/// The epoch that the slot is in: the running one or, where its time is over, the one that the block begins.
	fn epoch(&self) -> (u64, sp_consensus_babe::Randomness) {
		let known = || (pallet_babe::EpochIndex::<Runtime>::get(), pallet_babe::Randomness::<Runtime>::get());
		let running = crate::Babe::current_epoch();
		let end = u64::from(running.start_slot) + running.duration;
		if self.number > 1 && self.slot < end {
			return known();
		}
		frame_support::storage::with_transaction(|| {
			Executive::initialize_block(&self.header(self.digest(known())));
			TransactionOutcome::Rollback(Ok::<_, sp_runtime::DispatchError>(known()))
		})
		.expect("nothing fails")
	}
}

type Transaction = CheckedExtrinsic<AccountId, RuntimeCall, TxExtension>;

/// Applies a transaction that its sender has signed, with its fee.
pub fn apply(who: &AccountId, call: RuntimeCall) -> Result<DispatchResultWithPostInfo, TransactionValidityError> {
	let (checked, info, length) = transaction(who, call);
	let outcome = Applyable::apply::<Runtime>(checked, &info, length)?;
	System::note_applied_extrinsic(&outcome, info);
	Ok(outcome)
}

/// What such a transaction costs at most.
pub fn fee(who: &AccountId, call: RuntimeCall) -> Balance {
	let (_, info, length) = transaction(who, call);
	TransactionPayment::compute_fee(length as u32, &info, 0)
}

fn transaction(who: &AccountId, call: RuntimeCall) -> (Transaction, DispatchInfo, usize) {
	let extension: TxExtension = (
		frame_system::AuthorizeCall::new(),
		frame_system::CheckNonZeroSender::new(),
		frame_system::CheckSpecVersion::new(),
		frame_system::CheckTxVersion::new(),
		frame_system::CheckGenesis::new(),
		frame_system::CheckEra::from(Era::Immortal),
		frame_system::CheckNonce::from(System::account_nonce(who)),
		frame_system::CheckWeight::new(),
		pallet_transaction_payment::ChargeTransactionPayment::from(0),
		frame_metadata_hash_extension::CheckMetadataHash::new(false),
		frame_system::WeightReclaim::new(),
	);
	// A signature, an account and the extension, in bytes.
	let length = call.encoded_size() + 110;
	let format = ExtrinsicFormat::Signed(who.clone(), extension);
	let checked: Transaction = CheckedExtrinsic { format, function: call };
	let mut info = checked.function.get_dispatch_info();
	info.extension_weight = checked.extension_weight();
	(checked, info, length)
}
