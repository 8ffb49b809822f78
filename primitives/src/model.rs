//! What the registry tells others about a model.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

use crate::{comparison::Comparison, tensor::TensorSpecs, Balance};

/// The terms under which a model serves tasks.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Terms<AccountId> {
	/// Who owns the model and earns the creator's share.
	pub creator: AccountId,
	/// What one item costs; never zero.
	pub price: Balance,
	/// When two answers agree.
	pub comparison: Comparison,
	/// The inputs that a task must bring.
	pub inputs: TensorSpecs,
	/// Whether it answers encrypted inputs, and no others.
	pub private: bool,
	/// Whether new tasks are accepted; a retired model only finishes what it has.
	pub active: bool,
}
