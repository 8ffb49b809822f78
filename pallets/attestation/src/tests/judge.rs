use std::collections::BTreeMap;

use deepnode_primitives::{
	canonical::{Answer, Output},
	comparison::Comparison,
	content::{Digest, Payload},
	task::ErrorCode,
	verdict::Outcome,
};

use crate::{
	judge::{Answers, Ruling},
	mock::{inline, outcome, reference, scores},
	types::Seat,
};

/// What workers 0, 1, ... come to who answered this.
fn ruled(comparison: Comparison, outputs: &[Payload]) -> Option<Ruling<usize>> {
	let by_digest: BTreeMap<Digest, Payload> = outputs.iter().map(|output| (output.digest(), output.clone())).collect();
	let seat = |(worker, output): (_, &Payload)| Seat { revealed: Some(output.digest()), ..Seat::empty(worker) };
	let seats: Vec<_> = outputs.iter().enumerate().map(seat).collect();
	Answers { comparison, by_digest, opened: BTreeMap::new() }.rule(&seats)
}

fn judged(comparison: Comparison, answers: &[Answer]) -> Option<Ruling<usize>> {
	ruled(comparison, &answers.iter().map(|answer| inline(answer.to_bytes())).collect::<Vec<_>>())
}

fn ruling(answer: &Answer, winners: &[usize], losers: &[usize]) -> Option<Ruling<usize>> {
	let (winners, losers) = (winners.to_vec(), losers.to_vec());
	Some(Ruling { digest: answer.digest(), outcome: outcome(answer), winners, losers })
}

#[test]
fn equal_answers_agree_under_every_comparison() {
	let answer = scores([1, 2, 3]);
	let argmax = Comparison::ArgMax { quantisation: Default::default(), tau: 0 };
	for comparison in [Comparison::Exact, Comparison::default(), argmax] {
		assert_eq!(judged(comparison, &[answer.clone(), answer.clone()]), ruling(&answer, &[0, 1], &[]));
	}
}

#[test]
fn one_answer_is_its_own_majority() {
	let answer = scores([1, 2, 3]);
	assert_eq!(judged(Comparison::default(), std::slice::from_ref(&answer)), ruling(&answer, &[0], &[]));
}

#[test]
fn the_smallest_digest_of_close_answers_stands_for_them_in_any_order() {
	let (a, b) = (scores([1, 2, 3]), scores([3, 0, 5]));
	let smallest = if a.digest() < b.digest() { &a } else { &b };
	for answers in [[a.clone(), b.clone()], [b.clone(), a.clone()]] {
		assert_eq!(judged(Comparison::default(), &answers), ruling(smallest, &[0, 1], &[]));
	}
}

#[test]
fn close_answers_do_not_agree_where_they_must_be_exact() {
	assert_eq!(judged(Comparison::Exact, &[scores([1, 2, 3]), scores([1, 2, 4])]), None);
}

#[test]
fn the_one_in_the_middle_stands_for_both_sides_of_it() {
	let line = [scores([0, 0, 0]), scores([2, 0, 0]), scores([4, 0, 0])];
	assert_eq!(judged(Comparison::default(), &line), ruling(&line[1], &[0, 1, 2], &[]));
	let far = [line[0].clone(), line[2].clone()];
	assert_eq!(judged(Comparison::default(), &far), None);
}

#[test]
fn answers_of_another_shape_disagree() {
	let flat = Answer::Outputs(vec![Output { dims: vec![3], data: vec![1, 2, 3] }]);
	assert_eq!(judged(Comparison::default(), &[scores([1, 2, 3]), flat]), None);
}

#[test]
fn an_error_is_agreed_on_as_a_failure() {
	let (a, b) = (Answer::Error(ErrorCode::NotFinite), Answer::Error(ErrorCode::Overflow));
	let failed = judged(Comparison::default(), &[a.clone(), a.clone()]).unwrap();
	assert_eq!(failed.outcome, Outcome::Failed(ErrorCode::NotFinite));
	assert_eq!(judged(Comparison::default(), &[a.clone(), b]), None);
	assert_eq!(judged(Comparison::default(), &[a, scores([1, 2, 3])]), None);
}

#[test]
fn an_answer_elsewhere_agrees_with_none_but_its_equal() {
	let (a, b) = (reference(1 << 20, &["a"]), reference(1 << 21, &["a"]));
	let agreed = ruled(Comparison::default(), &[a.clone(), b.clone(), a.clone()]).unwrap();
	assert_eq!(agreed.outcome, Outcome::Outputs(a.digest()));
	assert_eq!((agreed.winners, agreed.losers), (vec![0, 2], vec![1]));
	assert_eq!(ruled(Comparison::default(), &[a.clone(), b]), None);
	assert_eq!(ruled(Comparison::default(), &[a, inline(scores([1, 2, 3]).to_bytes())]), None);
}

#[test]
fn nothing_is_no_majority() {
	assert_eq!(judged(Comparison::default(), &[]), None);
}

#[test]
fn bytes_that_are_no_answer_agree_with_none_but_their_equal() {
	let (a, b) = (inline(vec![9, 9]), inline(vec![9, 8]));
	assert_eq!(ruled(Comparison::default(), &[a, b]), None);
}
