//! Prints best and finalized blocks as they come, for ever. Stop the node and start it again to see
//! the streams go on.
//!
//! ```text
//! cargo run -p deepnode-client --example follow -- ws://127.0.0.1:9944
//! ```

use deepnode_client::{Block, Client};
use futures::StreamExt;

#[tokio::main]
async fn main() -> deepnode_client::Result<()> {
	let url = std::env::args().nth(1).unwrap_or_else(|| "ws://127.0.0.1:9944".into());
	let client = Client::connect(&url).await?;
	let best = client.best_blocks().map(|block| ("best", block));
	let finalized = client.finalized_blocks().map(|block| ("finalized", block));
	let mut blocks = futures::stream::select(best, finalized);
	while let Some((kind, block)) = blocks.next().await {
		let Block { number, hash } = block?;
		println!("{kind} {number} {hash:?}");
	}
	Ok(())
}
