//! What revealed answers come to.

use alloc::{collections::BTreeMap, vec::Vec};
use deepnode_primitives::{
	canonical::View,
	chunks::Opened,
	comparison::Comparison,
	content::{Digest, Payload},
	task::OVERTURNING,
	verdict::{majority, Audit, Majority, Outcome},
};

use crate::types::{Round, Seat};

/// The answers of a round, each once, and when two of them agree.
#[derive(Clone, Debug)]
pub struct Answers {
	/// The model's comparison.
	pub comparison: Comparison,
	/// The answers by their digests.
	pub by_digest: BTreeMap<Digest, Payload>,
	/// Those chunks of the long ones that are opened, by the answers' digests.
	pub opened: BTreeMap<Digest, Opened>,
}

/// A strict majority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ruling<AccountId> {
	/// The digest of the answer that stands for it.
	pub digest: Digest,
	/// What that answer says.
	pub outcome: Outcome,
	/// Who is of it.
	pub winners: Vec<AccountId>,
	/// Who is not.
	pub losers: Vec<AccountId>,
}

impl Answers {
	/// Whether two answers agree: where their digests are equal or else, by the comparison, where the
	/// chain carries both or has chunks of both.
	pub fn agree(&self, a: &Digest, b: &Digest) -> bool {
		if a == b {
			return true;
		}
		let bytes = |digest| self.by_digest.get(digest).and_then(Payload::inline);
		if let (Some(a), Some(b)) = (bytes(a), bytes(b)) {
			return self.comparison.agrees(a, b) == Ok(true);
		}
		let opened = |digest| self.opened.get(digest);
		matches!((opened(a), opened(b)), (Some(a), Some(b)) if a.agrees(b, &self.comparison))
	}

	/// The long answers that are to be opened before the round is judged: all of them, in ascending
	/// order, where those that matter differ, and could still agree.
	pub fn to_open<AccountId: PartialEq>(&self, round: &Round<AccountId>) -> Vec<Digest> {
		let long = |digest: &Digest| matches!(self.by_digest.get(digest), Some(Payload::Reference(_)));
		let judged = round.answering().filter_map(|seat| seat.revealed).chain(round.settled);
		let mut judged = judged.filter(long);
		let first = judged.next();
		if self.comparison == Comparison::Exact || judged.all(|other| Some(other) == first) {
			return Vec::new();
		}
		self.by_digest.keys().filter(|digest| long(digest)).copied().collect()
	}

	/// The strict majority among these seats' answers, `None` where there is none.
	pub fn rule<AccountId: Clone>(&self, seats: &[Seat<AccountId>]) -> Option<Ruling<AccountId>> {
		let (workers, digests): (Vec<_>, Vec<_>) =
			seats.iter().filter_map(|seat| Some((&seat.worker, seat.revealed?))).unzip();
		let agree = |a, b| matches!((digests.get(a), digests.get(b)), (Some(a), Some(b)) if self.agree(a, b));
		let Majority { representative, winners } = majority(&digests, agree)?;
		let digest = *digests.get(representative)?;
		let (winners, losers): (Vec<_>, Vec<_>) =
			workers.into_iter().enumerate().partition(|(at, _)| winners.contains(at));
		let accounts = |of: Vec<(usize, &AccountId)>| of.into_iter().map(|(_, worker)| worker.clone()).collect();
		Some(Ruling { digest, outcome: self.outcome(digest), winners: accounts(winners), losers: accounts(losers) })
	}

	/// What the auditors' answers come to.
	///
	/// They are judged among themselves: without a strict majority nothing is decided. One that agrees
	/// with the settled answer confirms it. Another overturns it where at least four answers agree with
	/// the one that stands for it; then every worker whose own answer does not has lost. Auditors who could
	/// not fetch what they needed overturn nothing.
	pub fn audit<AccountId: Clone>(&self, round: &Round<AccountId>) -> Audit<AccountId> {
		let (Some(settled), Some(ruling)) = (&round.settled, self.rule(&round.auditors)) else {
			return Audit::Undecided;
		};
		let Ruling { digest, outcome, winners: auditors, mut losers } = ruling;
		if self.agree(&digest, settled) {
			return Audit::Confirmed { auditors, losers };
		}
		let agrees = |seat: &&Seat<_>| seat.revealed.is_some_and(|answer| self.agree(&digest, &answer));
		if outcome.is_unavailable() || round.auditors.iter().filter(agrees).count() < OVERTURNING as usize {
			return Audit::Undecided;
		}
		losers.extend(round.seats.iter().filter(|seat| !agrees(seat)).map(|seat| seat.worker.clone()));
		Audit::Overturned { outcome, auditors, losers }
	}

	fn outcome(&self, digest: Digest) -> Outcome {
		match self.by_digest.get(&digest).and_then(Payload::inline).map(View::parse) {
			Some(Ok(View::Error(code))) => Outcome::Failed(code),
			_ => Outcome::Outputs(digest),
		}
	}
}
