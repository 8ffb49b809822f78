//! The parent's side of one child: how it is started, asked and waited for, and what its end means.

use std::{
	io,
	os::unix::process::ExitStatusExt,
	path::Path,
	pin::pin,
	process::{ExitStatus, Stdio},
	sync::{Arc, Mutex},
	time::{Duration, Instant},
};

use codec::Decode;
use deepnode_primitives::{content::Digest, task::ErrorCode};
use tokio::{
	io::AsyncReadExt,
	process::{Child as Process, ChildStdin, ChildStdout, Command},
	time::timeout,
};

use super::{
	answer, lock, os,
	protocol::{self, Reply, Request},
	Config, RunError, SandboxError,
};

/// The shortest time to wait for more of a child's processor time.
const LEAST_WAIT: Duration = Duration::from_millis(10);
/// How long the kernel may take to say how a child ended that has closed its pipe.
const BURIAL: Duration = Duration::from_secs(10);

/// How children are started, all of them alike.
pub fn command(program: &Path) -> Command {
	let mut command = Command::new(program);
	command
		.arg0("deepnode-worker")
		.arg("sandboxed-run")
		.arg(std::process::id().to_string())
		.env_clear()
		// ONNX Runtime 1.31 sends telemetry unless it is told not to before it is loaded.
		.env("ORT_DISABLE_TELEMETRY", "1")
		// Nobody can put anything there, and it is there on a full disk too.
		.current_dir("/proc")
		// What ends the worker from its terminal lets its open tasks go on for a while, and so their children.
		.process_group(0)
		.stdin(Stdio::piped())
		.stdout(Stdio::piped())
		.stderr(Stdio::piped())
		.kill_on_drop(true);
	command
}

/// One process. It is killed when this is dropped.
pub struct Child {
	process: Process,
	input: ChildStdin,
	output: ChildStdout,
	/// The model that it has loaded.
	pub model: Option<Digest>,
	/// The evaluation key that the model has.
	pub key: Option<Digest>,
	busy: Duration,
	words: Arc<Mutex<String>>,
}

impl Child {
	/// Takes hold of a process that has just been started.
	pub fn new(mut process: Process) -> io::Result<Self> {
		let missing = || io::Error::other("a pipe is missing");
		let input = process.stdin.take().ok_or_else(missing)?;
		let output = process.stdout.take().ok_or_else(missing)?;
		let mut errors = process.stderr.take().ok_or_else(missing)?;
		let words = Arc::new(Mutex::new(String::new()));
		let last_words = words.clone();
		tokio::spawn(async move {
			let mut buffer = [0; 1024];
			while let Ok(length @ 1..) = errors.read(&mut buffer).await {
				let text = String::from_utf8_lossy(buffer.get(..length).unwrap_or_default()).into_owned();
				tracing::debug!(target: "sandbox", "{}", text.trim_end());
				let mut words = lock(&last_words);
				// The start of a long complaint says what is wrong; the rest is in the debug log.
				if words.len() < 2048 {
					words.push_str(&text);
				}
			}
		});
		Ok(Self { process, input, output, model: None, key: None, busy: Duration::ZERO, words })
	}

	/// Whether it has not ended yet.
	pub fn lives(&mut self) -> bool {
		matches!(self.process.try_wait(), Ok(None))
	}

	/// Whether the child has used so much of its processor time that a full run may not fit any more.
	pub fn is_spent(&self, config: &Config) -> bool {
		self.busy.saturating_add(config.timeout.saturating_mul(3)).as_secs() >= config.cpu_seconds()
	}

	/// One question, one reply, within the processor time that there is for it. A child that had less than that
	/// when the parent's patience ends says nothing about the model.
	pub async fn ask(&mut self, request: &Request, config: &Config) -> Result<Reply, RunError> {
		let begun = Instant::now();
		let frame = self.exchange(request, config, begun).await;
		self.busy = self.busy.saturating_add(begun.elapsed());
		if frame.is_err() {
			let _ = self.process.start_kill();
		}
		match frame? {
			Ok(frame) => Reply::decode(&mut &frame[..]).map_err(|error| {
				answer(ErrorCode::ModelInvalid, format!("the sandbox's reply cannot be read: {error}"))
			}),
			Err(error) if error.kind() == io::ErrorKind::InvalidData => {
				Err(answer(ErrorCode::ResourcesExceeded, format!("the outputs are too long: {error}")))
			},
			Err(error) => Err(self.post_mortem(&error).await),
		}
	}

	/// Writes the question and reads the reply. The outer error says that the child is late, and why.
	async fn exchange(
		&mut self,
		request: &Request,
		config: &Config,
		begun: Instant,
	) -> Result<io::Result<Vec<u8>>, RunError> {
		let Self { process, input, output, .. } = self;
		let computed = || os::processor_time(process.id()?).ok();
		let before = computed();
		// Where the kernel does not tell, nothing is held against the model.
		let used = || before.and_then(|before| Some(computed()?.saturating_sub(before))).unwrap_or_default();
		let mut exchange = pin!(async {
			protocol::write_async(input, request).await?;
			protocol::read_async(output, config.longest_reply).await
		});
		let mut wait = config.timeout;
		loop {
			if let Ok(frame) = timeout(wait, &mut exchange).await {
				return Ok(frame);
			}
			let (used, waited) = (used(), begun.elapsed());
			let (left, patience) = (config.timeout.saturating_sub(used), config.patience().saturating_sub(waited));
			if left.is_zero() {
				let words = format!("killed after {:.1} s of processor time, which a run may take", used.as_secs_f64());
				return Err(answer(ErrorCode::ResourcesExceeded, words));
			}
			if patience.is_zero() {
				let (computed, waited) = (used.as_secs_f64(), waited.as_secs_f64());
				return Err(SandboxError::Starved { computed, waited, allowed: config.timeout.as_secs_f64() }.into());
			}
			wait = left.min(patience).max(LEAST_WAIT);
		}
	}

	/// Why the child is gone.
	async fn post_mortem(&mut self, error: &io::Error) -> RunError {
		let status = timeout(BURIAL, self.process.wait()).await;
		// Its last words may still be in the pipe.
		tokio::time::sleep(Duration::from_millis(20)).await;
		let words = lock(&self.words).trim().to_owned();
		match status {
			Ok(Ok(status)) => match verdict(status) {
				Some(code) => answer(code, format!("the sandbox ended with {status}: {words}")),
				None => SandboxError::Killed(status.to_string()).into(),
			},
			Ok(Err(error)) => SandboxError::Killed(error.to_string()).into(),
			Err(_) => answer(ErrorCode::ModelInvalid, format!("the sandbox broke its pipe ({error}): {words}")),
		}
	}
}

/// What a child's end says about its model; `None` where it says nothing.
///
/// An allocation beyond the limit aborts, and too much processor time is a signal of its own. Whatever else
/// cannot come from what a model does is this machine's doing: the kernel kills for the memory of all
/// processes and ends with a bus error what it cannot page in, operators and service managers stop what
/// they like.
fn verdict(status: ExitStatus) -> Option<ErrorCode> {
	match status.signal() {
		Some(libc::SIGABRT | libc::SIGXCPU) => Some(ErrorCode::ResourcesExceeded),
		None | Some(libc::SIGSEGV | libc::SIGILL | libc::SIGFPE | libc::SIGTRAP | libc::SIGSYS) => {
			Some(ErrorCode::ModelInvalid)
		},
		Some(_) => None,
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn only_what_a_model_can_bring_about_is_held_against_it() {
		let by = |signal: i32| verdict(ExitStatus::from_raw(signal));
		assert_eq!(by(libc::SIGABRT), Some(ErrorCode::ResourcesExceeded));
		assert_eq!(by(libc::SIGXCPU), Some(ErrorCode::ResourcesExceeded));
		assert_eq!(by(libc::SIGSEGV), Some(ErrorCode::ModelInvalid));
		for status in [0, 1, 101] {
			assert_eq!(verdict(ExitStatus::from_raw(status << 8)), Some(ErrorCode::ModelInvalid));
		}
		for signal in [libc::SIGKILL, libc::SIGBUS, libc::SIGTERM, libc::SIGINT, libc::SIGHUP, libc::SIGQUIT] {
			assert_eq!(by(signal), None, "{signal}");
		}
	}
}
