//! Answers that are too long for the chain, compared by their chunks.

use deepnode_primitives::{
	canonical::{Answer, Output},
	chunks::{answer_digest, sample, Chunks, Opening},
	comparison::Comparison,
	content::{ContentRef, Digest, Payload, Uris},
	traits::Rounds as _,
	verdict::Audit,
};
use frame_support::{
	assert_noop, assert_ok,
	dispatch::{GetDispatchInfo, Pays},
};
use sp_core::H256;
use sp_runtime::{DispatchError, DispatchResult};

use crate::{mock::*, Answers, Call, Error, Event, Openings, Rounds, WeightInfo};

const SEED: [u8; 32] = [7; 32];

/// Ten chunks, of 102 rows of ten scores each.
fn long(score: i32) -> Answer {
	Answer::Outputs(vec![Output { dims: vec![1020, 10], data: vec![score; 10_200] }])
}

fn digest(answer: &Answer) -> Digest {
	answer_digest(&answer.to_bytes())
}

fn elsewhere(answer: &Answer) -> Payload {
	let uris = Uris::try_from(vec![b"https://data.example/a".to_vec().try_into().unwrap()]).unwrap();
	Payload::Reference(ContentRef { hash: digest(answer), length: answer.to_bytes().len() as u64, uris })
}

fn opening(answer: &Answer) -> Opening {
	Chunks::cut(&answer.to_bytes()).unwrap().open(&SEED).unwrap()
}

fn open_chunks(who: u8, answer: &Answer) -> DispatchResult {
	Attestation::open_chunks(signed(who), TASK, digest(answer), Box::new(opening(answer)))
		.map(drop)
		.map_err(|failed| failed.error)
}

/// All of these commit, then reveal where their answers are.
fn long_wave(answers: &[(u8, &Answer)]) {
	for (worker, answer) in answers {
		assert_ok!(commit_to(*worker, digest(answer)));
	}
	for (worker, answer) in answers {
		assert_ok!(reveal_output(*worker, &elsewhere(answer)));
	}
}

fn challenge() -> DispatchResult {
	Attestation::challenge(TASK, H256(SEED))
}

/// The majority on a long answer, of which the one with the smallest digest stands for the others.
fn settled(answers: &[&Answer], winners: &[u8], losers: &[u8]) -> Told {
	let representative = answers.iter().min_by_key(|answer| digest(answer)).unwrap();
	let outcome = deepnode_primitives::verdict::Outcome::Outputs(digest(representative));
	let (winners, losers) = (accounts(winners), accounts(losers));
	Told::Judged(TASK, deepnode_primitives::verdict::Verdict::Majority { outcome, winners, losers })
}

/// 10 and 11 have revealed these, and the keeper has been told.
fn disputed(a: &Answer, b: &Answer) {
	open(&[10, 11]);
	long_wave(&[(10, a), (11, b)]);
	assert_eq!(told(), [Told::AllCommitted(TASK), Told::Disputed(TASK)]);
}

#[test]
fn long_answers_that_differ_by_steps_agree_once_their_chunks_are_opened() {
	run(|| {
		let (a, b) = (long(0), long(2));
		disputed(&a, &b);
		assert_ok!(challenge());
		let mut digests = vec![digest(&a), digest(&b)];
		digests.sort_unstable();
		assert_eq!(events().last(), Some(&Event::Challenged { task: TASK, seed: H256(SEED), digests }));
		assert_ok!(open_chunks(10, &a));
		assert_eq!(told(), []);
		Attestation::do_try_state().unwrap();
		assert_ok!(open_chunks(11, &b));
		assert_eq!(told(), [settled(&[&a, &b], &[10, 11], &[])]);
		assert_eq!(Openings::<Test>::iter().count(), 0);
		assert_eq!(Rounds::<Test>::get(TASK).unwrap().challenge, None);
		assert_eq!(Answers::<Test>::iter().count(), 2);
	});
}

#[test]
fn long_answers_that_differ_by_more_disagree_and_escalate() {
	run(|| {
		let (a, b) = (long(0), long(30));
		disputed(&a, &b);
		assert_ok!(challenge());
		assert_ok!(open_chunks(10, &a));
		assert_ok!(open_chunks(11, &b));
		assert_eq!(told(), [disagreed()]);

		// A third is asked; chunks are chosen anew, and all answers are opened again.
		let c = long(1);
		assert_ok!(extend(&[12]));
		long_wave(&[(12, &c)]);
		assert_eq!(told(), [Told::AllCommitted(TASK), Told::Disputed(TASK)]);
		assert_ok!(challenge());
		for answer in [&a, &b, &c] {
			assert_ok!(open_chunks(12, answer));
		}
		assert_eq!(told(), [settled(&[&a, &c], &[10, 12], &[11])]);
	});
}

#[test]
fn one_wrong_chunk_is_seen_where_it_is_chosen() {
	let chosen = sample(&SEED, 10);
	for chunk in 0..10usize {
		run(|| {
			let a = long(0);
			let Answer::Outputs(mut outputs) = long(0) else { panic!("outputs") };
			outputs[0].data[chunk * 1020 + 1019] = 1000;
			let b = Answer::Outputs(outputs);
			disputed(&a, &b);
			assert_ok!(challenge());
			assert_ok!(open_chunks(10, &a));
			assert_ok!(open_chunks(10, &b));
			let seen = chosen.contains(&(chunk as u64));
			assert_eq!(told(), [if seen { disagreed() } else { settled(&[&a, &b], &[10, 11], &[]) }]);
		});
	}
}

#[test]
fn who_does_not_open_agrees_with_none_but_its_equal() {
	run(|| {
		let (a, b, c) = (long(0), long(1), long(2));
		open(&[10, 11, 12]);
		long_wave(&[(10, &a), (11, &b), (12, &c)]);
		assert_ok!(challenge());
		assert_ok!(open_chunks(10, &a));
		assert_ok!(open_chunks(12, &c));
		told();
		// The window is over.
		assert_ok!(extend(&[]));
		assert_eq!(told(), [settled(&[&a, &c], &[10, 12], &[11])]);
		assert_eq!(Openings::<Test>::iter().count(), 0);
		assert_noop!(open_chunks(11, &b), Error::<Test>::NotChallenged);
	});
}

#[test]
fn equal_or_exact_or_short_answers_are_not_challenged() {
	run(|| {
		let a = long(0);
		open(&[10, 11]);
		long_wave(&[(10, &a), (11, &a)]);
		assert_eq!(told(), [Told::AllCommitted(TASK), settled(&[&a], &[10, 11], &[])]);
	});
	run(|| {
		assert_ok!(Attestation::open(TASK, &accounts(&[10, 11]), Comparison::Exact));
		long_wave(&[(10, &long(0)), (11, &long(1))]);
		assert_eq!(told(), [Told::AllCommitted(TASK), disagreed()]);
		assert_noop!(challenge(), Error::<Test>::NotDisputed);
	});
	run(|| {
		let (a, b) = (long(0), scores([0, 0, 0]));
		open(&[10, 11]);
		assert_ok!(commit_to(10, digest(&a)));
		assert_ok!(commit(11, &b));
		assert_ok!(reveal_output(10, &elsewhere(&a)));
		assert_ok!(reveal(11, &b));
		assert_eq!(told(), [Told::AllCommitted(TASK), disagreed()]);
	});
}

#[test]
fn without_a_challenge_long_answers_agree_only_by_their_digests() {
	run(|| {
		Challenges::set(false);
		open(&[10, 11]);
		long_wave(&[(10, &long(0)), (11, &long(1))]);
		assert_eq!(told(), [Told::AllCommitted(TASK), Told::Disputed(TASK), disagreed()]);
		assert_eq!(Rounds::<Test>::get(TASK).unwrap().challenge, None);
		assert_noop!(challenge(), Error::<Test>::NotDisputed);
	});
	run(|| {
		// It would have, and found no randomness.
		disputed(&long(0), &long(1));
		assert_ok!(extend(&[]));
		assert_eq!(told(), [disagreed()]);
	});
}

#[test]
fn a_challenge_is_made_once() {
	run(|| {
		assert_noop!(challenge(), Error::<Test>::NoRound);
		open(&[10, 11]);
		assert_noop!(challenge(), Error::<Test>::NotDisputed);
		Attestation::close(TASK);
		disputed(&long(0), &long(1));
		assert_noop!(open_chunks(10, &long(0)), Error::<Test>::NotChallenged);
		assert_noop!(extend(&[12]), Error::<Test>::StillAnswering);
		assert_ok!(challenge());
		assert_noop!(challenge(), Error::<Test>::NotDisputed);
		assert_noop!(extend(&[12]), Error::<Test>::StillAnswering);
	});
}

#[test]
fn a_valid_opening_costs_nothing_and_anybody_gives_it_once() {
	run(|| {
		let (a, b) = (long(0), long(1));
		disputed(&a, &b);
		assert_ok!(challenge());
		let call = Call::<Test>::open_chunks { task: TASK, digest: digest(&a), opening: Box::new(opening(&a)) };
		let worst = <() as WeightInfo>::open_chunks().saturating_add(Attestation::verdict_weight());
		assert_eq!(call.get_dispatch_info().call_weight, worst);
		let outcome = Attestation::open_chunks(signed(99), TASK, digest(&a), Box::new(opening(&a))).unwrap();
		assert_eq!(outcome.pays_fee, Pays::No);
		assert_eq!(outcome.actual_weight, Some(<() as WeightInfo>::open_chunks()));
		assert_eq!(events().last(), Some(&Event::ChunksOpened { task: TASK, digest: digest(&a) }));
		assert_noop!(open_chunks(10, &a), Error::<Test>::NotChallenged);
		assert_noop!(open_chunks(10, &long(5)), Error::<Test>::NotChallenged);
	});
}

#[test]
fn an_invalid_opening_is_refused_and_paid_for() {
	run(|| {
		let (a, b) = (long(0), long(1));
		disputed(&a, &b);
		assert_ok!(challenge());
		let mut changed = opening(&a);
		changed.samples[3].chunk[5] ^= 1;
		for wrong in [opening(&b), changed] {
			let refused = Attestation::open_chunks(signed(10), TASK, digest(&a), Box::new(wrong)).unwrap_err();
			assert_eq!(refused.error, Error::<Test>::InvalidOpening.into());
			assert_eq!(refused.post_info.pays_fee, Pays::Yes);
		}
		let root = Attestation::open_chunks(RuntimeOrigin::root(), TASK, digest(&a), Box::new(opening(&a)));
		assert_noop!(root.map(drop).map_err(|failed| failed.error), DispatchError::BadOrigin);
		assert_ok!(open_chunks(10, &a));
	});
}

#[test]
fn an_audit_compares_long_answers_as_well() {
	run(|| {
		let (settled, near, far) = (long(0), long(2), long(30));
		open(&[10, 11]);
		long_wave(&[(10, &settled), (11, &settled)]);
		assert_ok!(extend(&[20]));
		told();
		long_wave(&[(20, &far)]);
		assert_eq!(told(), [Told::AllCommitted(TASK), Told::Disputed(TASK)]);
		assert_ok!(challenge());
		assert_ok!(open_chunks(10, &settled));
		assert_ok!(open_chunks(20, &far));
		assert_eq!(told(), [Told::Audited(TASK, Audit::Undecided)]);

		assert_ok!(extend(&[21, 22]));
		long_wave(&[(21, &near), (22, &settled)]);
		assert_ok!(challenge());
		told();
		for answer in [&settled, &near, &far] {
			assert_ok!(open_chunks(10, answer));
		}
		let (auditors, losers) = (accounts(&[21, 22]), accounts(&[20]));
		assert_eq!(told(), [Told::Audited(TASK, Audit::Confirmed { auditors, losers })]);
	});
}

#[test]
fn an_auditor_whose_digest_is_the_settled_one_confirms_at_once() {
	run(|| {
		let (a, b) = (long(0), long(2));
		disputed(&a, &b);
		assert_ok!(challenge());
		assert_ok!(open_chunks(10, &a));
		assert_ok!(open_chunks(11, &b));
		told();
		let settled = if digest(&a) < digest(&b) { &a } else { &b };
		assert_ok!(extend(&[20]));
		long_wave(&[(20, settled)]);
		let confirmed = Audit::Confirmed { auditors: accounts(&[20]), losers: vec![] };
		assert_eq!(told(), [Told::AllCommitted(TASK), Told::Audited(TASK, confirmed)]);
	});
}

#[test]
fn a_round_closed_while_answers_are_compared_leaves_nothing_behind() {
	run(|| {
		let (a, b) = (long(0), long(1));
		disputed(&a, &b);
		assert_ok!(challenge());
		assert_ok!(open_chunks(10, &a));
		Attestation::close(TASK);
		assert_eq!(Rounds::<Test>::iter().count(), 0);
		assert_eq!(Answers::<Test>::iter().count(), 0);
		assert_eq!(Openings::<Test>::iter().count(), 0);
	});
}
