//! Where the contracts are.

use std::{
	fs, io,
	path::{Path, PathBuf},
};

use alloy::primitives::Address;
use deepnode_primitives::bridge::Domain;
use serde::{Deserialize, Serialize};
use sp_core::{H160, H256};

/// Where the contracts are, as the deployment script of `bridge/contracts` writes it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Deployment {
	/// The id of the chain that they are on.
	pub chain_id: u64,
	/// DN.
	pub token: Address,
	/// The light client.
	#[serde(rename = "client")]
	pub beefy_client: Address,
	/// The gateway, which holds the vault.
	pub gateway: Address,
	/// Pays what is claimed.
	pub settlement: Address,
	/// Checks receipts.
	pub receipt_verifier: Address,
}

/// Why a deployment's file cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeploymentError {
	/// It cannot be read.
	#[error("cannot read the deployment's addresses in {path}: {reason}; the deployment script of bridge/contracts writes them")]
	Unreadable {
		/// The file.
		path: PathBuf,
		/// What reading it came to.
		reason: io::Error,
	},
	/// It does not say where the contracts are.
	#[error("{path} does not say where the contracts are: {reason}; the deployment script of bridge/contracts writes such a file")]
	Malformed {
		/// The file.
		path: PathBuf,
		/// What is wrong with it.
		reason: serde_json::Error,
	},
}

impl Deployment {
	/// Reads a deployment's file.
	pub fn read(path: &Path) -> Result<Self, DeploymentError> {
		let text = fs::read(path).map_err(|reason| DeploymentError::Unreadable { path: path.into(), reason })?;
		serde_json::from_slice(&text).map_err(|reason| DeploymentError::Malformed { path: path.into(), reason })
	}

	/// Between which two ends its messages go.
	pub const fn domain(&self, chain: H256) -> Domain {
		Domain { chain, base: self.chain_id, gateway: H160(self.gateway.0 .0) }
	}

	/// Whether the gateway pays an address: not where DN would be lost, or would be in the vault twice.
	pub fn pays(&self, address: &H160) -> bool {
		let address = Address::from(address.0);
		![Address::ZERO, self.token, self.gateway, self.settlement].contains(&address)
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_file_that_does_not_say_where_the_contracts_are_is_told() {
		let folder = tempfile::tempdir().unwrap();
		let path = folder.path().join("addresses.json");
		let error = Deployment::read(&path).unwrap_err().to_string();
		assert!(error.starts_with("cannot read the deployment's addresses in "), "{error}");
		fs::write(&path, "{\"chainId\": 8453}").unwrap();
		let error = Deployment::read(&path).unwrap_err().to_string();
		assert!(error.contains("missing field `token`"), "{error}");
	}

	#[test]
	fn the_contracts_themselves_and_nobody_are_not_paid() {
		let [token, gateway, settlement, beefy_client] = [1, 2, 3, 4].map(Address::repeat_byte);
		let deployment = Deployment { token, gateway, settlement, beefy_client, ..Deployment::default() };
		let paid: Vec<u8> = (0..6).filter(|byte| deployment.pays(&H160::repeat_byte(*byte))).collect();
		assert_eq!(paid, [4, 5]);
	}

	#[test]
	fn a_deployment_is_read_back() {
		let folder = tempfile::tempdir().unwrap();
		let path = folder.path().join("addresses.json");
		let deployment = Deployment { chain_id: 8453, gateway: Address::repeat_byte(4), ..Deployment::default() };
		fs::write(&path, serde_json::to_string(&deployment).unwrap()).unwrap();
		assert_eq!(Deployment::read(&path).unwrap(), deployment);
		assert_eq!(deployment.domain(H256::zero()).gateway, H160::repeat_byte(4));
	}
}
