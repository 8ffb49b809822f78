//! The requester's keys, in files.

use std::{
	fs,
	io::Write as _,
	path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use deepnode_fhe::{
	keys::ClientKey,
	params::{self, ParameterSet},
	wire::{peek, Kind},
};
use deepnode_primitives::content::{sha256, ContentRef};
use serde::Serialize;

use crate::{
	cli::Parameters,
	commands::models::{file_uri, to_uris},
	context::Context,
	output::fields,
	secrets,
};

#[derive(Serialize)]
struct Generated {
	parameters: u32,
	client_key: String,
	#[serde(skip_serializing_if = "Option::is_none")]
	evaluation_key: Option<Evaluation>,
}

#[derive(Serialize)]
struct Evaluation {
	file: String,
	bytes: usize,
	sha256: String,
}

/// Makes keys and writes them to new files.
pub fn generate(context: &Context, file: &Path, parameters: Parameters) -> Result<()> {
	let set: &'static ParameterSet = match parameters {
		Parameters::Linear => &params::LINEAR,
		Parameters::Bootstrap => &params::BOOTSTRAP,
	};
	let key = ClientKey::generate(set);
	secrets::write_owner_only(file, &key.to_bytes())?;
	let evaluation = match set.bootstrap {
		Some(_) => Some(evaluation(&key, &beside(file))?),
		None => None,
	};
	let generated =
		Generated { parameters: set.id, client_key: file.display().to_string(), evaluation_key: evaluation };
	context.output.show(&generated, |generated| {
		let secret = format!("{}: whoever has it can read your questions and answers", generated.client_key);
		let mut lines = vec![("client key", secret)];
		if let Some(Evaluation { file, bytes, sha256 }) = &generated.evaluation_key {
			lines.push((
				"evaluation key",
				format!("{file} ({bytes} bytes, sha256 {sha256}): put it where workers can fetch it"),
			));
		}
		fields(&lines)
	})
}

fn evaluation(key: &ClientKey, path: &Path) -> Result<Evaluation> {
	let bytes = key.evaluation_key()?.to_bytes();
	let write = || {
		let mut file = fs::OpenOptions::new().write(true).create_new(true).open(path)?;
		file.write_all(&bytes)?;
		file.sync_all()
	};
	write().with_context(|| format!("cannot write the new file {}", path.display()))?;
	Ok(Evaluation { file: path.display().to_string(), bytes: bytes.len(), sha256: hex::encode(sha256(&bytes)) })
}

/// Where a client key's evaluation key is.
fn beside(file: &Path) -> PathBuf {
	let mut name = file.as_os_str().to_owned();
	name.push(".evaluation");
	name.into()
}

/// Reads a client key.
pub fn read(file: &Path) -> Result<ClientKey> {
	ClientKey::from_bytes(&secrets::owner_only(file)?)
		.with_context(|| format!("{} is no client key of `deepnode private keygen`", file.display()))
}

/// What a task says about the evaluation key: its hash, and where to fetch it.
pub fn reference(client_key: &Path, file: Option<&Path>, uris: &[String], set: &ParameterSet) -> Result<ContentRef> {
	let path = file.map_or_else(|| beside(client_key), Path::to_owned);
	let bytes = fs::read(&path).with_context(|| format!("cannot read the evaluation key {}", path.display()))?;
	// Never a client key in place of the other, whatever was typed.
	let named = peek(&bytes).with_context(|| format!("{} is no evaluation key", path.display()))?;
	anyhow::ensure!(
		named.0 == Kind::EvaluationKey && named.1.id == set.id,
		"{} is {} under parameter set {}, and the model needs an evaluation key under {}",
		path.display(),
		named.0.name(),
		named.1.id,
		set.id
	);
	let uris = if uris.is_empty() { vec![file_uri(&path)?] } else { uris.to_vec() };
	Ok(ContentRef { hash: sha256(&bytes), length: bytes.len() as u64, uris: to_uris(&uris)? })
}

#[cfg(test)]
mod tests {
	use std::os::unix::fs::PermissionsExt as _;

	use super::*;

	#[test]
	fn a_client_key_is_its_owners_alone_and_never_taken_for_an_evaluation_key() {
		let folder = tempfile::tempdir().unwrap();
		let file = folder.path().join("key");
		let key = ClientKey::generate(&params::LINEAR);
		secrets::write_owner_only(&file, &key.to_bytes()).unwrap();
		assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
		assert!(read(&file).unwrap() == key);
		assert!(secrets::write_owner_only(&file, b"another").is_err(), "a key is not overwritten");

		let error = reference(&file, Some(&file), &[], &params::BOOTSTRAP).unwrap_err().to_string();
		assert!(error.contains("is a client key under parameter set 1"), "{error}");
		assert!(reference(&file, None, &[], &params::BOOTSTRAP).unwrap_err().to_string().contains("key.evaluation"));

		fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
		assert!(read(&file).unwrap_err().to_string().contains("chmod 600"));
	}
}
