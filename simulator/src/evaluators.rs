//! Evaluators: what they say of the models, and what they are paid for it.

use deepnode_primitives::{Balance, DN};
use deepnode_scoring::{
	consensus::{agreement, consensus, median, Vote},
	emission::share,
	Unit,
};

use crate::{strategy::Strategy, world::World};

/// An evaluator.
pub struct Evaluator {
	/// Its stake.
	pub stake: Balance,
	/// What it was paid.
	pub balance: Balance,
	/// What judging has cost it.
	pub cost: Balance,
	/// Whether it belongs to the actor under test.
	pub member: bool,
	/// Its mean agreement in this epoch.
	agreement: Unit,
}

impl Evaluator {
	/// A new evaluator; all have the same stake.
	pub fn new(member: bool) -> Self {
		Self { stake: 5_000 * DN, balance: 0, cost: 0, member, agreement: Unit::one() }
	}
}

impl World {
	/// Commits and reveals every evaluator's weights, and finds the consensus for each model.
	pub fn judge_models(&mut self) {
		let rival = (1..self.models.len()).max_by_key(|model| self.models[*model].usefulness);
		let mut agreements = vec![(0u64, 0u64); self.evaluators.len()];
		for model in 0..self.models.len() {
			let weights: Vec<_> = (0..self.evaluators.len())
				.map(|at| {
					let seen = self.rng.around(self.models[model].usefulness, self.setup.noise);
					match self.strategy {
						_ if !self.evaluators[at].member => seen,
						Strategy::CopyWeights | Strategy::CopyWeightsWorking => self.models[model].consensus,
						Strategy::UnderWeight if Some(model) == rival => Unit::zero(),
						_ => seen,
					}
				})
				.collect();
			let mut votes: Vec<_> = self
				.evaluators
				.iter()
				.zip(&weights)
				.map(|(evaluator, weight)| Vote { stake: evaluator.stake, weight: *weight })
				.collect();
			let middle = median(&mut votes).unwrap_or_default();
			// Each model counts as much as somebody, or most, think of it.
			for ((agreed, of), weight) in agreements.iter_mut().zip(&weights) {
				let larger = u64::from((*weight).max(middle).deconstruct());
				*agreed += agreement(*weight, middle).mul_floor(larger);
				*of += larger;
			}
			self.models[model].consensus = consensus(&mut votes, self.rules.weight_band).unwrap_or_default();
		}
		for (evaluator, (agreed, of)) in self.evaluators.iter_mut().zip(agreements) {
			evaluator.agreement = Unit::from_rational(agreed, of.max(1));
		}
	}

	/// Pays the evaluators by stake x agreement.
	pub fn pay_evaluators(&mut self, total: Balance) {
		let strategy = self.strategy;
		let idle = |member: bool| member && strategy == Strategy::CopyWeights;
		let weights: Vec<_> = self
			.evaluators
			.iter()
			.map(|evaluator| {
				let silent = self.rules.sealed_work && idle(evaluator.member);
				if silent {
					0
				} else {
					evaluator.agreement.mul_floor(evaluator.stake)
				}
			})
			.collect();
		let whole = weights.iter().sum();
		let cost = self.setup.evaluation_cost.mul_floor(total / self.evaluators.len() as u128);
		for (at, weight) in weights.into_iter().enumerate() {
			let amount = share(total, weight, whole);
			let member = self.evaluators[at].member;
			let works = !idle(member);
			self.evaluators[at].balance += amount;
			self.evaluators[at].cost += if works { cost } else { 0 };
			self.emit(amount, member && strategy.is_evaluators());
		}
	}
}
