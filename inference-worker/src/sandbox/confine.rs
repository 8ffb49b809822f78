//! Closes the sandbox around the calling process with Landlock and seccomp, in two steps: while the
//! engine's library is loaded, files can be read and nothing else; then nothing at all.
//!
//! The first step is there because a library runs code where it is loaded: ONNX Runtime 1.31 keeps a
//! database in the home directory and sends telemetry.

use std::collections::BTreeMap;

use landlock::{
	path_beneath_rules, Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetCreated,
	RulesetCreatedAttr, RulesetStatus, Scope, ABI,
};
use seccompiler::{
	BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
};

use super::os;

/// Why the sandbox does not close.
#[derive(Debug, thiserror::Error)]
pub enum ConfineError {
	/// The kernel refuses a call.
	#[error("the kernel refuses {call}: {source}")]
	Os {
		/// Which call.
		call: &'static str,
		/// Its error.
		source: std::io::Error,
	},
	/// Landlock does not work.
	#[error("Landlock: {0}; use a kernel with Landlock (5.13 or later), or --sandbox best-effort")]
	Landlock(#[from] landlock::RulesetError),
	/// seccomp does not work.
	#[error("seccomp: {0}; the worker does not run models on a kernel without seccomp filters")]
	Seccomp(String),
}

/// What Landlock came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Files {
	/// All that this version knows is enforced.
	Closed,
	/// An older kernel enforces a part of it; seccomp still refuses to open files.
	Partly,
	/// The kernel lacks Landlock; only seccomp refuses to open files.
	Unguarded,
}

/// Takes from this process, for good, what running a model does not need: files, the network, other
/// processes, new programs, threads, new executable memory. With `require`, a kernel without Landlock is an error.
pub fn confine(require: bool) -> Result<Files, ConfineError> {
	os::no_new_privileges().map_err(|source| ConfineError::Os { call: "no_new_privs", source })?;
	let status = ruleset(require)?.restrict_self()?;
	apply(filter())?;
	Ok(match status.ruleset {
		RulesetStatus::FullyEnforced => Files::Closed,
		RulesetStatus::PartiallyEnforced => Files::Partly,
		RulesetStatus::NotEnforced => Files::Unguarded,
	})
}

/// The first step: takes the network, other programs and every change to files, and leaves reading.
pub fn confine_loading(require: bool) -> Result<(), ConfineError> {
	os::no_new_privileges().map_err(|source| ConfineError::Os { call: "no_new_privs", source })?;
	let readable = path_beneath_rules(["/"], AccessFs::from_read(ABI::V5));
	ruleset(require)?.add_rules(readable)?.restrict_self()?;
	apply(loading_filter())
}

fn apply(filter: Result<BpfProgram, seccompiler::Error>) -> Result<(), ConfineError> {
	filter
		.and_then(|filter| seccompiler::apply_filter_all_threads(&filter))
		.map_err(|error| ConfineError::Seccomp(error.to_string()))
}

/// Without a rule, every access to files, TCP ports, abstract sockets and foreign signals is denied.
fn ruleset(require: bool) -> Result<RulesetCreated, ConfineError> {
	let level = if require { CompatLevel::HardRequirement } else { CompatLevel::BestEffort };
	Ok(Ruleset::default()
		.set_compatibility(level)
		.handle_access(AccessFs::from_all(ABI::V1))?
		.set_compatibility(CompatLevel::BestEffort)
		.handle_access(AccessFs::from_all(ABI::V5))?
		.handle_access(AccessNet::from_all(ABI::V5))?
		.scope(Scope::from_all(ABI::V6))?
		.create()?)
}

/// A deny list: a loader needs much that differs from system to system, but none of this.
fn loading_filter() -> Result<BpfProgram, seccompiler::Error> {
	let rules = [
		libc::SYS_socket,
		libc::SYS_socketpair,
		libc::SYS_connect,
		libc::SYS_bind,
		libc::SYS_execve,
		libc::SYS_execveat,
		libc::SYS_ptrace,
		libc::SYS_process_vm_readv,
		libc::SYS_process_vm_writev,
		libc::SYS_kill,
		libc::SYS_tkill,
		libc::SYS_io_uring_setup,
		libc::SYS_bpf,
		libc::SYS_userfaultfd,
		libc::SYS_unshare,
		libc::SYS_setns,
		libc::SYS_mount,
		libc::SYS_fchmod,
		libc::SYS_fchmodat,
		libc::SYS_fchown,
		libc::SYS_fchownat,
	];
	let filter = SeccompFilter::new(
		rules.into_iter().map(|call| (call, Vec::new())).collect(),
		SeccompAction::Allow,
		SeccompAction::Errno(libc::EPERM as u32),
		std::env::consts::ARCH.try_into()?,
	)?;
	Ok(filter.try_into()?)
}

/// An allow list: computing, memory, time, the descriptors that are open. Anything else is refused
/// with EPERM, so that a library that merely probes goes on without.
fn filter() -> Result<BpfProgram, seccompiler::Error> {
	let mut rules: BTreeMap<i64, Vec<SeccompRule>> = [
		// The pipes to the parent.
		libc::SYS_read,
		libc::SYS_readv,
		libc::SYS_write,
		libc::SYS_writev,
		libc::SYS_close,
		libc::SYS_fstat,
		// Memory.
		libc::SYS_brk,
		libc::SYS_munmap,
		libc::SYS_mremap,
		libc::SYS_madvise,
		// Time and waiting.
		libc::SYS_clock_gettime,
		libc::SYS_clock_getres,
		libc::SYS_clock_nanosleep,
		libc::SYS_nanosleep,
		libc::SYS_gettimeofday,
		libc::SYS_futex,
		libc::SYS_sched_yield,
		libc::SYS_restart_syscall,
		// Questions about itself.
		libc::SYS_getpid,
		libc::SYS_gettid,
		libc::SYS_getcpu,
		libc::SYS_getrandom,
		libc::SYS_getrusage,
		libc::SYS_sched_getaffinity,
		libc::SYS_sysinfo,
		libc::SYS_uname,
		// Signals and the end.
		libc::SYS_rt_sigaction,
		libc::SYS_rt_sigprocmask,
		libc::SYS_rt_sigreturn,
		libc::SYS_sigaltstack,
		libc::SYS_rseq,
		libc::SYS_set_robust_list,
		libc::SYS_membarrier,
		libc::SYS_exit,
		libc::SYS_exit_group,
	]
	.into_iter()
	.map(|call| (call, Vec::new()))
	.collect();
	// Signals only to itself (abort does that).
	let own = u64::from(std::process::id());
	rules.insert(libc::SYS_tgkill, vec![rule(vec![equal(0, own)?])?]);
	// Limits are read, not set.
	rules.insert(libc::SYS_prlimit64, vec![rule(vec![equal(0, 0)?, equal(2, 0)?])?]);
	// Memory never becomes a program.
	let executable = libc::PROT_EXEC as u64;
	let plain = || -> Result<_, seccompiler::Error> {
		let condition = SeccompCondition::new(2, SeccompCmpArgLen::Qword, SeccompCmpOp::MaskedEq(executable), 0)?;
		Ok(vec![rule(vec![condition])?])
	};
	rules.insert(libc::SYS_mmap, plain()?);
	rules.insert(libc::SYS_mprotect, plain()?);
	let filter = SeccompFilter::new(
		rules,
		SeccompAction::Errno(libc::EPERM as u32),
		SeccompAction::Allow,
		std::env::consts::ARCH.try_into()?,
	)?;
	Ok(filter.try_into()?)
}

fn equal(argument: u8, value: u64) -> Result<SeccompCondition, seccompiler::Error> {
	Ok(SeccompCondition::new(argument, SeccompCmpArgLen::Qword, SeccompCmpOp::Eq, value)?)
}

fn rule(conditions: Vec<SeccompCondition>) -> Result<SeccompRule, seccompiler::Error> {
	Ok(SeccompRule::new(conditions)?)
}
