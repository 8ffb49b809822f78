//! What to do about errors where the runtime's own documentation does not say it.

/// What to do about errors of the runtime: pallet, name, remedy. Most errors of DeepNode's pallets say it in
/// their documentation.
const REMEDIES: &[(&str, &str, &str)] = &[
	("Token", "FundsUnavailable", "send DN to the account first, or use less"),
	("Token", "NotExpendable", "send DN to the account first, or use less"),
	("Token", "CannotCreateHold", "send DN to the account first, or use less"),
	("Token", "BelowMinimum", "send at least the existential deposit, so that the account can exist"),
	("Token", "Frozen", "part of the balance is frozen: use less"),
	("Balances", "Expendability", "the account would fall below the existential deposit: use less"),
	("Balances", "InsufficientBalance", "send DN to the account first, or use less"),
	("Balances", "ExistentialDeposit", "send at least the existential deposit, so that the account can exist"),
	("Balances", "LiquidityRestrictions", "part of the balance is frozen: use less"),
	("Runtime", "BadOrigin", "sign with an account that may do this"),
	("Runtime", "RootNotAllowed", "sign with an account that may do this"),
	("DataRegistry", "UnknownDataSet", "list those that there are"),
	("DataRegistry", "NotOwner", "sign with the owner's key"),
	("DataRegistry", "NotSealed", "there is nothing to publish"),
	("DataRegistry", "ManifestMismatch", "give the same files in the order in which they were sealed"),
	("DataRegistry", "StillReferenced", "wait until the last model that declares it is removed"),
	("DataRegistry", "RoyaltyTooHigh", "ask for a quarter at most"),
	(
		"TaskAssignment",
		"NotPrivate",
		"that is `deepnode worker join` without --no-private, for a deepnode-worker built with the feature `fhe`; or \
		 serve another model",
	),
	("Powr", "UnknownDomain", "list the domains that there are"),
	("Powr", "NotUsed", "settle a task of the model first"),
	("Powr", "NotLessUsed", "name another listed model, of which fewer tasks were settled"),
	("Powr", "StakeTooLow", "add to the stake"),
	("Powr", "DomainFull", "put up more than the evaluator with the least stake has"),
	("Powr", "NotLeaving", "leave the domain first"),
	("Powr", "TooEarly", "wait for the next epoch"),
	("Powr", "CommitClosed", "commit in the next epoch"),
	("Powr", "RevealNotOpen", "wait for the last part of the epoch"),
	("Powr", "AlreadyCommitted", "reveal what was committed when the time comes"),
	("Powr", "NotCommitted", "commit weights in the next epoch"),
	("Powr", "EvaluationOpen", "unseal its tasks, or wait until its window is over"),
	("Powr", "NoEvaluation", "open an evaluation, and wait for its draw"),
	("Powr", "TooLate", "open another evaluation"),
	("Powr", "TaskTooOld", "submit the task after the draw"),
	("Powr", "NotListed", "a model comes on the list with a settled task, where there is room"),
];

/// What to do about an error of the runtime.
pub(crate) fn of_dispatch(pallet: &str, name: &str) -> Option<&'static str> {
	REMEDIES.iter().find(|(of, error, _)| (*of, *error) == (pallet, name)).map(|(_, _, remedy)| *remedy)
}

/// A refusal of the transaction pool: what it contains, whether it passes by itself, what to do.
const REFUSALS: &[(&str, bool, &str)] = &[
	("Inability to pay some fees", false, "send DN to the signing account first"),
	("Transaction is outdated", true, "another transaction took its nonce: send it again"),
	(
		"Transaction will be valid in the future",
		true,
		"an earlier transaction of the account is missing: send it again",
	),
	("ancient birth block", true, "it waited too long: send it again"),
	(
		"bad signature",
		true,
		"it is anchored to a recent block, which a fork has replaced, or the runtime is another by now: send it again; \
		 where that does not help the node is on another chain than when the program connected: start it again",
	),
	("exhaust the resources", true, "the block is full: send it again"),
	("Call is not expected", false, "the chain does not accept this call now"),
	("rendered invalid by another", true, "another transaction took its nonce: send it again"),
	("marked as invalid", true, "the state it was made for has changed: look at the chain, then send it again"),
	("exceeding limits", true, "the node's pool is full: send it again later"),
	("temporarily banned", true, "the node remembers that it was invalid: wait a minute"),
	("lready imported", true, "it is in the pool: wait for it"),
	("riority is too low", true, "a transaction with the same nonce is in the pool: wait for it"),
	("mmediately dropped", true, "the node's pool is full: send it again later"),
	("usurped", true, "another transaction took its nonce: send it again"),
];

/// Whether the pool refused a transaction because another has its nonce, in a block or in the pool.
pub(crate) fn is_nonce_taken(reason: &str) -> bool {
	["Transaction is outdated", "riority is too low"].iter().any(|text| reason.contains(text))
}

/// Whether the pool refused a transaction because the block that it is anchored to, which is part of what is signed, is
/// not on its chain, or too old.
pub(crate) fn is_anchor_unknown(reason: &str) -> bool {
	["bad signature", "ancient birth block"].iter().any(|text| reason.contains(text))
}

fn refusal(reason: &str) -> Option<&'static (&'static str, bool, &'static str)> {
	REFUSALS.iter().find(|(text, ..)| reason.contains(text))
}

/// What to do about a refusal, to be put after it.
pub(crate) fn after(reason: &str) -> String {
	refusal(reason).map(|(_, _, remedy)| format!("; {remedy}")).unwrap_or_default()
}

/// Whether a refusal can pass without anybody changing anything.
pub(crate) fn passes_by_itself(reason: &str) -> bool {
	refusal(reason).is_some_and(|(_, passes, _)| *passes)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn errors_of_the_pallets_are_called_as_the_runtime_calls_them() {
		let metadata = subxt::Metadata::decode_from(include_bytes!("../metadata.scale")).unwrap();
		let pallets = ["Balances", "DataRegistry", "Powr", "TaskAssignment"];
		for (pallet, name, _) in REMEDIES.iter().filter(|(pallet, ..)| pallets.contains(pallet)) {
			let errors = metadata.pallet_by_name(pallet).unwrap().error_variants().unwrap();
			assert!(errors.iter().any(|error| error.name == *name), "{pallet}::{name}");
		}
	}
}
