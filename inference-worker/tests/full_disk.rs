//! A worker whose disk is full. It runs in a process of its own, which this file starts again: under a
//! limit on the size of files and, where namespaces may be made, on a small file system.

mod common;

use std::{
	fs::{self, File},
	io::Write,
	path::{Path, PathBuf},
	process::{Command, Output, Stdio},
	time::Duration,
};

use common::{
	bundle,
	chain::{file, OneModel, Running},
	fours, unary,
};
use deepnode_primitives::{canonical::Answer, comparison::Comparison, content::Payload, TaskId};
use deepnode_worker::{chain::Model, worker};
use tokio::time::sleep;

/// Names the folder of the worker that a child process is.
const FOLDER: &str = "DEEPNODE_TEST_FULL_DISK";
/// The bytes of the small file system.
const SMALL: usize = 3 << 20;
/// More bytes than the small file system has left when the models are there.
const PAD: usize = 64 * 1024;

/// How the disk is full.
enum Disk {
	/// No file may be written, at any place in it.
	FileSize,
	/// Nothing more fits on the file system.
	FileSystem,
}

impl Disk {
	fn of(folder: &Path) -> Self {
		match folder.join("small").exists() {
			true => Self::FileSystem,
			false => Self::FileSize,
		}
	}

	/// Fills what is left.
	fn fill(&self, folder: &Path) {
		match self {
			Self::FileSize => limit_file_size("0:unlimited"),
			Self::FileSystem => {
				let filler = File::options().create(true).append(true).open(folder.join("filler"));
				let mut filler = filler.expect("opens");
				while filler.write(&[0; 4096]).is_ok() {}
			},
		}
		let probe = fs::write(folder.join("probe"), b"x");
		assert!(probe.is_err(), "the disk is not full");
	}

	fn make_room(&self, folder: &Path) {
		match self {
			Self::FileSize => limit_file_size("unlimited:unlimited"),
			Self::FileSystem => fs::remove_file(folder.join("filler")).expect("removed"),
		}
		fs::write(folder.join("probe"), b"x").expect("there is room again");
	}
}

/// Sets the soft and the hard limit of this process.
fn limit_file_size(limits: &str) {
	let pid = std::process::id().to_string();
	let done = Command::new("prlimit").args(["--pid", &pid, &format!("--fsize={limits}")]).status();
	assert!(done.expect("util-linux's prlimit is installed").success());
}

/// Lets blocks pass until something is so.
async fn until(chain: &OneModel, what: &str, done: impl Fn() -> bool) {
	for _ in 0..400 {
		if done() {
			return;
		}
		chain.next_block();
		sleep(Duration::from_millis(25)).await;
	}
	panic!("not in time: {what}");
}

fn inline(value: f32) -> Payload {
	Payload::Inline(bundle(1, &[value; 4]).try_into().expect("short"))
}

/// What the child process does.
async fn live_through_a_full_disk(folder: &Path) {
	let disk = Disk::of(folder);
	worker::outlive_full_disks().expect("a signal's handler");
	let (inputs, outputs) = fours().expect("declared");
	let graph = Some(file(folder, "model", &unary("Relu")));
	let model = Model { graph, inputs, outputs, comparison: Comparison::default(), fhe: None };
	let chain = OneModel::new(model, Duration::from_secs(60));
	// Rows enough that the input's file does not fit any more.
	let rows = (PAD / 16) as u32;
	let long = Payload::Reference(file(folder, "input", &bundle(rows, &vec![1.0; 4 * rows as usize])));

	let running = Running::start(&chain, folder).await;
	let committed = |id: TaskId| chain.task(id).commitment.is_some();
	let revealed = |id: TaskId| chain.task(id).revealed.is_some();
	for id in [1, 2] {
		chain.assign(id, inline(id as f32));
	}
	until(&chain, "tasks 1 and 2 are committed", || committed(1) && committed(2)).await;

	// A salt that cannot be kept is not committed to, nor an answer whose input cannot be. (A file system
	// may have room for a moment, when a failed write has given back what it took.)
	disk.fill(folder);
	chain.assign(3, inline(3.0));
	chain.assign_items(4, long, rows);
	for _ in 0..60 {
		chain.next_block();
		sleep(Duration::from_millis(25)).await;
		if matches!(disk, Disk::FileSystem) {
			disk.fill(folder);
		}
	}
	assert!(!running.service.is_finished(), "the service lives");
	assert!(!committed(3) || matches!(disk, Disk::FileSystem), "committed to what is not stored");
	assert!(!committed(4), "answered without the input");

	// What is kept is revealed all the same, by the next process too.
	chain.others_commit_to(1);
	until(&chain, "task 1 is revealed", || revealed(1)).await;
	running.stop().await;
	chain.others_commit();
	let running = Running::start(&chain, folder).await;
	until(&chain, "whatever is committed is revealed", || [2, 3].into_iter().all(|id| revealed(id) || !committed(id)))
		.await;
	assert!(revealed(2) && !running.service.is_finished(), "a worker that starts on a full disk lives too");
	assert!(!committed(4), "answered without the input");

	// With room again it goes on by itself.
	disk.make_room(folder);
	chain.assign(5, inline(5.0));
	chain.others_commit();
	until(&chain, "all is revealed", || (1..=5).all(revealed)).await;
	for id in 1..=5 {
		let Some(Payload::Inline(bytes)) = chain.task(id).revealed else {
			assert_eq!(id, 4, "only the long answer is not on chain");
			continue;
		};
		assert!(matches!(Answer::from_bytes(&bytes), Ok(Answer::Outputs(_))), "task {id} has outputs");
	}
	running.stop().await;
}

/// The child process; nothing where it is not one.
#[test]
fn child() {
	let Some(folder) = std::env::var_os(FOLDER) else { return };
	deepnode_service::log(false);
	let runtime = tokio::runtime::Runtime::new().expect("a runtime");
	runtime.block_on(live_through_a_full_disk(Path::new(&folder)));
	println!("it lives");
}

/// A command line that is the child process.
fn child_arguments() -> [PathBuf; 4] {
	let this = std::env::current_exe().expect("this program");
	[this, "--exact".into(), "child".into(), "--nocapture".into()]
}

/// What the child process finds in its environment: its folder, and a temporary directory that is of no use, as
/// on a disk that is full everywhere.
fn environment(folder: &Path) -> [(&'static str, PathBuf); 2] {
	[(FOLDER, folder.into()), ("TMPDIR", folder.join("gone"))]
}

/// Whether the child lived to the end, and said what was wrong and where.
fn assert_lived(output: &Output, folder: &Path, reason: &str) {
	let (said, printed) = (String::from_utf8_lossy(&output.stderr), String::from_utf8_lossy(&output.stdout));
	assert!(output.status.success() && printed.contains("it lives"), "{}\n{printed}\n{said}", output.status);
	for path in [folder.join("tasks-"), folder.join("content")] {
		let path = path.display().to_string();
		let complaint = said.lines().find(|line| line.contains("no progress") && line.contains(&path));
		let complaint = complaint.unwrap_or_else(|| panic!("nothing about {path} in:\n{said}"));
		assert!(complaint.contains(reason), "no reason in: {complaint}");
	}
}

#[test]
fn a_limit_on_file_sizes_costs_no_salt_and_no_worker() {
	let folder = tempfile::tempdir().expect("a folder");
	let [program, arguments @ ..] = child_arguments();
	let output = Command::new(program).args(arguments).envs(environment(folder.path())).output().expect("starts");
	assert_lived(&output, folder.path(), "File too large");
}

#[test]
fn a_log_that_cannot_be_written_ends_nobody() {
	let folder = tempfile::tempdir().expect("a folder");
	let [program, arguments @ ..] = child_arguments();
	let log = File::create(folder.path().join("log")).expect("made");
	let mut command = Command::new(program);
	let output = command.args(arguments).envs(environment(folder.path())).stderr(log).output().expect("starts");
	let printed = String::from_utf8_lossy(&output.stdout);
	let said = fs::read_to_string(folder.path().join("log")).expect("read");
	assert!(output.status.success() && printed.contains("it lives"), "{}\n{printed}\n{said}", output.status);
}

#[test]
fn a_full_file_system_costs_no_salt_and_no_worker() {
	let folder = tempfile::tempdir().expect("a folder");
	let mount = format!("mount -t tmpfs -o size={SMALL} tmpfs \"$0\" && touch \"$0/small\"");
	let in_namespace = |script: &str| {
		let mut command = Command::new("unshare");
		command.args(["--map-root-user", "--mount", "sh", "-c", script]).arg(folder.path()).stdin(Stdio::null());
		command
	};
	match in_namespace(&mount).output() {
		Ok(output) if output.status.success() => {},
		_ => return eprintln!("a small file system cannot be mounted here: this is not tested"),
	}
	let mut command = in_namespace(&format!("{mount} && exec \"$@\""));
	let output = command.args(child_arguments()).envs(environment(folder.path())).output().expect("starts");
	assert_lived(&output, folder.path(), "No space left");
}

#[test]
fn the_program_takes_the_signal_of_the_limit_on_file_sizes() {
	let folder = tempfile::tempdir().expect("a folder");
	let mut worker = Command::new(env!("CARGO_BIN_EXE_deepnode-worker"))
		.args(["run", "--node", "ws://127.0.0.1:1", "--key", "//Alice", "--http", "127.0.0.1:0", "--data-dir"])
		.arg(folder.path())
		.stderr(Stdio::piped())
		.spawn()
		.expect("starts");
	let mut log = std::io::BufReader::new(worker.stderr.take().expect("piped"));
	let mut line = String::new();
	while !line.contains("not reachable") {
		line.clear();
		assert!(std::io::BufRead::read_line(&mut log, &mut line).expect("read") > 0, "it has ended");
	}
	let sent = Command::new("kill").args(["-XFSZ", &worker.id().to_string()]).status().expect("sent");
	assert!(sent.success());
	std::thread::sleep(Duration::from_millis(300));
	let ended = worker.try_wait().expect("asked");
	worker.kill().expect("killed");
	worker.wait().expect("gone");
	assert_eq!(ended, None, "the signal ended it");
}
