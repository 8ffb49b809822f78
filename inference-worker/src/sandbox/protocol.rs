//! What parent and child say to each other over the child's standard input and output: frames of a
//! length (u32 LE) and that many bytes of SCALE.

use std::io::{self, Read, Write};

use codec::{Decode, Encode};
use deepnode_primitives::{content::Digest, task::ErrorCode, tensor::TensorSpecs};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::{
	engine::{Kind, Tensor},
	scan::Report,
};

/// The parent's words.
#[derive(Clone, Debug, Encode, Decode)]
pub enum Request {
	/// The first: set limits, load the engine, close the sandbox.
	Start(Start),
	/// Scan and load a model.
	Load(Load),
	/// Have the loaded model take an evaluation key.
	Key {
		/// The key.
		key: Vec<u8>,
	},
	/// Run the loaded model on a bundle.
	Run {
		/// The bundle, as primitives define it.
		bundle: Vec<u8>,
	},
}

/// How a child starts.
#[derive(Clone, Debug, Encode, Decode)]
pub struct Start {
	/// Which engine.
	pub engine: Kind,
	/// The engine's library.
	pub library: Option<String>,
	/// Bytes of address space.
	pub memory: u64,
	/// Seconds of processor time over the child's whole life.
	pub cpu_seconds: u64,
	/// Whether a kernel without Landlock is an error.
	pub require_landlock: bool,
}

/// A model and what the registry declares of it.
#[derive(Clone, Debug, Encode, Decode)]
pub struct Load {
	/// The model file.
	pub model: Vec<u8>,
	/// The declared inputs and outputs; `None` takes what the file says.
	pub declared: Option<(TensorSpecs, TensorSpecs)>,
}

/// The child's words.
#[derive(Clone, Debug, Encode, Decode)]
pub enum Reply {
	/// The sandbox is closed.
	Ready {
		/// The engine's name and version.
		engine: String,
		/// Whether Landlock guards the files: 0 not, 1 partly, 2 fully.
		landlock: u8,
	},
	/// The child cannot start: the operator's matter.
	Unusable(String),
	/// The model is loaded.
	Loaded(Box<Report>),
	/// The model has the key.
	Keyed,
	/// The run's outputs.
	Outputs(Vec<Tensor>),
	/// The task's answer is this error.
	Failed {
		/// The code.
		code: ErrorCode,
		/// Why, for the log.
		detail: String,
	},
}

/// What names a loaded model: its file and what is declared of it.
pub fn identity(file: &Digest, declared: &Option<(TensorSpecs, TensorSpecs)>) -> Digest {
	deepnode_primitives::content::sha256(&(file, declared).encode())
}

/// Reads a frame; `None` where the other side has closed.
pub fn read(from: &mut impl Read, longest: usize) -> io::Result<Option<Vec<u8>>> {
	let mut length = [0; 4];
	match from.read_exact(&mut length) {
		Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
		other => other?,
	}
	let mut frame = vec![0; bounded(length, longest)?];
	from.read_exact(&mut frame)?;
	Ok(Some(frame))
}

/// Writes a frame.
pub fn write(to: &mut impl Write, message: &impl Encode) -> io::Result<()> {
	let bytes = message.encode();
	to.write_all(&length(&bytes)?)?;
	to.write_all(&bytes)?;
	to.flush()
}

/// As [`read`]; a closed pipe is an error.
pub async fn read_async(from: &mut (impl AsyncRead + Unpin), longest: usize) -> io::Result<Vec<u8>> {
	let mut length = [0; 4];
	from.read_exact(&mut length).await?;
	let mut frame = vec![0; bounded(length, longest)?];
	from.read_exact(&mut frame).await?;
	Ok(frame)
}

/// As [`write`].
pub async fn write_async(to: &mut (impl AsyncWrite + Unpin), message: &impl Encode) -> io::Result<()> {
	let bytes = message.encode();
	to.write_all(&length(&bytes)?).await?;
	to.write_all(&bytes).await?;
	to.flush().await
}

fn bounded(length: [u8; 4], longest: usize) -> io::Result<usize> {
	let length = u32::from_le_bytes(length) as usize;
	if length > longest {
		return Err(io::Error::new(
			io::ErrorKind::InvalidData,
			format!("a message of {length} bytes is longer than {longest}"),
		));
	}
	Ok(length)
}

fn length(bytes: &[u8]) -> io::Result<[u8; 4]> {
	u32::try_from(bytes.len())
		.map(u32::to_le_bytes)
		.map_err(|_| io::Error::new(io::ErrorKind::InvalidInput, "a message is longer than 4 GiB"))
}
