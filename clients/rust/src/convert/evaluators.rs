//! Domains, their scores, and evaluators.

use super::{account, text, BoundedVec};
use crate::{
	events::Event,
	runtime::{
		self,
		runtime_types::{
			deepnode_primitives::seals::Expected as RuntimeExpected, deepnode_scoring::metric::Metric as RuntimeMetric,
			pallet_powr::types as powr, sp_arithmetic::per_things::Perbill,
		},
	},
	types::{
		BallotInfo, DomainId, DomainInfo, EmissionRole, EpochInfo, EvaluationInfo, EvaluatorInfo, EvaluatorSeat,
		Expected, LeavingStake, Metric, ScoreInfo, WeightsPage,
	},
};

pub(crate) fn domain(id: DomainId, found: powr::Domain) -> DomainInfo {
	DomainInfo {
		id,
		name: text(found.name),
		share: found.share.0,
		metric: match found.metric {
			RuntimeMetric::Class => Metric::Class,
			RuntimeMetric::TopK(k) => Metric::TopK(k),
			RuntimeMetric::L1 => Metric::L1,
			RuntimeMetric::Cosine => Metric::Cosine,
		},
		row: found.row,
	}
}

pub(crate) fn score(found: powr::ModelRecord) -> ScoreInfo {
	ScoreInfo {
		domain: found.domain,
		accuracy: found.accuracy.0,
		relevance: found.relevance.0,
		utilisation: found.utilisation.0,
		score: found.score.0,
	}
}

pub(crate) fn epoch(found: powr::EpochState<u32>) -> EpochInfo {
	EpochInfo {
		index: found.running.index,
		started_at: found.running.started_at,
		reveal_from: found.reveal_from,
		ends_at: found.ends_at,
		pot: found.pot,
	}
}

pub(crate) fn evaluator(found: powr::EvaluatorInfo<u32>) -> EvaluatorInfo {
	EvaluatorInfo {
		stake: found.stake,
		since: found.since,
		committed: found.committed,
		revealed: found.revealed,
		budget: found.budget,
		evaluation: found.evaluation.map(|evaluation| EvaluationInfo {
			item: evaluation.item,
			opened_at: evaluation.opened_at,
			drawn_at: evaluation.drawn_at,
			models: evaluation.models.0,
			data_set: evaluation.data_set,
		}),
		leaving: found
			.leaving
			.map(|leaving| LeavingStake { stake: leaving.stake, withdrawable_at: leaving.withdrawable_at }),
	}
}

pub(crate) fn seats(found: BoundedVec<powr::Seat<subxt::utils::AccountId32>>) -> Vec<EvaluatorSeat> {
	let seat = |seat: powr::Seat<_>| EvaluatorSeat { account: account(seat.who), stake: seat.stake, since: seat.since };
	found.0.into_iter().map(seat).collect()
}

pub(crate) fn ballot(found: powr::Ballot) -> BallotInfo {
	BallotInfo { commitment: found.commitment, revealed: found.revealed, complete: found.complete }
}

pub(crate) fn to_expected(expected: Expected) -> RuntimeExpected {
	match expected {
		Expected::Answer(bytes) => RuntimeExpected::Answer(BoundedVec(bytes)),
		Expected::Digest(digest) => RuntimeExpected::Digest(digest),
	}
}

pub(crate) fn to_weights(page: &WeightsPage) -> BoundedVec<(u32, Perbill)> {
	BoundedVec(page.weights.iter().map(|(model, weight)| (*model, Perbill(*weight))).collect())
}

pub(crate) const fn to_rating(rating: u32) -> Perbill {
	Perbill(rating)
}

pub(super) fn event(event: runtime::powr::Event) -> Event {
	use runtime::powr::Event as E;
	match event {
		E::ParamsChanged { .. } => Event::ScoreParamsChanged,
		E::DomainSet { id, domain } => Event::DomainSet { domain: id, name: text(domain.name) },
		E::ModelListed { model, domain } => Event::ModelListed { model, domain },
		E::ModelDelisted { model, domain } => Event::ModelDelisted { model, domain },
		E::EvaluatorJoined { evaluator, domain, stake } => {
			Event::EvaluatorJoined { evaluator: account(evaluator), domain, stake }
		},
		E::EvaluatorLeft { evaluator, domain, withdrawable_at } => {
			Event::EvaluatorLeft { evaluator: account(evaluator), domain, withdrawable_at }
		},
		E::StakeWithdrawn { evaluator, domain, stake } => {
			Event::EvaluatorStakeWithdrawn { evaluator: account(evaluator), domain, stake }
		},
		E::WeightsCommitted { evaluator, domain, epoch } => {
			Event::WeightsCommitted { evaluator: account(evaluator), domain, epoch }
		},
		E::WeightsRevealed { evaluator, domain, page, complete } => {
			Event::WeightsRevealed { evaluator: account(evaluator), domain, page, complete }
		},
		E::EvaluatorSlashed { evaluator, domain, amount } => {
			Event::EvaluatorSlashed { evaluator: account(evaluator), domain, amount }
		},
		E::EvaluationOpened { evaluator, domain } => Event::EvaluationOpened { evaluator: account(evaluator), domain },
		E::EvaluationDrawn { evaluator, domain, models } => {
			Event::EvaluationDrawn { evaluator: account(evaluator), domain, models }
		},
		E::TaskUnsealed { task, model, evaluator, accuracy, reimbursed } => {
			Event::TaskUnsealed { task, model, evaluator: account(evaluator), accuracy: accuracy.0, reimbursed }
		},
		E::DataSetPaid { data_set, owner, amount } => Event::DataSetPaid { data_set, owner: account(owner), amount },
		E::TaskRated { task, model, rating } => Event::TaskRated { task, model, rating: rating.0 },
		E::EpochEnded { epoch, emission } => Event::EpochEnded { epoch, emission },
		E::EmissionPaid { who, domain, role, amount } => {
			let role = match role {
				powr::Role::Creator => EmissionRole::Creator,
				powr::Role::Worker => EmissionRole::Worker,
				powr::Role::Evaluator => EmissionRole::Evaluator,
			};
			Event::EmissionPaid { who: account(who), domain, role, amount }
		},
		E::EpochClosed { epoch, paid } => Event::EpochClosed { epoch, paid },
	}
}
