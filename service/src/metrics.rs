//! What a program counts, as text.

use prometheus::{Encoder as _, Registry, TextEncoder};

/// The counters in Prometheus's text format.
pub fn render(registry: &Registry) -> prometheus::Result<String> {
	let mut text = Vec::new();
	TextEncoder::new().encode(&registry.gather(), &mut text)?;
	Ok(String::from_utf8_lossy(&text).into_owned())
}
