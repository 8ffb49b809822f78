//! Keys: where they come from, and that they are never shown.

use std::{
	fmt, fs,
	io::Write as _,
	os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
	path::{Path, PathBuf},
	str::FromStr as _,
};

use deepnode_primitives::ethereum;
use k256::ecdsa::SigningKey;
use subxt::tx::Signer;
use subxt_signer::{bip39::Mnemonic, sr25519, SecretUri};

use crate::{
	chain_config::{ChainConfig, Signature},
	convert::to_account,
	AccountId, H160,
};

/// What a secret begins with that is the private key of an Ethereum account.
const ETHEREUM: &str = "ethereum:";

/// Why a key cannot be used. No message contains a secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
	/// A secret was given where other programs can see it.
	#[error(
		"a secret does not belong on the command line, where every user of the machine can read it: \
		 put it into a file that only you can read and name the file, or name the environment variable \
		 that holds it as env:NAME"
	)]
	SecretInTheOpen,
	/// An environment variable is not set.
	#[error(
		"the environment variable {0} is not set; set it to a secret phrase, a 0x seed, a secret URI, or ethereum: \
		 and a wallet's private key"
	)]
	NoVariable(String),
	/// A key file cannot be read.
	#[error("cannot read the key file {path}: {reason}; `deepnode account new {path}` makes one")]
	Unreadable {
		/// The file.
		path: PathBuf,
		/// What reading it came to.
		reason: std::io::Error,
	},
	/// A key file can be read by others than its owner.
	#[error("others can read the key file {path} (mode {mode:03o}); close it with `chmod 600 {path}`")]
	Open {
		/// The file.
		path: PathBuf,
		/// Its mode.
		mode: u32,
	},
	/// A key file cannot be written.
	#[error("cannot write the key file {path}: {reason}")]
	Unwritable {
		/// The file.
		path: PathBuf,
		/// What writing it came to.
		reason: std::io::Error,
	},
	/// A secret is none.
	#[error("{origin} holds no secret phrase, 0x seed, secret URI or Ethereum key: {reason}")]
	Malformed {
		/// Where the secret was read.
		origin: String,
		/// What is wrong with it.
		reason: String,
	},
	/// The system gave no randomness.
	#[error("the system gives no randomness: {0}")]
	NoRandomness(String),
}

/// A key that signs transactions: an sr25519 key, or the one of an account on Base or another Ethereum chain. It prints as
/// its account.
#[derive(Clone)]
pub struct Keypair(Kind);

#[derive(Clone)]
enum Kind {
	Sr25519(sr25519::Keypair),
	Ethereum(SigningKey),
}

impl Keypair {
	/// The account that the key signs for.
	pub fn account(&self) -> AccountId {
		match &self.0 {
			Kind::Sr25519(pair) => AccountId::new(pair.public_key().0),
			Kind::Ethereum(key) => ethereum::account(address(key)),
		}
	}

	/// The address of the account on Base that an Ethereum key signs for as well; `None` of an sr25519 key.
	pub fn address(&self) -> Option<H160> {
		match &self.0 {
			Kind::Sr25519(_) => None,
			Kind::Ethereum(key) => Some(address(key)),
		}
	}

	/// The key of a secret URI: a phrase or a 0x seed, then derivations; `//Alice` and the like belong
	/// to the development phrase that everybody knows.
	pub fn from_uri(uri: &str) -> Result<Self, KeyError> {
		Self::read(uri, "the secret URI")
	}

	/// The key of the secret URI in an environment variable.
	pub fn from_env(variable: &str) -> Result<Self, KeyError> {
		let secret = std::env::var(variable).map_err(|_| KeyError::NoVariable(variable.into()))?;
		Self::read(&secret, &format!("the environment variable {variable}"))
	}

	/// The key of the secret URI in a file, which only its owner may be able to read.
	pub fn from_file(path: impl AsRef<Path>) -> Result<Self, KeyError> {
		let path = path.as_ref();
		let unreadable = |reason| KeyError::Unreadable { path: path.into(), reason };
		let file = fs::File::open(path).map_err(unreadable)?;
		let mode = file.metadata().map_err(unreadable)?.permissions().mode() & 0o777;
		if mode & 0o077 != 0 {
			return Err(KeyError::Open { path: path.into(), mode });
		}
		let secret = std::io::read_to_string(file).map_err(unreadable)?;
		Self::read(&secret, &format!("the key file {}", path.display()))
	}

	/// Makes a new key and writes its phrase into a new file that only its owner can read.
	pub fn generate(path: impl AsRef<Path>) -> Result<Self, KeyError> {
		let path = path.as_ref();
		let phrase = Mnemonic::from_entropy(&random::<16>()?)
			.map_err(|error| KeyError::NoRandomness(error.to_string()))?
			.to_string();
		let write = || {
			let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
			writeln!(file, "{phrase}")?;
			file.sync_all()
		};
		write().map_err(|reason| KeyError::Unwritable { path: path.into(), reason })?;
		Self::read(&phrase, "the new phrase")
	}

	fn read(secret: &str, origin: &str) -> Result<Self, KeyError> {
		let malformed = |reason: String| KeyError::Malformed { origin: origin.into(), reason };
		let secret = secret.trim();
		if let Some(key) = secret.strip_prefix(ETHEREUM) {
			return signing_key(key)
				.map(|key| Self(Kind::Ethereum(key)))
				.ok_or_else(|| malformed("behind ethereum: stands no private key of 64 hexadecimal digits".into()));
		}
		let uri = SecretUri::from_str(secret).map_err(|error| malformed(error.to_string()))?;
		// A phrase's error can name its words: only say that it is wrong.
		let pair = sr25519::Keypair::from_uri(&uri)
			.map_err(|_| malformed("not a phrase of 12 to 24 words, nor 0x and 64 hexadecimal digits".into()))?;
		Ok(Self(Kind::Sr25519(pair)))
	}
}

impl Signer<ChainConfig> for Keypair {
	fn account_id(&self) -> subxt::utils::AccountId32 {
		to_account(&self.account())
	}

	fn sign(&self, payload: &[u8]) -> Signature {
		match &self.0 {
			Kind::Sr25519(pair) => Signature::Sr25519(pair.sign(payload).0),
			Kind::Ethereum(key) => Signature::Eth(personal_sign(key, payload)),
		}
	}
}

/// The private key of 64 hexadecimal digits, with 0x or without it, as wallets export it.
fn signing_key(text: &str) -> Option<SigningKey> {
	let text = text.trim();
	let mut secret = [0; 32];
	hex::decode_to_slice(text.strip_prefix("0x").unwrap_or(text), &mut secret).ok()?;
	SigningKey::from_slice(&secret).ok()
}

fn address(key: &SigningKey) -> H160 {
	let point = key.verifying_key().to_encoded_point(false);
	let mut coordinates = [0; 64];
	// An uncompressed point is one byte that says so, and its coordinates.
	coordinates.copy_from_slice(&point.as_bytes()[1..]);
	ethereum::address(&coordinates)
}

/// What `personal_sign` of the key's wallet gives for a message.
fn personal_sign(key: &SigningKey, message: &[u8]) -> [u8; 65] {
	let hash = ethereum::personal_hash(message);
	let (signature, recovery) =
		key.sign_prehash_recoverable(hash.as_bytes()).expect("32 bytes are a hash that can be signed");
	let mut bytes = [0; 65];
	bytes[..64].copy_from_slice(&signature.to_bytes());
	bytes[64] = 27 + recovery.to_byte();
	bytes
}

impl fmt::Debug for Keypair {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		write!(f, "Keypair({})", self.account())
	}
}

/// The key that `source` names: `//Alice` and other development accounts, `env:VARIABLE`, or a file.
/// Any other secret is refused, so that none gets onto a command line.
pub fn parse(source: &str) -> Result<Keypair, KeyError> {
	if source.starts_with("//") {
		Keypair::from_uri(source)
	} else if let Some(variable) = source.strip_prefix("env:") {
		Keypair::from_env(variable)
	} else if is_secret(source) {
		Err(KeyError::SecretInTheOpen)
	} else {
		Keypair::from_file(source)
	}
}

/// Whether `text` looks like a phrase or a seed rather than a file's name.
fn is_secret(text: &str) -> bool {
	// Wallets export keys with 0x and without.
	let is_hexadecimal = text.len() >= 64 && text.chars().all(|digit| digit.is_ascii_hexdigit());
	let is_seed = text.starts_with("0x") && text.len() >= 66;
	is_seed
		|| is_hexadecimal
		|| text.starts_with(ETHEREUM)
		|| (text.split_whitespace().count() >= 12 && !Path::new(text).exists())
}

/// Bytes that nobody can guess: salts, seals, seeds.
pub fn random<const N: usize>() -> Result<[u8; N], KeyError> {
	let mut bytes = [0; N];
	getrandom::fill(&mut bytes).map_err(|error| KeyError::NoRandomness(error.to_string()))?;
	Ok(bytes)
}

#[cfg(test)]
mod tests {
	use super::*;

	const PHRASE: &str = "bottom drive obey lake curtain smoke basket hold race lonely fit walk";

	fn file(content: &str, mode: u32) -> tempfile::NamedTempFile {
		let file = tempfile::NamedTempFile::new().unwrap();
		fs::write(file.path(), content).unwrap();
		fs::set_permissions(file.path(), fs::Permissions::from_mode(mode)).unwrap();
		file
	}

	#[test]
	fn development_accounts_are_the_well_known_ones() {
		let alice = parse("//Alice").unwrap().account().to_string();
		assert_eq!(alice, "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY");
	}

	#[test]
	fn a_wallets_key_signs_for_its_address() {
		// The first development account of Hardhat and Anvil.
		let secret = "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
		for content in [format!("ethereum:0x{secret}\n"), format!("ethereum: {secret}")] {
			let key = Keypair::from_file(file(&content, 0o600).path()).unwrap();
			let address = "f39fd6e51aad88f6f4ce6ab8827279cfffb92266".parse().unwrap();
			assert_eq!(key.address(), Some(address));
			assert_eq!(key.account(), ethereum::account(address));
			let wallet = alloy::signers::local::PrivateKeySigner::from_str(secret).unwrap();
			let signature = alloy::signers::SignerSync::sign_message_sync(&wallet, b"payload").unwrap();
			let Signature::Eth(signed) = key.sign(b"payload") else { panic!("another kind of signature") };
			assert_eq!(signed, signature.as_bytes());
		}
	}

	#[test]
	fn what_is_no_wallets_key_is_refused_and_not_repeated() {
		for secret in ["", "0x1f", "not hexadecimal", &"00".repeat(32), &"ff".repeat(32), &"1f".repeat(33)] {
			let error = Keypair::from_uri(&format!("ethereum:{secret}")).unwrap_err().to_string();
			assert!(
				error.contains("64 hexadecimal digits") && (secret.is_empty() || !error.contains(secret)),
				"{error}"
			);
		}
	}

	#[test]
	fn a_key_file_must_be_closed_to_others() {
		let open = file(PHRASE, 0o644);
		let error = parse(open.path().to_str().unwrap()).unwrap_err().to_string();
		assert!(error.contains("mode 644") && error.contains("chmod 600"), "{error}");
		let closed = file(&format!("{PHRASE}//Alice\n"), 0o600);
		assert_eq!(Keypair::from_file(closed.path()).unwrap().account(), parse("//Alice").unwrap().account());
	}

	#[test]
	fn a_secret_on_the_command_line_is_refused_and_not_repeated() {
		let hexadecimal = "1f".repeat(32);
		for secret in [PHRASE.to_owned(), format!("0x{hexadecimal}"), format!("ethereum:{hexadecimal}"), hexadecimal] {
			let error = parse(&secret).unwrap_err();
			assert!(matches!(error, KeyError::SecretInTheOpen));
			assert!(!error.to_string().contains(&secret));
		}
	}

	#[test]
	fn neither_errors_nor_debug_output_show_a_secret() {
		let wrong = file("bottom drive obey lake curtain smoke basket hold race lonely fit xylophone", 0o600);
		let error = format!("{0} {0:?}", Keypair::from_file(wrong.path()).unwrap_err());
		assert!(!error.contains("bottom") && !error.contains("xylophone"), "{error}");
		assert_eq!(
			format!("{:?}", parse("//Alice").unwrap()),
			"Keypair(5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY)"
		);
	}

	#[test]
	fn a_generated_key_is_read_back_and_never_overwritten() {
		let folder = tempfile::tempdir().unwrap();
		let path = folder.path().join("key");
		let made = Keypair::generate(&path).unwrap();
		assert_eq!(Keypair::from_file(&path).unwrap().account(), made.account());
		assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
		assert!(matches!(Keypair::generate(&path), Err(KeyError::Unwritable { .. })));
	}
}
