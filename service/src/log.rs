//! The log.

use std::io::{stderr, IsTerminal as _};

use tracing_subscriber::EnvFilter;

/// Logs to the standard error what `RUST_LOG` lets through, or else what is `info` and above; as JSON lines where they
/// are asked for. What cannot be written there, such as to a file on a full disk, is lost: complaining about it in the
/// same place would end the process.
///
/// To be called once: a second call panics.
pub fn log(as_json: bool) {
	let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
	let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(stderr).log_internal_errors(false);
	if as_json {
		builder.json().init();
	} else {
		builder.with_ansi(stderr().is_terminal()).init();
	}
}
