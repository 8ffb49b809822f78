//! The signal to stop.

use std::io;

use tokio::{
	signal::unix::{signal, SignalKind},
	sync::watch,
};

/// Becomes true at the first SIGTERM or SIGINT; the second ends the process with the status 130. `program` is who
/// stops, for the log: "the worker".
pub fn stop_signal(program: &'static str) -> io::Result<watch::Receiver<bool>> {
	let (sender, receiver) = watch::channel(false);
	let mut terminate = signal(SignalKind::terminate())?;
	let mut interrupt = signal(SignalKind::interrupt())?;
	tokio::spawn(async move {
		let mut stopping = false;
		loop {
			tokio::select! {
				_ = terminate.recv() => {},
				_ = interrupt.recv() => {},
			}
			if stopping {
				tracing::warn!("a second signal: ending at once");
				std::process::exit(130);
			}
			stopping = true;
			tracing::info!("stopping; a second signal ends {program} at once");
			sender.send_replace(true);
		}
	});
	Ok(receiver)
}

/// Returns when the signal has come.
pub async fn stopped(stop: &mut watch::Receiver<bool>) {
	// The sender is gone only together with the process.
	let _ = stop.wait_for(|stop| *stop).await;
}
