//! The rounds, as the keeper of the tasks drives them.

use alloc::{
	collections::{BTreeMap, BTreeSet},
	vec::Vec,
};
use deepnode_primitives::{
	comparison::Comparison,
	content::{Digest, Payload},
	traits::{self, Tasks},
	verdict::Verdict,
	TaskId,
};
use frame_support::{ensure, weights::Weight, BoundedVec};
use sp_core::H256;
use sp_runtime::{AccountId32, DispatchError, DispatchResult};

use crate::{
	judge,
	types::{Challenge, Round, Seat},
	Answers, Config, Error, Event, Openings, Pallet, Rounds, WeightInfo,
};

impl<T: Config> Pallet<T> {
	/// Everybody has revealed: judges the answers, unless long ones differ and are to be opened first. Returns
	/// what that weighs: nothing is compared where all have given the same answer.
	pub(crate) fn conclude(task: TaskId, mut round: Round<AccountId32>) -> Result<Weight, DispatchError> {
		let answers = Self::answers(task, &round);
		let awaited: BoundedVec<_, _> = answers.to_open(&round).try_into().unwrap_or_default();
		if !awaited.is_empty() && T::Tasks::disputed(task)? {
			round.challenge = Some(Challenge { seed: None, awaited });
			Rounds::<T>::insert(task, round);
			return Ok(Self::verdict_weight());
		}
		let differ = answers.by_digest.len() > 1;
		Self::judge(task, round, &answers)?;
		Ok(if differ { Self::verdict_weight() } else { T::Tasks::judged_weight() })
	}

	/// What it weighs at most to compare a round's answers, with what follows from them.
	pub(crate) fn verdict_weight() -> Weight {
		T::WeightInfo::judge().saturating_add(T::Tasks::judged_weight())
	}

	/// Judges the answers that are there, with the chunks that are opened.
	pub(crate) fn judge_opened(task: TaskId, mut round: Round<AccountId32>) -> DispatchResult {
		let answers = Self::opened_answers(task, &round);
		round.challenge = None;
		Self::judge(task, round, &answers)
	}

	/// The answers, with the chunks of them that are opened, which are kept no longer.
	pub(crate) fn opened_answers(task: TaskId, round: &Round<AccountId32>) -> judge::Answers {
		let mut answers = Self::answers(task, round);
		let digests = answers.by_digest.keys();
		answers.opened = digests.filter_map(|digest| Some((*digest, Openings::<T>::take(task, digest)?))).collect();
		answers
	}

	/// Judges answers and tells the keeper, who may ask more or close the round before it returns.
	fn judge(task: TaskId, mut round: Round<AccountId32>, answers: &judge::Answers) -> DispatchResult {
		if round.settled.is_some() {
			Rounds::<T>::insert(task, &round);
			return T::Tasks::audited(task, answers.audit(&round));
		}
		let ruling = answers.rule(&round.seats);
		round.settled = ruling.as_ref().map(|ruling| ruling.digest);
		Rounds::<T>::insert(task, &round);
		T::Tasks::judged(
			task,
			match ruling {
				Some(judge::Ruling { outcome, winners, losers, .. }) => Verdict::Majority { outcome, winners, losers },
				None => Verdict::Disagreed,
			},
		)?;
		// An auditor that has answered with the workers is heard at once, unless the keeper has closed the round.
		let audited = round.settled.is_some() && !round.auditors.is_empty() && Rounds::<T>::contains_key(task);
		if audited {
			T::Tasks::audited(task, answers.audit(&round))?;
		}
		Ok(())
	}

	fn answers(task: TaskId, round: &Round<AccountId32>) -> judge::Answers {
		let digests: BTreeSet<_> = round.everybody().filter_map(|seat| seat.revealed).collect();
		let kept = digests.into_iter().filter_map(|digest| Some((digest, Answers::<T>::get(task, digest)?)));
		judge::Answers { comparison: round.comparison, by_digest: kept.collect(), opened: BTreeMap::new() }
	}

	/// Gives places to `more`, none of whom may have one.
	fn seat_all(round: &mut Round<AccountId32>, more: &[AccountId32]) -> DispatchResult {
		for (at, worker) in more.iter().enumerate() {
			let twice = round.has(worker) || more.iter().take(at).any(|other| other == worker);
			ensure!(!twice, Error::<T>::AlreadySeated);
		}
		ensure!(round.seat_all(more.iter().cloned()), Error::<T>::TooManySeats);
		Ok(())
	}

	fn round(task: TaskId) -> Result<Round<AccountId32>, DispatchError> {
		Rounds::<T>::get(task).ok_or(Error::<T>::NoRound.into())
	}
}

impl<T: Config> traits::Rounds<AccountId32> for Pallet<T> {
	fn open(task: TaskId, workers: &[AccountId32], comparison: Comparison) -> DispatchResult {
		ensure!(!Rounds::<T>::contains_key(task), Error::<T>::RoundOpen);
		let mut round = Round {
			comparison,
			sealed: true,
			seats: Default::default(),
			auditors: Default::default(),
			settled: None,
			challenge: None,
		};
		Self::seat_all(&mut round, workers)?;
		Rounds::<T>::insert(task, round);
		Ok(())
	}

	fn unseal(task: TaskId) -> DispatchResult {
		let mut round = Self::round(task)?;
		round.sealed = false;
		Rounds::<T>::insert(task, round);
		Ok(())
	}

	fn extend(task: TaskId, more: &[AccountId32]) -> DispatchResult {
		let mut round = Self::round(task)?;
		let sealed = round.sealed && !more.is_empty() && round.all_committed();
		ensure!(sealed || round.all_revealed(), Error::<T>::StillAnswering);
		if more.is_empty() {
			// What was challenged has had its time; long answers that never were have it still before them.
			return match round.challenge {
				Some(_) => Self::judge_opened(task, round),
				None => Self::conclude(task, round).map(drop),
			};
		}
		ensure!(round.challenge.is_none(), Error::<T>::StillAnswering);
		Self::seat_all(&mut round, more)?;
		Rounds::<T>::insert(task, round);
		Ok(())
	}

	fn replace(task: TaskId, absent: &AccountId32, replacement: &AccountId32) -> DispatchResult {
		let mut round = Self::round(task)?;
		ensure!(!round.has(replacement), Error::<T>::AlreadySeated);
		let seat = round.seat_mut(absent).filter(|seat| seat.commitment.is_none());
		*seat.ok_or(Error::<T>::NotReplaceable)? = Seat::empty(replacement.clone());
		Rounds::<T>::insert(task, round);
		Ok(())
	}

	fn vacate(task: TaskId, absent: &AccountId32) -> DispatchResult {
		let mut round = Self::round(task)?;
		let vacant = round.seat_mut(absent).is_some_and(|seat| seat.revealed.is_none());
		ensure!(vacant, Error::<T>::NotVacatable);
		round.seats.retain(|seat| seat.worker != *absent);
		round.auditors.retain(|seat| seat.worker != *absent);
		Rounds::<T>::insert(task, round);
		Ok(())
	}

	fn seats(task: TaskId) -> Vec<traits::Seat<AccountId32>> {
		let Some(round) = Rounds::<T>::get(task) else { return Vec::new() };
		let told = |seat: &Seat<AccountId32>| traits::Seat {
			worker: seat.worker.clone(),
			committed: seat.commitment.is_some(),
			revealed: seat.revealed.is_some(),
		};
		round.answering().map(told).collect()
	}

	fn challenge(task: TaskId, seed: H256) -> DispatchResult {
		let mut round = Self::round(task)?;
		let due = round.challenge.as_mut().filter(|challenge| challenge.seed.is_none());
		let challenge = due.ok_or(Error::<T>::NotDisputed)?;
		challenge.seed = Some(seed);
		let digests = challenge.awaited.to_vec();
		Rounds::<T>::insert(task, round);
		Self::deposit_event(Event::Challenged { task, seed, digests });
		Ok(())
	}

	fn answer(task: TaskId, digest: &Digest) -> Option<Payload> {
		Answers::<T>::get(task, digest)
	}

	fn close(task: TaskId) {
		let Some(round) = Rounds::<T>::take(task) else { return };
		for digest in round.everybody().filter_map(|seat| seat.revealed) {
			Answers::<T>::remove(task, digest);
			Openings::<T>::remove(task, digest);
		}
	}

	fn judge_weight() -> Weight {
		T::WeightInfo::judge()
	}

	fn challenge_weight() -> Weight {
		T::WeightInfo::challenge()
	}

	fn close_weight() -> Weight {
		T::WeightInfo::close()
	}
}
