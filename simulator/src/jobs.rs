//! Independent runs, on all cores.

use std::{
	io::{stderr, IsTerminal, Write},
	sync::{
		atomic::{AtomicUsize, Ordering},
		Mutex,
	},
	thread,
};

/// Applies `work` to every item on all cores, and returns the results in the items' order. On a terminal
/// it says on stderr how far it is.
pub fn all<I: Sync, O: Send>(what: &str, items: &[I], work: impl Fn(&I) -> O + Sync) -> Vec<O> {
	let next = AtomicUsize::new(0);
	let done = Mutex::new((0usize, (0..items.len()).map(|_| None).collect::<Vec<_>>()));
	let threads = thread::available_parallelism().map_or(1, |threads| threads.get());
	thread::scope(|scope| {
		for _ in 0..threads {
			scope.spawn(|| loop {
				let at = next.fetch_add(1, Ordering::Relaxed);
				let Some(item) = items.get(at) else { break };
				let result = work(item);
				let mut done = done.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
				done.1[at] = Some(result);
				done.0 += 1;
				progress(what, done.0, items.len());
			});
		}
	});
	let (_, results) = done.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
	results.into_iter().flatten().collect()
}

fn progress(what: &str, done: usize, of: usize) {
	let mut err = stderr();
	if err.is_terminal() {
		let end = if done == of { "\n" } else { "" };
		// Nobody is served by a run that fails because its progress cannot be shown.
		let _ = write!(err, "\r{what}: {done}/{of}{end}").and_then(|()| err.flush());
	}
}
