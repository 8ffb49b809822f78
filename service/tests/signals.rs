//! A program that signals stop, and what it logs. It is a process of its own, which this file starts again.

use std::{
	env,
	fs::File,
	io::{BufRead as _, BufReader, Read as _},
	process::{Child, ChildStdout, Command, Stdio},
	time::Duration,
};

use deepnode_service::{log, stop_signal, stopped};
use serde_json::Value;

/// Says to a process that it is the program, and how it logs.
const LOG: &str = "DEEPNODE_TEST_SERVICE_LOG";

/// The program; nothing where this process is not one.
#[test]
fn program() {
	let Some(how) = env::var_os(LOG) else { return };
	log(how == "json");
	let runtime = tokio::runtime::Runtime::new().expect("a runtime");
	runtime.block_on(async {
		let mut stop = stop_signal("the program").expect("signals are heard");
		println!("running");
		stopped(&mut stop).await;
		println!("stopping");
		tokio::time::sleep(Duration::from_secs(60)).await;
		println!("no second signal came");
	});
}

/// The program, started.
struct Program {
	child: Child,
	printed: BufReader<ChildStdout>,
}

impl Program {
	fn start(how: &str, log: impl Into<Stdio>) -> Self {
		let mut command = Command::new(env::current_exe().expect("this program"));
		command.args(["--exact", "program", "--nocapture"]).env(LOG, how).env_remove("RUST_LOG");
		let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().expect("starts");
		let printed = BufReader::new(child.stdout.take().expect("piped"));
		let mut program = Self { child, printed };
		program.says("running");
		program
	}

	/// Waits until it prints this line.
	fn says(&mut self, expected: &str) {
		let mut line = String::new();
		while !line.trim_end().ends_with(expected) {
			line.clear();
			assert!(self.printed.read_line(&mut line).expect("read") > 0, "it ended before it said {expected:?}");
		}
	}

	fn signal(&self, name: &str) {
		let sent = Command::new("kill").args([name, &self.child.id().to_string()]).status().expect("kill runs");
		assert!(sent.success(), "{name} is sent");
	}

	/// Its status and its log, at the end.
	fn end(mut self) -> (Option<i32>, String) {
		let mut said = String::new();
		if let Some(mut log) = self.child.stderr.take() {
			log.read_to_string(&mut said).expect("read");
		}
		(self.child.wait().expect("ended").code(), said)
	}
}

#[test]
fn the_first_signal_stops_the_program_and_the_second_ends_it_at_once() {
	for [first, second] in [["-TERM", "-INT"], ["-INT", "-TERM"]] {
		let mut program = Program::start("text", Stdio::piped());
		program.signal(first);
		program.says("stopping");
		program.signal(second);
		let (status, said) = program.end();
		assert_eq!(status, Some(130), "{said}");
		for message in ["stopping; a second signal ends the program at once", "a second signal: ending at once"] {
			assert!(said.contains(message), "{message:?} is not in:\n{said}");
		}
		assert!(!said.contains('\u{1b}'), "colours in what is no terminal: {said}");
	}
}

#[test]
fn the_log_is_json_lines_where_they_are_asked_for() {
	let mut program = Program::start("json", Stdio::piped());
	program.signal("-TERM");
	program.says("stopping");
	program.signal("-TERM");
	let (_, said) = program.end();
	let lines: Vec<Value> = said.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
	let messages: Vec<_> = lines.iter().map(|line| line["fields"]["message"].as_str()).collect();
	let expected = ["stopping; a second signal ends the program at once", "a second signal: ending at once"];
	assert_eq!(messages, expected.map(Some));
}

#[test]
fn a_log_that_cannot_be_written_ends_nobody() {
	let full = File::options().write(true).open("/dev/full").expect("opens");
	let mut program = Program::start("text", full);
	program.signal("-TERM");
	program.says("stopping");
	program.signal("-TERM");
	assert_eq!(program.end().0, Some(130));
}
