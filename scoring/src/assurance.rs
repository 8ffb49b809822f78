//! What checking costs, and what a worker must stand to lose.
//!
//! # Why lying loses
//!
//! A run costs a worker `c` and earns it `w`. An honest worker gains `w - c`. One that answers without
//! running saves `c`; where those who could contradict it in its own task lie with it, only an audit
//! can find out. That happens with the chance
//!
//! ```text
//! q = p * (1 - r) * ((1 - r)^4 + 4 * r * (1 - r)^3) = p * (1 - r)^4 * (1 + 3 * r)
//! ```
//!
//! where `p` is the audit probability and `r` the part of the draw's weight that the coalition holds: the
//! task is audited, the auditor is not of the coalition, and neither are at least three of the four more who
//! are asked where it contradicts, so that four of five overturn. A liar found out loses `S`. It has been paid before
//! the audit and keeps that `w`, so lying gains it `w - q * S`, which is no more than honesty gains as soon as
//!
//! ```text
//! w - q * S <= w - c     that is     S >= c / q
//! ```
//!
//! Were a liar's pay taken back as well, it would gain `(1 - q) * w - q * S`, and `S >= c / q - w` would be
//! enough: the protocol's `slash >= cost / (p * (1 - r)) - reward`, with the further auditors
//! counted in. [`bound`] is `c / q`, which satisfies all three.
//!
//! The cost of a run is not known to the chain, but nobody joins a model's pool to lose by it, so
//! `c <= w`, and `w` is taken for `c`. For a worker that has lower costs the bound is safer by as much.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use deepnode_primitives::{
	fees::{part, MILLION},
	task::Assurance,
	Balance,
};
use scale_info::TypeInfo;
use sp_arithmetic::{helpers_128bit::multiply_by_rational_with_rounding, Rounding};

use crate::{math::PARTS, Unit};

/// How often settled tasks are audited, and against whom that must be enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct AssuranceParams {
	/// The chance that a task with one seat is audited.
	pub single: Unit,
	/// The same, with two seats.
	pub pair: Unit,
	/// The same, with three seats.
	pub panel: Unit,
	/// The largest part of the draw's weight that a coalition may hold for lying still to lose.
	pub coalition: Unit,
}

impl Default for AssuranceParams {
	fn default() -> Self {
		Self {
			single: Unit::from_percent(25),
			pair: Unit::from_percent(5),
			panel: Unit::from_percent(2),
			coalition: Unit::from_parts(PARTS / 3),
		}
	}
}

impl AssuranceParams {
	/// The chance that a settled task is audited.
	pub fn audit_probability(&self, assurance: Assurance) -> Unit {
		match assurance {
			Assurance::Single => self.single,
			Assurance::Pair => self.pair,
			Assurance::Panel => self.panel,
		}
	}

	/// Whether some stake is enough at every level: each is audited at times, and the coalition is not
	/// everybody.
	pub fn is_valid(&self) -> bool {
		[self.single, self.pair, self.panel].iter().all(|chance| !chance.is_zero()) && !self.coalition.is_one()
	}
}

/// What a requester has to hold for a task.
#[derive(
	Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Quote {
	/// The fee, divided by the fee table when the task settles.
	pub fee: Balance,
	/// The expected cost of an audit, for the audit fund.
	pub audit: Balance,
}

impl Quote {
	/// Both together. It is exact for what [`quote`] returns, and saturates otherwise.
	pub fn total(&self) -> Balance {
		self.fee.saturating_add(self.audit)
	}
}

/// What a task costs, `None` where that is beyond `u128`.
///
/// The model's price is per item for two runs, so the fee is `price * items * seats / 2`, rounded up. To it
/// comes the audit probability times one run's reward, rounded up. The auditors whom a contradiction brings in
/// are paid by whoever is outvoted.
///
/// `workers_row_ppm` is the fee table's row `workers`.
pub fn quote(
	price: Balance,
	items: u32,
	assurance: Assurance,
	workers_row_ppm: u32,
	params: &AssuranceParams,
) -> Option<Quote> {
	let runs = u128::from(items).saturating_mul(assurance.seats().into());
	let fee = price.checked_mul(runs)?.div_ceil(2);
	let reward = run_reward(fee, assurance, workers_row_ppm);
	let audit = params.audit_probability(assurance).mul_ceil(reward);
	fee.checked_add(audit)?;
	Some(Quote { fee, audit })
}

/// What one run of a task with this fee earns, as
/// [`FeeTable::split`](deepnode_primitives::fees::FeeTable::split) pays each winner where every seat wins.
pub fn run_reward(fee: Balance, assurance: Assurance, workers_row_ppm: u32) -> Balance {
	part(fee, workers_row_ppm.min(MILLION)).checked_div(assurance.seats().into()).unwrap_or(0)
}

/// The stake that answers for one task, and the least that an overturned answer costs: `reward / q`,
/// rounded up, with `q` as in the [module's documentation](self). It is
/// never less than `cost / (p * (1 - r)) - reward` for a cost up to the reward.
///
/// It saturates, which no stake reaches; so it does for a reward where no audit could find a liar
/// (`params` that are not [valid](AssuranceParams::is_valid)).
pub fn bound(reward: Balance, assurance: Assurance, params: &AssuranceParams) -> Balance {
	const WHOLE: u128 = PARTS as u128;
	if reward == 0 {
		return 0;
	}
	let p = u128::from(params.audit_probability(assurance).deconstruct());
	let r = u128::from(params.coalition.deconstruct());
	let honest = WHOLE.saturating_sub(r);
	let square = honest.saturating_mul(honest);
	// In units of 10^-18, rounded down: the bound rather grows.
	let fourth = multiply_by_rational_with_rounding(square, square, WHOLE * WHOLE, Rounding::Down).unwrap_or(0);
	// At most 4 * 10^36, of 10^36.
	let chance = p.saturating_mul(WHOLE.saturating_add(r.saturating_mul(3))).saturating_mul(fourth);
	multiply_by_rational_with_rounding(reward, WHOLE * WHOLE * WHOLE * WHOLE, chance, Rounding::Up)
		.unwrap_or(Balance::MAX)
}
