//! Long answers, cut into chunks.

use deepnode_primitives::{
	canonical::{Answer, Output},
	chunks::{answer_digest, sample, verify, Chunks, NotOpened, Opened, Opening, CHUNK_LEN, MAX_PROOF_LEN, SAMPLES},
	comparison::{Comparison, Quantisation},
	content::{sha256, ContentRef, Digest, Mismatch, Uris, MAX_INLINE_LEN},
	task::ErrorCode,
};
use proptest::{collection::vec, prelude::*, sample::Index};

fn tolerance(tau: u32) -> Comparison {
	Comparison::Tolerance { quantisation: Quantisation::default(), tau }
}

fn arg_max(tau: u32) -> Comparison {
	Comparison::ArgMax { quantisation: Quantisation::default(), tau }
}

fn output(dims: &[u32], element: impl Fn(usize) -> i32) -> Output {
	let length = dims.iter().product::<u32>() as usize;
	Output { dims: dims.to_vec(), data: (0..length).map(element).collect() }
}

/// Outputs of shapes that are cut in every way: rows that fill a chunk or not, longer rows, a scalar.
fn outputs() -> impl Strategy<Value = Vec<Output>> {
	let dims = prop_oneof![
		Just(vec![]),
		(1u32..3000).prop_map(|n| vec![n]),
		(1u32..40, 1u32..5, 1u32..400).prop_map(|(a, b, c)| vec![a, b, c]),
		(1u32..4, 1020u32..1030).prop_map(|(a, b)| vec![a, b]),
	];
	let one = (dims, any::<i32>())
		.prop_map(|(dims, salt)| output(&dims, |at| salt.wrapping_mul(at as i32).wrapping_add(at as i32)));
	vec(one, 0..4)
}

fn opened(bytes: &[u8], seed: &[u8; 32]) -> Opened {
	let chunks = Chunks::cut(bytes).unwrap();
	chunks.open(seed).unwrap().check(&chunks.digest(), seed).unwrap()
}

/// The same shapes, with another number in each element, so that no chunk equals another.
fn numbered(mut outputs: Vec<Output>) -> Vec<Output> {
	let elements = outputs.iter_mut().flat_map(|output| &mut output.data);
	elements.zip(0..).for_each(|(element, number)| *element = number);
	outputs
}

/// The same shapes, full of zeros: chunks of one length are equal.
fn zeros(mut outputs: Vec<Output>) -> Vec<Output> {
	outputs.iter_mut().for_each(|output| output.data.fill(0));
	outputs
}

/// Any two of so many.
fn pairs(of: usize) -> impl Iterator<Item = (usize, usize)> {
	(0..of).flat_map(move |a| (a + 1..of).map(move |b| (a, b)))
}

/// The Merkle tree hash as RFC 6962 defines it, and the digest, from all leaves.
fn naive_digest(leaves: &[Vec<u8>]) -> Digest {
	fn tree(leaves: &[Vec<u8>]) -> Digest {
		if let [leaf] = leaves {
			return sha256(&[&[0], leaf.as_slice()].concat());
		}
		let left = (0..).map(|k| 1usize << k).take_while(|k| *k < leaves.len()).last().unwrap();
		let (left, right) = leaves.split_at(left);
		sha256(&[&[1], tree(left).as_slice(), tree(right).as_slice()].concat())
	}
	sha256(&[&b"dn-chunks"[..], &(leaves.len() as u64).to_le_bytes(), &tree(leaves)].concat())
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(64))]

	#[test]
	fn the_digest_is_that_of_the_leaves(outputs in outputs()) {
		let mut header = vec![0, outputs.len() as u8];
		let mut leaves = vec![];
		for Output { dims, data } in &outputs {
			header.push(dims.len() as u8);
			dims.iter().for_each(|dim| header.extend(dim.to_le_bytes()));
			let row = dims.last().copied().unwrap_or(1) as usize;
			let elements = if row <= 1024 { 1024 / row * row } else { 1024 };
			leaves.extend(data.chunks(elements).map(|chunk| chunk.iter().flat_map(|it| it.to_le_bytes()).collect()));
		}
		leaves.insert(0, header);
		let bytes = Answer::Outputs(outputs).to_bytes();
		prop_assert_eq!(Chunks::cut(&bytes).unwrap().digest(), naive_digest(&leaves));
	}

	#[test]
	fn what_is_opened_as_the_seed_says_is_accepted(outputs in outputs(), seed in any::<[u8; 32]>()) {
		let bytes = Answer::Outputs(outputs).to_bytes();
		let opened = opened(&bytes, &seed);
		for comparison in [Comparison::Exact, tolerance(0), arg_max(0)] {
			prop_assert!(opened.agrees(&opened, &comparison));
		}
	}

	/// Every byte of every part counts.
	#[test]
	fn every_mutation_is_refused(
		outputs in outputs(),
		seed in any::<[u8; 32]>(),
		part in 0usize..4,
		picks in any::<(Index, Index)>(),
		flip in 1u8..,
	) {
		let bytes = Answer::Outputs(outputs).to_bytes();
		let chunks = Chunks::cut(&bytes).unwrap();
		let digest = chunks.digest();
		let mut opening = chunks.open(&seed).unwrap();
		let (outer, inner) = picks;
		let flip_byte = |bytes: &mut [u8]| bytes[inner.index(bytes.len())] ^= flip;
		let samples = opening.samples.len();
		match part {
			0 => flip_byte(opening.header.as_mut()),
			1 if !opening.proof.is_empty() => {
				let at = outer.index(opening.proof.len());
				flip_byte(&mut opening.proof[at]);
			},
			2 if samples > 0 => flip_byte(opening.samples[outer.index(samples)].chunk.as_mut()),
			3 if samples > 0 => {
				let proof = &mut opening.samples[outer.index(samples)].proof;
				let at = inner.index(proof.len());
				flip_byte(&mut proof[at]);
			},
			_ => return Ok(()),
		}
		prop_assert!(opening.check(&digest, &seed).is_err());
	}

	#[test]
	fn a_proof_of_another_length_is_refused(outputs in outputs(), seed in any::<[u8; 32]>(), sampled in any::<bool>()) {
		let bytes = Answer::Outputs(outputs).to_bytes();
		let chunks = Chunks::cut(&bytes).unwrap();
		let opening = chunks.open(&seed).unwrap();
		for longer in [true, false] {
			let mut other = opening.clone();
			let proof = match other.samples.as_mut().first_mut() {
				Some(sample) if sampled => &mut sample.proof,
				_ => &mut other.proof,
			};
			if longer {
				proof.try_push([0; 32]).unwrap();
			} else if proof.pop().is_none() {
				continue;
			}
			prop_assert_eq!(other.check(&chunks.digest(), &seed), Err(NotOpened::Proof));
		}
	}

	#[test]
	fn chunks_in_other_places_are_refused(
		outputs in outputs().prop_map(numbered),
		seed in any::<[u8; 32]>(),
		other in any::<[u8; 32]>(),
	) {
		let bytes = Answer::Outputs(outputs).to_bytes();
		let chunks = Chunks::cut(&bytes).unwrap();
		let opening = chunks.open(&seed).unwrap();
		let count = count(&bytes);
		if sample(&seed, count) != sample(&other, count) {
			prop_assert!(opening.clone().check(&chunks.digest(), &other).is_err());
		}
		for at in 0..opening.samples.len() {
			let mut fewer = opening.clone();
			fewer.samples.remove(at);
			prop_assert_eq!(fewer.check(&chunks.digest(), &seed), Err(NotOpened::Samples));
		}
		for (a, b) in pairs(opening.samples.len()) {
			let mut swapped = opening.clone();
			swapped.samples.as_mut().swap(a, b);
			prop_assert!(swapped.check(&chunks.digest(), &seed).is_err());
		}
	}

	/// Where chunks are equal, one stands for another only if its proof does too: then it shows what is there.
	#[test]
	fn what_is_accepted_is_the_opening_of_these_places(
		outputs in prop_oneof![outputs(), outputs().prop_map(zeros)],
		seed in any::<[u8; 32]>(),
		other in any::<[u8; 32]>(),
	) {
		let bytes = Answer::Outputs(outputs).to_bytes();
		let chunks = Chunks::cut(&bytes).unwrap();
		let opening = chunks.open(&seed).unwrap();
		let accepted = opening.clone().check(&chunks.digest(), &other).is_ok();
		prop_assert_eq!(accepted, Some(&opening) == chunks.open(&other).as_ref());
		for (a, b) in pairs(opening.samples.len()) {
			let mut swapped = opening.clone();
			swapped.samples.as_mut().swap(a, b);
			let same = swapped == opening;
			prop_assert_eq!(swapped.check(&chunks.digest(), &seed).is_ok(), same);
		}
	}

	#[test]
	fn arbitrary_openings_never_panic(
		header in vec(prop_oneof![Just(0u8), Just(1), any::<u8>()], 0..40),
		chunk in vec(any::<u8>(), 0..50),
		proof in vec(any::<[u8; 32]>(), 0..=MAX_PROOF_LEN as usize),
		digest in any::<[u8; 32]>(),
	) {
		let proof: deepnode_primitives::chunks::Proof = proof.try_into().unwrap();
		let sample = deepnode_primitives::chunks::Sample { chunk: chunk.clone().try_into().unwrap(), proof: proof.clone() };
		let samples = vec![sample; 4].try_into().unwrap();
		let opening = Opening { header: header.clone().try_into().unwrap(), proof, samples };
		prop_assert!(opening.check(&digest, &[0; 32]).is_err());
		let _ = Chunks::cut(&header);
		let _ = answer_digest(&chunk);
	}

	#[test]
	fn samples_are_distinct_ascending_and_in_range(seed in any::<[u8; 32]>(), chunks in prop_oneof![0u64..20, any::<u64>()]) {
		let chosen = sample(&seed, chunks);
		prop_assert_eq!(chosen.len() as u64, chunks.min(SAMPLES.into()));
		prop_assert!(chosen.windows(2).all(|pair| pair[0] < pair[1]));
		prop_assert!(chosen.iter().all(|at| *at < chunks));
	}

	/// What agrees as a whole agrees by any chunks of it, but for `ArgMax` over long rows.
	#[test]
	fn agreement_of_the_whole_is_agreement_of_the_chunks(
		outputs in outputs(),
		noise in vec(-3i32..=3, 64),
		tau in 0u32..4,
		seed in any::<[u8; 32]>(),
	) {
		let mut noisy = outputs.clone();
		for output in &mut noisy {
			output.data.iter_mut().zip(noise.iter().cycle()).for_each(|(it, noise)| *it = it.saturating_add(*noise));
		}
		let (a, b) = (Answer::Outputs(outputs.clone()).to_bytes(), Answer::Outputs(noisy).to_bytes());
		let short_rows = outputs.iter().all(|output| output.dims.last().is_none_or(|row| *row <= 1024));
		for comparison in [Comparison::Exact, tolerance(tau), arg_max(tau)] {
			let (sampled_a, sampled_b) = (opened(&a, &seed), opened(&b, &seed));
			let agree = sampled_a.agrees(&sampled_b, &comparison);
			prop_assert_eq!(agree, sampled_b.agrees(&sampled_a, &comparison));
			let whole = comparison.agrees(&a, &b).unwrap();
			prop_assert!(agree || !whole || (!short_rows && comparison == arg_max(tau)));
			prop_assert!(agree || !tolerance(tau).agrees(&a, &b).unwrap() || comparison == Comparison::Exact);
		}
	}
}

/// How many chunks an answer's data has.
fn count(bytes: &[u8]) -> u64 {
	let Ok(Answer::Outputs(outputs)) = Answer::from_bytes(bytes) else { panic!("outputs") };
	let chunks = |Output { dims, data }: &Output| {
		let row = dims.last().copied().unwrap_or(1) as usize;
		data.len().div_ceil(if row <= 1024 { 1024 / row * row } else { 1024 }) as u64
	};
	outputs.iter().map(chunks).sum()
}

/// An answer of `rows` rows of ten scores, 102 rows to a chunk.
fn rows(rows: u32, element: impl Fn(usize) -> i32) -> Vec<u8> {
	Answer::Outputs(vec![output(&[rows, 10], element)]).to_bytes()
}

#[test]
fn every_chunk_is_as_likely_as_any_other() {
	let mut counts = [0u32; 10];
	for number in 0u32..2000 {
		let seed = sha256(&number.to_le_bytes());
		sample(&seed, 10).into_iter().for_each(|at| counts[at as usize] += 1);
	}
	assert!(counts.iter().all(|count| (700..900).contains(count)), "{counts:?} of 800 expected");
}

#[test]
fn answers_of_one_header_differ_where_a_chosen_chunk_does() {
	let seed = [7; 32];
	let chosen = sample(&seed, 10);
	let truth = rows(1020, |at| at as i32);
	for chunk in 0..10 {
		// Its last element.
		let other = rows(1020, |at| if at == chunk * 1020 + 1019 { -1_000_000 } else { at as i32 });
		let agree = opened(&truth, &seed).agrees(&opened(&other, &seed), &tolerance(2));
		assert_eq!(agree, !chosen.contains(&(chunk as u64)));
	}
}

#[test]
fn answers_of_other_dimensions_differ() {
	let flat = Answer::Outputs(vec![output(&[10_200], |_| 0)]).to_bytes();
	let seed = [7; 32];
	assert!(!opened(&flat, &seed).agrees(&opened(&rows(1020, |_| 0), &seed), &tolerance(9)));
}

#[test]
fn arg_max_looks_at_the_winners_of_whole_rows_and_at_the_elements_of_pieces() {
	let seed = [7; 32];
	// The winner of each row is the same, by another margin.
	let high = rows(1020, |at| if at % 10 == 3 { 500 } else { 0 });
	let higher = rows(1020, |at| if at % 10 == 3 { 900 } else { 0 });
	assert!(opened(&high, &seed).agrees(&opened(&higher, &seed), &arg_max(1)));
	// A row of four chunks.
	let long =
		|score| Answer::Outputs(vec![output(&[2, 4096], |at| if at % 1024 == 3 { score } else { 0 })]).to_bytes();
	assert!(!opened(&long(500), &seed).agrees(&opened(&long(900), &seed), &arg_max(1)));
	assert!(opened(&long(500), &seed).agrees(&opened(&long(501), &seed), &arg_max(1)));
}

#[test]
fn a_short_answer_has_its_sha256_and_a_long_one_that_of_its_chunks() {
	let short = rows(100, |at| at as i32);
	assert_eq!(answer_digest(&short), sha256(&short));
	let long = rows(1020, |at| at as i32);
	assert!(long.len() > MAX_INLINE_LEN as usize);
	assert_eq!(answer_digest(&long), Chunks::cut(&long).unwrap().digest());
	let junk = vec![9; MAX_INLINE_LEN as usize + 1];
	assert_eq!(answer_digest(&junk), sha256(&junk));
	let error = Answer::Error(ErrorCode::NotFinite).to_bytes();
	assert!(Chunks::cut(&error).is_err(), "an error is no outputs");
}

#[test]
fn a_long_answer_is_verified_whatever_length_is_said() {
	let long = rows(1020, |at| at as i32);
	let content = |length| ContentRef { hash: answer_digest(&long), length, uris: Uris::default() };
	assert_eq!(verify(&content(long.len() as u64), &long), Ok(()));
	assert_eq!(verify(&content(1 << 40), &long), Ok(()));
	let other = rows(1020, |at| at as i32 + 1);
	let (expected, found) = (answer_digest(&long), answer_digest(&other));
	assert_eq!(verify(&content(long.len() as u64), &other), Err(Mismatch::Hash { expected, found }));
}

/// A header is no chunk, nor a node a leaf: the number of leaves and the place of each are fixed.
#[test]
fn a_digest_does_not_open_as_a_tree_of_another_size() {
	let seed = [7; 32];
	let one = Answer::Outputs(vec![output(&[1024], |at| at as i32)]).to_bytes();
	let chunks = Chunks::cut(&one).unwrap();
	let two = Answer::Outputs(vec![output(&[2048], |at| at as i32)]).to_bytes();
	let other = Chunks::cut(&two).unwrap();
	assert!(other.open(&seed).unwrap().check(&chunks.digest(), &seed).is_err());
	assert!(chunks.open(&seed).unwrap().check(&other.digest(), &seed).is_err());
}

/// Five chunks, of which the last two are equal and under one node, so that each has the other's proof: what shows one
/// of them shows the other, whichever the seed chooses. Any other chunk in their place is refused.
#[test]
fn equal_chunks_under_one_node_open_alike() {
	let scalar = || output(&[], |_| 0);
	let bytes = Answer::Outputs(vec![output(&[2049], |at| at as i32), scalar(), scalar()]).to_bytes();
	let chunks = Chunks::cut(&bytes).unwrap();
	let choosing = |places: [u64; 4]| {
		let mut seeds = (0u32..).map(|number| sha256(&number.to_le_bytes()));
		seeds.find(|seed| sample(seed, count(&bytes)) == places).unwrap()
	};
	let (fourth, fifth, both) = (choosing([0, 1, 2, 3]), choosing([0, 1, 2, 4]), choosing([0, 1, 3, 4]));
	let opened = |seed, as_if| chunks.open(&seed).unwrap().check(&chunks.digest(), &as_if);
	assert_eq!(chunks.open(&fourth), chunks.open(&fifth));
	assert_eq!(opened(fourth, fifth), opened(fifth, fifth));
	assert!(opened(fifth, fifth).is_ok());
	assert!(opened(fourth, both).is_err());
	assert!(opened(both, fourth).is_err());
}

#[test]
fn an_opening_costs_the_chain_about_what_a_short_answer_does() {
	use codec::MaxEncodedLen;
	assert_eq!(SAMPLES * CHUNK_LEN, MAX_INLINE_LEN);
	assert!(Opening::max_encoded_len() < 2 * MAX_INLINE_LEN as usize);
}
