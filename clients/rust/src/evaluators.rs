//! Evaluators: their calls, and what the chain has of domains, scores and those who judge them.

use deepnode_primitives::{Balance, DataSetId, ModelId, TaskId};

use crate::{
	client::Client,
	convert::{evaluators as types, to_account},
	error::Result,
	keys::Keypair,
	runtime, seals,
	tx::TxInBlock,
	types::{
		BallotInfo, DomainId, DomainInfo, EpochIndex, EpochInfo, EvaluatorInfo, EvaluatorLimits, EvaluatorSeat,
		Expected, ScoreInfo, WeightsPage,
	},
	view, AccountId, H256,
};

impl Client {
	/// Becomes an evaluator of a domain with a stake on hold, or adds to that stake.
	pub async fn join_domain(
		&self,
		signer: &Keypair,
		nonce: Option<u64>,
		domain: DomainId,
		amount: Balance,
	) -> Result<TxInBlock> {
		self.send(signer, nonce, &runtime::tx().powr().join(domain, amount)).await
	}

	/// Leaves a domain.
	pub async fn leave_domain(&self, signer: &Keypair, nonce: Option<u64>, domain: DomainId) -> Result<TxInBlock> {
		self.send(signer, nonce, &runtime::tx().powr().leave(domain)).await
	}

	/// Takes back the stake of an evaluator that has left.
	pub async fn withdraw_from_domain(
		&self,
		signer: &Keypair,
		nonce: Option<u64>,
		domain: DomainId,
	) -> Result<TxInBlock> {
		self.send(signer, nonce, &runtime::tx().powr().withdraw(domain)).await
	}

	/// Puts a model on its domain's list; where that is full, in the place of one that is used less.
	pub async fn enlist(
		&self,
		signer: &Keypair,
		nonce: Option<u64>,
		model: ModelId,
		instead: Option<ModelId>,
	) -> Result<TxInBlock> {
		self.send(signer, nonce, &runtime::tx().powr().enlist(model, instead)).await
	}

	/// Commits weights for the running epoch: a [`seals::ballot`].
	pub async fn commit_weights(
		&self,
		signer: &Keypair,
		nonce: Option<u64>,
		domain: DomainId,
		commitment: [u8; 32],
	) -> Result<TxInBlock> {
		self.send(signer, nonce, &runtime::tx().powr().commit_weights(domain, commitment)).await
	}

	/// Reveals one of the pages that were committed.
	pub async fn reveal_weights(
		&self,
		signer: &Keypair,
		nonce: Option<u64>,
		domain: DomainId,
		pages: &[WeightsPage],
		page: u8,
	) -> Result<TxInBlock> {
		let hashes = runtime::BoundedVec(seals::pages(pages));
		let (weights, salt) = match pages.get(usize::from(page)) {
			Some(shown) => (types::to_weights(shown), shown.salt),
			None => (runtime::BoundedVec(Vec::new()), [0; 32]),
		};
		let call = runtime::tx().powr().reveal_weights(domain, hashes, page, weights, salt);
		self.send(signer, nonce, &call).await
	}

	/// Opens an evaluation of an item: a [`seals::item`]. A later block draws its models.
	pub async fn open_evaluation(
		&self,
		signer: &Keypair,
		nonce: Option<u64>,
		domain: DomainId,
		item: [u8; 32],
		data_set: Option<DataSetId>,
	) -> Result<TxInBlock> {
		self.send(signer, nonce, &runtime::tx().powr().open_evaluation(domain, item, data_set)).await
	}

	/// Unseals a settled known-answer task.
	pub async fn unseal(
		&self,
		signer: &Keypair,
		nonce: Option<u64>,
		domain: DomainId,
		task: TaskId,
		expected: Expected,
		(salt, item_salt): ([u8; 32], [u8; 32]),
	) -> Result<TxInBlock> {
		let call = runtime::tx().powr().unseal(domain, task, types::to_expected(expected), salt, item_salt);
		self.send(signer, nonce, &call).await
	}

	/// Rates a settled task of one's own, in parts per billion: all of them are best.
	pub async fn rate(&self, signer: &Keypair, nonce: Option<u64>, task: TaskId, rating: u32) -> Result<TxInBlock> {
		self.send(signer, nonce, &runtime::tx().powr().rate(task, types::to_rating(rating))).await
	}

	/// Every domain, by its number.
	pub async fn domains(&self, at: Option<H256>) -> Result<Vec<DomainInfo>> {
		let found = self.entries(at, runtime::storage().powr().domains(), ()).await?;
		let mut domains: Vec<_> = found.into_iter().map(|((id,), domain)| types::domain(id, domain)).collect();
		domains.sort_unstable_by_key(|domain| domain.id);
		Ok(domains)
	}

	/// Every listed model's score, by the model's number.
	pub async fn scores(&self, at: Option<H256>) -> Result<Vec<(ModelId, ScoreInfo)>> {
		let found = self.entries(at, runtime::storage().powr().models(), ()).await?;
		let mut scores: Vec<_> = found.into_iter().map(|((model,), record)| (model, types::score(record))).collect();
		scores.sort_unstable_by_key(|(model, _)| *model);
		Ok(scores)
	}

	/// Where the epochs of scores stand.
	pub async fn score_epoch(&self, at: Option<H256>) -> Result<EpochInfo> {
		let at = self.at(at).await?;
		Ok(types::epoch(view::call(&at, &runtime::view_functions().powr().epoch()).await?))
	}

	/// What an account is as an evaluator of a domain.
	pub async fn evaluator(&self, domain: DomainId, account: &AccountId, at: Option<H256>) -> Result<EvaluatorInfo> {
		let at = self.at(at).await?;
		let evaluator = runtime::view_functions().powr().evaluator(domain, to_account(account));
		Ok(types::evaluator(view::call(&at, &evaluator).await?))
	}

	/// The evaluators of a domain.
	pub async fn evaluators(&self, domain: DomainId, at: Option<H256>) -> Result<Vec<EvaluatorSeat>> {
		let seats = self.fetch(at, runtime::storage().powr().seats(), (domain,)).await?;
		Ok(seats.map(types::seats).unwrap_or_default())
	}

	/// What an evaluator has committed to in an epoch.
	pub async fn ballot(
		&self,
		epoch: EpochIndex,
		domain: DomainId,
		account: &AccountId,
		at: Option<H256>,
	) -> Result<Option<BallotInfo>> {
		let ballots = runtime::storage().powr().ballots();
		let ballot = self.fetch(at, ballots, ((epoch, domain), to_account(account))).await?;
		Ok(ballot.map(types::ballot))
	}

	/// The bounds and periods of evaluators.
	pub async fn evaluator_limits(&self, at: Option<H256>) -> Result<EvaluatorLimits> {
		let at = self.at(at).await?;
		let (constants, powr) = (at.constants(), runtime::constants().powr());
		Ok(EvaluatorLimits {
			min_stake: constants.entry(powr.min_evaluator_stake())?,
			evaluation_window: constants.entry(powr.evaluation_window())?,
			epoch_length: constants.entry(powr.epoch_length())?,
			unbonding_period: constants.entry(powr.unbonding_period())?,
		})
	}
}
