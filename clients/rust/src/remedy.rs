//! What to do about errors that the runtime's own documentation does not answer.

/// What to do about an error of the runtime. Errors of DeepNode's pallets say it in their documentation.
pub(crate) fn of_dispatch(pallet: &str, name: &str) -> Option<&'static str> {
	Some(match (pallet, name) {
		("Token", "FundsUnavailable" | "NotExpendable" | "CannotCreateHold") | ("Balances", "InsufficientBalance") => {
			"send DN to the account first, or use less"
		},
		("Token", "BelowMinimum") | ("Balances", "ExistentialDeposit") => {
			"send at least the existential deposit, so that the account can exist"
		},
		("Token", "Frozen") | ("Balances", "LiquidityRestrictions") => "part of the balance is frozen: use less",
		("Balances", "Expendability") => "the account would fall below the existential deposit: use less",
		("Runtime", "BadOrigin" | "RootNotAllowed") => "sign with an account that may do this",
		_ => return None,
	})
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
	("bad signature", false, "the node is on another chain or runtime version than the client thinks: connect again"),
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
