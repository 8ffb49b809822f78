//! Sealed answers.

use deepnode_primitives::commitment::commitment;
use proptest::prelude::*;
use sp_core::{Blake2Hasher, Hasher, H256};
use sp_runtime::AccountId32;

/// Anybody can compute it without SCALE: the parts one after the other.
#[test]
fn it_is_the_documented_hash() {
	let (genesis, worker, salt, digest) = (H256([1; 32]), AccountId32::new([2; 32]), [3; 32], [4; 32]);
	let mut bytes = b"dn-commit".to_vec();
	bytes.extend([1; 32]);
	bytes.extend(0x0807060504030201u64.to_le_bytes());
	bytes.extend([2; 32]);
	bytes.extend([3; 32]);
	bytes.extend([4; 32]);
	let sealed = commitment(&genesis, 0x0807060504030201, &worker, &salt, &digest);
	assert_eq!(sealed, Blake2Hasher::hash(&bytes));
	assert_eq!(hex::encode(sealed), "4697e57a561abce0eda7417adf2edb435e016ff585665eb7f7fb8b12f6c56358");
}

proptest! {
	#[test]
	fn every_part_is_inside_it(
		genesis in any::<[u8; 32]>(),
		task in any::<u64>(),
		worker in any::<[u8; 32]>(),
		salt in any::<[u8; 32]>(),
		digest in any::<[u8; 32]>(),
		bit in 0usize..256,
	) {
		let flipped = |mut bytes: [u8; 32]| {
			bytes[bit / 8] ^= 1 << (bit % 8);
			bytes
		};
		let seal = |genesis, task, worker: [u8; 32], salt, digest| {
			commitment(&H256(genesis), task, &worker.into(), &salt, &digest)
		};
		let sealed = seal(genesis, task, worker, salt, digest);
		prop_assert_eq!(sealed, seal(genesis, task, worker, salt, digest));
		prop_assert_ne!(sealed, seal(flipped(genesis), task, worker, salt, digest));
		prop_assert_ne!(sealed, seal(genesis, task ^ (1 << (bit % 64)), worker, salt, digest));
		prop_assert_ne!(sealed, seal(genesis, task, flipped(worker), salt, digest));
		prop_assert_ne!(sealed, seal(genesis, task, worker, flipped(salt), digest));
		prop_assert_ne!(sealed, seal(genesis, task, worker, salt, flipped(digest)));
	}
}
