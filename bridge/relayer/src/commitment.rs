//! A commitment of the validators, and what of it the light client on Base is given.
//!
//! The node hands out every signature that it got. The light client wants a quorum, no more: each signature costs
//! its bytes and its recovery.

use alloy::primitives::{Address, Signature, B256, U256};
use codec::{Decode, DecodeAll as _, Encode as _};
use deepnode_primitives::bridge::{quorum, AuthoritySet, Commitment};
use sp_consensus_beefy::{
	ecdsa_crypto::{AuthorityId, Signature as ValidatorSignature},
	SignedCommitment, VersionedFinalityProof,
};
use sp_core::H160;

/// A public key as Ethereum's curve knows it.
type PublicKey = alloy::signers::k256::ecdsa::VerifyingKey;

/// Why a commitment cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CommitmentError {
	/// It is not the encoding of one.
	#[error("a BEEFY justification of {0} bytes is none that this program knows: use the version that belongs to the runtime")]
	Malformed(usize),
	/// It commits to something else, or to more, than an MMR root.
	#[error("the commitment of block {0} is not to one MMR root alone: use the version that belongs to the runtime")]
	OtherPayload(u32),
	/// It is not of the set that it is checked against.
	#[error("block {block}'s commitment is of validator set {found} with {signatures} places, not of set {expected} with {validators}")]
	OtherSet {
		/// The block.
		block: u32,
		/// The set that it names.
		found: u64,
		/// How many places for signatures it has.
		signatures: usize,
		/// The set that it is checked against.
		expected: u64,
		/// How many validators that has.
		validators: usize,
	},
	/// Too few of its signatures are their validators'.
	#[error(
		"block {block}'s commitment has {valid} valid signatures of the {quorum} that {validators} validators need"
	)]
	NoQuorum {
		/// The block.
		block: u32,
		/// How many signatures are their validators'.
		valid: usize,
		/// How many there must be.
		quorum: usize,
		/// How many validators there are.
		validators: usize,
	},
	/// A validator's key is no point of the curve.
	#[error("validator {index} of set {set} has a key that is no point of the curve")]
	NoKey {
		/// The validator's place.
		index: usize,
		/// The set.
		set: u64,
	},
}

/// A commitment with the signatures that a node has for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
	/// What was signed.
	pub commitment: Commitment,
	/// One place for each validator of the set, in their order.
	pub signatures: Vec<Option<[u8; 65]>>,
}

impl Signed {
	/// Reads a BEEFY justification.
	pub fn decode(bytes: &[u8]) -> Result<Self, CommitmentError> {
		let malformed = |_| CommitmentError::Malformed(bytes.len());
		let VersionedFinalityProof::V1(signed) =
			VersionedFinalityProof::<u32, ValidatorSignature>::decode_all(&mut &bytes[..]).map_err(malformed)?;
		let SignedCommitment { commitment, signatures } = signed;
		// With any other payload beside the root the contracts would hash other bytes than were signed.
		let known = Commitment::from_bytes(&commitment.encode());
		let commitment = known.ok_or(CommitmentError::OtherPayload(commitment.block_number))?;
		Ok(Self { commitment, signatures: signatures.into_iter().map(|signature| signature.map(raw)).collect() })
	}

	/// The block.
	pub const fn block(&self) -> u32 {
		self.commitment.block_number
	}

	/// The set whose validators signed it.
	pub const fn set(&self) -> u64 {
		self.commitment.validator_set_id
	}

	/// A quorum of its signatures, each checked to be its validator's.
	pub fn ballot(&self, validators: &Validators) -> Result<Ballot, CommitmentError> {
		let count = validators.addresses.len();
		if self.set() != validators.id || self.signatures.len() != count {
			return Err(CommitmentError::OtherSet {
				block: self.block(),
				found: self.set(),
				signatures: self.signatures.len(),
				expected: validators.id,
				validators: count,
			});
		}
		let digest = B256::from(self.commitment.hash().0);
		let places = self.signatures.iter().zip(&validators.addresses).enumerate();
		let valid = places.filter_map(|(index, (signature, validator))| {
			let signature = normalised(signature.as_ref()?)?;
			let signer = signature.recover_address_from_prehash(&digest).ok()?;
			(signer == *validator).then_some((index, signature))
		});
		let quorum = quorum(count as u32) as usize;
		let chosen: Vec<_> = valid.take(quorum).collect();
		if chosen.len() < quorum || quorum == 0 {
			let (block, valid) = (self.block(), chosen.len());
			return Err(CommitmentError::NoQuorum { block, valid, quorum, validators: count });
		}
		let mut ballot = Ballot { bitfield: vec![U256::ZERO; count.div_ceil(256)], signatures: Vec::new() };
		for (index, signature) in chosen {
			if let Some(word) = ballot.bitfield.get_mut(index / 256) {
				word.set_bit(index % 256, true);
			}
			ballot.signatures.extend(signature.as_bytes());
		}
		Ok(ballot)
	}
}

fn raw(signature: ValidatorSignature) -> [u8; 65] {
	sp_core::ecdsa::Signature::from(signature).0
}

/// A signature with a low s, and a v of 27 or 28. `None` for what cannot be one.
fn normalised(signature: &[u8; 65]) -> Option<Signature> {
	Signature::from_raw_array(signature).ok().map(Signature::normalized_s)
}

/// The signatures that are submitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ballot {
	/// One bit for each validator, set where it signed: validator i is bit i % 256 of word i / 256.
	pub bitfield: Vec<U256>,
	/// 65 bytes for each set bit, in their order.
	pub signatures: Vec<u8>,
}

/// A validator set, as the light client knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Validators {
	/// Its number.
	pub id: u64,
	/// Its validators' Ethereum addresses, in their order.
	pub addresses: Vec<Address>,
}

/// What BEEFY writes into headers, as far as this program reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Log {
	/// A session begins, with these validators.
	Validators(Validators),
	/// The root of the mountain range in this block.
	Root(B256),
	/// Something else.
	Other,
}

impl Log {
	/// Reads an entry of a header's digest.
	pub fn decode(bytes: &[u8]) -> Result<Self, CommitmentError> {
		use sp_consensus_beefy::ConsensusLog;
		let log = ConsensusLog::<AuthorityId>::decode_all(&mut &bytes[..]);
		match log.map_err(|_| CommitmentError::Malformed(bytes.len()))? {
			ConsensusLog::AuthoritiesChange(set) => Validators::new(&set).map(Self::Validators),
			ConsensusLog::MmrRoot(root) => Ok(Self::Root(root.0.into())),
			ConsensusLog::OnDisabled(_) => Ok(Self::Other),
		}
	}
}

impl Validators {
	fn new(set: &sp_consensus_beefy::ValidatorSet<AuthorityId>) -> Result<Self, CommitmentError> {
		let address = |(index, key): (usize, &AuthorityId)| {
			let key = PublicKey::from_sec1_bytes(key.as_ref());
			let key = key.map_err(|_| CommitmentError::NoKey { index, set: set.id() })?;
			Ok(Address::from_public_key(&key))
		};
		let addresses = set.validators().iter().enumerate().map(address).collect::<Result<_, _>>()?;
		Ok(Self { id: set.id(), addresses })
	}

	/// Reads what `BeefyApi_validator_set` gives: an encoded `Option<ValidatorSet>`.
	pub fn decode(bytes: &[u8]) -> Result<Option<Self>, CommitmentError> {
		let set = Option::<sp_consensus_beefy::ValidatorSet<AuthorityId>>::decode(&mut &bytes[..]);
		set.map_err(|_| CommitmentError::Malformed(bytes.len()))?.map(|set| Self::new(&set)).transpose()
	}

	/// As the light client and MMR leaves name it.
	pub fn summary(&self) -> AuthoritySet {
		let addresses: Vec<H160> = self.addresses.iter().map(|address| H160(address.0 .0)).collect();
		AuthoritySet::of(self.id, &addresses)
	}
}

#[cfg(test)]
mod tests;
