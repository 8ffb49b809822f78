//! What the calls cost where they are the last of their round: a commit opens the reveal window, a
//! reveal compares, settles and pays.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use alloc::{vec, vec::Vec};
use deepnode_primitives::{
	canonical::{Answer, Output},
	comparison::{Comparison, Quantisation},
	content::{Inline, Payload, MAX_INLINE_LEN},
	traits::Tasks,
	TaskId,
};
use frame_benchmarking::v2::*;
use frame_system::RawOrigin;
use sp_runtime::AccountId32;

use crate::{commitment, Answers, Call, Config, Pallet, Rounds};

const SALT: [u8; 32] = [0; 32];

/// Every worker of the task but the last, and the last.
fn round<T: Config>(comparison: Comparison) -> (TaskId, Vec<AccountId32>, AccountId32) {
	let (task, mut workers) = T::Tasks::benchmark_task(comparison);
	let last = workers.pop().unwrap();
	(task, workers, last)
}

fn commit_to<T: Config>(task: TaskId, worker: &AccountId32, answer: &Answer) {
	let sealed = commitment(&Pallet::<T>::genesis_hash(), task, worker, &SALT, &answer.digest());
	Pallet::<T>::do_commit(task, worker.clone(), sealed).unwrap();
}

fn output(answer: &Answer) -> Payload {
	Payload::Inline(Inline::try_from(answer.to_bytes()).unwrap())
}

/// An answer of about `bytes` bytes, each of its scores in rows of two being this.
fn answer(bytes: u32, score: i32) -> Answer {
	let rows = (bytes.saturating_sub(11) / 8).max(1);
	Answer::Outputs(vec![Output { dims: vec![rows, 2], data: vec![score; rows as usize * 2] }])
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn commit() {
		let (task, others, last) = round::<T>(Comparison::default());
		others.iter().for_each(|worker| commit_to::<T>(task, worker, &answer(0, 0)));

		#[extrinsic_call]
		_(RawOrigin::Signed(last), task, Default::default());

		assert!(Rounds::<T>::get(task).unwrap().all_committed());
	}

	/// The component is the output's bytes. The answers are compared to their ends, by the dearest
	/// comparison, and agree.
	#[benchmark]
	fn reveal(n: Linear<0, MAX_INLINE_LEN>) {
		let comparison = Comparison::ArgMax { quantisation: Quantisation::default(), tau: 1 };
		let (task, others, last) = round::<T>(comparison);
		let (theirs, its) = (answer(n, 0), answer(n, 1));
		others.iter().for_each(|worker| commit_to::<T>(task, worker, &theirs));
		commit_to::<T>(task, &last, &its);
		for worker in others {
			Pallet::<T>::do_reveal(task, worker, SALT, theirs.digest(), output(&theirs)).unwrap();
		}

		#[extrinsic_call]
		_(RawOrigin::Signed(last), task, SALT, its.digest(), output(&its));

		assert!(!Rounds::<T>::contains_key(task));
		assert_eq!(Answers::<T>::iter().count(), 0);
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}
