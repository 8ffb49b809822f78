//! What transactions look like on the chain.

use subxt::{
	config::{Config, DefaultTransactionExtensions},
	ext::{scale_decode::DecodeAsType, scale_encode::EncodeAsType},
	ArcMetadata, SubstrateConfig,
};

/// Substrate's, with the signatures of Ethereum keys, which subxt does not know.
#[derive(Clone, Debug, Default)]
pub(crate) struct ChainConfig(SubstrateConfig);

/// Those of the runtime's signatures that a [`crate::Keypair`] makes.
#[derive(Clone, Debug, DecodeAsType, EncodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
#[encode_as_type(crate_path = "subxt::ext::scale_encode")]
pub(crate) enum Signature {
	Sr25519([u8; 64]),
	Eth([u8; 65]),
}

impl Config for ChainConfig {
	type AccountId = <SubstrateConfig as Config>::AccountId;
	type Address = <SubstrateConfig as Config>::Address;
	type Signature = Signature;
	type Header = <SubstrateConfig as Config>::Header;
	type TransactionExtensions = DefaultTransactionExtensions<Self>;
	type AssetId = <SubstrateConfig as Config>::AssetId;
	type Hasher = <SubstrateConfig as Config>::Hasher;

	fn metadata_for_spec_version(&self, spec_version: u32) -> Option<ArcMetadata> {
		self.0.metadata_for_spec_version(spec_version)
	}

	fn set_metadata_for_spec_version(&self, spec_version: u32, metadata: ArcMetadata) {
		self.0.set_metadata_for_spec_version(spec_version, metadata);
	}
}
