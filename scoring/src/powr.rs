//! A model's score inside its domain: `PoWR = A^a * R^r * U^u`.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use deepnode_primitives::Balance;
use scale_info::TypeInfo;
use sp_arithmetic::PerThing;

use crate::{
	average::moving,
	math::{geometric, PARTS},
	Unit,
};

/// The exponents of a score. They add up to 1, so that it is a weighted geometric mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Exponents {
	/// Of the accuracy A.
	pub accuracy: Unit,
	/// Of the relevance R.
	pub relevance: Unit,
	/// Of the utilisation U.
	pub utilisation: Unit,
}

impl Default for Exponents {
	fn default() -> Self {
		Self {
			accuracy: Unit::from_percent(40),
			relevance: Unit::from_percent(40),
			utilisation: Unit::from_percent(20),
		}
	}
}

impl Exponents {
	/// Whether they add up to 1.
	pub fn is_valid(&self) -> bool {
		[self.accuracy, self.relevance, self.utilisation]
			.iter()
			.fold(0u64, |sum, exponent| sum.saturating_add(exponent.deconstruct().into()))
			== u64::from(PARTS)
	}
}

/// `A^a * R^r * U^u`, rounded once: of equal factors and valid exponents it is that factor. It is 0 where
/// a factor with an exponent is 0: a model that nobody uses, or that is never right, has no score.
pub fn score(accuracy: Unit, relevance: Unit, utilisation: Unit, exponents: &Exponents) -> Unit {
	geometric([(accuracy, exponents.accuracy), (relevance, exponents.relevance), (utilisation, exponents.utilisation)])
}

/// `U = f / (f + m)`, rounded down; 0 where `f` is 0.
///
/// `fees` is the moving average of what the model's tasks paid, `median` that of its domain: a model with the
/// median's fees has one half, and twice another's fees never give twice its utilisation. It depends on
/// the fees' sum alone, so a payer gains nothing by splitting. A model listed twice, with its fees divided,
/// does have more in the sum: there, the cap on what fees earn from the emission is the limit.
pub fn utilisation(fees: Balance, median: Balance) -> Unit {
	if fees == 0 {
		return Unit::zero();
	}
	match fees.checked_add(median) {
		Some(sum) => Unit::from_rational(fees, sum),
		// Half of each says the same, and fits.
		None => Unit::from_rational(fees >> 1, (fees >> 1).saturating_add(median >> 1)),
	}
}

/// `R`: the evaluators' consensus and, where the model's paid tasks have been rated, the requesters'
/// rating as one more voice of weight `voice` (20% by default), rounded towards the rating:
/// `consensus * (1 - voice) + rating * voice`.
pub fn relevance(consensus: Unit, rating: Option<Unit>, voice: Unit) -> Unit {
	match rating {
		Some(rating) => moving(consensus, rating, voice.left_from_one()),
		None => consensus,
	}
}
