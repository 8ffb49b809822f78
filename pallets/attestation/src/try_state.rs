//! What must hold at any time.

use alloc::collections::BTreeSet;
use deepnode_primitives::{
	canonical::View,
	content::{Payload, MAX_INLINE_LEN},
};
use frame_support::ensure;

use crate::{types::Challenge, Answers, Config, Openings, Pallet, Rounds};

impl<T: Config> Pallet<T> {
	/// Checks the rounds, and that there is an answer for each digest that somebody has revealed in a
	/// round, and no other.
	pub fn do_try_state() -> Result<(), sp_runtime::TryRuntimeError> {
		let mut revealed = BTreeSet::new();
		for (task, round) in Rounds::<T>::iter() {
			let accounts: BTreeSet<_> = round.everybody().map(|seat| &seat.worker).collect();
			ensure!(accounts.len() == round.everybody().count(), "an account has one seat in a round");
			ensure!(
				round.everybody().all(|seat| seat.revealed.is_none() || seat.commitment.is_some()),
				"nobody reveals what it has not committed to",
			);
			if let Some(settled) = round.settled {
				ensure!(round.seats.iter().all(|seat| seat.revealed.is_some()), "settled when all have revealed");
				let mut answers = round.seats.iter().filter_map(|seat| seat.revealed);
				ensure!(answers.any(|answer| answer == settled), "settled on a worker's answer");
			} else {
				ensure!(round.auditors.len() <= 1, "one auditor is asked before the round is settled");
			}
			let revealed_early = round.sealed && round.everybody().any(|seat| seat.revealed.is_some());
			ensure!(!revealed_early, "nobody reveals while the round is sealed");
			if let Some(challenge) = &round.challenge {
				ensure!(round.all_revealed(), "answers are compared when all are revealed");
				ensure!(!challenge.awaited.is_empty(), "a comparison that is over is gone");
				let mut digests = challenge.awaited.iter();
				ensure!(
					digests.all(|digest| round.everybody().any(|seat| seat.revealed == Some(*digest))),
					"only what was revealed is opened",
				);
			}
			revealed.extend(round.everybody().filter_map(|seat| seat.revealed).map(|digest| (task, digest)));
		}
		let mut answers = 0usize;
		for (task, digest, output) in Answers::<T>::iter() {
			ensure!(revealed.contains(&(task, digest)), "no answer that nobody has revealed");
			ensure!(output.digest() == digest, "an answer is what its digest names");
			let sound = match &output {
				Payload::Inline(bytes) => View::parse(bytes).is_ok(),
				Payload::Reference(content) => content.length > MAX_INLINE_LEN.into() && !content.uris.is_empty(),
			};
			ensure!(sound, "an answer is canonical, or long and elsewhere");
			answers = answers.saturating_add(1);
		}
		ensure!(answers == revealed.len(), "every revealed answer is kept");
		for (task, digest) in Openings::<T>::iter_keys() {
			let challenge = Rounds::<T>::get(task).and_then(|round| round.challenge);
			let is_open = |challenge: &Challenge| challenge.seed.is_some() && !challenge.awaited.contains(&digest);
			ensure!(challenge.as_ref().is_some_and(is_open), "chunks are kept while answers are compared");
			ensure!(revealed.contains(&(task, digest)), "and are those of a revealed answer");
		}
		Ok(())
	}
}
