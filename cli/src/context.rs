//! What every command needs: the node, the key, and where to print.

use std::time::Duration;

use anyhow::{bail, Context as _, Result};
use deepnode_client::{keys, AccountId, Client, Keypair, Options};

use crate::{cli::Global, output::Output};

/// How long to wait for a node that has gone before a command fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// What every command needs.
pub struct Context {
	global: Global,
	/// Where results are printed.
	pub output: Output,
}

impl Context {
	/// The context of a command line.
	pub fn new(global: Global) -> Self {
		let output = Output::new(global.json);
		Self { global, output }
	}

	/// Connects to the node.
	pub async fn client(&self) -> Result<Client> {
		Ok(Client::connect_with(&self.global.node, Options { give_up_after: Some(PATIENCE) }).await?)
	}

	/// The key to sign with.
	pub fn key(&self) -> Result<Keypair> {
		let key = match (&self.global.key, &self.global.suri_env) {
			(_, Some(variable)) => Keypair::from_env(variable),
			(Some(source), None) => keys::parse(source),
			(None, None) => bail!(
				"no key to sign with: name one with --key FILE (--key //Alice on a development chain), \
				 --suri-env VAR or DEEPNODE_KEY; `deepnode account new FILE` makes one"
			),
		};
		Ok(key.map_err(deepnode_client::Error::from)?)
	}

	/// The account given, or that of the key.
	pub fn account_or_own(&self, account: Option<AccountId>) -> Result<AccountId> {
		match account {
			Some(account) => Ok(account),
			None => Ok(self.key().context("whose account? name one, or your key")?.account()),
		}
	}
}
