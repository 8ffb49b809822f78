//! Content on disk, by its hash. Files appear whole or not at all; the ones that were not used for
//! longest make place for new ones.

use std::{
	fs::{self, File},
	io::{self, Write},
	path::{Path, PathBuf},
	time::SystemTime,
};

use deepnode_primitives::content::{sha256, ContentRef, Digest};
use prost::bytes::Bytes;

/// A directory of content. Clones share it.
#[derive(Clone, Debug)]
pub struct Cache {
	directory: PathBuf,
	limit: u64,
}

impl Cache {
	/// Opens, or makes, a cache that holds up to `limit` bytes.
	pub fn open(directory: &Path, limit: u64) -> io::Result<Self> {
		fs::create_dir_all(directory)?;
		Ok(Self { directory: directory.into(), limit })
	}

	/// The content, if it is here and whole. A file that is damaged is removed.
	pub async fn get(&self, content: &ContentRef) -> Option<Bytes> {
		let (path, content) = (self.path(&content.hash), content.clone());
		let read = move || {
			let bytes = fs::read(&path).ok()?;
			if content.verify(&bytes).is_err() {
				tracing::warn!(path = %path.display(), "a cached file is damaged and is fetched again");
				let _ = fs::remove_file(&path);
				return None;
			}
			// The time of the last use. Where it cannot be set, only the order of removal suffers.
			let _ = File::open(&path).and_then(|file| file.set_modified(SystemTime::now()));
			Some(bytes.into())
		};
		tokio::task::spawn_blocking(read).await.ok().flatten()
	}

	/// Content of which only the hash is known.
	pub async fn read(&self, hash: Digest) -> Option<Bytes> {
		let path = self.path(&hash);
		let read = move || fs::read(path).ok().filter(|bytes| sha256(bytes) == hash).map(Bytes::from);
		tokio::task::spawn_blocking(read).await.ok().flatten()
	}

	/// Keeps content that has been verified, and makes place for it.
	pub async fn put(&self, hash: Digest, bytes: Bytes) -> io::Result<()> {
		let this = self.clone();
		tokio::task::spawn_blocking(move || {
			this.evict(bytes.len() as u64)?;
			let mut file = tempfile::NamedTempFile::new_in(&this.directory)?;
			file.write_all(&bytes)?;
			file.persist(this.path(&hash)).map_err(|error| error.error)?;
			Ok(())
		})
		.await
		.unwrap_or_else(|error| Err(io::Error::other(error)))
	}

	fn path(&self, hash: &Digest) -> PathBuf {
		self.directory.join(hex::encode(hash))
	}

	fn evict(&self, needed: u64) -> io::Result<()> {
		let mut files: Vec<(SystemTime, u64, PathBuf)> = fs::read_dir(&self.directory)?
			.filter_map(|entry| {
				let entry = entry.ok()?;
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
			fs::remove_file(path)?;
			total = total.saturating_sub(length);
		}
		Ok(())
	}
}

#[cfg(test)]
mod tests {
	use std::time::Duration;

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
		assert!(cache.get(&content(&[1; 100])).await.is_some());
		let third = vec![3; 100];
		cache.put(sha256(&third), third.into()).await.expect("kept");
		assert!(cache.get(&content(&[1; 100])).await.is_some());
		assert!(cache.get(&content(&[2; 100])).await.is_none());
		assert!(cache.get(&content(&[3; 100])).await.is_some());
	}

	#[tokio::test]
	async fn a_damaged_file_is_not_used() {
		let directory = tempfile::tempdir().expect("a directory");
		let cache = Cache::open(directory.path(), 250).expect("opens");
		cache.put(sha256(b"good"), Bytes::from_static(b"good")).await.expect("kept");
		fs::write(directory.path().join(hex::encode(sha256(b"good"))), b"evil").expect("damaged");
		assert!(cache.get(&content(b"good")).await.is_none());
		assert_eq!(fs::read_dir(directory.path()).expect("read").count(), 0);
	}
}
