//! What revealed answers come to.

use deepnode_primitives::{
	canonical::View,
	comparison::Comparison,
	content::{Digest, Payload},
	task::Verdict,
};

/// Judges answers, each with its digest, in the order of their seats.
///
/// Equal digests agree without a look at the answers. Others are compared pair by pair; an answer
/// that the chain does not carry agrees with none but its equal. Where all agree, the first seat's
/// answer stands for them.
pub fn judge(comparison: &Comparison, answers: &[(Digest, Payload)]) -> Verdict {
	let Some(((digest, output), others)) = answers.split_first() else { return Verdict::Disagreed };
	let equal = others.iter().all(|(other, _)| other == digest);
	if !equal && !all_agree(comparison, answers) {
		return Verdict::Disagreed;
	}
	match output.inline().map(View::parse) {
		Some(Ok(View::Error(code))) => Verdict::Failed(code),
		Some(Err(_)) => Verdict::Disagreed,
		Some(Ok(View::Outputs(_))) | None => Verdict::Agreed { digest: *digest, output: output.clone() },
	}
}

fn all_agree(comparison: &Comparison, answers: &[(Digest, Payload)]) -> bool {
	answers.iter().enumerate().all(|(at, (_, a))| {
		answers.iter().skip(at.saturating_add(1)).all(|(_, b)| match (a.inline(), b.inline()) {
			(Some(a), Some(b)) => comparison.agrees(a, b) == Ok(true),
			_ => false,
		})
	})
}
