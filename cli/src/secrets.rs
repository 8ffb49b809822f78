//! What an evaluator has sealed and must be able to show later. It is on disk before it is on the chain.
//!
//! Each account has a file of its own on each chain, which only its owner can read and which is replaced
//! as a whole. A command holds the file's lock as long as it runs.

use std::{
	env, fs,
	io::Write as _,
	os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _},
	path::{Path, PathBuf},
};

use anyhow::{ensure, Context as _, Result};
use deepnode_client::{AccountId, DomainId, EpochIndex, Expected, WeightsPage, H256};
use deepnode_primitives::{ModelId, TaskId};
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

/// What is kept for one account on one chain.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
	/// Weights that were committed, or were to be.
	pub ballots: Vec<Ballot>,
	/// Items that models are asked.
	pub items: Vec<Item>,
}

/// Sealed weights.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ballot {
	/// The epoch in which they count.
	pub epoch: EpochIndex,
	/// The domain.
	pub domain: DomainId,
	/// The pages, in their order.
	pub pages: Vec<Page>,
}

/// A page of sealed weights.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
	/// The models and their weights.
	pub weights: Vec<(ModelId, u32)>,
	/// What seals them.
	#[serde(with = "hexadecimal")]
	pub salt: [u8; 32],
}

/// An item whose answer is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
	/// The domain.
	pub domain: DomainId,
	/// What is expected.
	pub expected: Answer,
	/// What seals that.
	#[serde(with = "hexadecimal")]
	pub salt: [u8; 32],
	/// The tasks that ask for it.
	pub tasks: Vec<Asked>,
	/// The last block in which its evaluation can be open.
	#[serde(default)]
	pub until: u32,
}

/// What is expected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
	/// A canonical answer.
	Bytes(#[serde(with = "hexadecimal")] Vec<u8>),
	/// Its digest.
	Digest(#[serde(with = "hexadecimal")] [u8; 32]),
}

/// A task that asks for an item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
	/// The model.
	pub model: ModelId,
	/// What seals the task.
	#[serde(with = "hexadecimal")]
	pub salt: [u8; 32],
	/// Its number, once it is on the chain.
	pub task: Option<TaskId>,
	/// The last block that it can come into, as long as nobody knows whether it is in one.
	#[serde(default)]
	pub until: u32,
}

impl Kept {
	/// Keeps a ballot, and forgets those of epochs that are over by its own: they can never be revealed. No other is
	/// forgotten, whatever is said of its transaction: another node may have put it on the chain.
	pub fn keep_ballot(&mut self, ballot: Ballot) {
		self.ballots.retain(|other| other.epoch >= ballot.epoch);
		self.ballots.push(ballot);
	}

	/// Keeps an item in block `now`, and forgets those of its domain whose evaluation is over by then.
	pub fn keep_item(&mut self, item: Item, now: u32) {
		self.items.retain(|other| other.domain != item.domain || other.until >= now);
		self.items.push(item);
	}
}

impl From<&Page> for WeightsPage {
	fn from(page: &Page) -> Self {
		Self { weights: page.weights.clone(), salt: page.salt }
	}
}

impl Ballot {
	/// The pages, as the chain takes them.
	pub fn pages(&self) -> Vec<WeightsPage> {
		self.pages.iter().map(Into::into).collect()
	}
}

impl From<&Answer> for Expected {
	fn from(answer: &Answer) -> Self {
		match answer {
			Answer::Bytes(bytes) => Self::Answer(bytes.clone()),
			Answer::Digest(digest) => Self::Digest(*digest),
		}
	}
}

impl From<&Expected> for Answer {
	fn from(expected: &Expected) -> Self {
		match expected {
			Expected::Answer(bytes) => Self::Bytes(bytes.clone()),
			Expected::Digest(digest) => Self::Digest(*digest),
		}
	}
}

/// What is kept, and the file with it.
#[derive(Debug)]
pub struct Secrets {
	path: PathBuf,
	kept: Kept,
	/// Holds the lock.
	_lock: fs::File,
}

impl Secrets {
	/// Reads what is kept for an account on the chain with this first block; nothing where there is no file.
	pub fn open(folder: Option<&Path>, genesis: H256, account: &AccountId) -> Result<Self> {
		let folder = match folder {
			Some(folder) => folder.to_owned(),
			None => Path::new(&env::var_os("HOME").context("HOME is not set: name a folder with --secrets")?)
				.join(".deepnode"),
		};
		fs::DirBuilder::new()
			.recursive(true)
			.mode(0o700)
			.create(&folder)
			.with_context(|| format!("cannot make the folder {}; name another with --secrets", folder.display()))?;
		let path = folder.join(format!("evaluator-{}-{account}.json", hex::encode(&genesis.as_bytes()[..4])));
		let lock = path.with_extension("lock");
		let lock = fs::File::options().create(true).append(true).mode(0o600).open(&lock);
		let lock = lock.with_context(|| format!("cannot write to the folder {}", folder.display()))?;
		ensure!(lock.try_lock().is_ok(), "another command uses {}: wait for its end", path.display());
		let kept = if path.exists() { read(&path)? } else { Kept::default() };
		Ok(Self { path, kept, _lock: lock })
	}

	/// The file.
	pub fn path(&self) -> &Path {
		&self.path
	}

	/// What is kept.
	pub fn kept(&self) -> &Kept {
		&self.kept
	}

	/// Changes what is kept. When this returns, the change survives a power cut.
	pub fn change<T>(&mut self, change: impl FnOnce(&mut Kept) -> T) -> Result<T> {
		let changed = change(&mut self.kept);
		let write = || {
			let folder = self.path.parent().unwrap_or(Path::new("."));
			// Only its owner can read a temporary file, and it stays so.
			let mut file = NamedTempFile::new_in(folder)?;
			file.write_all(&serde_json::to_vec_pretty(&self.kept)?)?;
			file.as_file().sync_all()?;
			file.persist(&self.path)?;
			fs::File::open(folder)?.sync_all()
		};
		write().with_context(|| format!("cannot keep what is to be shown later in {}", self.path.display()))?;
		Ok(changed)
	}
}

/// The bytes of a file that only its owner can read.
pub fn owner_only(path: &Path) -> Result<Vec<u8>> {
	let shown = path.display();
	let unreadable = || format!("cannot read {shown}");
	let mode = fs::metadata(path).with_context(unreadable)?.permissions().mode() & 0o777;
	ensure!(mode & 0o077 == 0, "others can read {shown} (mode {mode:03o}); close it with `chmod 600 {shown}`");
	fs::read(path).with_context(unreadable)
}

/// Writes a new file that only its owner can read.
#[cfg(feature = "fhe")]
pub fn write_owner_only(path: &Path, bytes: &[u8]) -> Result<()> {
	let write = || {
		let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
		file.write_all(bytes)?;
		file.sync_all()
	};
	write().with_context(|| format!("cannot write the new file {}", path.display()))
}

fn read(path: &Path) -> Result<Kept> {
	let shown = path.display();
	let bytes = owner_only(path)?;
	serde_json::from_slice(&bytes)
		.with_context(|| format!("{shown} is damaged; move it away, and bring back a copy of it"))
}

/// Bytes as hexadecimal digits.
mod hexadecimal {
	use serde::{de::Error as _, Deserialize as _, Deserializer, Serializer};

	pub fn serialize<S: Serializer>(bytes: impl AsRef<[u8]>, serializer: S) -> Result<S::Ok, S::Error> {
		serializer.serialize_str(&hex::encode(bytes))
	}

	pub fn deserialize<'de, D: Deserializer<'de>, T: TryFrom<Vec<u8>>>(deserializer: D) -> Result<T, D::Error> {
		let bytes = hex::decode(String::deserialize(deserializer)?).map_err(D::Error::custom)?;
		let length = bytes.len();
		bytes.try_into().map_err(|_| D::Error::custom(format!("{length} bytes are too many or too few")))
	}
}

#[cfg(test)]
mod tests {
	use deepnode_client::seals;

	use super::*;

	fn account() -> AccountId {
		AccountId::new([1; 32])
	}

	fn open(folder: &Path) -> Result<Secrets> {
		Secrets::open(Some(folder), H256::repeat_byte(9), &account())
	}

	fn ballot() -> Ballot {
		Ballot { epoch: 3, domain: 1, pages: vec![Page { weights: vec![(0, 1), (7, 1_000_000_000)], salt: [2; 32] }] }
	}

	fn item(expected: Answer) -> Item {
		let asked = Asked { model: 4, salt: [6; 32], task: Some(9), until: 64 };
		Item { domain: 1, expected, salt: [5; 32], tasks: vec![asked], until: 9_000 }
	}

	#[test]
	fn what_was_sealed_opens_its_seal_after_the_command_has_ended() {
		let folder = tempfile::tempdir().unwrap();
		let expected = Answer::Bytes(vec![0, 1, 255]);
		let sealed = seals::item(&account(), &(&expected).into(), &[5; 32]).unwrap();
		let committed = seals::ballot(3, 1, &account(), &ballot().pages());
		open(folder.path())
			.unwrap()
			.change(|kept| {
				kept.ballots.push(ballot());
				kept.items.extend([item(expected), item(Answer::Digest([8; 32]))]);
			})
			.unwrap();
		let secrets = open(folder.path()).unwrap();
		let Kept { ballots, items } = secrets.kept();
		assert_eq!(seals::ballot(3, 1, &account(), &ballots[0].pages()), committed);
		assert_eq!(seals::item(&account(), &(&items[0].expected).into(), &items[0].salt).unwrap(), sealed);
		assert_eq!(items[1], item(Answer::Digest([8; 32])));
	}

	#[test]
	fn a_ballot_is_kept_as_long_as_its_epoch_runs() {
		let mut kept = Kept::default();
		let again = Ballot { pages: vec![Page { weights: vec![(0, 1)], salt: [3; 32] }], ..ballot() };
		kept.keep_ballot(ballot());
		kept.keep_ballot(again.clone());
		assert_eq!(kept.ballots, [ballot(), again], "the first may have been committed");
		let next = Ballot { epoch: 4, ..ballot() };
		kept.keep_ballot(next.clone());
		assert_eq!(kept.ballots, [next]);
	}

	#[test]
	fn an_item_is_kept_as_long_as_its_evaluation_can_be_open() {
		let mut kept = Kept::default();
		let other = Item { domain: 2, until: 1, ..item(Answer::Digest([7; 32])) };
		let again = Item { salt: [4; 32], until: 9_100, ..item(Answer::Digest([8; 32])) };
		kept.keep_item(other.clone(), 1);
		kept.keep_item(item(Answer::Digest([8; 32])), 1);
		kept.keep_item(again.clone(), 9_000);
		assert_eq!(kept.items, [other.clone(), item(Answer::Digest([8; 32])), again.clone()]);
		let third = Item { salt: [3; 32], ..again.clone() };
		kept.keep_item(third.clone(), 9_001);
		assert_eq!(kept.items, [other, again, third]);
	}

	#[test]
	fn what_an_older_version_has_kept_can_be_read() {
		let folder = tempfile::tempdir().unwrap();
		let path = open(folder.path()).unwrap().path().to_owned();
		let zeros = "00".repeat(32);
		let tasks = format!(r#"[{{"model":4,"salt":"{zeros}","task":null}}]"#);
		let item = format!(r#"{{"domain":1,"expected":{{"digest":"{zeros}"}},"salt":"{zeros}","tasks":{tasks}}}"#);
		fs::write(&path, format!(r#"{{"ballots":[],"items":[{item}]}}"#)).unwrap();
		fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
		let secrets = open(folder.path()).unwrap();
		assert_eq!((secrets.kept().items[0].until, secrets.kept().items[0].tasks[0].until), (0, 0));
	}

	#[test]
	fn nobody_else_can_read_it() {
		let folder = tempfile::tempdir().unwrap();
		let within = folder.path().join("new");
		let mut secrets = open(&within).unwrap();
		secrets.change(|kept| kept.ballots.push(ballot())).unwrap();
		let path = secrets.path().to_owned();
		let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
		assert_eq!((mode(&within), mode(&path)), (0o700, 0o600));
		drop(secrets);
		fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
		let error = open(&within).unwrap_err().to_string();
		assert!(error.contains("mode 640") && error.contains("chmod 600"), "{error}");
	}

	#[test]
	fn accounts_and_chains_have_files_of_their_own_and_one_command_at_a_time() {
		let folder = tempfile::tempdir().unwrap();
		let one = open(folder.path()).unwrap();
		assert!(open(folder.path()).unwrap_err().to_string().contains("another command"));
		let other = Secrets::open(Some(folder.path()), H256::repeat_byte(8), &account()).unwrap();
		let third = Secrets::open(Some(folder.path()), H256::repeat_byte(9), &AccountId::new([2; 32])).unwrap();
		assert!(one.path() != other.path() && one.path() != third.path());
	}

	#[test]
	fn a_damaged_file_is_told_and_not_overwritten() {
		let folder = tempfile::tempdir().unwrap();
		let path = open(folder.path()).unwrap().path().to_owned();
		for content in
			["{", r#"{"ballots":[],"items":[{"domain":0,"expected":{"digest":"00"},"salt":"00","tasks":[]}]}"#]
		{
			fs::write(&path, content).unwrap();
			fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
			let error = open(folder.path()).unwrap_err().to_string();
			assert!(error.contains("is damaged"), "{error}");
			assert_eq!(fs::read_to_string(&path).unwrap(), content);
		}
	}
}
