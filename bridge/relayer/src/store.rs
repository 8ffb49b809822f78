//! What a relayer must not forget: the transactions that it has on their way, and how far it has read the chain.
//!
//! One file, which is replaced as a whole and is on disk before anything in it is sent. Everything else is asked of
//! the two chains at every turn.

use std::{
	collections::BTreeMap,
	fs::{self, File},
	io::{self, Write as _},
	path::{Path, PathBuf},
};

use alloy::primitives::Address;
use deepnode_client::H256;
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use crate::base::pending::Pending;

/// The file that a store's owner has locked.
const LOCK: &str = "lock";
/// The file.
const PROGRESS: &str = "progress.json";

/// What is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
	/// The transactions on their way, in the order of their numbers.
	pub pending: Vec<Pending>,
	/// Up to which block the chain's headers have been read.
	pub read: u32,
	/// The first blocks of the sessions in them, by the number of their validator set.
	pub sessions: BTreeMap<u64, u32>,
}

/// Why the store fails.
#[derive(Debug, thiserror::Error)]
#[error(
	"the store {path}: {source}; check that the disk has space left and that no other relayer uses this --data-dir"
)]
pub struct StoreError {
	path: String,
	source: io::Error,
}

/// What is kept for one account between one chain and one gateway.
#[derive(Debug)]
pub struct Store {
	folder: PathBuf,
	progress: Progress,
	/// Keeps other processes out.
	_lock: File,
}

impl Store {
	/// Opens, or makes, the store of an account between the chain with this first block and this gateway.
	pub fn open(directory: &Path, genesis: &H256, gateway: &Address, account: &Address) -> Result<Self, StoreError> {
		let short = |bytes: &[u8]| hex::encode(bytes.iter().copied().take(6).collect::<Vec<_>>());
		let parts = [short(genesis.as_bytes()), short(gateway.as_slice()), short(account.as_slice())];
		let folder = directory.join(format!("relay-{}", parts.join("-")));
		let opened = take(&folder).and_then(|lock| Ok((lock, read(&folder)?)));
		let (lock, progress) = opened.map_err(|source| failed(&folder, source))?;
		Ok(Self { folder, progress, _lock: lock })
	}

	/// What is kept.
	pub const fn progress(&self) -> &Progress {
		&self.progress
	}

	/// Changes what is kept. When this returns, the change survives a power cut.
	pub fn change(&mut self, change: impl FnOnce(&mut Progress)) -> Result<(), StoreError> {
		let mut changed = self.progress.clone();
		change(&mut changed);
		if changed != self.progress {
			write(&self.folder, &changed).map_err(|source| failed(&self.folder, source))?;
			self.progress = changed;
		}
		Ok(())
	}
}

/// Makes the folder and locks it.
fn take(folder: &Path) -> io::Result<File> {
	fs::create_dir_all(folder)?;
	let lock = File::options().create(true).append(true).open(folder.join(LOCK))?;
	lock.try_lock()?;
	if let Some(parent) = folder.parent() {
		File::open(parent)?.sync_all()?;
	}
	Ok(lock)
}

fn read(folder: &Path) -> io::Result<Progress> {
	match fs::read(folder.join(PROGRESS)) {
		Ok(bytes) => Ok(serde_json::from_slice(&bytes)?),
		Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Progress::default()),
		Err(error) => Err(error),
	}
}

fn write(folder: &Path, progress: &Progress) -> io::Result<()> {
	let mut file = NamedTempFile::new_in(folder)?;
	file.as_file_mut().write_all(&serde_json::to_vec_pretty(progress)?)?;
	file.as_file().sync_all()?;
	file.persist(folder.join(PROGRESS)).map_err(|error| error.error)?;
	File::open(folder)?.sync_all()
}

fn failed(path: &Path, source: io::Error) -> StoreError {
	StoreError { path: path.display().to_string(), source }
}

#[cfg(test)]
mod tests {
	use alloy::primitives::{Bytes, TxHash};

	use super::*;
	use crate::base::{fees::Fees, pending::Purpose};

	fn open(directory: &Path) -> Result<Store, StoreError> {
		Store::open(directory, &H256::zero(), &Address::ZERO, &Address::repeat_byte(7))
	}

	fn pending() -> Pending {
		Pending {
			nonce: 4,
			purpose: Purpose::Push { epoch: 3, first: 100 },
			to: Address::repeat_byte(1),
			data: Bytes::from_static(b"call"),
			gas: 90_000,
			fees: Fees { most: u128::MAX, tip: 1 },
			hashes: vec![TxHash::repeat_byte(9)],
			raw: Bytes::from_static(b"signed"),
			sent: 1_700_000_000,
			mined: false,
		}
	}

	#[test]
	fn what_is_kept_is_there_after_a_restart() {
		let directory = tempfile::tempdir().unwrap();
		let mut store = open(directory.path()).unwrap();
		assert_eq!(*store.progress(), Progress::default());
		store
			.change(|progress| {
				progress.pending.push(pending());
				progress.sessions.insert(2, 81);
				progress.read = 90;
			})
			.unwrap();
		let kept = store.progress().clone();
		drop(store);
		assert_eq!(*open(directory.path()).unwrap().progress(), kept);
	}

	#[test]
	fn two_relayers_cannot_share_a_store() {
		let directory = tempfile::tempdir().unwrap();
		let _first = open(directory.path()).unwrap();
		let error = open(directory.path()).unwrap_err();
		assert!(error.to_string().contains("no other relayer"), "{error}");
	}

	#[test]
	fn a_damaged_file_is_an_error_and_not_a_new_beginning() {
		let directory = tempfile::tempdir().unwrap();
		let store = open(directory.path()).unwrap();
		let path = store.folder.join(PROGRESS);
		drop(store);
		fs::write(path, "{").unwrap();
		assert!(open(directory.path()).is_err());
	}

	#[test]
	fn another_gateway_has_another_store() {
		let directory = tempfile::tempdir().unwrap();
		let _first = open(directory.path()).unwrap();
		let other = Store::open(directory.path(), &H256::zero(), &Address::repeat_byte(1), &Address::repeat_byte(7));
		assert!(other.is_ok());
	}
}
