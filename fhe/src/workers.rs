//! Who computes: this thread, or a pool of threads.

use rayon::prelude::*;

/// Computes many independent things. Each is a function of its number alone and they come back in order,
/// so the outcome does not depend on how many threads there are or which of them is first.
#[derive(Debug, Default)]
pub enum Workers {
	/// This thread does everything.
	#[default]
	Here,
	/// These threads share the work.
	Pool(rayon::ThreadPool),
}

impl Workers {
	/// As many threads; with one or fewer, this thread.
	pub fn new(threads: usize) -> Result<Self, rayon::ThreadPoolBuildError> {
		if threads <= 1 {
			return Ok(Self::Here);
		}
		rayon::ThreadPoolBuilder::new().num_threads(threads).build().map(Self::Pool)
	}

	/// How many threads.
	pub fn threads(&self) -> usize {
		match self {
			Self::Here => 1,
			Self::Pool(pool) => pool.current_num_threads(),
		}
	}

	/// `f` of each number below `count`, in their order.
	pub fn map<T: Send>(&self, count: usize, f: impl Fn(usize) -> T + Sync + Send) -> Vec<T> {
		match self {
			Self::Here => (0..count).map(f).collect(),
			Self::Pool(pool) => pool.install(|| (0..count).into_par_iter().map(f).collect()),
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn results_come_in_order_whatever_the_threads() {
		let expected: Vec<_> = (0..100).map(|at| at * at).collect();
		for threads in [0, 1, 2, 5] {
			let workers = Workers::new(threads).unwrap();
			assert_eq!(workers.threads(), threads.max(1));
			assert_eq!(workers.map(100, |at| at * at), expected);
		}
	}
}
