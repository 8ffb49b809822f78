//! The few calls to the operating system that the standard library does not wrap. This is the only
//! file of the crate with unsafe code.
//!
//! None of the calls hands out or keeps a pointer to memory that outlives it; each is sound whatever
//! its numbers are, and a refusal comes back as an error.
#![allow(unsafe_code)]

use std::{
	fs::File,
	io,
	os::fd::{AsRawFd, FromRawFd},
	time::Duration,
};

/// The kernel reads arguments of `prctl` as long numbers.
const ZERO: libc::c_ulong = 0;

fn check(result: libc::c_int) -> io::Result<libc::c_int> {
	if result < 0 {
		Err(io::Error::last_os_error())
	} else {
		Ok(result)
	}
}

/// A limit that the kernel holds a process to.
#[derive(Clone, Copy, Debug)]
pub enum Limit {
	/// Bytes of address space.
	Memory,
	/// Seconds of processor time.
	Cpu,
	/// Bytes of a file that is written.
	FileSize,
	/// Open files.
	Files,
	/// Bytes of a core dump.
	Core,
}

/// How many seconds after its limit of processor time the kernel kills a process that goes on. The signal at the
/// limit itself says why; that one would not.
const CPU_GRACE: u64 = 5;

/// Sets a limit of this process, for good.
pub fn limit(limit: Limit, value: u64) -> io::Result<()> {
	let resource = match limit {
		Limit::Memory => libc::RLIMIT_AS,
		Limit::Cpu => libc::RLIMIT_CPU,
		Limit::FileSize => libc::RLIMIT_FSIZE,
		Limit::Files => libc::RLIMIT_NOFILE,
		Limit::Core => libc::RLIMIT_CORE,
	};
	let grace = if matches!(limit, Limit::Cpu) { CPU_GRACE } else { 0 };
	let limits = libc::rlimit { rlim_cur: value, rlim_max: value.saturating_add(grace) };
	// SAFETY: the struct lives through the call, which only reads it.
	check(unsafe { libc::setrlimit(resource, &limits) }).map(drop)
}

/// How much processor time a process has used in its life.
pub fn processor_time(process: u32) -> io::Result<Duration> {
	let process = libc::pid_t::try_from(process).map_err(io::Error::other)?;
	let mut clock: libc::clockid_t = 0;
	// SAFETY: the number lives through the call, which writes it.
	match unsafe { libc::clock_getcpuclockid(process, &mut clock) } {
		0 => {},
		error => return Err(io::Error::from_raw_os_error(error)),
	}
	let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
	// SAFETY: the struct lives through the call, which writes it.
	check(unsafe { libc::clock_gettime(clock, &mut time) })?;
	Ok(Duration::new(time.tv_sec.try_into().unwrap_or_default(), time.tv_nsec.try_into().unwrap_or_default()))
}

/// Asks the kernel to kill this process when the thread that started it ends.
pub fn die_with_parent() -> io::Result<()> {
	// SAFETY: no pointers are passed.
	check(unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL as libc::c_ulong, ZERO, ZERO, ZERO) }).map(drop)
}

/// Keeps this process from ever gaining privileges, through a setuid program for one.
pub fn no_new_privileges() -> io::Result<()> {
	// SAFETY: no pointers are passed.
	check(unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1 as libc::c_ulong, ZERO, ZERO, ZERO) }).map(drop)
}

/// Keeps other processes of this user from reading this one's memory, and it from dumping core.
pub fn undumpable() -> io::Result<()> {
	// SAFETY: no pointers are passed.
	check(unsafe { libc::prctl(libc::PR_SET_DUMPABLE, ZERO, ZERO, ZERO, ZERO) }).map(drop)
}

/// Takes the standard output for the protocol and sends whatever a library prints there to the
/// standard error instead.
pub fn take_stdout() -> io::Result<File> {
	let stdout = io::stdout();
	// SAFETY: both descriptors are open, and the new one is owned by nobody else.
	unsafe {
		let ours = check(libc::fcntl(stdout.as_raw_fd(), libc::F_DUPFD_CLOEXEC, 3))?;
		let file = File::from_raw_fd(ours);
		check(libc::dup2(io::stderr().as_raw_fd(), stdout.as_raw_fd()))?;
		Ok(file)
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn the_processor_time_of_a_process_grows_as_it_computes() {
		let this = std::process::id();
		let before = processor_time(this).expect("told");
		while processor_time(this).expect("told") < before + Duration::from_millis(50) {}
		assert!(processor_time(u32::MAX).is_err());
	}
}
