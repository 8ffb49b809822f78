//! The runtime's interface, generated from `metadata.scale`. Nothing outside this crate sees it.

#[subxt::subxt(
	runtime_metadata_path = "metadata.scale",
	substitute_type(
		path = "deepnode_primitives::bridge::Domain",
		with = "::subxt::utils::Static<::deepnode_primitives::bridge::Domain>"
	),
	substitute_type(
		path = "deepnode_primitives::bridge::claim::Claim",
		with = "::subxt::utils::Static<::deepnode_primitives::bridge::Claim>"
	),
	substitute_type(
		path = "deepnode_primitives::bridge::leaf::Roots",
		with = "::subxt::utils::Static<::deepnode_primitives::bridge::Roots>"
	),
	substitute_type(
		path = "deepnode_primitives::bridge::message::Message",
		with = "::subxt::utils::Static<::deepnode_primitives::bridge::Message>"
	),
	substitute_type(
		path = "deepnode_primitives::bridge::receipt::Receipt",
		with = "::subxt::utils::Static<::deepnode_primitives::bridge::Receipt>"
	),
	substitute_type(
		path = "deepnode_primitives::chunks::Opening",
		with = "::subxt::utils::Static<::deepnode_primitives::chunks::Opening>"
	),
	substitute_type(
		path = "deepnode_primitives::comparison::Comparison",
		with = "::subxt::utils::Static<::deepnode_primitives::comparison::Comparison>"
	),
	substitute_type(
		path = "deepnode_primitives::content::ContentRef",
		with = "::subxt::utils::Static<::deepnode_primitives::content::ContentRef>"
	),
	substitute_type(
		path = "deepnode_primitives::content::Payload",
		with = "::subxt::utils::Static<::deepnode_primitives::content::Payload>"
	),
	substitute_type(
		path = "deepnode_primitives::fees::FeeTable",
		with = "::subxt::utils::Static<::deepnode_primitives::fees::FeeTable>"
	),
	substitute_type(
		path = "deepnode_primitives::fees::Split",
		with = "::subxt::utils::Static<::deepnode_primitives::fees::Split>"
	),
	substitute_type(
		path = "deepnode_primitives::task::Assurance",
		with = "::subxt::utils::Static<::deepnode_primitives::task::Assurance>"
	),
	substitute_type(
		path = "deepnode_primitives::task::ErrorCode",
		with = "::subxt::utils::Static<::deepnode_primitives::task::ErrorCode>"
	),
	substitute_type(
		path = "deepnode_primitives::tensor::TensorSpec",
		with = "::subxt::utils::Static<::deepnode_primitives::tensor::TensorSpec>"
	)
)]
mod generated {}

pub(crate) use generated::*;

pub(crate) use runtime_types::bounded_collections::bounded_vec::BoundedVec;

/// Why DN are on hold.
pub(crate) type HoldReason = runtime_types::deepnode_runtime::RuntimeHoldReason;
