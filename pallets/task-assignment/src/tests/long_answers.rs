//! Answers that are too long for the chain.

use deepnode_primitives::{
	canonical::{Answer, Output},
	chunks::{answer_digest, Chunks},
	commitment::commitment,
	content::{ContentRef, Digest, Payload},
};
use frame_support::{assert_noop, assert_ok};

use crate::{
	mock::*,
	types::{AuditPhase, LongAnswers, TaskStatus},
};

/// An answer of 20 KiB whose elements are all this.
fn long(element: i32) -> Vec<u8> {
	Answer::Outputs(vec![Output { dims: vec![1, 5 * 1024], data: vec![element; 5 * 1024] }]).to_bytes()
}

fn answer_long(task: u64, workers: &[u8], answers: &[&[u8]]) {
	commit_long(task, workers, answers);
	draw_lots(task);
	reveal_long(task, workers, answers);
}

fn commit_long(task: u64, workers: &[u8], answers: &[&[u8]]) {
	for (worker, bytes) in workers.iter().zip(answers) {
		let digest = answer_digest(bytes);
		let seal = commitment(&System::block_hash(0), task, &account(*worker), &salt(*worker), &digest);
		assert_ok!(Attestation::commit(signed(*worker), task, seal));
	}
}

fn reveal_long(task: u64, workers: &[u8], answers: &[&[u8]]) {
	for (worker, bytes) in workers.iter().zip(answers) {
		let (hash, length) = (answer_digest(bytes), bytes.len() as u64);
		let output = Payload::Reference(ContentRef { hash, length, uris: uris(&["https://answers.example/a"]) });
		assert_ok!(Attestation::reveal(signed(*worker), task, salt(*worker), hash, output));
	}
}

/// What the task's challenge has chosen, and of which answers.
fn challenge() -> ([u8; 32], Vec<Digest>) {
	let found = System::read_events_no_consensus().filter_map(|record| match record.event {
		RuntimeEvent::Attestation(pallet_attestation::Event::Challenged { seed, digests, .. }) => {
			Some((seed.0, digests))
		},
		_ => None,
	});
	found.last().expect("chunks are chosen")
}

fn open(task: u64, bytes: &[u8]) -> sp_runtime::DispatchResult {
	let opening = Chunks::cut(bytes).unwrap().open(&challenge().0).unwrap();
	Attestation::open_chunks(signed(50), task, answer_digest(bytes), Box::new(opening))
		.map(drop)
		.map_err(|failed| failed.error)
}

#[test]
fn long_answers_of_one_digest_settle_at_once() {
	run(|| {
		let model = model();
		workers([10, 11], model);
		let (task, drawn) = assign(model);
		answer_long(task, &drawn, &[&long(1), &long(1)]);
		assert!(matches!(status(task), TaskStatus::Settled { .. }));
	});
}

#[test]
fn long_answers_within_the_tolerance_settle_when_their_chunks_are_opened() {
	run(|| {
		let model = model();
		workers([10, 11], model);
		let (task, drawn) = assign(model);
		answer_long(task, &drawn, &[&long(1), &long(2)]);
		assert_eq!((status(task), state(task)), (TaskStatus::Committed, LongAnswers::Differ));
		advance(1);
		assert_eq!(state(task), LongAnswers::Opening);
		assert_eq!(challenge().1.len(), 2);
		assert_ok!(open(task, &long(1)));
		assert_ok!(open(task, &long(2)));
		assert!(matches!(status(task), TaskStatus::Settled { .. }));
		assert_eq!(state(task), LongAnswers::Judged);
	});
}

fn state(id: u64) -> LongAnswers {
	task(id).long_answers
}

#[test]
fn long_answers_that_are_not_opened_agree_with_none_and_another_worker_decides() {
	run(|| {
		let model = model();
		workers(10..13, model);
		let (task, drawn) = assign(model);
		answer_long(task, &drawn, &[&long(1), &long(2)]);
		advance(1);
		assert_ok!(open(task, &long(1)));
		advance(RevealWindow::get() - 1);
		assert_eq!(status(task), TaskStatus::Committed);
		advance(1);
		assert_eq!(status(task), TaskStatus::Disputed);
		advance(1);
		let third = joined(assigned(task), &drawn);
		answer_long(task, &third, &[&long(1)]);
		advance(1);
		assert_ok!(open(task, &long(2)));
		assert_ok!(open(task, &long(1)));
		// Opened they all agree: nobody has lost.
		assert!(matches!(status(task), TaskStatus::Settled { .. }));
		drawn.iter().for_each(|worker| assert_eq!(balances(*worker).1, STAKE));
	});
}

#[test]
fn chunks_are_not_chosen_by_what_was_known_at_the_last_reveal() {
	run(|| {
		let model = model();
		workers([10, 11], model);
		let (task, drawn) = assign(model);
		answer_long(task, &drawn, &[&long(1), &long(2)]);
		KnownSince::set(Some(System::block_number()));
		advance(3);
		assert_eq!(state(task), LongAnswers::Differ);
		KnownSince::set(None);
		advance(1);
		assert_eq!(state(task), LongAnswers::Opening);
	});
}

#[test]
fn a_long_answer_that_an_auditor_contradicts_is_compared_by_chunks_too() {
	run(|| {
		let model = model();
		workers(10..13, model);
		endow_audit_fund(100 * PRICE);
		let (task, drawn) = assign(model);
		commit_long(task, &drawn, &[&long(1), &long(1)]);
		hold_audit(task);
		commit_long(task, &auditors(task), &[&long(2)]);
		reveal_long(task, &drawn, &[&long(1), &long(1)]);
		assert_eq!(state(task), LongAnswers::Judged, "the auditor's is waited for");
		reveal_long(task, &auditors(task), &[&long(2)]);
		assert_eq!(status(task), TaskStatus::Committed, "all three are compared first");
		assert_eq!((phase(task), state(task)), (AuditPhase::Committed, LongAnswers::Differ));
		advance(1);
		assert_ok!(open(task, &long(1)));
		assert_ok!(open(task, &long(2)));
		assert_noop!(open(task, &long(2)), pallet_attestation::Error::<Test>::NotChallenged);
		assert_eq!(phase(task), AuditPhase::Confirmed);
	});
}

#[test]
fn long_answers_are_compared_by_chunks_also_where_the_auditor_withholds_its_own() {
	run(|| {
		let model = model();
		workers(10..13, model);
		endow_audit_fund(100 * PRICE);
		let (task, drawn) = assign(model);
		commit_long(task, &drawn, &[&long(1), &long(2)]);
		hold_audit(task);
		commit_long(task, &auditors(task), &[&long(1)]);
		reveal_long(task, &drawn, &[&long(1), &long(2)]);
		advance(RevealWindow::get());
		assert_eq!((status(task), state(task)), (TaskStatus::Committed, LongAnswers::Differ));
		advance(1);
		assert_ok!(open(task, &long(1)));
		assert_ok!(open(task, &long(2)));
		assert!(matches!(status(task), TaskStatus::Settled { .. }));
		drawn.iter().for_each(|worker| assert_eq!(balances(*worker).1, STAKE, "both were right"));
	});
}
