//! Whether this program answers encrypted inputs, and whether the chain knows it.

/// What this program can do with encrypted inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ability {
	/// It answers them.
	Answers,
	/// It could, but was told not to.
	SwitchedOff,
	/// It was built without the engine for them.
	NotBuilt,
}

impl Ability {
	/// This build's, by whether it runs an engine for them.
	pub const fn of_this_build(runs_engine: bool) -> Self {
		match runs_engine {
			true => Self::Answers,
			false if cfg!(feature = "fhe") => Self::SwitchedOff,
			false => Self::NotBuilt,
		}
	}

	/// What `deepnode worker join` takes besides for a worker of this ability.
	pub const fn join_option(self) -> &'static str {
		match self {
			Self::Answers => "",
			Self::SwitchedOff | Self::NotBuilt => " --no-private",
		}
	}
}

/// How the chain's entry of a worker and its program differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
	/// The worker is drawn for tasks that its program lacks the engine for.
	#[error(
		"this account joined as a worker that answers encrypted inputs, and this program was built without the engine \
		 for them, so tasks of private models would go unanswered and cost stake: install a build with the feature \
		 `fhe`, or leave and join again as a worker that answers none: `deepnode worker leave`, `deepnode worker \
		 withdraw` when the stake is free, `deepnode worker join --no-private`"
	)]
	NotBuilt,
	/// The worker is drawn for tasks that its program was told not to answer.
	#[error(
		"this account joined as a worker that answers encrypted inputs, and this program runs with --no-fhe, so tasks \
		 of private models would go unanswered and cost stake: run it without --no-fhe, or leave and join again as a \
		 worker that answers none: `deepnode worker leave`, `deepnode worker withdraw` when the stake is free, \
		 `deepnode worker join --no-private`"
	)]
	SwitchedOff,
	/// The program could do more than the worker is drawn for.
	#[error(
		"this account joined with --no-private, and this program could answer encrypted inputs: to serve private \
		 models, too, leave and join again without it"
	)]
	Unsaid,
}

impl Mismatch {
	/// How what the worker said when it joined differs from what its program can.
	pub const fn between(said: bool, can: Ability) -> Option<Self> {
		match (said, can) {
			(true, Ability::NotBuilt) => Some(Self::NotBuilt),
			(true, Ability::SwitchedOff) => Some(Self::SwitchedOff),
			(false, Ability::Answers) => Some(Self::Unsaid),
			(true, Ability::Answers) | (false, Ability::SwitchedOff | Ability::NotBuilt) => None,
		}
	}

	/// Whether it costs stake.
	pub const fn is_harmful(self) -> bool {
		matches!(self, Self::NotBuilt | Self::SwitchedOff)
	}
}

/// Compares the program with the worker's entry whenever there is a new entry.
#[derive(Debug)]
pub struct Comparison {
	can: Ability,
	/// What the entry said that was compared last.
	compared: Option<bool>,
}

impl Comparison {
	/// Nothing is compared yet.
	pub const fn new(can: Ability) -> Self {
		Self { can, compared: None }
	}

	/// What is to be told about an entry that says this, `None` where there is none or the worker leaves. The same
	/// is told once.
	pub fn look(&mut self, said: Option<bool>) -> Option<Mismatch> {
		let is_new = self.compared != said;
		self.compared = said;
		said.filter(|_| is_new).and_then(|said| Mismatch::between(said, self.can))
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_worker_that_has_promised_what_its_program_cannot_do_is_told_what_to_do() {
		let not_built = Mismatch::between(true, Ability::NotBuilt).unwrap();
		let switched_off = Mismatch::between(true, Ability::SwitchedOff).unwrap();
		for (mismatch, remedy) in [(not_built, "a build with the feature `fhe`"), (switched_off, "without --no-fhe")] {
			let text = mismatch.to_string();
			assert!(mismatch.is_harmful());
			assert!(text.contains(remedy), "{text}");
			assert!(text.contains("`deepnode worker leave`") && text.contains("join --no-private`"), "{text}");
		}
	}

	#[test]
	fn a_program_that_can_do_more_than_its_worker_said_costs_nothing() {
		let unsaid = Mismatch::between(false, Ability::Answers).unwrap();
		assert!(!unsaid.is_harmful());
		assert!(unsaid.to_string().contains("join again without it"));
	}

	#[test]
	fn a_worker_whose_word_is_its_programs_hears_nothing() {
		assert_eq!(Mismatch::between(true, Ability::Answers), None);
		assert_eq!(Mismatch::between(false, Ability::SwitchedOff), None);
		assert_eq!(Mismatch::between(false, Ability::NotBuilt), None);
	}

	#[test]
	fn the_same_entry_is_told_about_once_and_the_next_one_again() {
		let mut comparison = Comparison::new(Ability::NotBuilt);
		assert_eq!(comparison.look(None), None);
		assert_eq!(comparison.look(Some(true)), Some(Mismatch::NotBuilt));
		assert_eq!(comparison.look(Some(true)), None);
		// It has left, and joins again; the second time between two looks.
		assert_eq!(comparison.look(None), None);
		assert_eq!(comparison.look(Some(true)), Some(Mismatch::NotBuilt));
		assert_eq!(comparison.look(Some(false)), None);
		assert_eq!(comparison.look(Some(true)), Some(Mismatch::NotBuilt));
	}

	#[test]
	fn a_worker_without_the_engine_is_told_to_join_as_one() {
		assert_eq!(Ability::of_this_build(true).join_option(), "");
		assert_eq!(Ability::of_this_build(false).join_option(), " --no-private");
	}
}
