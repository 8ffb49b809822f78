//! Sealed weights.

use std::{collections::BTreeMap, fs, path::PathBuf};

use anyhow::{bail, ensure, Context as _, Result};
use deepnode_client::{keys, seals, Error, Event, ScoreInfo, MAX_PAGES, MAX_WEIGHTS};
use deepnode_primitives::ModelId;
use serde::Serialize;

use super::{ensure_judges, known, secrets};
use crate::{
	amount::Share,
	cli::{Keeping, Weight},
	commands::Receipt,
	context::Context,
	output::count,
	progress,
	secrets::{Ballot, Page},
};

#[derive(Serialize)]
struct Committed {
	domain: String,
	epoch: u32,
	models: usize,
	/// From which block on the weights can be revealed, and until when they must be.
	reveal_from: u32,
	ends_at: u32,
	/// Where what seals them is kept.
	kept_in: PathBuf,
	#[serde(flatten)]
	receipt: Receipt,
}

/// Commits weights for the running epoch.
pub async fn commit(
	context: &Context,
	domain: &str,
	weights: Vec<Weight>,
	file: Option<PathBuf>,
	keeping: &Keeping,
) -> Result<()> {
	let weights = gather(weights, file)?;
	let key = context.key()?;
	let account = key.account();
	let client = context.client().await?;
	let best = client.best_block().await?;
	let at = Some(best.hash);
	let domain = known(&client, domain, at).await?;
	let epoch = client.score_epoch(at).await?;
	let info = client.evaluator(domain.id, &account, at).await?;
	ensure_judges(&account, &domain, &info, &epoch, &client.evaluator_limits(at).await?)?;
	ensure!(!info.committed, "{account} has committed weights in epoch {} already: reveal those", epoch.index);
	ensure!(
		best.number < epoch.reveal_from,
		"weights of epoch {} were committed until block {}, and this is block {}: commit in the next epoch",
		epoch.index,
		epoch.reveal_from,
		best.number
	);
	let scores = client.scores(at).await?;
	let listed =
		|model: &ModelId| scores.iter().any(|(id, ScoreInfo { domain: of, .. })| id == model && *of == domain.id);
	if let Some(model) = weights.keys().find(|model| !listed(model)) {
		bail!(
			"model {model} is not on the list of {0}; `deepnode evaluators scores --domain {0}` shows those that are",
			domain.name
		);
	}
	let ballot = Ballot { epoch: epoch.index, domain: domain.id, pages: pages(&weights)? };
	let commitment = seals::ballot(ballot.epoch, ballot.domain, &account, &ballot.pages());

	let mut secrets = secrets(&client, &key, keeping)?;
	secrets.change(|kept| kept.keep_ballot(ballot.clone()))?;
	let sent = client.commit_weights(&key, None, domain.id, commitment).await;
	let transaction = sent.with_context(|| {
		format!(
			"cannot say that the weights are committed; `deepnode evaluators status --domain {}` says whether they are \
			 all the same, and what seals them is kept until the epoch is over",
			domain.name
		)
	})?;
	let counted = transaction.events.iter().find_map(|event| match event {
		Event::WeightsCommitted { epoch, .. } => Some(*epoch),
		_ => None,
	});
	ensure!(
		counted == Some(ballot.epoch),
		"the epoch has turned while the weights were on their way, so that they cannot be revealed in it"
	);
	let committed = Committed {
		domain: domain.name,
		epoch: epoch.index,
		models: weights.len(),
		reveal_from: epoch.reveal_from,
		ends_at: epoch.ends_at,
		kept_in: secrets.path().to_owned(),
		receipt: Receipt::from(&transaction),
	};
	context.output.show(&committed, |committed| {
		let Committed { domain, epoch, models, reveal_from, ends_at, kept_in, receipt } = committed;
		format!(
			"weights of {} are committed for epoch {epoch} (block {})\n\
			 reveal them with `deepnode evaluators reveal --domain {domain}` from block {reveal_from} to {ends_at}, or lose stake\n\
			 what seals them is in {}: keep it until then",
			count(*models, "model"),
			receipt.block,
			kept_in.display()
		)
	})
}

/// The weights that were typed and those of a file, by their models.
fn gather(mut weights: Vec<Weight>, file: Option<PathBuf>) -> Result<BTreeMap<ModelId, Share>> {
	if let Some(path) = file {
		let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
		for word in text.split_whitespace() {
			weights.push(word.parse().map_err(|error| anyhow::anyhow!("{}: {error}", path.display()))?);
		}
	}
	ensure!(!weights.is_empty(), "there are no weights: give them as MODEL=WEIGHT, such as 3=50%");
	let mut by_model = BTreeMap::new();
	for Weight { model, weight } in weights {
		ensure!(by_model.insert(model, weight).is_none(), "model {model} is given twice: weigh it once");
	}
	Ok(by_model)
}

/// The pages of weights, each with a salt of its own.
fn pages(weights: &BTreeMap<ModelId, Share>) -> Result<Vec<Page>> {
	let weights: Vec<_> = weights.iter().map(|(model, weight)| (*model, weight.0)).collect();
	let pages = weights
		.chunks(MAX_WEIGHTS)
		.map(|weights| Ok(Page { weights: weights.to_vec(), salt: keys::random().map_err(Error::from)? }));
	let pages = pages.collect::<Result<Vec<_>>>()?;
	let most = MAX_PAGES * MAX_WEIGHTS;
	ensure!(pages.len() <= MAX_PAGES, "weights of {} are too many: at most {most} fit", count(weights.len(), "model"));
	Ok(pages)
}

#[derive(Serialize)]
struct Revealed {
	domain: String,
	epoch: u32,
	pages: usize,
	/// Whether all are revealed now.
	complete: bool,
	receipts: Vec<Receipt>,
}

/// Reveals what was committed in the running epoch.
pub async fn reveal(context: &Context, domain: &str, keeping: &Keeping) -> Result<()> {
	let key = context.key()?;
	let account = key.account();
	let client = context.client().await?;
	let best = client.best_block().await?;
	let at = Some(best.hash);
	let domain = known(&client, domain, at).await?;
	let epoch = client.score_epoch(at).await?;
	let ballot = client.ballot(epoch.index, domain.id, &account, at).await?;
	let ballot = ballot.with_context(|| {
		format!(
			"{account} has committed no weights for {} in epoch {}: there is nothing to reveal",
			domain.name, epoch.index
		)
	})?;
	ensure!(!ballot.complete, "the weights of epoch {} are revealed already", epoch.index);
	ensure!(
		best.number >= epoch.reveal_from,
		"weights are revealed from block {} on, and this is block {}: wait for it",
		epoch.reveal_from,
		best.number
	);
	let secrets = secrets(&client, &key, keeping)?;
	let is_committed = |kept: &&Ballot| {
		let sealed = seals::ballot(kept.epoch, kept.domain, &account, &kept.pages());
		(kept.epoch, kept.domain) == (epoch.index, domain.id) && sealed == ballot.commitment
	};
	let kept = secrets.kept().ballots.iter().find(is_committed).with_context(|| {
		format!("what was committed is not in {}; name the folder that has it with --secrets", secrets.path().display())
	})?;
	let pages = kept.pages();
	let due: Vec<_> = (0..pages.len() as u8).filter(|page| ballot.revealed >> page & 1 == 0).collect();
	let bar = progress::counter(&context.output, due.len(), "revealing");
	let mut revealed =
		Revealed { domain: domain.name, epoch: epoch.index, pages: 0, complete: false, receipts: Vec::new() };
	for page in due {
		let transaction = client.reveal_weights(&key, None, domain.id, &pages, page).await;
		let transaction = transaction.with_context(|| format!("cannot reveal page {page} of {}", pages.len()))?;
		revealed.complete |=
			transaction.events.iter().any(|event| matches!(event, Event::WeightsRevealed { complete: true, .. }));
		revealed.pages += 1;
		revealed.receipts.push(Receipt::from(&transaction));
		bar.inc(1);
	}
	bar.finish_and_clear();
	context.output.show(&revealed, |revealed| {
		format!("{} of weights for epoch {} revealed", count(revealed.pages, "page"), revealed.epoch)
	})
}

#[cfg(test)]
mod tests {
	use super::*;

	fn typed(text: &str) -> Vec<Weight> {
		text.split_whitespace().map(|word| word.parse().unwrap()).collect()
	}

	#[test]
	fn weights_are_sorted_and_each_model_is_weighed_once() {
		let file = tempfile::NamedTempFile::new().unwrap();
		fs::write(file.path(), "9=0.25\n1=100%").unwrap();
		let weights = gather(typed("3=50%"), Some(file.path().into())).unwrap();
		let expected = [(1, Share(1_000_000_000)), (3, Share(500_000_000)), (9, Share(250_000_000))];
		assert!(weights.into_iter().eq(expected));
		let error = gather(typed("3=50% 3=1"), None).unwrap_err().to_string();
		assert!(error.contains("model 3 is given twice"), "{error}");
		fs::write(file.path(), "9=").unwrap();
		let error = gather(vec![], Some(file.path().into())).unwrap_err().to_string();
		assert!(error.contains(file.path().to_str().unwrap()) && error.contains("50%"), "{error}");
	}

	#[test]
	fn weights_fill_pages_with_salts_of_their_own() {
		let weights = |count: u32| (0..count).map(|model| (model, Share(1))).collect();
		let many = pages(&weights(130)).unwrap();
		assert_eq!(many.iter().map(|page| page.weights.len()).collect::<Vec<_>>(), [64, 64, 2]);
		assert!(many[0].salt != many[1].salt && many[1].salt != many[2].salt);
		assert_eq!(many[2].weights, [(128, 1), (129, 1)]);
		assert_eq!(pages(&weights(1024)).unwrap().len(), 16);
		let error = pages(&weights(1025)).unwrap_err().to_string();
		assert!(error.contains("1025 models") && error.contains("1024"), "{error}");
	}
}
