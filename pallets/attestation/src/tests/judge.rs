use deepnode_primitives::{
	canonical::{Answer, Output},
	comparison::Comparison,
	content::{Digest, Payload},
	task::{ErrorCode, Verdict},
};

use crate::{
	judge::judge,
	mock::{inline, reference, scores},
};

fn judged(comparison: Comparison, answers: &[Answer]) -> Verdict {
	let answers: Vec<_> = answers.iter().map(|answer| (answer.digest(), inline(answer.to_bytes()))).collect();
	judge(&comparison, &answers)
}

fn agreed(answer: &Answer) -> Verdict {
	Verdict::Agreed { digest: answer.digest(), output: inline(answer.to_bytes()) }
}

#[test]
fn equal_answers_agree_under_every_comparison() {
	let answer = scores([1, 2, 3]);
	let argmax = Comparison::ArgMax { quantisation: Default::default(), tau: 0 };
	for comparison in [Comparison::Exact, Comparison::default(), argmax] {
		assert_eq!(judged(comparison, &[answer.clone(), answer.clone()]), agreed(&answer));
	}
}

#[test]
fn the_first_of_close_answers_stands_for_them() {
	let (a, b) = (scores([1, 2, 3]), scores([3, 0, 5]));
	assert_eq!(judged(Comparison::default(), &[a.clone(), b.clone()]), agreed(&a));
	assert_eq!(judged(Comparison::default(), &[b.clone(), a]), agreed(&b));
}

#[test]
fn close_answers_do_not_agree_where_they_must_be_exact() {
	assert_eq!(judged(Comparison::Exact, &[scores([1, 2, 3]), scores([1, 2, 4])]), Verdict::Disagreed);
}

#[test]
fn closeness_is_not_passed_on() {
	let line = [scores([0, 0, 0]), scores([2, 0, 0]), scores([4, 0, 0])];
	assert_eq!(judged(Comparison::default(), &line), Verdict::Disagreed);
	assert_eq!(judged(Comparison::default(), &line[..2]), agreed(&line[0]));
}

#[test]
fn answers_of_another_shape_disagree() {
	let flat = Answer::Outputs(vec![Output { dims: vec![3], data: vec![1, 2, 3] }]);
	assert_eq!(judged(Comparison::default(), &[scores([1, 2, 3]), flat]), Verdict::Disagreed);
}

#[test]
fn an_error_is_agreed_on_as_a_failure() {
	let code = |code| Answer::Error(code);
	let (a, b) = (code(ErrorCode::NotFinite), code(ErrorCode::Overflow));
	assert_eq!(judged(Comparison::default(), &[a.clone(), a.clone()]), Verdict::Failed(ErrorCode::NotFinite));
	assert_eq!(judged(Comparison::default(), &[a.clone(), b]), Verdict::Disagreed);
	assert_eq!(judged(Comparison::default(), &[a, scores([1, 2, 3])]), Verdict::Disagreed);
}

#[test]
fn an_answer_elsewhere_agrees_with_none_but_its_equal() {
	let (a, b) = (reference(1 << 20), reference(1 << 21));
	let answers = |a: &Payload, b: &Payload| [(a.digest(), a.clone()), (b.digest(), b.clone())];
	let verdict = judge(&Comparison::default(), &answers(&a, &a));
	assert_eq!(verdict, Verdict::Agreed { digest: a.digest(), output: a.clone() });
	assert_eq!(judge(&Comparison::default(), &answers(&a, &b)), Verdict::Disagreed);
	assert_eq!(judge(&Comparison::default(), &answers(&a, &inline(scores([1, 2, 3]).to_bytes()))), Verdict::Disagreed);
}

#[test]
fn nothing_is_no_agreement() {
	assert_eq!(judge(&Comparison::default(), &[]), Verdict::Disagreed);
}

#[test]
fn bytes_that_are_no_answer_are_no_agreement() {
	let junk: (Digest, Payload) = ([0; 32], inline(vec![9, 9]));
	assert_eq!(judge(&Comparison::default(), &[junk.clone(), junk]), Verdict::Disagreed);
}
