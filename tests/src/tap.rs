//! What goes through a connection to a node, overheard.

use std::{
	net::SocketAddr,
	sync::{Arc, Mutex, PoisonError},
};

use anyhow::{Context as _, Result};
use tokio::{
	io::{AsyncReadExt as _, AsyncWriteExt as _},
	net::{TcpListener, TcpStream},
};

/// A port of this machine that leads to a node, and remembers what is sent to it: the WebSocket messages'
/// content, without the masks under which a client sends it.
#[derive(Debug)]
pub struct Tap {
	address: SocketAddr,
	heard: Arc<Mutex<Vec<u8>>>,
}

impl Tap {
	/// Opens a port that leads to the node at a `ws://` URL.
	pub async fn open(node: &str) -> Result<Self> {
		let node = node.strip_prefix("ws://").context("a ws:// URL")?.to_owned();
		let listener = TcpListener::bind("127.0.0.1:0").await?;
		let address = listener.local_addr()?;
		let heard = Arc::new(Mutex::new(Vec::new()));
		let memory = heard.clone();
		tokio::spawn(async move {
			while let Ok((client, _)) = listener.accept().await {
				let (node, memory) = (node.clone(), memory.clone());
				tokio::spawn(async move {
					// A connection that breaks is the client's matter.
					let _ = relay(client, &node, &memory).await;
				});
			}
		});
		Ok(Self { address, heard })
	}

	/// Where a client finds it.
	pub fn url(&self) -> String {
		format!("ws://{}", self.address)
	}

	/// All that clients have sent so far.
	pub fn heard(&self) -> Vec<u8> {
		self.heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
	}
}

async fn relay(mut client: TcpStream, node: &str, memory: &Mutex<Vec<u8>>) -> Result<()> {
	let mut node = TcpStream::connect(node).await?;
	let (mut from_client, mut to_client) = client.split();
	let (mut from_node, mut to_node) = node.split();
	let upwards = async {
		let mut stream = Vec::new();
		let mut buffer = vec![0; 1 << 16];
		loop {
			let length = from_client.read(&mut buffer).await?;
			if length == 0 {
				break;
			}
			stream.extend_from_slice(&buffer[..length]);
			to_node.write_all(&buffer[..length]).await?;
			let mut memory = memory.lock().unwrap_or_else(PoisonError::into_inner);
			let taken = overhear(&stream, &mut memory);
			stream.drain(..taken);
		}
		to_node.shutdown().await
	};
	let downwards = tokio::io::copy(&mut from_node, &mut to_client);
	tokio::try_join!(upwards, downwards)?;
	Ok(())
}

/// Adds what whole messages of a stream say, and returns how much of the stream they are.
fn overhear(stream: &[u8], memory: &mut Vec<u8>) -> usize {
	let mut at = 0;
	// The handshake is plain text that ends in an empty line.
	if stream.starts_with(b"GET ") {
		let Some(end) = stream.windows(4).position(|window| window == b"\r\n\r\n") else { return 0 };
		at = end + 4;
		memory.extend_from_slice(&stream[..at]);
	}
	while let Some((said, length)) = frame(&stream[at..]) {
		memory.extend(said);
		at += length;
	}
	at
}

/// The first frame's content, and the frame's length.
fn frame(stream: &[u8]) -> Option<(Vec<u8>, usize)> {
	let [_, second, rest @ ..] = stream else { return None };
	let (length, rest) = match second & 0x7f {
		126 => rest.split_first_chunk::<2>().map(|(length, rest)| (u16::from_be_bytes(*length) as usize, rest))?,
		127 => rest.split_first_chunk::<8>().map(|(length, rest)| (u64::from_be_bytes(*length) as usize, rest))?,
		short => (usize::from(short), rest),
	};
	let (mask, rest) = match second & 0x80 {
		0 => ([0; 4], rest),
		_ => rest.split_first_chunk::<4>().map(|(mask, rest)| (*mask, rest))?,
	};
	let said = rest.get(..length)?.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask).collect();
	Some((said, stream.len() - rest.len() + length))
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn messages_are_heard_without_their_masks_and_once_they_are_whole() {
		let masked = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58]; // RFC 6455: "Hello".
		let mut stream = b"GET / HTTP/1.1\r\n\r\n".to_vec();
		stream.extend(masked);
		let mut memory = Vec::new();
		assert_eq!(overhear(&stream[..stream.len() - 1], &mut memory), 18);
		assert_eq!(memory, b"GET / HTTP/1.1\r\n\r\n");
		assert_eq!(overhear(&stream[18..], &mut memory), masked.len());
		assert!(memory.ends_with(b"Hello"));
	}
}
