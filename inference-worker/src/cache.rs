//! Content on disk, by its hash. Files appear whole or not at all; the ones that were not used for
//! longest make place for new ones.

use std::{
	fs::{self, File},
	io::{self, Read, Write},
	os::unix::fs::FileExt,
	path::{Path, PathBuf},
	sync::{
		atomic::{AtomicU64, Ordering},
		Arc,
	},
	time::SystemTime,
};

use deepnode_primitives::{
	chunks::answer_digest,
	content::{ContentRef, Digest, Mismatch},
};
use prost::bytes::Bytes;
use tempfile::NamedTempFile;
use tokio::{sync::Semaphore, task::spawn_blocking};

/// The disk fails. Never a task's answer: the same may work when there is room again.
#[derive(Debug, thiserror::Error)]
#[error("cannot keep content in {path}: {source}; check that the disk has space left")]
pub struct DiskError {
	path: String,
	source: io::Error,
}

/// A directory of content. Clones share it.
#[derive(Clone, Debug)]
pub struct Cache {
	directory: PathBuf,
	limit: u64,
	/// One content is verified at a time, since it is in memory meanwhile.
	verifying: Arc<Semaphore>,
	/// The bytes of all drafts together.
	drafted: Arc<AtomicU64>,
}

impl Cache {
	/// Opens, or makes, a cache that holds up to `limit` bytes, and as many again in drafts. The
	/// directory is this cache's alone: drafts that an earlier process left there are removed.
	pub fn open(directory: &Path, limit: u64) -> Result<Self, DiskError> {
		let (verifying, drafted) = (Arc::new(Semaphore::new(1)), Arc::default());
		let cache = Self { directory: directory.into(), limit, verifying, drafted };
		fs::create_dir_all(directory).map_err(|source| cache.failed(source))?;
		for entry in fs::read_dir(directory).map_err(|source| cache.failed(source))?.flatten() {
			if !is_content(&entry.path()) && entry.path().is_file() {
				let _ = fs::remove_file(entry.path());
			}
		}
		Ok(cache)
	}

	/// The content, if there is a file of its hash and length. Whether it is whole is seen when it is read.
	///
	/// A file of another length stays: the length is whatever a requester has written beside the hash, and says
	/// nothing about the file. Where the file is what is wrong, whoever fetches the content puts it in its place.
	pub async fn find(&self, content: &ContentRef) -> Option<Held> {
		let (path, content) = (self.path(&content.hash), content.clone());
		let open = move || {
			let file = File::open(&path).ok()?;
			if file.metadata().ok()?.len() != content.length {
				return None;
			}
			// The time of the last use. Where it cannot be set, only the order of removal suffers.
			let _ = file.set_modified(SystemTime::now());
			Some(Held { file, path, content })
		};
		spawn_blocking(open).await.ok().flatten()
	}

	/// An answer of which only the digest is known.
	pub async fn answer(&self, digest: Digest) -> Option<Bytes> {
		let path = self.path(&digest);
		let read = move || fs::read(path).ok().filter(|bytes| answer_digest(bytes) == digest).map(Bytes::from);
		spawn_blocking(read).await.ok().flatten()
	}

	/// Keeps content or an answer that has been verified, and makes place for it.
	pub async fn put(&self, hash: Digest, bytes: Bytes) -> Result<(), DiskError> {
		let this = self.clone();
		blocking(&self.directory, move || {
			this.evict(bytes.len() as u64)?;
			let mut file = NamedTempFile::new_in(&this.directory)?;
			file.as_file_mut().write_all(&bytes)?;
			file.persist(this.path(&hash)).map_err(|error| error.error)?;
			Ok(())
		})
		.await
	}

	/// Begins to keep content that arrives in parts, and makes place for it.
	pub async fn draft(&self, content: &ContentRef) -> Result<Draft, DiskError> {
		let (this, content) = (self.clone(), content.clone());
		blocking(&self.directory, move || {
			this.evict(content.length)?;
			let file = NamedTempFile::new_in(&this.directory)?;
			let length = Taken { of: this.drafted.clone(), bytes: 0 };
			Ok(Draft { cache: this, content, file, length })
		})
		.await
	}

	fn path(&self, hash: &Digest) -> PathBuf {
		self.directory.join(hex::encode(hash))
	}

	fn evict(&self, needed: u64) -> io::Result<()> {
		let mut files: Vec<(SystemTime, u64, PathBuf)> = fs::read_dir(&self.directory)?
			.filter_map(|entry| {
				let entry = entry.ok().filter(|entry| is_content(&entry.path()))?;
				let about = entry.metadata().ok()?;
				Some((about.modified().ok()?, about.len(), entry.path()))
			})
			.collect();
		files.sort();
		let mut total = files.iter().fold(needed, |total, (_, length, _)| total.saturating_add(*length));
		for (_, length, path) in files {
			if total <= self.limit {
				break;
			}
			match fs::remove_file(path) {
				// Another draft made place at the same time.
				Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
				_ => total = total.saturating_sub(length),
			}
		}
		Ok(())
	}

	fn failed(&self, source: io::Error) -> DiskError {
		failed(&self.directory, source)
	}
}

/// Content that is being written. What is dropped before its end leaves nothing.
#[derive(Debug)]
pub struct Draft {
	cache: Cache,
	content: ContentRef,
	file: NamedTempFile,
	length: Taken,
}

/// How much of what all drafts may take one takes.
#[derive(Debug)]
struct Taken {
	of: Arc<AtomicU64>,
	bytes: u64,
}

impl Taken {
	/// Takes so many more, if that many are left.
	fn take(&mut self, more: u64, limit: u64) -> io::Result<()> {
		let fits = |taken: u64| taken.checked_add(more).filter(|taken| *taken <= limit);
		if self.of.fetch_update(Ordering::SeqCst, Ordering::SeqCst, fits).is_err() {
			let words = format!("all that is being fetched is more than the {limit} bytes of the cache");
			return Err(io::Error::new(io::ErrorKind::StorageFull, words));
		}
		self.bytes = self.bytes.saturating_add(more);
		Ok(())
	}
}

impl Drop for Taken {
	fn drop(&mut self) {
		self.of.fetch_sub(self.bytes, Ordering::SeqCst);
	}
}

impl Draft {
	/// Adds a part; `false`, and nothing is written, where that is more than the content's length.
	pub async fn write(mut self, part: Bytes) -> Result<(Self, bool), DiskError> {
		let more = part.len() as u64;
		if self.length.bytes.saturating_add(more) > self.content.length {
			return Ok((self, false));
		}
		let directory = self.cache.directory.clone();
		blocking(&directory, move || {
			self.length.take(more, self.cache.limit)?;
			// Not through the draft itself, whose errors name it: no two would be the same complaint.
			self.file.as_file_mut().write_all(&part)?;
			Ok((self, true))
		})
		.await
	}

	/// Keeps the content if it is what its reference names.
	pub async fn finish(self) -> Result<Result<Held, Mismatch>, DiskError> {
		let directory = self.cache.directory.clone();
		// The semaphore is never closed.
		let _turn = self.cache.verifying.clone().acquire_owned().await;
		blocking(&directory, move || {
			let mut file = self.file.reopen()?;
			let mut bytes = Vec::new();
			file.read_to_end(&mut bytes)?;
			if let Err(mismatch) = self.content.verify(&bytes) {
				return Ok(Err(mismatch));
			}
			let path = self.cache.path(&self.content.hash);
			self.file.persist(&path).map_err(|error| error.error)?;
			Ok(Ok(Held { file, path, content: self.content }))
		})
		.await
	}
}

/// Content on this disk. It can be read also after the cache has made place for something else.
#[derive(Debug)]
pub struct Held {
	file: File,
	path: PathBuf,
	content: ContentRef,
}

impl Held {
	/// The content's hash.
	pub const fn hash(&self) -> Digest {
		self.content.hash
	}

	/// Its bytes. A file that was damaged is removed, so that the next attempt fetches it again.
	pub async fn read(&self) -> Result<Bytes, DiskError> {
		let (file, path, content) = (self.file.try_clone(), self.path.clone(), self.content.clone());
		blocking(&self.path, move || {
			let file = file?;
			// One more byte than is due shows that a file is too long.
			let mut bytes = Vec::with_capacity(usize::try_from(content.length).unwrap_or_default());
			At { file, offset: 0 }.take(content.length.saturating_add(1)).read_to_end(&mut bytes)?;
			if let Err(mismatch) = content.verify(&bytes) {
				let _ = fs::remove_file(path);
				return Err(io::Error::new(io::ErrorKind::InvalidData, format!("the file was damaged: {mismatch}")));
			}
			Ok(bytes.into())
		})
		.await
	}
}

/// A file that is read from a place of the reader's own. The place that the system keeps is shared by all
/// duplicates of a descriptor.
struct At {
	file: File,
	offset: u64,
}

impl Read for At {
	fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
		let length = self.file.read_at(buffer, self.offset)?;
		self.offset = self.offset.saturating_add(length as u64);
		Ok(length)
	}
}

/// Whether a file of a cache is content, and no draft.
fn is_content(path: &Path) -> bool {
	let name = path.file_name().unwrap_or_default();
	name.len() == 2 * size_of::<Digest>() && name.as_encoded_bytes().iter().all(u8::is_ascii_hexdigit)
}

/// Disk work, off the threads that serve the chain.
async fn blocking<T: Send + 'static>(
	path: &Path,
	work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, DiskError> {
	let done = spawn_blocking(work).await.unwrap_or_else(|error| Err(io::Error::other(error)));
	done.map_err(|source| failed(path, source))
}

fn failed(path: &Path, source: io::Error) -> DiskError {
	DiskError { path: path.display().to_string(), source }
}

#[cfg(test)]
mod tests {
	use std::time::Duration;

	use deepnode_primitives::content::sha256;

	use super::*;

	fn content(bytes: &[u8]) -> ContentRef {
		ContentRef { hash: sha256(bytes), length: bytes.len() as u64, uris: Default::default() }
	}

	#[tokio::test]
	async fn what_was_not_used_for_longest_goes_first() {
		let directory = tempfile::tempdir().expect("a directory");
		let cache = Cache::open(directory.path(), 250).expect("opens");
		for byte in [1u8, 2] {
			let bytes = vec![byte; 100];
			cache.put(sha256(&bytes), bytes.into()).await.expect("kept");
			tokio::time::sleep(Duration::from_millis(20)).await;
		}
		let first = cache.find(&content(&[1; 100])).await.expect("there");
		let third = vec![3; 100];
		cache.put(sha256(&third), third.into()).await.expect("kept");
		assert!(cache.find(&content(&[1; 100])).await.is_some());
		assert!(cache.find(&content(&[2; 100])).await.is_none());
		assert!(cache.find(&content(&[3; 100])).await.is_some());
		// What is held is there for its holder when the cache has removed it.
		fs::remove_file(directory.path().join(hex::encode(sha256(&[1; 100])))).expect("removed");
		assert_eq!(first.read().await.expect("read"), vec![1; 100]);
	}

	#[tokio::test]
	async fn a_damaged_file_is_removed_when_it_is_read() {
		let directory = tempfile::tempdir().expect("a directory");
		let cache = Cache::open(directory.path(), 250).expect("opens");
		cache.put(sha256(b"good"), Bytes::from_static(b"good")).await.expect("kept");
		fs::write(directory.path().join(hex::encode(sha256(b"good"))), b"evil").expect("damaged");
		let held = cache.find(&content(b"good")).await.expect("its length is right");
		assert!(held.read().await.expect_err("damaged").to_string().contains("damaged"));
		assert_eq!(fs::read_dir(directory.path()).expect("read").count(), 0);
	}

	#[tokio::test]
	async fn a_damaged_file_of_another_length_is_not_used_and_is_replaced() {
		let directory = tempfile::tempdir().expect("a directory");
		let cache = Cache::open(directory.path(), 250).expect("opens");
		cache.put(sha256(b"good"), Bytes::from_static(b"good")).await.expect("kept");
		fs::write(directory.path().join(hex::encode(sha256(b"good"))), b"bad").expect("damaged");
		assert!(cache.find(&content(b"good")).await.is_none());
		let draft = cache.draft(&content(b"good")).await.expect("begun");
		let (draft, _) = draft.write("good".into()).await.expect("written");
		draft.finish().await.expect("the disk works").expect("whole");
		let held = cache.find(&content(b"good")).await.expect("there");
		assert_eq!(held.read().await.expect("read"), "good");
	}

	#[tokio::test]
	async fn a_reference_with_a_wrong_length_costs_nobody_the_file() {
		let directory = tempfile::tempdir().expect("a directory");
		let cache = Cache::open(directory.path(), 250).expect("opens");
		cache.put(sha256(b"a model"), Bytes::from_static(b"a model")).await.expect("kept");
		for length in [0, 6, 8, u64::MAX] {
			assert!(cache.find(&ContentRef { length, ..content(b"a model") }).await.is_none());
		}
		let held = cache.find(&content(b"a model")).await.expect("still there");
		// It can be read as often as it is needed.
		for _ in 0..2 {
			assert_eq!(held.read().await.expect("read"), "a model");
		}
	}

	#[tokio::test]
	async fn a_draft_is_seen_only_when_it_is_whole() {
		let directory = tempfile::tempdir().expect("a directory");
		let cache = Cache::open(directory.path(), 250).expect("opens");
		let wanted = content(b"hello");
		for (parts, whole) in [(["hel", "lo"], true), (["hel", "l0"], false), (["hel", "l"], false)] {
			let mut draft = cache.draft(&wanted).await.expect("begun");
			for part in parts {
				let (next, fits) = draft.write(part.into()).await.expect("written");
				assert!(fits);
				draft = next;
			}
			assert!(cache.find(&wanted).await.is_none());
			assert_eq!(draft.finish().await.expect("the disk works").is_ok(), whole);
			assert_eq!(cache.find(&wanted).await.is_some(), whole);
			let _ = fs::remove_file(directory.path().join(hex::encode(wanted.hash)));
			assert_eq!(fs::read_dir(directory.path()).expect("read").count(), 0);
		}
		let draft = cache.draft(&wanted).await.expect("begun");
		let (_draft, fits) = draft.write("hello!".into()).await.expect("the disk works");
		assert!(!fits);
	}

	#[tokio::test]
	async fn drafts_take_no_more_than_the_cache_does() {
		let directory = tempfile::tempdir().expect("a directory");
		let cache = Cache::open(directory.path(), 8).expect("opens");
		let wanted = content(b"hello");
		let (first, _) = cache.draft(&wanted).await.expect("begun").write("hello".into()).await.expect("written");
		let second = cache.draft(&wanted).await.expect("begun").write("hello".into()).await;
		assert!(second.expect_err("too much").to_string().contains("8 bytes of the cache"));
		drop(first);
		assert!(cache.draft(&wanted).await.expect("begun").write("hello".into()).await.is_ok());
	}

	#[test]
	fn drafts_of_an_earlier_process_are_removed() {
		let directory = tempfile::tempdir().expect("a directory");
		let kept = directory.path().join(hex::encode([7; 32]));
		fs::write(&kept, b"whole").expect("written");
		fs::write(directory.path().join(".tmpAbCdEf"), b"half").expect("written");
		Cache::open(directory.path(), 250).expect("opens");
		let left: Vec<_> = fs::read_dir(directory.path()).expect("read").flatten().map(|entry| entry.path()).collect();
		assert_eq!(left, vec![kept]);
	}
}
