//! Which of several answers of one digest is kept.

use deepnode_primitives::{
	content::{ContentRef, Payload, Uris, MAX_URIS},
	traits::Rounds as _,
};
use frame_support::assert_ok;

use crate::{mock::*, Answers};

fn places(output: &Payload) -> Vec<&str> {
	let Payload::Reference(content) = output else { panic!("elsewhere") };
	content.uris_utf8()
}

/// Workers reveal these outputs of one digest: what is kept.
fn kept(outputs: &[Payload]) -> Payload {
	let digest = outputs[0].digest();
	let workers: Vec<u8> = (10..).take(outputs.len()).collect();
	Attestation::close(TASK);
	open(&workers);
	for worker in &workers {
		assert_ok!(commit_to(*worker, digest));
	}
	for (worker, output) in workers.iter().zip(outputs) {
		assert_ok!(reveal_output(*worker, output));
	}
	Answers::<Test>::get(TASK, digest).unwrap()
}

#[test]
fn an_answer_elsewhere_is_looked_for_in_each_workers_first_place() {
	run(|| {
		let output = kept(&[reference(1 << 20, &["a1", "a2"]), reference(1 << 20, &["b1", "b2"])]);
		assert_eq!(places(&output), ["b1", "a1", "a2"]);
		let output = kept(&[reference(1 << 20, &["a1"]), reference(1 << 20, &["a1"])]);
		assert_eq!(places(&output), ["a1"]);
	});
}

#[test]
fn nobody_crowds_out_anothers_first_place() {
	run(|| {
		let many = ["a1", "a2", "a3", "a4"];
		assert_eq!(many.len() as u32, MAX_URIS);
		let output = kept(&[reference(1 << 20, &many), reference(1 << 20, &["b1"])]);
		assert_eq!(places(&output), ["b1", "a1", "a2", "a3"]);
		let output = kept(&[reference(1 << 20, &["b1"]), reference(1 << 20, &many)]);
		assert_eq!(places(&output), ["a1", "b1"]);
	});
}

#[test]
fn bytes_are_better_than_a_reference() {
	run(|| {
		let bytes = inline(scores([1, 2, 3]).to_bytes());
		let uris = Uris::try_from(vec![b"a".to_vec().try_into().unwrap()]).unwrap();
		let elsewhere = Payload::Reference(ContentRef { hash: bytes.digest(), length: 1 << 20, uris });
		assert_eq!(kept(&[elsewhere.clone(), bytes.clone()]), bytes);
		assert_eq!(kept(&[bytes.clone(), elsewhere]), bytes);
	});
}
