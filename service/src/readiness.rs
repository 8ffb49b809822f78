//! Whether a program can do its work.

use serde::Serialize;

/// Whether a program can do its work: it can where nothing speaks against it. `/health/ready` shows this as JSON, the
/// fields of `D` between `ready` and `reasons`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Readiness<D = ()> {
	ready: bool,
	#[serde(flatten)]
	details: D,
	reasons: Vec<String>,
}

impl<D> Readiness<D> {
	/// What else there is to know, and why the program cannot do its work.
	pub fn new(details: D, reasons: Vec<String>) -> Self {
		Self { ready: reasons.is_empty(), details, reasons }
	}

	/// Whether it can.
	pub const fn is_ready(&self) -> bool {
		self.ready
	}

	/// What else there is to know.
	pub const fn details(&self) -> &D {
		&self.details
	}

	/// Why it cannot.
	pub fn reasons(&self) -> &[String] {
		&self.reasons
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_program_is_ready_where_nothing_speaks_against_it() {
		assert!(Readiness::new((), vec![]).is_ready());
		let not_ready = Readiness::new((), vec!["it is stopping".into()]);
		assert!(!not_ready.is_ready());
		assert_eq!(serde_json::to_string(&not_ready).unwrap(), r#"{"ready":false,"reasons":["it is stopping"]}"#);
	}

	#[test]
	fn what_else_there_is_to_know_stands_before_the_reasons() {
		#[derive(Serialize)]
		struct Details {
			best_block: Option<u32>,
		}
		for (best_block, shown) in [(Some(7), "7"), (None, "null")] {
			let json = serde_json::to_string(&Readiness::new(Details { best_block }, vec![])).unwrap();
			assert_eq!(json, format!(r#"{{"ready":true,"best_block":{shown},"reasons":[]}}"#));
		}
	}
}
