//! What hides what an evaluator says until it says it aloud. The hashes are the chain's own.

use deepnode_primitives::seals;
use sp_runtime::Perbill;

use crate::{
	error::{Error, Result},
	types::{DomainId, EpochIndex, Expected, WeightsPage, MAX_EXPECTED_LEN},
	AccountId,
};

/// What an evaluation commits to before its models are drawn.
pub fn item(evaluator: &AccountId, expected: &Expected, salt: &[u8; 32]) -> Result<[u8; 32]> {
	Ok(seals::item(evaluator, &bounded(expected)?, salt))
}

/// The seal of a known-answer task. Each task needs a salt of its own.
pub fn task(evaluator: &AccountId, expected: &Expected, salt: &[u8; 32]) -> Result<[u8; 32]> {
	Ok(seals::task(evaluator, &bounded(expected)?, salt))
}

/// The hashes of pages of weights, in their order.
pub fn pages(pages: &[WeightsPage]) -> Vec<[u8; 32]> {
	let page = |page: &WeightsPage| {
		let weights: Vec<_> =
			page.weights.iter().map(|(model, weight)| (*model, Perbill::from_parts(*weight))).collect();
		seals::page(&weights, &page.salt)
	};
	pages.iter().map(page).collect()
}

/// What commits an evaluator to pages of weights.
pub fn ballot(epoch: EpochIndex, domain: DomainId, evaluator: &AccountId, pages: &[WeightsPage]) -> [u8; 32] {
	seals::ballot(epoch, domain, evaluator, &self::pages(pages))
}

fn bounded(expected: &Expected) -> Result<seals::Expected> {
	Ok(match expected {
		Expected::Answer(bytes) => {
			let bounded = bytes.clone().try_into();
			seals::Expected::Answer(
				bounded.map_err(|_| Error::too_long("the expected answer", bytes.len(), MAX_EXPECTED_LEN as u32))?,
			)
		},
		Expected::Digest(digest) => seals::Expected::Digest(*digest),
	})
}

#[cfg(test)]
mod tests {
	use super::*;

	fn account(number: u8) -> AccountId {
		AccountId::new([number; 32])
	}

	#[test]
	fn a_seal_depends_on_who_expects_what_and_on_its_salt() {
		let expected = Expected::Answer(vec![1, 2]);
		let seal = task(&account(1), &expected, &[3; 32]).unwrap();
		assert_eq!(seal, seals::task(&account(1), &seals::Expected::Answer(vec![1, 2].try_into().unwrap()), &[3; 32]));
		assert_ne!(seal, task(&account(2), &expected, &[3; 32]).unwrap());
		assert_ne!(seal, task(&account(1), &expected, &[4; 32]).unwrap());
		assert_ne!(seal, task(&account(1), &Expected::Digest([0; 32]), &[3; 32]).unwrap());
		assert_ne!(seal, item(&account(1), &expected, &[3; 32]).unwrap(), "a task does not give its item away");
	}

	#[test]
	fn an_expected_answer_that_the_chain_would_not_take_is_told_with_its_length() {
		let error = item(&account(1), &Expected::Answer(vec![0; 4_097]), &[0; 32]).unwrap_err().to_string();
		assert_eq!(error, "the expected answer is 4097 long, and the chain takes at most 4096");
	}

	#[test]
	fn a_ballot_binds_each_page_in_its_place() {
		let page = |salt| WeightsPage { weights: vec![(0, 500_000_000), (3, 1)], salt: [salt; 32] };
		let one = [page(1), page(2)];
		let sealed = ballot(4, 0, &account(1), &one);
		assert_eq!(sealed, seals::ballot(4, 0, &account(1), &pages(&one)));
		for other in [
			ballot(5, 0, &account(1), &one),
			ballot(4, 1, &account(1), &one),
			ballot(4, 0, &account(2), &one),
			ballot(4, 0, &account(1), &[page(2), page(1)]),
		] {
			assert_ne!(sealed, other);
		}
	}
}
