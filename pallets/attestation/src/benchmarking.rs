//! What the calls cost where they are the last of their wave: a commit opens the reveal window, a
//! reveal compares, settles or refunds, pays and slashes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use alloc::{boxed::Box, vec, vec::Vec};
use deepnode_primitives::{
	canonical::{Answer, Output},
	chunks::{sample, Opening, MAX_PROOF_LEN},
	comparison::{Comparison, Quantisation},
	content::{ContentRef, Digest, Inline, Payload, Uri, MAX_INLINE_LEN, MAX_URIS, MAX_URI_LEN},
	task::{MAX_AUDITORS, MAX_SEATS},
	traits::{Rounds as _, Tasks},
	TaskId,
};
use frame_benchmarking::v2::*;
use frame_system::RawOrigin;
use sp_runtime::AccountId32;

use crate::{
	commitment,
	types::{Challenge, Round},
	Answers, Call, Config, Openings, Pallet, Rounds,
};

const SALT: [u8; 32] = [0; 32];

/// The dearest comparison.
const COMPARISON: Comparison =
	Comparison::ArgMax { quantisation: Quantisation { k: 12, scale_millionths: 1_000_000 }, tau: 1 };

/// How many scores a row has.
const CLASSES: u32 = 5;

/// As many rows as fit into an answer beside its headers.
const ROWS: u32 = (MAX_INLINE_LEN - 20) / (4 * CLASSES);

/// An answer of two outputs: one of about `bytes` bytes, and one that makes it as long as can be or, of
/// a short answer, has one row.
///
/// All rows of all answers agree but for the last, in which `class` wins: what differs is found out at
/// the end. `noise` makes another answer that agrees.
fn answer(bytes: u32, short: bool, class: usize, noise: i32) -> Answer {
	let first = (bytes / (4 * CLASSES)).clamp(1, ROWS - 1);
	let second = if short { 1 } else { ROWS - first };
	let output = |rows: u32| Output { dims: vec![rows, CLASSES], data: vec![0; (rows * CLASSES) as usize] };
	let mut outputs = vec![output(first), output(second)];
	let last = outputs[1].data.len() - CLASSES as usize;
	outputs[1].data[last + class] = 1_000 + noise;
	Answer::Outputs(outputs)
}

fn output(answer: &Answer) -> Payload {
	Payload::Inline(Inline::try_from(answer.to_bytes()).unwrap())
}

/// All of these commit to their answers, and all but the last reveal them.
fn answers<T: Config>(task: TaskId, answers: &[(AccountId32, Answer)]) {
	for (worker, answer) in answers {
		let sealed = commitment(&Pallet::<T>::genesis_hash(), task, worker, &SALT, &answer.digest());
		Pallet::<T>::do_commit(task, worker.clone(), sealed).unwrap();
	}
	Pallet::<T>::unseal(task).unwrap();
	for (worker, answer) in &answers[..answers.len() - 1] {
		Pallet::<T>::do_reveal(task, worker.clone(), SALT, answer.digest(), output(answer)).unwrap();
	}
}

fn round<T: Config>(task: TaskId) -> Round<AccountId32> {
	Rounds::<T>::get(task).unwrap()
}

/// All of these, given with the class and the score that tell their long answers apart, have revealed,
/// and the chunks of all but `left` answers are opened: the last one's digest and opening.
///
/// The round is written as it would stand. Answers of this length, the longest that can be opened, could
/// not be held here.
fn challenged<T: Config>(task: TaskId, given: &[(AccountId32, usize, i32)], left: usize) -> (Digest, Box<Opening>) {
	// Only the last of the chunks that it chooses is in the answers' second halves.
	let chunks = (1 << MAX_PROOF_LEN) - 1;
	let fits = |seed: &[u8; 32]| matches!(sample(seed, chunks)[..], [_, _, c, d] if c < chunks / 2 && d > chunks / 2);
	let seed = (0..=u8::MAX).map(|byte| [byte; 32]).find(fits).unwrap();

	for (worker, ..) in given {
		if round::<T>(task).seat_mut(worker).unwrap().commitment.is_none() {
			Pallet::<T>::do_commit(task, worker.clone(), Default::default()).unwrap();
		}
	}
	let mut round = round::<T>(task);
	let old: Vec<_> = Answers::<T>::iter_key_prefix(task).collect();
	old.iter().for_each(|digest| Answers::<T>::remove(task, digest));
	let mut openings = Vec::new();
	for (worker, class, score) in given {
		let (digest, opening) = Opening::benchmark(&seed, *class, *score).unwrap();
		round.seat_mut(worker).unwrap().revealed = Some(digest);
		let uri = Uri::try_from(vec![b'u'; MAX_URI_LEN as usize]).unwrap();
		let uris = vec![uri; MAX_URIS as usize].try_into().unwrap();
		Answers::<T>::insert(task, digest, Payload::Reference(ContentRef { hash: digest, length: 1 << 32, uris }));
		openings.push((digest, opening));
	}
	round.settled = round.settled.map(|_| openings[0].0);
	let awaited: Vec<_> = openings[openings.len() - left..].iter().map(|(digest, _)| *digest).collect();
	round.challenge = Some(Challenge { seed: Some(seed.into()), awaited: awaited.try_into().unwrap() });
	Rounds::<T>::insert(task, round);
	for (digest, opening) in &openings[..openings.len() - left] {
		Openings::<T>::insert(task, digest, opening.clone().check(digest, &seed).unwrap());
	}
	let (digest, opening) = openings.pop().unwrap();
	(digest, Box::new(opening))
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
		let answer = answer(n, false, 0, 0);
		answers::<T>(task, &[(workers[0].clone(), answer.clone())]);
		for worker in &workers[1..] {
			Pallet::<T>::do_commit(task, worker.clone(), Default::default()).unwrap();
		}
		Pallet::<T>::unseal(task).unwrap();

		#[extrinsic_call]
		_(RawOrigin::Signed(workers[0].clone()), task, SALT, answer.digest(), output(&answer));

		assert_eq!(Answers::<T>::iter().count(), 1);
	}

	/// As many answers as there can be. The last one has the component's bytes, the others are as long as
	/// can be; each pair is compared to its end, and there is no majority.
	#[benchmark]
	fn reveal_last(n: Linear<0, MAX_INLINE_LEN>) {
		let (task, workers) = T::Tasks::benchmark_task(COMPARISON);
		assert_eq!(workers.len() as u32, MAX_SEATS);
		let given: Vec<_> =
			workers.into_iter().enumerate().map(|(at, worker)| (worker, answer(n, at == 4, at, 0))).collect();
		answers::<T>(task, &given);
		let (last, its) = given.last().cloned().unwrap();

		#[extrinsic_call]
		reveal(RawOrigin::Signed(last), task, SALT, its.digest(), output(&its));

		assert!(Rounds::<T>::get(task).is_none_or(|round| round.all_revealed() && round.settled.is_none()));
	}

	/// Five workers have agreed on what none of five auditors finds, four of whom agree: all the others
	/// lose. The last auditor's answer has the component's bytes, and all others are as long as can be.
	#[benchmark]
	fn reveal_audit(n: Linear<0, MAX_INLINE_LEN>) {
		let (task, mut workers) = T::Tasks::benchmark_task(COMPARISON);
		let last = workers.pop().unwrap();
		let its = answer(n, false, 0, -1);
		let mut given: Vec<_> =
			(0..).zip(workers).map(|(noise, worker)| (worker, answer(n, false, 0, noise))).collect();
		given.push((last.clone(), its.clone()));
		answers::<T>(task, &given);
		Pallet::<T>::do_reveal(task, last, SALT, its.digest(), output(&its)).unwrap();
		assert!(round::<T>(task).settled.is_some());

		let mut auditors = T::Tasks::benchmark_audit(task);
		assert_eq!(auditors.len() as u32, MAX_AUDITORS);
		let last = auditors.pop().unwrap();
		let its = answer(n, true, 2, 0);
		let mut given: Vec<_> =
			(0..).zip(auditors).map(|(noise, auditor)| (auditor, answer(n, false, 1, noise))).collect();
		given.push((last.clone(), its.clone()));
		answers::<T>(task, &given);

		#[extrinsic_call]
		reveal(RawOrigin::Signed(last), task, SALT, its.digest(), output(&its));

		assert!(Rounds::<T>::get(task).is_none_or(|round| round.all_revealed()));
	}

	/// One that is not the last.
	#[benchmark]
	fn open_chunks() {
		let (task, workers) = T::Tasks::benchmark_task(COMPARISON);
		let given: Vec<_> = workers.into_iter().enumerate().map(|(at, worker)| (worker, at, 1_000)).collect();
		let (digest, opening) = challenged::<T>(task, &given, 2);

		#[extrinsic_call]
		_(RawOrigin::Signed([0; 32].into()), task, digest, opening);

		assert!(Openings::<T>::contains_key(task, digest));
	}

	/// The last of as many answers as there can be, each two of which differ in the last chunk.
	#[benchmark]
	fn open_chunks_last() {
		let (task, workers) = T::Tasks::benchmark_task(COMPARISON);
		let given: Vec<_> = workers.into_iter().enumerate().map(|(at, worker)| (worker, at, 1_000)).collect();
		let (digest, opening) = challenged::<T>(task, &given, 1);

		#[extrinsic_call]
		open_chunks(RawOrigin::Signed([0; 32].into()), task, digest, opening);

		assert_eq!(Openings::<T>::iter().count(), 0);
		assert!(Rounds::<T>::get(task).is_none_or(|round| round.settled.is_none()));
	}

	/// The last answer of an audit: five workers have agreed on what none of five auditors finds, four of
	/// whom agree, so that all others lose.
	#[benchmark]
	fn open_chunks_audit() {
		let (task, workers) = T::Tasks::benchmark_task(COMPARISON);
		let settled = answer(0, true, 0, 0);
		let given: Vec<_> = workers.iter().map(|worker| (worker.clone(), settled.clone())).collect();
		answers::<T>(task, &given);
		let last = workers.last().unwrap().clone();
		Pallet::<T>::do_reveal(task, last, SALT, settled.digest(), output(&settled)).unwrap();
		let auditors = T::Tasks::benchmark_audit(task);
		let workers = workers.into_iter().zip(0..).map(|(worker, noise)| (worker, 0, 1_000 + noise));
		let auditors = auditors.into_iter().zip([(1, 1_000), (1, 1_001), (1, 1_002), (1, 1_003), (2, 1_000)]);
		let auditors = auditors.map(|(auditor, (class, score))| (auditor, class, score));
		let given: Vec<_> = workers.chain(auditors).collect();
		let (digest, opening) = challenged::<T>(task, &given, 1);

		#[extrinsic_call]
		open_chunks(RawOrigin::Signed([0; 32].into()), task, digest, opening);

		assert_eq!(Openings::<T>::iter().count(), 0);
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}
