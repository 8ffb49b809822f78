//! What the calls cost, and what it costs to compare and to forget as many answers as there can be. The last
//! reveal of a round weighs as much as a reveal, a comparison, and what the keeper says that follows.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use alloc::{boxed::Box, vec, vec::Vec};
use deepnode_primitives::{
	canonical::{Answer, Output},
	chunks::{sample, Opening, MAX_PROOF_LEN},
	comparison::{Comparison, Quantisation},
	content::{ContentRef, Digest, Inline, Payload, Uri, Uris, MAX_INLINE_LEN, MAX_URIS, MAX_URI_LEN},
	task::{MAX_AUDITORS, MAX_SEATS, OVERTURNING},
	traits::{self, Rounds as _, Tasks},
	verdict::Audit,
	TaskId,
};
use frame_benchmarking::v2::*;
use frame_system::RawOrigin;
use sp_runtime::AccountId32;

use crate::{
	commitment,
	types::{Challenge, Round, Seat},
	Answers, Call, Config, Openings, Pallet, Rounds,
};

const SALT: [u8; 32] = [0; 32];

/// The dearest comparison.
const COMPARISON: Comparison =
	Comparison::ArgMax { quantisation: Quantisation { k: 12, scale_millionths: 1_000_000 }, tau: 1 };

/// How many scores a row has.
const CLASSES: u32 = 5;

/// An answer of about `bytes` bytes.
fn answer(bytes: u32) -> Answer {
	const MOST: u32 = (MAX_INLINE_LEN - 20) / (4 * CLASSES);
	let rows = (bytes / (4 * CLASSES)).clamp(1, MOST);
	Answer::Outputs(vec![Output { dims: vec![rows, CLASSES], data: vec![0; (rows * CLASSES) as usize] }])
}

fn round<T: Config>(task: TaskId) -> Round<AccountId32> {
	Rounds::<T>::get(task).unwrap()
}

/// The task of rounds that no keeper knows of.
const TASK: TaskId = 7;

/// A settled round with as many workers and auditors as there can be, all of whom have revealed different long
/// answers, and the challenge to open these. Returns who they are, in the order of their seats, with their
/// answers' digests and openings.
///
/// The workers' answers agree with each other, and so do those of all auditors but one; what tells others apart
/// is in the last chunk. The round is written as it would stand: answers of this length, the longest that can be
/// opened, could not be held here.
fn challenged<T: Config>() -> Vec<(AccountId32, Digest, Opening)> {
	// Only the last of the chunks that it chooses is in the answers' second halves.
	let chunks = (1 << MAX_PROOF_LEN) - 1;
	let fits = |seed: &[u8; 32]| matches!(sample(seed, chunks)[..], [_, _, c, d] if c < chunks / 2 && d > chunks / 2);
	let seed = (0..=u8::MAX).map(|byte| [byte; 32]).find(fits).unwrap();

	let workers = (0..MAX_SEATS).map(|at| (account("worker", at, 0), 0, 1_000 + at as i32));
	let auditors = (0..MAX_AUDITORS)
		.map(|at| (account("auditor", at, 0), if at < OVERTURNING { 1 } else { 2 }, 1_000 + at as i32));
	let given: Vec<_> = workers
		.chain(auditors)
		.map(|(who, class, score)| {
			let (digest, opening) = Opening::benchmark(&seed, class, score).unwrap();
			(who, digest, opening)
		})
		.collect();
	let uri = Uri::try_from(vec![b'u'; MAX_URI_LEN as usize]).unwrap();
	let uris: Uris = vec![uri; MAX_URIS as usize].try_into().unwrap();
	for (_, digest, _) in &given {
		let content = ContentRef { hash: *digest, length: 1 << 32, uris: uris.clone() };
		Answers::<T>::insert(TASK, digest, Payload::Reference(content));
	}
	let seat = |(worker, digest, _): &(AccountId32, Digest, Opening)| Seat {
		worker: worker.clone(),
		commitment: Some(Default::default()),
		revealed: Some(*digest),
	};
	let awaited: Vec<_> = given.iter().map(|(_, digest, _)| *digest).collect();
	let (workers, auditors) = given.split_at(MAX_SEATS as usize);
	let round = Round {
		comparison: COMPARISON,
		sealed: false,
		seats: workers.iter().map(seat).collect::<Vec<_>>().try_into().unwrap(),
		auditors: auditors.iter().map(seat).collect::<Vec<_>>().try_into().unwrap(),
		settled: awaited.first().copied(),
		challenge: Some(Challenge { seed: Some(seed.into()), awaited: awaited.try_into().unwrap() }),
	};
	Rounds::<T>::insert(TASK, round);
	given
}

/// The same, when all chunks are opened.
fn opened<T: Config>() {
	for (_, digest, opening) in challenged::<T>() {
		let mut round = round::<T>(TASK);
		let challenge = round.challenge.as_mut().unwrap();
		Openings::<T>::insert(TASK, digest, opening.check(&digest, &challenge.seed.unwrap().0).unwrap());
		challenge.awaited.retain(|awaited| *awaited != digest);
		Rounds::<T>::insert(TASK, round);
	}
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn commit() {
		let (task, mut workers) = T::Tasks::benchmark_task(COMPARISON);
		let last = workers.pop().unwrap();
		for worker in workers {
			Pallet::<T>::do_commit(task, worker, Default::default()).unwrap();
		}

		#[extrinsic_call]
		_(RawOrigin::Signed(last), task, Default::default());

		assert!(round::<T>(task).all_committed());
	}

	/// One that is not the last. The component is the output's bytes.
	#[benchmark]
	fn reveal(n: Linear<0, MAX_INLINE_LEN>) {
		let (task, workers) = T::Tasks::benchmark_task(COMPARISON);
		let answer = answer(n);
		let digest = answer.digest();
		for worker in &workers {
			let sealed = commitment(&Pallet::<T>::genesis_hash(), task, worker, &SALT, &digest);
			Pallet::<T>::do_commit(task, worker.clone(), sealed).unwrap();
		}
		Pallet::<T>::unseal(task).unwrap();
		let output = Payload::Inline(Inline::try_from(answer.to_bytes()).unwrap());

		#[extrinsic_call]
		_(RawOrigin::Signed(workers[0].clone()), task, SALT, digest, output);

		assert_eq!(Answers::<T>::iter().count(), 1);
	}

	/// One that is not the last.
	#[benchmark]
	fn open_chunks() {
		let (_, digest, opening) = challenged::<T>().pop().unwrap();

		#[extrinsic_call]
		_(RawOrigin::Signed([0; 32].into()), TASK, digest, Box::new(opening));

		assert!(Openings::<T>::contains_key(TASK, digest));
	}

	/// Both the workers' answers and the auditors' are compared, to their ends. What follows is the keeper's.
	#[benchmark]
	fn judge() {
		opened::<T>();
		let verdict;

		#[block]
		{
			let mut round = round::<T>(TASK);
			let answers = Pallet::<T>::opened_answers(TASK, &round);
			round.challenge = None;
			verdict = (answers.rule(&round.seats), answers.audit(&round));
			Rounds::<T>::insert(TASK, round);
		}

		assert_eq!(verdict.0.map(|ruling| ruling.winners.len()), Some(MAX_SEATS as usize));
		assert!(matches!(verdict.1, Audit::Overturned { losers, .. } if losers.len() == MAX_SEATS as usize + 1));
		assert_eq!(Openings::<T>::iter().count(), 0);
	}

	#[benchmark]
	fn challenge() {
		challenged::<T>();
		let mut round = round::<T>(TASK);
		round.challenge.as_mut().unwrap().seed = None;
		Rounds::<T>::insert(TASK, round);

		#[block]
		{
			<Pallet<T> as traits::Rounds<_>>::challenge(TASK, Default::default()).unwrap();
		}

		assert!(super::round::<T>(TASK).challenge.unwrap().seed.is_some());
	}

	/// Long answers and chunks of them are forgotten.
	#[benchmark]
	fn close() {
		opened::<T>();

		#[block]
		{
			Pallet::<T>::close(TASK);
		}

		assert!(!Rounds::<T>::contains_key(TASK));
		assert_eq!(Answers::<T>::iter().count() + Openings::<T>::iter().count(), 0);
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}
