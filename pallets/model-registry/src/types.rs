//! What the registry keeps.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use deepnode_primitives::{
	comparison::Comparison, content::ContentRef, tensor::TensorSpecs, Balance, DataSetId, ModelId,
};
use frame_support::{traits::ConstU32, BoundedVec};
use scale_info::TypeInfo;

/// The most files of one model.
pub const MAX_FILES: u32 = 8;
/// The most ancestors of one model.
pub const MAX_ANCESTORS: usize = 4;
/// The most data sets that one model declares.
pub const MAX_DATA_SETS: u32 = 4;

/// The longest name and the longest licence expression, in bytes.
pub const MAX_NAME_LEN: u32 = 64;
/// The longest name of a domain, in bytes.
pub const MAX_DOMAIN_LEN: u32 = 32;

/// A name in UTF-8.
pub type Name = BoundedVec<u8, ConstU32<MAX_NAME_LEN>>;
/// A domain in UTF-8: models are judged beside others of their domain.
pub type Domain = BoundedVec<u8, ConstU32<MAX_DOMAIN_LEN>>;

/// One file of a model.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct ModelFile {
	/// Its name, unique in the model.
	pub name: Name,
	/// What it holds and where to fetch it.
	pub content: ContentRef,
}

/// How a model is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum Format {
	/// An ONNX graph.
	Onnx,
}

/// On what a model must run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum RuntimeClass {
	/// On anything that its workers choose.
	Any,
	/// On one class of machine and engine.
	Class(u16),
}

/// Where a model comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Parent {
	/// The model that it was made from.
	pub model: ModelId,
	/// What it pays to it of the creator's share, in parts per million.
	pub royalty: u32,
}

/// The data sets that a model declares.
pub type DeclaredDataSets = BoundedVec<DataSetId, ConstU32<MAX_DATA_SETS>>;
/// Whom a model owes for its data sets and, in parts per million of the creator's share, how much.
pub type DataRoyalties<AccountId> = BoundedVec<(AccountId, u32), ConstU32<MAX_DATA_SETS>>;

/// What a creator declares about a model. All but the price and the URIs is final.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct ModelSpec {
	/// What people call it.
	pub name: Name,
	/// What it is for.
	pub domain: Domain,
	/// Its files, the graph first.
	pub files: BoundedVec<ModelFile, ConstU32<MAX_FILES>>,
	/// How the graph is stored.
	pub format: Format,
	/// The version of the operator set that the graph uses.
	pub opset: u16,
	/// Its inputs, in the graph's order.
	pub inputs: TensorSpecs,
	/// Its outputs, in the graph's order.
	pub outputs: TensorSpecs,
	/// The licence, as an SPDX expression.
	pub licence: Name,
	/// What one item costs.
	pub price: Balance,
	/// When two answers agree.
	pub comparison: Comparison,
	/// On what it must run.
	pub runtime_class: RuntimeClass,
	/// The parameters under which it answers encrypted inputs. Its first file is then an integer circuit.
	pub fhe: Option<u32>,
	/// What it was made from.
	pub parent: Option<Parent>,
	/// The data sets that it was made from, each once.
	pub data_sets: DeclaredDataSets,
}

/// Whether a model takes new tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum Status {
	/// It does.
	Active,
	/// It only finishes those it has.
	Retired,
}

/// An entry of the registry.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Model<AccountId, BlockNumber> {
	/// Who owns it and earns the creator's share.
	pub owner: AccountId,
	/// What it is.
	pub spec: ModelSpec,
	/// Whether it takes new tasks.
	pub status: Status,
	/// What it owes for its data sets, in their order, as their royalties were when it was registered.
	pub data_royalties: DataRoyalties<AccountId>,
	/// What is on hold for the entry.
	pub bond: Balance,
	/// When it was registered.
	pub registered_at: BlockNumber,
}
