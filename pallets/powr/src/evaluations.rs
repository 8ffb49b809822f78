//! Known-answer tasks: one item, put to models that the chain draws, in tasks that look like any other
//! until they are unsealed. And what requesters say of theirs.

use alloc::vec::Vec;
use codec::Encode;
use deepnode_primitives::{
	canonical::View,
	content::sha256,
	traits::{DataSets, Settled, SettledTasks},
	Balance, DataSetId, ModelId, TaskId,
};
use deepnode_scoring::{emission::share, metric, Unit};
use frame_support::{
	ensure,
	traits::{Get, Randomness},
	weights::WeightMeter,
	Blake2_256, BoundedVec, StorageHasher,
};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::{DispatchResult, Saturating};

use crate::{
	seals,
	types::{Domain, DomainId, Evaluation, Expected, Judgement, ModelDomains, Seat, Work, MAX_DRAWN},
	Config, CurrentEpoch, Domains, DrawQueue, Error, Evaluations, Event, Judgements, Ledgers, ListSizes, Listed, Marks,
	Models, Pallet, Usages, WeightInfo, Works,
};

/// How many places of a list a draw looks at for each model that it is to find.
const LOOKS: u32 = 4;

impl<T: Config> Pallet<T> {
	pub(crate) fn do_open_evaluation(
		who: T::AccountId,
		domain: DomainId,
		item: [u8; 32],
		data_set: Option<u32>,
	) -> DispatchResult {
		let (seat, all) = Self::seated(&who, domain)?;
		let now = frame_system::Pallet::<T>::block_number();
		if let Some(last) = Evaluations::<T>::get(domain, &who) {
			ensure!(Self::is_over(&last, now), Error::<T>::EvaluationOpen);
			Self::end_evaluation(&who, domain, &last);
		}
		if let Some(data_set) = data_set {
			let price = Self::evaluation_terms(data_set).map(|(_, price)| price);
			let affordable = price.is_some_and(|price| price <= Self::evaluation_budget(domain, &seat, all));
			ensure!(affordable, Error::<T>::DataSetUnavailable);
		}
		DrawQueue::<T>::try_append((domain, who.clone())).map_err(|_| Error::<T>::QueueFull)?;
		let evaluation = Evaluation { item, opened_at: now, drawn_at: None, models: BoundedVec::new(), data_set };
		Evaluations::<T>::insert(domain, &who, evaluation);
		Self::deposit_event(Event::EvaluationOpened { evaluator: who, domain });
		Ok(())
	}

	/// Whom an evaluation that draws on a data set pays, and how much; `None` where it cannot be used.
	fn evaluation_terms(data_set: DataSetId) -> Option<(T::AccountId, Balance)> {
		let terms = T::DataSets::terms(data_set).filter(|terms| terms.active)?;
		Some((terms.owner, terms.evaluation_price))
	}

	/// Whether nothing can be unsealed for an evaluation any more.
	pub(crate) fn is_over(evaluation: &Evaluation<BlockNumberFor<T>>, now: BlockNumberFor<T>) -> bool {
		now > evaluation.opened_at.saturating_add(T::EvaluationWindow::get())
	}

	/// Counts what an evaluation that is over has drawn and judged, in the running epoch.
	fn end_evaluation(who: &T::AccountId, domain: DomainId, evaluation: &Evaluation<BlockNumberFor<T>>) {
		Works::<T>::mutate((CurrentEpoch::<T>::get().index, domain), who, |work| work.add(evaluation));
	}

	/// What an evaluator may still be paid for evaluations in the running epoch: of the domain's budget
	/// its stake's share, as long as that is there.
	pub(crate) fn evaluation_budget(domain: DomainId, seat: &Seat<T::AccountId>, all: Balance) -> Balance {
		let epoch = CurrentEpoch::<T>::get();
		let key = (epoch.index, domain);
		let part = Domains::<T>::get(domain).map_or(Unit::from_parts(0), |domain| domain.share);
		let budget = part.mul_floor(epoch.budget);
		let own = share(budget, seat.stake, all).saturating_sub(Works::<T>::get(key, &seat.who).spent);
		own.min(budget.saturating_sub(Ledgers::<T>::get(key).spent))
	}

	/// Draws the models of evaluations that were opened in earlier blocks.
	pub(crate) fn draw_evaluations(now: BlockNumberFor<T>, meter: &mut WeightMeter) {
		let mut queue = DrawQueue::<T>::get().into_inner();
		if queue.is_empty() {
			return;
		}
		queue.retain(|(domain, who)| {
			let fits = meter.try_consume(T::WeightInfo::draw()).is_ok();
			!(fits && Self::draw(*domain, who, now))
		});
		DrawQueue::<T>::put(BoundedVec::truncate_from(queue));
	}

	/// Draws an evaluation's models. Returns whether it needs no other try.
	pub(crate) fn draw(domain: DomainId, who: &T::AccountId, now: BlockNumberFor<T>) -> bool {
		// Its evaluator may have left since.
		let Some(mut evaluation) = Evaluations::<T>::get(domain, who) else { return true };
		if evaluation.drawn_at.is_some() {
			return true;
		}
		let (seed, known_since) = T::Randomness::random(&(b"dn-evaluation", domain, who).encode());
		if known_since <= evaluation.opened_at {
			return false;
		}
		let size = ListSizes::<T>::get(domain);
		for look in 0..MAX_DRAWN.saturating_mul(LOOKS) {
			// A short list is gone through; of a long one places are drawn, which hardly ever repeat.
			let position = if size <= MAX_DRAWN.saturating_mul(LOOKS) {
				let start = number(&(seed, u32::MAX)).checked_rem(u64::from(size)).unwrap_or(0);
				if look >= size {
					break;
				}
				start.saturating_add(look.into()).checked_rem(u64::from(size))
			} else {
				number(&(seed, look)).checked_rem(u64::from(size))
			};
			let Some(model) = position.and_then(|position| Listed::<T>::get(domain, position as u32)) else { break };
			let known = evaluation.models.iter().any(|(drawn, _)| *drawn == model);
			if !known && T::Models::active(model) && evaluation.models.try_push((model, false)).is_err() {
				break;
			}
		}
		evaluation.drawn_at = Some(now);
		let models: Vec<ModelId> = evaluation.models.iter().map(|(model, _)| *model).collect();
		Evaluations::<T>::insert(domain, who, evaluation);
		Self::deposit_event(Event::EvaluationDrawn { evaluator: who.clone(), domain, models });
		true
	}

	pub(crate) fn do_unseal(
		who: T::AccountId,
		domain: DomainId,
		task: TaskId,
		expected: &Expected,
		salt: &[u8; 32],
		item_salt: &[u8; 32],
	) -> DispatchResult {
		let (seat, all) = Self::seated(&who, domain)?;
		let mut evaluation = Evaluations::<T>::get(domain, &who).ok_or(Error::<T>::NoEvaluation)?;
		let drawn_at = evaluation.drawn_at.ok_or(Error::<T>::NoEvaluation)?;
		let now = frame_system::Pallet::<T>::block_number();
		ensure!(!Self::is_over(&evaluation, now), Error::<T>::TooLate);
		let settled = T::Tasks::settled(task).ok_or(Error::<T>::NotSettled)?;
		let model = settled.model;
		let drawn = evaluation.models.iter_mut().find(|(drawn, judged)| *drawn == model && !judged);
		drawn.ok_or(Error::<T>::NotDrawn)?.1 = true;
		ensure!(settled.submitted_at >= drawn_at, Error::<T>::TaskTooOld);
		ensure!(seals::task(&who, expected, salt) == settled.seal, Error::<T>::SealMismatch);
		ensure!(seals::item(&who, expected, item_salt) == evaluation.item, Error::<T>::ItemMismatch);
		ensure!(Models::<T>::contains_key(model), Error::<T>::NotListed);
		Self::mark(task)?;

		let terms = Domains::<T>::get(domain).ok_or(Error::<T>::NotEvaluator)?;
		let accuracy = Self::judge(task, &settled, expected, &terms);
		let key = (CurrentEpoch::<T>::get().index, domain);
		Self::count_judgement(domain, model, &seat, accuracy)?;
		Self::uncount(key, model, settled.fee);
		if let Some(data_set) = evaluation.data_set.take() {
			if let Some((owner, price)) = Self::evaluation_terms(data_set) {
				let amount = Self::spend(domain, &seat, all, &owner, price);
				T::DataSets::used(data_set, 1);
				Self::deposit_event(Event::DataSetPaid { data_set, owner, amount });
			}
		}
		let reimbursed = Self::spend(domain, &seat, all, &who, settled.fee);
		if evaluation.models.iter().all(|(_, judged)| *judged) {
			Self::end_evaluation(&who, domain, &evaluation);
			Evaluations::<T>::remove(domain, &who);
		} else {
			Evaluations::<T>::insert(domain, &who, evaluation);
		}
		Self::deposit_event(Event::TaskUnsealed { task, model, evaluator: who, accuracy, reimbursed });
		Ok(())
	}

	/// How well a settled answer meets the expected one: by the domain's metric where both are outputs that
	/// the chain carries, otherwise right or wrong.
	fn judge(
		task: TaskId,
		settled: &Settled<T::AccountId, BlockNumberFor<T>>,
		expected: &Expected,
		domain: &Domain,
	) -> Unit {
		let certain = |right| if right { Unit::one() } else { Unit::from_parts(0) };
		let bytes = match expected {
			Expected::Digest(digest) => return certain(*digest == settled.digest),
			Expected::Answer(bytes) => bytes,
		};
		let output = T::Tasks::output(task);
		match (elements(bytes), output.as_ref().and_then(|output| output.inline()).and_then(elements)) {
			(Some(expected), Some(got)) => metric::accuracy(domain.metric, &expected, &got, domain.row as usize),
			_ => certain(sha256(bytes) == settled.digest),
		}
	}

	/// Adds an accuracy to what an evaluator found of a model in the running epoch.
	fn count_judgement(domain: DomainId, model: ModelId, seat: &Seat<T::AccountId>, accuracy: Unit) -> DispatchResult {
		let key = (CurrentEpoch::<T>::get().index, domain);
		Judgements::<T>::try_mutate(key, model, |judgements| {
			let found = accuracy.deconstruct().into();
			match judgements.iter_mut().find(|judgement| judgement.who == seat.who) {
				Some(judgement) => {
					judgement.sum = judgement.sum.saturating_add(found);
					judgement.count = judgement.count.saturating_add(1);
				},
				None => {
					let new = Judgement { who: seat.who.clone(), stake: seat.stake, sum: found, count: 1 };
					judgements.try_push(new).map_err(|_| Error::<T>::DomainFull)?;
				},
			}
			Ok(())
		})
	}

	/// Pays at most `amount` from the pot, as far as the evaluator's budget goes. Returns what was paid.
	fn spend(
		domain: DomainId,
		seat: &Seat<T::AccountId>,
		all: Balance,
		payee: &T::AccountId,
		amount: Balance,
	) -> Balance {
		let paid = Self::pay(payee, amount.min(Self::evaluation_budget(domain, seat, all)));
		let key = (CurrentEpoch::<T>::get().index, domain);
		Works::<T>::mutate(key, &seat.who, |work| work.spent = work.spent.saturating_add(paid));
		Ledgers::<T>::mutate(key, |ledger| ledger.spent = ledger.spent.saturating_add(paid));
		paid
	}

	/// Marks a task as rated or unsealed, which it can be once.
	fn mark(task: TaskId) -> DispatchResult {
		let epoch = CurrentEpoch::<T>::get().index;
		let marked = [epoch, epoch.saturating_sub(1)].iter().any(|epoch| Marks::<T>::contains_key(epoch, task));
		ensure!(!marked, Error::<T>::AlreadyMarked);
		Marks::<T>::insert(epoch, task, ());
		Ok(())
	}

	pub(crate) fn do_rate(who: T::AccountId, task: TaskId, rating: Unit) -> DispatchResult {
		let settled = T::Tasks::settled(task).ok_or(Error::<T>::NotSettled)?;
		let model = settled.model;
		let own = T::Models::creator(model).is_some_and(|creator| creator == who);
		ensure!(settled.requester == who && !own, Error::<T>::NotRequester);
		let domain = Models::<T>::get(model).ok_or(Error::<T>::NotListed)?.domain;
		Self::mark(task)?;
		Usages::<T>::mutate((CurrentEpoch::<T>::get().index, domain), model, |usage| {
			usage.rated = usage.rated.saturating_add(settled.fee);
			usage.praise = usage.praise.saturating_add(rating.mul_floor(settled.fee));
		});
		Self::deposit_event(Event::TaskRated { task, model, rating });
		Ok(())
	}
}

impl Work {
	/// Counts an evaluation that is over.
	pub(crate) fn add<BlockNumber>(&mut self, evaluation: &Evaluation<BlockNumber>) {
		let judged = evaluation.models.iter().filter(|(_, judged)| *judged).count() as u32;
		self.drawn = self.drawn.saturating_add(evaluation.models.len() as u32);
		self.judged = self.judged.saturating_add(judged);
	}

	/// The part of what was drawn that was unsealed in time; nothing where nothing was drawn, so that a vote
	/// that only repeats the last consensus earns nothing.
	pub(crate) fn diligence(&self) -> Unit {
		Unit::from_rational(self.judged, self.drawn.max(1))
	}
}

/// All elements of a canonical answer's outputs, in their order; `None` for an error or other bytes.
fn elements(bytes: &[u8]) -> Option<Vec<i32>> {
	match View::parse(bytes).ok()? {
		View::Outputs(outputs) => Some(outputs.iter().flat_map(|output| output.elements()).collect()),
		View::Error(_) => None,
	}
}

/// A number made from a seed.
fn number(seed: &impl Encode) -> u64 {
	let hash = seed.using_encoded(Blake2_256::hash);
	hash.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}
