//! What answers come to: the strict majority among them.
//!
//! Agreement is reflexive and symmetric but, under a tolerance, not transitive: `a` may agree with
//! `b` and `b` with `c` where `a` and `c` differ. So a verdict is not built up answer by answer, which
//! would make it depend on their order, but read off the whole relation:
//!
//! - a *majority answer* is one that agrees with more than half of all answers, itself included;
//! - the *winners* are all that agree with some majority answer, and the rest have lost;
//! - the *representative*, which stands for them, is the majority answer with which most agree; of
//!   several, the one with the smallest digest.
//!
//! Where more than half of the workers are honest and honest answers agree with each other, each of
//! theirs is a majority answer, so none of them ever loses, whatever the others answer.

use alloc::vec::Vec;

use crate::{content::Digest, task::ErrorCode};

/// The strict majority among answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Majority {
	/// The answer that stands for it.
	pub representative: usize,
	/// Who is of it, in ascending order.
	pub winners: Vec<usize>,
}

/// The strict majority among the answers with these digests, `None` where there is none.
///
/// `agree` says whether the answers at two different positions agree where their digests differ; it
/// is symmetric, and is asked once for each pair at most.
///
/// # Complexity
/// O(n^2) comparisons.
pub fn majority(digests: &[Digest], mut agree: impl FnMut(usize, usize) -> bool) -> Option<Majority> {
	let mut agrees: Vec<Vec<usize>> = (0..digests.len()).map(|at| alloc::vec![at]).collect();
	for (a, digest) in digests.iter().enumerate() {
		for (b, other) in digests.iter().enumerate().skip(a.saturating_add(1)) {
			if digest == other || agree(a, b) {
				agrees.get_mut(a)?.push(b);
				agrees.get_mut(b)?.push(a);
			}
		}
	}
	let counted = agrees.iter().enumerate().zip(digests);
	let majorities: Vec<_> = counted.filter(|((_, with), _)| with.len().saturating_mul(2) > digests.len()).collect();
	let ((representative, _), _) = majorities
		.iter()
		.max_by(|((_, a), digest_a), ((_, b), digest_b)| a.len().cmp(&b.len()).then(digest_b.cmp(digest_a)))?;
	let mut winners: Vec<_> = majorities.iter().flat_map(|((_, with), _)| with.iter().copied()).collect();
	winners.sort_unstable();
	winners.dedup();
	Some(Majority { representative: *representative, winners })
}

/// What the representative of a majority says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
	/// The model's outputs.
	Outputs(Digest),
	/// The task cannot be answered.
	Failed(ErrorCode),
}

impl Outcome {
	/// Whether it says no more than that its workers could not fetch what they needed.
	pub const fn is_unavailable(&self) -> bool {
		matches!(self, Self::Failed(code) if code.is_unavailable())
	}
}

/// What a round of sealed answers came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict<AccountId> {
	/// A strict majority agrees.
	Majority {
		/// On what.
		outcome: Outcome,
		/// Who is of it.
		winners: Vec<AccountId>,
		/// Who answered otherwise.
		losers: Vec<AccountId>,
	},
	/// No strict majority agrees.
	Disagreed,
}

/// What the outsiders who re-ran a task came to. One is asked at first, then two more, and two more, as long as
/// they come to nothing. They are judged among themselves, however many have settled the task.
///
/// To confirm takes a strict majority of them; to overturn it takes four who agree
/// ([`OVERTURNING`](crate::task::OVERTURNING)). A majority of three is not enough: a coalition with a third of
/// the draw, one of whom is asked first and contradicts a true answer, would have it in more than half of all cases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Audit<AccountId> {
	/// The settled answer stands.
	Confirmed {
		/// The auditors whose answers agree with it.
		auditors: Vec<AccountId>,
		/// Those who contradicted, and were outvoted.
		losers: Vec<AccountId>,
	},
	/// They neither confirm the settled answer nor overturn it, or most of them could not fetch what they needed.
	/// More are to be asked; where there are as many as can be, the settled answer stands, and proves nothing.
	Undecided,
	/// At least four auditors agree on another answer, and they are most of them. That they could not fetch what
	/// they needed is no such answer: a requester that takes its input down could convict everybody.
	Overturned {
		/// On which.
		outcome: Outcome,
		/// The auditors who agree on it.
		auditors: Vec<AccountId>,
		/// The auditors and the task's workers who answered otherwise.
		losers: Vec<AccountId>,
	},
}
