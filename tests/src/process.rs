//! Processes that never outlive their starter. This is the only file of the crate with unsafe code.
#![allow(unsafe_code)]

use std::{
	fs::{self, File},
	io,
	os::unix::process::CommandExt as _,
	path::{Path, PathBuf},
	process::{Child, Command, ExitStatus, Stdio},
	time::{Duration, Instant},
};

use anyhow::{bail, Context as _, Result};

use crate::stage::{program, Stage};

/// A process of a scenario, in a process group of its own, whose output goes to a log.
///
/// It is killed, with all that it started, when this value is dropped, also by a panic; and by the
/// kernel when the thread that started it ends in any other way.
#[derive(Debug)]
pub struct Process {
	name: String,
	child: Child,
	log: PathBuf,
	/// Where its log began when it was started.
	log_start: u64,
	_stage: Stage,
}

/// What to tell a process.
#[derive(Clone, Copy, Debug)]
enum Signal {
	Kill = libc::SIGKILL as isize,
	Stop = libc::SIGSTOP as isize,
	Continue = libc::SIGCONT as isize,
}

impl Process {
	/// Starts one of the workspace's programs; its log is `NAME.log` on the stage.
	pub fn start(stage: &Stage, name: &str, program_name: &str, arrange: impl FnOnce(&mut Command)) -> Result<Self> {
		Self::start_file(stage, name, &program(program_name)?, arrange)
	}

	/// Starts the program in a file.
	pub fn start_file(stage: &Stage, name: &str, path: &Path, arrange: impl FnOnce(&mut Command)) -> Result<Self> {
		let log = stage.file(format!("{name}.log"));
		let output = File::options().create(true).append(true).open(&log)?;
		let log_start = output.metadata()?.len();
		let mut command = Command::new(path);
		command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
		command.current_dir(stage.path()).process_group(0);
		arrange(&mut command);
		die_with_parent(&mut command);
		let child = command.spawn().with_context(|| format!("cannot start {}", path.display()))?;
		Ok(Self { name: name.into(), child, log, log_start, _stage: stage.clone() })
	}

	/// What it is called on the stage.
	pub fn name(&self) -> &str {
		&self.name
	}

	/// How it ended; `None` while it runs.
	pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
		Ok(self.child.try_wait()?)
	}

	/// Kills it and all that it started, at once and unasked, and waits until it is gone.
	pub fn kill(&mut self) {
		self.signal(Signal::Kill);
		let _ = self.child.wait();
	}

	/// Stops it in its tracks until [`Self::resume`].
	pub fn pause(&self) {
		self.signal(Signal::Stop);
	}

	/// Lets it go on after [`Self::pause`].
	pub fn resume(&self) {
		self.signal(Signal::Continue);
	}

	/// Waits until `find` finds something in a line of its log.
	pub async fn log_line<T>(&mut self, within: Duration, find: impl Fn(&str) -> Option<T>) -> Result<T> {
		let began = Instant::now();
		loop {
			let text = fs::read(&self.log)?.split_off(self.log_start as usize);
			if let Some(found) = String::from_utf8_lossy(&text).lines().find_map(&find) {
				return Ok(found);
			}
			if let Some(status) = self.ended()? {
				bail!("{} has ended ({status}):\n{}", self.name, tail(&self.log, 10));
			}
			if began.elapsed() > within {
				bail!("{} is not ready after {within:?}:\n{}", self.name, tail(&self.log, 10));
			}
			tokio::time::sleep(Duration::from_millis(50)).await;
		}
	}

	fn signal(&self, signal: Signal) {
		let group = self.child.id() as libc::pid_t;
		// SAFETY: no pointers are passed. The group is the child's: its number is not given to another
		// before the child has been waited for and every process of the group is gone.
		unsafe { libc::killpg(group, signal as libc::c_int) };
	}
}

impl Drop for Process {
	fn drop(&mut self) {
		self.kill();
	}
}

/// Has the kernel kill the command when this thread ends.
fn die_with_parent(command: &mut Command) {
	let parent = std::process::id() as libc::pid_t;
	let in_child = move || {
		// SAFETY: no pointers are passed.
		let set = unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL, 0, 0, 0) };
		// SAFETY: it takes nothing and cannot fail. A parent that died before the line above is not seen
		// by the kernel any more.
		let orphaned = unsafe { libc::getppid() } != parent;
		if set < 0 || orphaned {
			return Err(io::Error::from_raw_os_error(libc::ESRCH));
		}
		Ok(())
	};
	// SAFETY: what runs between fork and exec makes two system calls and allocates nothing.
	unsafe { command.pre_exec(in_child) };
}

/// The last lines of a file.
pub fn tail(path: &Path, lines: usize) -> String {
	let text = fs::read(path).unwrap_or_default();
	let text = String::from_utf8_lossy(&text);
	let mut last: Vec<_> = text.lines().rev().take(lines).collect();
	last.reverse();
	last.join("\n")
}
