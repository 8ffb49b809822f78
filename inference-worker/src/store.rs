//! What the worker must not forget: the salt and the answer of each commitment. On disk before the
//! commitment is sent, kept until the task is long over.
//!
//! Each question of a task has a file of its own, which appears whole or not at all, and which no other record
//! takes the place of: on two forks one number can be two tasks, and the commitment of either may end up on
//! the chain. To read what is kept, or to start, nothing has to be written: a worker on a full disk opens
//! its commitments all the same.

use std::{
	fs::{self, File},
	io::{self, Write},
	path::{Path, PathBuf},
	sync::{Arc, Mutex, PoisonError},
};

use codec::{Decode, DecodeAll, Encode};
use deepnode_primitives::{
	content::{Digest, MAX_INLINE_LEN},
	TaskId,
};
use tempfile::NamedTempFile;

use crate::chain::{AccountId, H256};

/// The file that a store's owner has locked.
const LOCK: &str = "lock";
/// What the name of a task's folder begins with.
const PREFIX: &str = "task-";

/// The length of the file of an answer that the chain just carries: four hashes, and the answer after four
/// bytes that say its length.
const LONGEST_ON_CHAIN: u64 = 4 * 32 + 4 + MAX_INLINE_LEN as u64;

/// What is kept of one question that a task has asked.
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
	source: io::Error,
}

/// The records of one account on one chain. Clones share it.
#[derive(Clone, Debug)]
pub struct Store {
	folder: Arc<Path>,
	/// Held by whoever writes, so that a question is given one salt only.
	writing: Arc<Mutex<()>>,
	/// Keeps other processes out.
	_lock: Arc<File>,
}

impl Store {
	/// Opens, or makes, the store of an account on the chain with this first block. Another chain, such
	/// as a development chain begun anew, has another folder: task numbers begin again there.
	pub fn open(directory: &Path, genesis: &H256, account: &AccountId) -> Result<Self, StoreError> {
		let account: &[u8] = account.as_ref();
		let short = |bytes: &[u8]| hex::encode(bytes.iter().copied().take(6).collect::<Vec<_>>());
		let folder = directory.join(format!("tasks-{}-{}", short(genesis.as_bytes()), short(account)));
		let lock = take(&folder).map_err(|source| failed(&folder, source))?;
		Ok(Self { folder: folder.into(), writing: Arc::default(), _lock: Arc::new(lock) })
	}

	/// What is kept of the answer to a question that a task asks.
	pub async fn answered(&self, task: TaskId, question: Digest) -> Result<Option<Record>, StoreError> {
		self.work(move |store| store.find(task, |record| record.question == question)).await
	}

	/// What a commitment for a task seals, whatever the question was.
	pub async fn sealed(&self, task: TaskId, commitment: H256) -> Result<Option<Record>, StoreError> {
		self.work(move |store| store.find(task, |record| record.commitment == commitment)).await
	}

	/// Keeps a record, unless there is one for the same question already: that one stays and is
	/// returned, so that a question has one answer and one salt for ever. When this returns, the record
	/// survives a power cut.
	pub async fn keep(&self, task: TaskId, record: Record) -> Result<Record, StoreError> {
		self.work(move |store| {
			let _writing = store.writing.lock().unwrap_or_else(PoisonError::into_inner);
			if let Some(known) = store.find(task, |known| known.question == record.question)? {
				return Ok(known);
			}
			let mut file = NamedTempFile::new_in(&store.folder)?;
			// Not through the temporary file itself, whose errors name it: no two would be the same complaint.
			file.as_file_mut().write_all(&record.encode())?;
			file.as_file().sync_all()?;
			let folder = store.folder_of(task);
			fs::create_dir_all(&folder)?;
			file.persist_noclobber(folder.join(hex::encode(record.question))).map_err(|error| error.error)?;
			for changed in [&folder, &*store.folder] {
				File::open(changed)?.sync_all()?;
			}
			Ok(record)
		})
		.await
	}

	/// Forgets a task, with all questions that it has asked.
	pub async fn forget(&self, task: TaskId) -> Result<(), StoreError> {
		self.work(move |store| {
			for removed in [fs::remove_file(store.old_file_of(task)), fs::remove_dir_all(store.folder_of(task))] {
				match removed {
					Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
					_ => {},
				}
			}
			Ok(())
		})
		.await
	}

	/// The tasks of which something is kept.
	pub async fn tasks(&self) -> Result<Vec<TaskId>, StoreError> {
		self.work(Self::listed).await
	}

	/// The tasks whose kept answers are too long for the chain.
	pub async fn long_answers(&self) -> Result<Vec<TaskId>, StoreError> {
		self.work(|store| {
			let mut tasks = Vec::new();
			for task in store.listed()? {
				for path in store.files_of(task)? {
					match fs::metadata(path) {
						Ok(about) if about.len() > LONGEST_ON_CHAIN => tasks.push(task),
						// It was forgotten at this moment.
						Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
						_ => {},
					}
				}
			}
			tasks.dedup();
			Ok(tasks)
		})
		.await
	}

	/// The tasks of which there is something, in ascending order.
	fn listed(&self) -> io::Result<Vec<TaskId>> {
		let mut tasks = Vec::new();
		for entry in fs::read_dir(&self.folder)? {
			tasks.extend(task_of(&entry?.path()));
		}
		tasks.sort_unstable();
		tasks.dedup();
		Ok(tasks)
	}

	/// Where a task's records are, one of each question: no step of a task has to look at those of the others.
	fn folder_of(&self, task: TaskId) -> PathBuf {
		self.folder.join(format!("{PREFIX}{task}"))
	}

	/// Where earlier versions had the one record of a task.
	fn old_file_of(&self, task: TaskId) -> PathBuf {
		self.folder.join(task.to_string())
	}

	fn files_of(&self, task: TaskId) -> io::Result<Vec<PathBuf>> {
		let mut files = vec![self.old_file_of(task)];
		match fs::read_dir(self.folder_of(task)) {
			Ok(entries) => {
				for entry in entries {
					files.push(entry?.path());
				}
			},
			Err(error) if error.kind() == io::ErrorKind::NotFound => {},
			Err(error) => return Err(error),
		}
		Ok(files)
	}

	/// The record of a task that is wanted. One that is damaged is an error where it may be that: to answer
	/// anew would be to commit to another salt.
	fn find(&self, task: TaskId, wanted: impl Fn(&Record) -> bool) -> io::Result<Option<Record>> {
		let mut damaged = None;
		for path in self.files_of(task)? {
			let bytes = match fs::read(&path) {
				Ok(bytes) => bytes,
				Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
				Err(error) => return Err(error),
			};
			match Record::decode_all(&mut &bytes[..]) {
				Ok(record) if wanted(&record) => return Ok(Some(record)),
				Ok(_) => {},
				Err(_) => damaged = Some(format!("the file {} of task {task} is damaged", path.display())),
			}
		}
		damaged.map_or(Ok(None), |words| Err(io::Error::new(io::ErrorKind::InvalidData, words)))
	}

	/// Disk work, off the threads that serve the chain.
	async fn work<T: Send + 'static>(
		&self,
		work: impl FnOnce(&Self) -> io::Result<T> + Send + 'static,
	) -> Result<T, StoreError> {
		let this = self.clone();
		let done = tokio::task::spawn_blocking(move || work(&this)).await;
		done.unwrap_or_else(|error| Err(io::Error::other(error))).map_err(|source| failed(&self.folder, source))
	}
}

/// Makes the folder and locks it, and removes what an earlier process did not bring to its end.
fn take(folder: &Path) -> io::Result<File> {
	fs::create_dir_all(folder)?;
	let lock = File::options().create(true).append(true).open(folder.join(LOCK))?;
	lock.try_lock()?;
	for entry in fs::read_dir(folder)? {
		let path = entry?.path();
		if task_of(&path).is_none() && !path.ends_with(LOCK) && path.is_file() {
			fs::remove_file(path)?;
		}
	}
	// The folder itself survives a power cut before anything in it has to.
	if let Some(parent) = folder.parent() {
		File::open(parent)?.sync_all()?;
	}
	Ok(lock)
}

/// The task whose folder this is, or whose file in an earlier version's store.
fn task_of(path: &Path) -> Option<TaskId> {
	let name = path.file_name()?.to_str()?;
	name.strip_prefix(PREFIX).unwrap_or(name).parse().ok()
}

fn failed(path: &Path, source: io::Error) -> StoreError {
	StoreError { path: path.display().to_string(), source }
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

	/// What is kept of the answer to a question.
	async fn answered(store: &Store, task: TaskId, question: u8) -> Option<Record> {
		store.answered(task, [question; 32]).await.expect("read")
	}

	/// What a commitment seals.
	async fn sealed(store: &Store, task: TaskId, salt: u8) -> Option<Record> {
		store.sealed(task, H256::repeat_byte(salt)).await.expect("read")
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
		assert_eq!(answered(&store, 1, 0).await, Some(record(0, 1)));
		assert_eq!(store.keep(1, record(0, 3)).await.expect("kept"), record(0, 1));
		assert_eq!(store.tasks().await.expect("read"), vec![1]);
	}

	#[tokio::test]
	async fn each_question_of_a_number_keeps_its_own_salt_until_the_task_is_forgotten() {
		let directory = tempfile::tempdir().expect("a directory");
		let store = open(directory.path());
		for (task, question, salt) in [(1, 0, 1), (1, 9, 2), (11, 0, 3)] {
			store.keep(task, record(question, salt)).await.expect("kept");
		}
		for (question, salt) in [(0, 1), (9, 2)] {
			assert_eq!(answered(&store, 1, question).await, Some(record(question, salt)));
			assert_eq!(sealed(&store, 1, salt).await, Some(record(question, salt)));
		}
		assert_eq!(sealed(&store, 1, 3).await, None, "that is another task's");
		assert_eq!(store.tasks().await.expect("read"), vec![1, 11]);
		store.forget(1).await.expect("forgotten");
		assert_eq!((answered(&store, 1, 0).await, answered(&store, 1, 9).await), (None, None));
		assert_eq!(answered(&store, 11, 0).await, Some(record(0, 3)));
	}

	#[tokio::test]
	async fn a_file_that_an_earlier_version_named_by_its_task_is_found_and_forgotten() {
		let directory = tempfile::tempdir().expect("a directory");
		let folder = open(directory.path()).folder.clone();
		fs::write(folder.join("7"), record(0, 1).encode()).expect("written");
		let store = open(directory.path());
		assert_eq!(store.keep(7, record(0, 2)).await.expect("kept"), record(0, 1));
		assert_eq!(sealed(&store, 7, 1).await, Some(record(0, 1)));
		store.forget(7).await.expect("forgotten");
		assert_eq!(store.tasks().await.expect("read"), Vec::<TaskId>::new());
	}

	#[tokio::test]
	async fn answers_that_the_chain_does_not_carry_are_known_by_their_length() {
		let directory = tempfile::tempdir().expect("a directory");
		let store = open(directory.path());
		for (task, length) in [(1, 0), (2, MAX_INLINE_LEN), (3, MAX_INLINE_LEN + 1), (4, 1 << 20)] {
			let answer = vec![0; length as usize];
			store.keep(task, Record { answer, ..record(0, 1) }).await.expect("kept");
		}
		assert_eq!(store.long_answers().await.expect("read"), vec![3, 4]);
	}

	#[tokio::test]
	async fn two_workers_cannot_share_a_store() {
		let directory = tempfile::tempdir().expect("a directory");
		let _first = open(directory.path());
		let error = Store::open(directory.path(), &H256::zero(), &AccountId::new([7; 32])).expect_err("refused");
		assert!(error.to_string().contains("no other worker"), "{error}");
	}

	#[tokio::test]
	async fn what_was_half_written_is_gone_and_what_is_damaged_is_an_error() {
		let directory = tempfile::tempdir().expect("a directory");
		let store = open(directory.path());
		store.keep(1, record(0, 1)).await.expect("kept");
		let folder = store.folder.clone();
		drop(store);
		fs::write(folder.join(".tmpAbCdEf"), b"half").expect("written");
		let store = open(directory.path());
		assert_eq!(fs::read_dir(&folder).expect("read").count(), 2, "the record and the lock");
		assert_eq!(store.tasks().await.expect("read"), vec![1]);
		// Answering anew would commit to another salt than the first time.
		let of_task = store.folder_of(1);
		fs::write(of_task.join(hex::encode([0; 32])), b"damaged").expect("written");
		assert!(store.answered(1, [0; 32]).await.is_err());
		assert!(store.keep(1, record(0, 2)).await.expect_err("refused").to_string().contains("task 1 is damaged"));
		// What the task has asked on another fork is whole, and is found.
		fs::write(of_task.join(hex::encode([9; 32])), record(9, 3).encode()).expect("written");
		assert_eq!(sealed(&store, 1, 3).await, Some(record(9, 3)));
		assert!(store.sealed(1, H256::repeat_byte(1)).await.is_err());
	}
}
