//! What the registry keeps.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use deepnode_primitives::{
	comparison::Comparison,
	content::{ContentRef, Digest},
	entry::manifest_digest,
	tensor::TensorSpecs,
	Balance, DataSetId, ModelId,
};
use frame_support::{traits::ConstU32, BoundedVec};
use scale_info::TypeInfo;

pub use deepnode_primitives::entry::{Domain, Name, MAX_DOMAIN_LEN, MAX_FILES, MAX_NAME_LEN};

/// The most ancestors of one model.
pub const MAX_ANCESTORS: usize = 4;
/// The most data sets that one model declares.
pub const MAX_DATA_SETS: u32 = 4;

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

impl ModelSpec {
	/// What binds its files, whatever their URIs: what receipts of its tasks name.
	pub fn manifest(&self) -> Digest {
		manifest_digest(self.files.iter().map(|file| (&file.name[..], &file.content)))
	}
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
