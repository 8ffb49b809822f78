//! What clients see.

use deepnode_primitives::DN;
use frame_support::assert_ok;

use crate::{mock::*, seals, types::*};

#[test]
fn views_tell_a_client_what_it_needs() {
	run(|| {
		set_params(generous());
		settle(model(70), DN);
		assert_eq!(Powr::pot(), Powr::pot_account());
		assert_eq!(Powr::pending_emission(), POT / 100);
		assert_eq!(Powr::domain(name("vision")), None);
		assert_eq!(Powr::score(5), None);
		evaluators(&[(1, STAKE)]);

		let state = Powr::epoch();
		let started = state.running.started_at;
		assert_eq!((state.reveal_from, state.ends_at), (started + 14, started + 20));
		assert_eq!(state.running.budget, POT / 100);

		assert_eq!(Powr::evaluator(DOMAIN, 2).stake, 0);
		assert_ok!(Powr::open_evaluation(signed(1), DOMAIN, [1; 32], None));
		let info = Powr::evaluator(DOMAIN, 1);
		assert_eq!((info.stake, info.since, info.committed, info.budget), (STAKE, 0, false, state.running.budget));
		assert_eq!(info.evaluation.unwrap().item, [1; 32]);
	});
}

#[test]
fn seals_are_what_clients_in_other_languages_hash() {
	use sp_io::hashing::blake2_256;
	let expected = Expected::Digest([5; 32]);
	// The evaluator's 8 bytes here, 32 for an account id; the tag of `Digest`; the digest; the salt.
	let sealed = [&1u64.to_le_bytes()[..], &[1], &[5; 32], &[7; 32]].concat();
	assert_eq!(seals::task(&1u64, &expected, &[7; 32]), blake2_256(&sealed));
	assert_eq!(seals::item(&1u64, &expected, &[7; 32]), blake2_256(&[b"dn-item", &sealed[..]].concat()));
	// The salt, the number of weights in compact form, each model and its weight in parts per billion.
	let page = page(&[(3, 50)]);
	let bytes = [&[7; 32][..], &[4], &3u32.to_le_bytes(), &500_000_000u32.to_le_bytes()].concat();
	assert_eq!(seals::page(&page, &[7; 32]), blake2_256(&bytes));
	let ballot = [b"dn-weights", &9u32.to_le_bytes()[..], &0u16.to_le_bytes(), &1u64.to_le_bytes(), &[4], &[8; 32]];
	assert_eq!(seals::ballot(9, 0, &1u64, &[[8; 32]]), blake2_256(&ballot.concat()));
}
