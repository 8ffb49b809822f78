//! What a circuit's outputs mean: the client's part, after decryption.

use codec::{Decode, Encode};

use super::Real;

/// How integers become scores and a decision.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct Reading {
	/// A score is its integer times this, plus its offset.
	pub scale: Real,
	/// One offset for each output.
	pub offsets: Vec<Real>,
	/// What the scores decide.
	pub decision: Decision,
}

/// What the client makes of the scores.
#[derive(Clone, Copy, Debug, PartialEq, Encode, Decode)]
pub enum Decision {
	/// Nothing: the scores are the answer.
	Scores,
	/// The first of the largest scores names the class.
	ArgMax,
	/// The only score's logistic function is the probability of class 1.
	Sigmoid,
	/// Class 1 where the only score is above this, else class 0.
	Above(Real),
}

/// What a requester wanted to know.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
	/// The scores, as the model gives them.
	pub scores: Vec<f64>,
	/// The class, where the model classifies.
	pub class: Option<usize>,
	/// The probability of class 1, where the model gives one.
	pub probability: Option<f64>,
}

impl Reading {
	/// Reads outputs.
	pub fn read(&self, outputs: &[i64]) -> Answer {
		let scale = self.scale.get();
		let scores: Vec<_> =
			outputs.iter().zip(&self.offsets).map(|(value, offset)| *value as f64 * scale + offset.get()).collect();
		let first = scores.first().copied().unwrap_or(0.0);
		let (class, probability) = match self.decision {
			Decision::Scores => (None, None),
			Decision::ArgMax => {
				let best = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
				(scores.iter().position(|score| *score == best), None)
			},
			Decision::Sigmoid => (Some(usize::from(first > 0.0)), Some(1.0 / (1.0 + (-first).exp()))),
			Decision::Above(threshold) => (Some(usize::from(first > threshold.get())), None),
		};
		Answer { scores, class, probability }
	}

	/// What is wrong with it, for so many outputs.
	pub(super) fn fault(&self, outputs: usize) -> Option<&'static str> {
		let one = matches!(self.decision, Decision::Sigmoid | Decision::Above(_));
		if self.offsets.len() != outputs {
			Some("it has not one offset for each output")
		} else if !self.scale.is_finite()
			|| self.scale.get() <= 0.0
			|| !self.offsets.iter().all(|offset| offset.is_finite())
			|| matches!(self.decision, Decision::Above(threshold) if !threshold.is_finite())
		{
			Some("its numbers are not finite, or its scale is not positive")
		} else if one && outputs != 1 {
			Some("it decides by one score where there is not one")
		} else {
			None
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn reading(decision: Decision, offsets: &[f64]) -> Reading {
		Reading { scale: Real::new(0.5), offsets: offsets.iter().copied().map(Real::new).collect(), decision }
	}

	#[test]
	fn the_first_of_the_largest_scores_wins() {
		let answer = reading(Decision::ArgMax, &[0.0, 0.0, 1.0]).read(&[4, -2, 2]);
		assert_eq!((answer.scores, answer.class), (vec![2.0, -1.0, 2.0], Some(0)));
	}

	#[test]
	fn one_score_decides_by_its_threshold() {
		assert_eq!(reading(Decision::Above(Real::new(0.5)), &[0.0]).read(&[1]).class, Some(0));
		assert_eq!(reading(Decision::Above(Real::new(0.5)), &[0.0]).read(&[2]).class, Some(1));
		let sigmoid = reading(Decision::Sigmoid, &[-1.0]).read(&[2]);
		assert_eq!((sigmoid.class, sigmoid.probability), (Some(0), Some(0.5)));
		assert_eq!(reading(Decision::Scores, &[0.0]).read(&[3]).class, None);
	}

	#[test]
	fn faults_are_found() {
		assert!(reading(Decision::ArgMax, &[0.0]).fault(2).is_some());
		assert!(reading(Decision::Sigmoid, &[0.0, 0.0]).fault(2).is_some());
		assert!(reading(Decision::Scores, &[f64::NAN]).fault(1).is_some());
		assert!(reading(Decision::Scores, &[0.0]).fault(1).is_none());
	}
}
