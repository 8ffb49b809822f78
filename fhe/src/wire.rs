//! What travels: one kind of frame for keys and ciphertexts.
//!
//! ```text
//! magic       4   "DNPI"
//! kind        1   1 input, 2 result, 3 evaluation key, 4 client key
//! version     1   1
//! reserved    2   zero
//! parameters  4   u32 LE, the parameter set
//! count       4   u32 LE, ciphertexts; zero in keys
//! circuit    32   SHA-256 of the circuit's bytes; only in inputs and results
//! body            input: seed (16), then one u64 LE for each ciphertext: its mask follows from the seed
//!                 result: dimension + 1 numbers of the set's result bits for each ciphertext, LE
//!                 evaluation key: two seeds (16 each), key switch key, bootstrap key, u64 LE
//!                 client key: one bit for each coefficient, least significant first
//! ```
//!
//! A frame's length follows from what it is for, and every number in a body is a valid one: they are integers
//! modulo a power of two, and no combination of them is malformed. So the length, the header and the client key's last
//! bits are all that a reader has to check before it allocates anything, and a frame has one encoding.

use crate::{error::FrameError, params, params::ParameterSet, Digest};

const MAGIC: [u8; 4] = *b"DNPI";
const VERSION: u8 = 1;
const HEADER: usize = 16;
const CIRCUIT: usize = 32;
/// Bytes of a seed.
pub const SEED: usize = 16;

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
	/// Encrypted inputs.
	Input = 1,
	/// Encrypted results.
	Result = 2,
	/// An evaluation key.
	EvaluationKey = 3,
	/// A client key: never sent.
	ClientKey = 4,
}

impl Kind {
	/// What it is called.
	pub const fn name(self) -> &'static str {
		match self {
			Self::Input => "an input ciphertext",
			Self::Result => "a result ciphertext",
			Self::EvaluationKey => "an evaluation key",
			Self::ClientKey => "a client key",
		}
	}

	const fn from_byte(byte: u8) -> Option<Self> {
		Some(match byte {
			1 => Self::Input,
			2 => Self::Result,
			3 => Self::EvaluationKey,
			4 => Self::ClientKey,
			_ => return None,
		})
	}
}

/// Which kind of frame bytes say they are, and under which parameter set; nothing else of them is looked at.
pub fn peek(bytes: &[u8]) -> Result<(Kind, &'static ParameterSet), FrameError> {
	let mut rest = bytes;
	let header = Header::read(&mut rest, "a frame")?;
	Ok((header.kind, header.parameters))
}

struct Header {
	kind: Kind,
	parameters: &'static ParameterSet,
	count: u32,
}

impl Header {
	fn write(&self, bytes: &mut Vec<u8>) {
		bytes.extend_from_slice(&MAGIC);
		bytes.extend_from_slice(&[self.kind as u8, VERSION, 0, 0]);
		bytes.extend_from_slice(&self.parameters.id.to_le_bytes());
		bytes.extend_from_slice(&self.count.to_le_bytes());
	}

	fn read(rest: &mut &[u8], what: &'static str) -> Result<Self, FrameError> {
		let length = rest.len();
		let short = || FrameError::Length { what, expected: HEADER, found: length };
		let magic = *take::<4>(rest).ok_or_else(short)?;
		if magic != MAGIC {
			return Err(FrameError::Magic { found: magic });
		}
		let [kind, version, low, high] = *take::<4>(rest).ok_or_else(short)?;
		let parameters = u32::from_le_bytes(*take::<4>(rest).ok_or_else(short)?);
		let count = u32::from_le_bytes(*take::<4>(rest).ok_or_else(short)?);
		if version != VERSION {
			return Err(FrameError::Version { what, expected: VERSION, found: version });
		}
		let reserved = u16::from_le_bytes([low, high]);
		if reserved != 0 {
			return Err(FrameError::Reserved { what, found: reserved });
		}
		let kind = Kind::from_byte(kind)
			.ok_or_else(|| FrameError::Kind { expected: what, found: format!("a frame of kind {kind}") })?;
		Ok(Self { kind, parameters: params::by_id(parameters)?, count })
	}

	/// Reads the header of a frame of this kind, under this set and with this count.
	fn expect(
		rest: &mut &[u8],
		kind: Kind,
		parameters: Option<&'static ParameterSet>,
		count: u32,
	) -> Result<&'static ParameterSet, FrameError> {
		let what = kind.name();
		let header = Self::read(rest, what)?;
		if header.kind != kind {
			return Err(FrameError::Kind { expected: what, found: header.kind.name().into() });
		}
		if let Some(expected) = parameters.filter(|expected| expected.id != header.parameters.id) {
			return Err(FrameError::Parameters { what, expected: expected.id, found: header.parameters.id });
		}
		if header.count != count {
			return Err(FrameError::Count { what, expected: count, found: header.count });
		}
		Ok(header.parameters)
	}
}

fn take<'a, const N: usize>(rest: &mut &'a [u8]) -> Option<&'a [u8; N]> {
	let (head, after) = rest.split_first_chunk::<N>()?;
	*rest = after;
	Some(head)
}

fn length(what: &'static str, bytes: &[u8], expected: usize) -> Result<(), FrameError> {
	if bytes.len() == expected {
		Ok(())
	} else {
		Err(FrameError::Length { what, expected, found: bytes.len() })
	}
}

fn words(bytes: &[u8]) -> Vec<u64> {
	let (words, _) = bytes.as_chunks::<8>();
	words.iter().map(|word| u64::from_le_bytes(*word)).collect()
}

fn circuit(rest: &mut &[u8], what: &'static str, expected: Digest) -> Result<(), FrameError> {
	let length = rest.len();
	let found = *take::<CIRCUIT>(rest).ok_or(FrameError::Length { what, expected: CIRCUIT, found: length })?;
	if found == expected {
		Ok(())
	} else {
		Err(FrameError::Circuit { what, expected, found })
	}
}

fn seed(rest: &mut &[u8], what: &'static str) -> Result<u128, FrameError> {
	let length = rest.len();
	let seed = take::<SEED>(rest).ok_or(FrameError::Length { what, expected: SEED, found: length })?;
	Ok(u128::from_le_bytes(*seed))
}

/// What a ciphertext must be for: a circuit, its parameter set and a number of ciphertexts.
#[derive(Clone, Copy, Debug)]
pub struct Purpose {
	/// The circuit's hash.
	pub circuit: Digest,
	/// Its parameter set.
	pub parameters: &'static ParameterSet,
	/// How many ciphertexts.
	pub count: u32,
}

/// Encrypted inputs: the seed of all masks and each ciphertext's body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputCiphertext {
	/// What the masks are drawn from.
	pub seed: u128,
	/// The bodies.
	pub bodies: Vec<u64>,
}

impl InputCiphertext {
	/// How many bytes so many inputs take.
	pub const fn len_for(count: u32) -> usize {
		HEADER + CIRCUIT + SEED + 8 * count as usize
	}

	/// The frame.
	pub fn to_bytes(&self, purpose: &Purpose) -> Vec<u8> {
		let mut bytes = Vec::with_capacity(Self::len_for(purpose.count));
		Header { kind: Kind::Input, parameters: purpose.parameters, count: purpose.count }.write(&mut bytes);
		bytes.extend_from_slice(&purpose.circuit);
		bytes.extend_from_slice(&self.seed.to_le_bytes());
		self.bodies.iter().for_each(|body| bytes.extend_from_slice(&body.to_le_bytes()));
		bytes
	}

	/// Reads a frame that has to be for this purpose.
	pub fn from_bytes(bytes: &[u8], purpose: &Purpose) -> Result<Self, FrameError> {
		let what = Kind::Input.name();
		let mut rest = bytes;
		Header::expect(&mut rest, Kind::Input, Some(purpose.parameters), purpose.count)?;
		circuit(&mut rest, what, purpose.circuit)?;
		length(what, bytes, Self::len_for(purpose.count))?;
		Ok(Self { seed: seed(&mut rest, what)?, bodies: words(rest) })
	}
}

/// Encrypted results: for each the mask and the body. Under a set that rounds results, the numbers are the upper bits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultCiphertext {
	/// All numbers, one ciphertext after the other, as computed: rounded to the set's result bits, the rest zero.
	pub words: Vec<u64>,
}

impl ResultCiphertext {
	/// How many bytes so many results take: always a multiple of four.
	pub const fn len_for(parameters: &ParameterSet, count: u32) -> usize {
		HEADER + CIRCUIT + count as usize * parameters.lwe_size() * (parameters.result_bits as usize / 8)
	}

	/// Rounds what was computed for the wire.
	pub(crate) fn rounded(parameters: &ParameterSet, mut words: Vec<u64>) -> Self {
		let drop = 64 - parameters.result_bits;
		if drop > 0 {
			words.iter_mut().for_each(|word| *word = word.wrapping_add(1 << (drop - 1)) >> drop << drop);
		}
		Self { words }
	}

	/// The frame.
	pub fn to_bytes(&self, purpose: &Purpose) -> Vec<u8> {
		let mut bytes = Vec::with_capacity(Self::len_for(purpose.parameters, purpose.count));
		Header { kind: Kind::Result, parameters: purpose.parameters, count: purpose.count }.write(&mut bytes);
		bytes.extend_from_slice(&purpose.circuit);
		let skip = (64 - purpose.parameters.result_bits as usize) / 8;
		self.words.iter().for_each(|word| bytes.extend(word.to_le_bytes().iter().skip(skip)));
		bytes
	}

	/// Reads a frame that has to be for this purpose.
	pub fn from_bytes(bytes: &[u8], purpose: &Purpose) -> Result<Self, FrameError> {
		let what = Kind::Result.name();
		let mut rest = bytes;
		Header::expect(&mut rest, Kind::Result, Some(purpose.parameters), purpose.count)?;
		circuit(&mut rest, what, purpose.circuit)?;
		length(what, bytes, Self::len_for(purpose.parameters, purpose.count))?;
		let words = if purpose.parameters.result_bits == 64 {
			words(rest)
		} else {
			let (words, _) = rest.as_chunks::<4>();
			words.iter().map(|word| u64::from(u32::from_le_bytes(*word)) << 32).collect()
		};
		Ok(Self { words })
	}
}

/// An evaluation key as it travels: what follows from a seed is left out.
#[derive(Clone, PartialEq, Eq)]
pub struct EvaluationKey {
	pub(crate) parameters: &'static ParameterSet,
	pub(crate) switch_seed: u128,
	pub(crate) bootstrap_seed: u128,
	pub(crate) switch: Vec<u64>,
	pub(crate) bootstrap: Vec<u64>,
}

impl std::fmt::Debug for EvaluationKey {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		f.debug_struct("EvaluationKey").field("parameters", &self.parameters.name).finish_non_exhaustive()
	}
}

impl EvaluationKey {
	/// How many bytes it takes under a set; `None` where a set has no evaluation key.
	pub const fn len_for(parameters: &ParameterSet) -> Option<usize> {
		match &parameters.bootstrap {
			Some(of) => {
				Some(HEADER + 2 * SEED + 8 * (of.switch_key_len(parameters.dimension) + of.bootstrap_key_len()))
			},
			None => None,
		}
	}

	/// The parameter set.
	pub fn parameters(&self) -> &'static ParameterSet {
		self.parameters
	}

	/// The frame.
	pub fn to_bytes(&self) -> Vec<u8> {
		let mut bytes = Vec::with_capacity(HEADER + 2 * SEED + 8 * (self.switch.len() + self.bootstrap.len()));
		Header { kind: Kind::EvaluationKey, parameters: self.parameters, count: 0 }.write(&mut bytes);
		bytes.extend_from_slice(&self.switch_seed.to_le_bytes());
		bytes.extend_from_slice(&self.bootstrap_seed.to_le_bytes());
		self.switch.iter().chain(&self.bootstrap).for_each(|word| bytes.extend_from_slice(&word.to_le_bytes()));
		bytes
	}

	/// Reads a frame that has to be under this set.
	pub fn from_bytes(bytes: &[u8], parameters: &'static ParameterSet) -> Result<Self, FrameError> {
		let what = Kind::EvaluationKey.name();
		let mut rest = bytes;
		Header::expect(&mut rest, Kind::EvaluationKey, Some(parameters), 0)?;
		let (Some(of), Some(expected)) = (&parameters.bootstrap, Self::len_for(parameters)) else {
			return Err(FrameError::NoEvaluationKey { id: parameters.id });
		};
		length(what, bytes, expected)?;
		let (switch_seed, bootstrap_seed) = (seed(&mut rest, what)?, seed(&mut rest, what)?);
		// The length has been checked: the split is in range.
		let (switch, bootstrap) =
			rest.split_at_checked(8 * of.switch_key_len(parameters.dimension)).unwrap_or((rest, &[]));
		Ok(Self { parameters, switch_seed, bootstrap_seed, switch: words(switch), bootstrap: words(bootstrap) })
	}
}

/// Writes a client key's frame: its coefficients as bits.
pub(crate) fn write_client_key(parameters: &'static ParameterSet, coefficients: impl Iterator<Item = u64>) -> Vec<u8> {
	let mut bytes = Vec::with_capacity(client_key_len(parameters));
	Header { kind: Kind::ClientKey, parameters, count: 0 }.write(&mut bytes);
	for (at, coefficient) in coefficients.enumerate() {
		if at % 8 == 0 {
			bytes.push(0);
		}
		if let Some(last) = bytes.last_mut() {
			*last |= ((coefficient & 1) as u8) << (at % 8);
		}
	}
	bytes
}

/// Reads a client key's frame.
pub(crate) fn read_client_key(bytes: &[u8]) -> Result<(&'static ParameterSet, Vec<u64>), FrameError> {
	let what = Kind::ClientKey.name();
	let mut rest = bytes;
	let parameters = Header::expect(&mut rest, Kind::ClientKey, None, 0)?;
	length(what, bytes, client_key_len(parameters))?;
	let mut bits: Vec<_> = rest.iter().flat_map(|byte| (0..8).map(move |bit| u64::from(byte >> bit & 1))).collect();
	let coefficients = client_key_coefficients(parameters);
	if bits.iter().skip(coefficients).any(|bit| *bit != 0) {
		return Err(FrameError::Padding { what });
	}
	bits.truncate(coefficients);
	Ok((parameters, bits))
}

fn client_key_coefficients(parameters: &ParameterSet) -> usize {
	parameters.dimension + parameters.bootstrap.map_or(0, |of| of.small_dimension)
}

fn client_key_len(parameters: &ParameterSet) -> usize {
	HEADER + client_key_coefficients(parameters).div_ceil(8)
}
