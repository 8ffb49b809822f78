//! The key that pays for transactions on Base: where it comes from, and that it is never shown.

use std::{
	env, fs, io,
	os::unix::fs::PermissionsExt as _,
	path::{Path, PathBuf},
};

use alloy::{
	primitives::B256,
	signers::local::{LocalSignerError, PrivateKeySigner},
};

/// Why a key cannot be used. No message contains a secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
	/// A secret was given where other programs can see it.
	#[error(
		"a secret does not belong on the command line, where every user of the machine can read it: name a keystore \
		 file with --key and its password's file with --password-file, or name the environment variable that holds \
		 the key as --key env:NAME"
	)]
	SecretInTheOpen,
	/// An environment variable is not set.
	#[error("the environment variable {0} is not set; set it to a private key, 0x and 64 hexadecimal digits")]
	NoVariable(String),
	/// An environment variable holds no key.
	#[error("the environment variable {0} holds no private key: write 0x and 64 hexadecimal digits")]
	Malformed(String),
	/// A keystore needs a password.
	#[error("the keystore {0} is locked: name the file with its password with --password-file")]
	NoPassword(PathBuf),
	/// A file cannot be read.
	#[error("cannot read {path}: {reason}")]
	Unreadable {
		/// The file.
		path: PathBuf,
		/// What reading it came to.
		reason: io::Error,
	},
	/// A password's file can be read by others than its owner.
	#[error("others can read the password's file {path} (mode {mode:03o}); close it with `chmod 600 {path}`")]
	Open {
		/// The file.
		path: PathBuf,
		/// Its mode.
		mode: u32,
	},
	/// The keystore is none, or has another password.
	#[error("cannot open the keystore {path}: {reason}; is that its password?")]
	Locked {
		/// The file.
		path: PathBuf,
		/// What opening it came to.
		reason: LocalSignerError,
	},
}

/// The key that `source` names: a keystore file, or `env:NAME` for an environment variable.
pub fn load(source: &str, password: Option<&Path>) -> Result<PrivateKeySigner, KeyError> {
	if let Some(variable) = source.strip_prefix("env:") {
		let secret = env::var(variable).map_err(|_| KeyError::NoVariable(variable.into()))?;
		let secret = secret.trim().parse::<B256>().map_err(|_| KeyError::Malformed(variable.into()))?;
		return PrivateKeySigner::from_bytes(&secret).map_err(|_| KeyError::Malformed(variable.into()));
	}
	if source.parse::<B256>().is_ok() {
		return Err(KeyError::SecretInTheOpen);
	}
	let path = Path::new(source);
	// A keystore that is not there would otherwise be taken for one of another password.
	fs::metadata(path).map_err(|reason| KeyError::Unreadable { path: path.into(), reason })?;
	let password = read_password(password.ok_or_else(|| KeyError::NoPassword(path.into()))?)?;
	PrivateKeySigner::decrypt_keystore(path, password).map_err(|reason| KeyError::Locked { path: path.into(), reason })
}

fn read_password(path: &Path) -> Result<String, KeyError> {
	let unreadable = |reason| KeyError::Unreadable { path: path.into(), reason };
	let mode = fs::metadata(path).map_err(unreadable)?.permissions().mode() & 0o777;
	if mode & 0o077 != 0 {
		return Err(KeyError::Open { path: path.into(), mode });
	}
	let password = fs::read_to_string(path).map_err(unreadable)?;
	Ok(password.trim_end_matches(['\n', '\r']).to_owned())
}

#[cfg(test)]
mod tests {
	use super::*;

	/// The first key of anvil and other development chains.
	const SECRET: &str = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
	/// The same under the password `correct horse`, made with scrypt at its weakest: a test does not wait long.
	const KEYSTORE: &str = include_str!("../../tests/keystore.json");

	#[test]
	fn a_secret_on_the_command_line_is_refused_and_not_repeated() {
		let error = load(SECRET, None).unwrap_err();
		assert!(matches!(error, KeyError::SecretInTheOpen));
		assert!(!error.to_string().contains("ac0974"));
	}

	#[test]
	fn a_variable_that_holds_no_key_is_named_and_its_value_is_not() {
		assert!(matches!(load("env:DEEPNODE_RELAYER_NO_SUCH", None), Err(KeyError::NoVariable(_))));
		// PATH is set wherever programs are run.
		let error = load("env:PATH", None).unwrap_err().to_string();
		assert!(error.contains("PATH holds no private key") && !error.contains(&env::var("PATH").unwrap()), "{error}");
	}

	#[test]
	fn a_keystore_is_opened_with_the_password_in_a_closed_file_alone() {
		let folder = tempfile::tempdir().unwrap();
		let (keystore, password) = (folder.path().join("key.json"), folder.path().join("password"));
		let source = keystore.to_str().unwrap();
		assert!(matches!(load(source, None), Err(KeyError::Unreadable { .. })));
		fs::write(&keystore, KEYSTORE).unwrap();
		assert!(matches!(load(source, None), Err(KeyError::NoPassword(_))));
		fs::write(&password, "correct horse\n").unwrap();
		fs::set_permissions(&password, fs::Permissions::from_mode(0o644)).unwrap();
		assert!(matches!(load(source, Some(&password)), Err(KeyError::Open { mode: 0o644, .. })));
		fs::set_permissions(&password, fs::Permissions::from_mode(0o600)).unwrap();
		let key = load(source, Some(&password)).unwrap();
		assert_eq!(key.to_bytes(), SECRET.parse::<B256>().unwrap());
		fs::write(&password, "battery staple").unwrap();
		assert!(matches!(load(source, Some(&password)), Err(KeyError::Locked { .. })));
	}
}
