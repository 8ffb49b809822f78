//! Answers that are too long for the chain, from where their workers keep them.

use std::{fs, time::Duration};

use anyhow::{bail, ensure, Context as _, Result};
use deepnode_primitives::{
	chunks::verify,
	content::{ContentRef, Mismatch},
};
use futures::TryStreamExt as _;
use object_store::{http::HttpBuilder, path::Path, ClientOptions, ObjectStoreExt as _, RetryConfig};
use tokio::time::timeout;
use url::Url;

use super::super::local;

/// How long one place has to give an answer.
const PATIENCE: Duration = Duration::from_secs(60);
/// The longest answer that is fetched, in bytes.
const LONGEST: u64 = 1 << 30;

/// The answer that a reference names, from the first place that has it. Only files of this machine are
/// read unless `fetch` is set: a worker may name any host, also one inside the requester's network.
pub async fn read(content: &ContentRef, fetch: bool) -> Result<Vec<u8>> {
	read_if(content, fetch, verify).await
}

/// The file that a reference names, likewise.
#[cfg(feature = "fhe")]
pub async fn read_file(content: &ContentRef, fetch: bool) -> Result<Vec<u8>> {
	read_if(content, fetch, ContentRef::verify).await
}

async fn read_if(
	content: &ContentRef,
	fetch: bool,
	verify: impl Fn(&ContentRef, &[u8]) -> Result<(), Mismatch>,
) -> Result<Vec<u8>> {
	let mut tried = Vec::new();
	for uri in content.uris_utf8() {
		let bytes = match local(uri) {
			Some(path) => fs::read(&path).with_context(|| format!("cannot read {}", path.display())),
			None if fetch => timeout(PATIENCE, get(uri, content.length)).await.context("it takes too long").flatten(),
			None => bail!("fetch it with `--fetch`"),
		};
		let checked = bytes.and_then(|bytes| match verify(content, &bytes) {
			Ok(()) => Ok(bytes),
			Err(mismatch) => bail!("what is there is something else: {mismatch}"),
		});
		match checked {
			Ok(bytes) => return Ok(bytes),
			Err(error) => tried.push(format!("{uri}: {error:#}")),
		}
	}
	bail!("no place gives it: {}", tried.join("; "))
}

async fn get(uri: &str, length: u64) -> Result<Vec<u8>> {
	let url = Url::parse(uri)?;
	ensure!(matches!(url.scheme(), "http" | "https"), "only http and https are fetched");
	ensure!(length <= LONGEST, "it is said to have {length} bytes, more than the {LONGEST} that are fetched");
	let store = HttpBuilder::new()
		.with_url(url.origin().ascii_serialization())
		.with_retry(RetryConfig { max_retries: 0, ..Default::default() })
		.with_client_options(ClientOptions::new().with_allow_http(true))
		.build()?;
	let mut parts = store.get(&Path::from_url_path(url.path())?).await?.into_stream();
	let mut bytes = Vec::new();
	while let Some(part) = parts.try_next().await? {
		bytes.extend_from_slice(&part);
		ensure!(bytes.len() as u64 <= length, "it goes on after the {length} bytes that the chain names");
	}
	Ok(bytes)
}

#[cfg(test)]
mod tests {
	use deepnode_primitives::{
		canonical::{Answer, Output},
		content::MAX_INLINE_LEN,
	};

	use super::*;
	use crate::commands::models::{file_uri, to_uris};

	fn answer() -> Vec<u8> {
		Answer::Outputs(vec![Output { dims: vec![5_000], data: (0..5_000).collect() }]).to_bytes()
	}

	fn reference(uris: &[String]) -> ContentRef {
		let bytes = answer();
		assert!(bytes.len() > MAX_INLINE_LEN as usize);
		let hash = deepnode_primitives::chunks::answer_digest(&bytes);
		ContentRef { hash, length: bytes.len() as u64, uris: to_uris(uris).unwrap() }
	}

	#[tokio::test]
	async fn a_long_answer_is_known_by_the_digest_of_its_chunks() {
		let folder = tempfile::tempdir().unwrap();
		let (false_one, true_one) = (folder.path().join("false"), folder.path().join("true"));
		fs::write(&false_one, &answer()[1..]).unwrap();
		fs::write(&true_one, answer()).unwrap();
		let uris = [&false_one, &true_one].map(|path| file_uri(path).unwrap());
		assert_eq!(read(&reference(&uris), false).await.unwrap(), answer());
		let error = read(&reference(&uris[..1]), false).await.unwrap_err().to_string();
		assert!(error.contains("/false: what is there is something else"), "{error}");
	}

	#[tokio::test]
	async fn no_host_is_asked_unless_that_is_wanted() {
		let uris = ["http://127.0.0.1:1/outputs/00".to_owned()];
		let error = read(&reference(&uris), false).await.unwrap_err().to_string();
		assert!(error.contains("--fetch"), "{error}");
		let error = read(&reference(&uris), true).await.unwrap_err().to_string();
		assert!(error.contains("no place gives it: http://127.0.0.1:1/outputs/00: "), "{error}");
	}
}
