//! What a confined process can no longer do. Each probe runs in this test binary executed anew, which
//! closes the sandbox around itself with the worker's own code and then tries.

use std::{
	fs::{self, File},
	io::{Read, Write},
	net::{TcpListener, TcpStream, UdpSocket},
	os::unix::net::UnixStream,
	process::Command,
};

use deepnode_worker::sandbox::confine::{confine, confine_loading, Files};

const PROBE: &str = "DEEPNODE_TEST_PROBE";
const LOADING_PROBE: &str = "DEEPNODE_TEST_LOADING_PROBE";
/// A file that a probe must not be able to remove.
const VICTIM: &str = "DEEPNODE_TEST_VICTIM";
const DENIED: i32 = 70;
const ALLOWED: i32 = 71;

/// What a library may not do while it is loaded.
#[test]
fn loading_probe() {
	let Ok(probe) = std::env::var(LOADING_PROBE) else { return };
	confine_loading(true).expect("the sandbox closes");
	let denied = match probe.as_str() {
		"read" => fs::read("/etc/hosts").is_err(),
		other => is_denied(other).expect("a probe"),
	};
	std::process::exit(if denied { DENIED } else { ALLOWED });
}

/// Not a test by itself: the child's side of the others.
#[test]
fn probe() {
	let Ok(probe) = std::env::var(PROBE) else { return };
	// Opened before: descriptors that are open stay usable, as the pipes to the parent must.
	let mut before = File::open("/proc/self/status").expect("readable before");
	let files = confine(true).expect("the sandbox closes");
	assert_eq!(files, Files::Closed, "Landlock is fully enforced on this kernel");
	let denied = match probe.as_str() {
		"sleep" => {
			std::thread::sleep(std::time::Duration::from_millis(1));
			false
		},
		"compute" => (0..1_000_000u64).map(|n| n * n).sum::<u64>() == 0 || vec![1u8; 64 << 20].len() == 1,
		"descriptor" => before.read(&mut [0; 16]).is_err(),
		"read" => File::open("/etc/hosts").is_err(),
		"read-proc" => File::open("/proc/self/mem").is_err(),
		"read-relative" => File::open("Cargo.toml").is_err(),
		"list" => fs::read_dir("/").is_err(),
		"thread" => std::thread::Builder::new().spawn(|| ()).is_err(),
		other => is_denied(other).expect("a probe"),
	};
	std::process::exit(if denied { DENIED } else { ALLOWED });
}

/// Whether an attempt is refused that must be refused in both steps.
fn is_denied(probe: &str) -> Option<bool> {
	Some(match probe {
		"write" => File::create("/tmp/deepnode-probe").and_then(|mut file| file.write_all(b"x")).is_err(),
		"link" => std::os::unix::fs::symlink("/etc/passwd", "/tmp/deepnode-probe-link").is_err(),
		"remove" => fs::remove_file(std::env::var_os(VICTIM).expect("named")).is_err(),
		"tcp" => TcpStream::connect("127.0.0.1:1").is_err_and(|error| error.raw_os_error() == Some(1)),
		"tcp-listen" => TcpListener::bind("127.0.0.1:0").is_err(),
		"udp" => UdpSocket::bind("127.0.0.1:0").is_err(),
		"unix" => UnixStream::pair().is_err(),
		"exec" => Command::new("/bin/true").status().is_err(),
		_ => return None,
	})
}

fn outcome(probe: &str) -> Option<i32> {
	run("probe", PROBE, probe)
}

fn run(test: &str, variable: &str, probe: &str) -> Option<i32> {
	let victim = tempfile::NamedTempFile::new().expect("a file");
	let output = Command::new(std::env::current_exe().expect("this"))
		.args(["--exact", test, "--nocapture"])
		.env(variable, probe)
		.env(VICTIM, victim.path())
		.output()
		.expect("starts");
	if !matches!(output.status.code(), Some(DENIED | ALLOWED)) {
		eprintln!("{probe}: {:?} {}", output.status, String::from_utf8_lossy(&output.stderr));
	}
	assert!(victim.path().exists(), "{probe}");
	output.status.code()
}

#[test]
fn files_network_programs_and_threads_are_denied() {
	for probe in [
		"read",
		"read-proc",
		"read-relative",
		"write",
		"list",
		"link",
		"remove",
		"tcp",
		"tcp-listen",
		"udp",
		"unix",
		"exec",
		"thread",
	] {
		assert_eq!(outcome(probe), Some(DENIED), "{probe}");
	}
}

#[test]
fn computing_and_open_descriptors_are_allowed() {
	for probe in ["sleep", "compute", "descriptor"] {
		assert_eq!(outcome(probe), Some(ALLOWED), "{probe}");
	}
}

#[test]
fn a_library_that_is_loaded_can_read_and_neither_write_nor_talk() {
	assert_eq!(run("loading_probe", LOADING_PROBE, "read"), Some(ALLOWED));
	for probe in ["write", "link", "remove", "tcp", "tcp-listen", "udp", "unix", "exec"] {
		assert_eq!(run("loading_probe", LOADING_PROBE, probe), Some(DENIED), "{probe}");
	}
}
