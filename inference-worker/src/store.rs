//! What the worker must not forget: the salt and the answer of each commitment. On disk before the
//! commitment is sent, kept until the task is long over.

use std::{
	fs,
	path::Path,
	sync::{Arc, Mutex, PoisonError},
};

use codec::{Decode, Encode};
use deepnode_primitives::{content::Digest, TaskId};
use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};

use crate::chain::{AccountId, H256};

const TASKS: TableDefinition<TaskId, &[u8]> = TableDefinition::new("tasks");

/// What is kept of one task.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Record {
	/// Hash of what was asked: on another fork the same number can be another task.
	pub question: Digest,
	/// The salt of the commitment.
	pub salt: [u8; 32],
	/// The digest of the answer.
	pub digest: Digest,
	/// The canonical answer.
	pub answer: Vec<u8>,
	/// What was, or will be, committed to.
	pub commitment: H256,
}

/// Why the store fails.
#[derive(Debug, thiserror::Error)]
#[error("the store {path}: {source}; check that the disk has space left and that no other worker uses this --data-dir")]
pub struct StoreError {
	path: String,
	source: Box<redb::Error>,
}

/// The records of one account on one chain. Clones share it.
#[derive(Clone)]
pub struct Store {
	/// `None` after the disk failed: then the next use opens the file again, since redb takes nothing
	/// more from a handle that has seen an input or output error.
	database: Arc<Mutex<Option<Database>>>,
	path: Arc<Path>,
}

impl Store {
	/// Opens, or makes, the store of an account on the chain with this first block. Another chain, such
	/// as a development chain begun anew, has another file: task numbers begin again there.
	pub fn open(directory: &Path, genesis: &H256, account: &AccountId) -> Result<Self, StoreError> {
		let account: &[u8] = account.as_ref();
		let short = |bytes: &[u8]| hex::encode(bytes.iter().copied().take(6).collect::<Vec<_>>());
		let path = directory.join(format!("tasks-{}-{}.redb", short(genesis.as_bytes()), short(account)));
		let made = fs::create_dir_all(directory).map_err(redb::Error::from);
		let database = made.and_then(|()| open(&path)).map_err(|source| failed(&path, source))?;
		Ok(Self { database: Arc::new(Mutex::new(Some(database))), path: path.into() })
	}

	/// What is kept of a task.
	pub async fn get(&self, task: TaskId) -> Result<Option<Record>, StoreError> {
		self.work(move |database| {
			let table = database.begin_read()?.open_table(TASKS)?;
			Ok(table.get(task)?.and_then(|bytes| Record::decode(&mut bytes.value()).ok()))
		})
		.await
	}

	/// Keeps a record, unless there is one for the same question already: that one stays and is
	/// returned, so that a question has one answer and one salt for ever. When this returns, the record
	/// survives a power cut.
	pub async fn keep(&self, task: TaskId, record: Record) -> Result<Record, StoreError> {
		self.work(move |database| {
			let transaction = database.begin_write()?;
			let kept = {
				let mut table = transaction.open_table(TASKS)?;
				let known = table
					.get(task)?
					.and_then(|bytes| Record::decode(&mut bytes.value()).ok())
					.filter(|known| known.question == record.question);
				match known {
					Some(known) => known,
					None => {
						table.insert(task, record.encode().as_slice())?;
						record
					},
				}
			};
			transaction.commit()?;
			Ok(kept)
		})
		.await
	}

	/// Forgets a task.
	pub async fn forget(&self, task: TaskId) -> Result<(), StoreError> {
		self.work(move |database| {
			let transaction = database.begin_write()?;
			transaction.open_table(TASKS)?.remove(task)?;
			Ok(transaction.commit()?)
		})
		.await
	}

	/// The tasks of which something is kept.
	pub async fn tasks(&self) -> Result<Vec<TaskId>, StoreError> {
		self.work(|database| {
			let table = database.begin_read()?.open_table(TASKS)?;
			let tasks = table.iter()?.map(|entry| Ok(entry?.0.value())).collect::<Result<_, redb::StorageError>>()?;
			Ok(tasks)
		})
		.await
	}

	/// Disk work, off the threads that serve the chain.
	async fn work<T: Send + 'static>(
		&self,
		work: impl FnOnce(&Database) -> Result<T, redb::Error> + Send + 'static,
	) -> Result<T, StoreError> {
		let this = self.clone();
		let done = tokio::task::spawn_blocking(move || {
			let mut handle = this.database.lock().unwrap_or_else(PoisonError::into_inner);
			let database = match handle.take() {
				Some(database) => database,
				None => open(&this.path)?,
			};
			let done = work(&database);
			if !matches!(done, Err(redb::Error::Io(_) | redb::Error::PreviousIo)) {
				*handle = Some(database);
			}
			done
		})
		.await;
		let done =
			done.unwrap_or_else(|error| Err(redb::StorageError::from(std::io::Error::other(error.to_string())).into()));
		done.map_err(|source| failed(&self.path, source))
	}
}

fn open(path: &Path) -> Result<Database, redb::Error> {
	let database = Database::create(path)?;
	let transaction = database.begin_write()?;
	transaction.open_table(TASKS)?;
	transaction.commit()?;
	Ok(database)
}

fn failed(path: &Path, source: redb::Error) -> StoreError {
	StoreError { path: path.display().to_string(), source: source.into() }
}

#[cfg(test)]
mod tests {
	use super::*;

	fn record(question: u8, salt: u8) -> Record {
		Record {
			question: [question; 32],
			salt: [salt; 32],
			digest: [0; 32],
			answer: vec![1, 2],
			commitment: H256::repeat_byte(salt),
		}
	}

	fn open(directory: &Path) -> Store {
		Store::open(directory, &H256::zero(), &AccountId::new([7; 32])).expect("opens")
	}

	#[tokio::test]
	async fn a_question_keeps_its_first_salt_for_ever() {
		let directory = tempfile::tempdir().expect("a directory");
		{
			let store = open(directory.path());
			assert_eq!(store.keep(1, record(0, 1)).await.expect("kept"), record(0, 1));
			assert_eq!(store.keep(1, record(0, 2)).await.expect("kept"), record(0, 1));
		}
		let store = open(directory.path());
		assert_eq!(store.get(1).await.expect("read"), Some(record(0, 1)));
		assert_eq!(store.keep(1, record(0, 3)).await.expect("kept"), record(0, 1));
		assert_eq!(store.tasks().await.expect("read"), vec![1]);
	}

	#[tokio::test]
	async fn another_question_of_the_same_number_replaces() {
		let directory = tempfile::tempdir().expect("a directory");
		let store = open(directory.path());
		store.keep(1, record(0, 1)).await.expect("kept");
		assert_eq!(store.keep(1, record(9, 2)).await.expect("kept"), record(9, 2));
		store.forget(1).await.expect("forgotten");
		assert_eq!(store.get(1).await.expect("read"), None);
	}

	#[tokio::test]
	async fn two_workers_cannot_share_a_store() {
		let directory = tempfile::tempdir().expect("a directory");
		let _first = open(directory.path());
		let error = Store::open(directory.path(), &H256::zero(), &AccountId::new([7; 32])).err().expect("refused");
		assert!(error.to_string().contains("no other worker"), "{error}");
	}
}
