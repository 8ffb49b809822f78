//! Reports for people.

use super::{
	ending::{Ending, Moved, Settlement},
	Loser, Report,
};
use crate::{
	answer::{Decoded, DecodedOutput},
	output::{count, fields, table},
};

/// How many of a row's values are shown.
const SHOWN_VALUES: usize = 8;

/// Everything that is known of one task.
pub fn text(report: &Report) -> String {
	let mut lines = vec![
		("task", format!("{} for model {}, {}", report.task, report.model, count(report.items as usize, "item"))),
		("status", report.standing.clone()),
		("requester", report.requester.clone()),
		("fee", format!("{}, and {} for audits", report.fee, report.audit_fee)),
	];
	if let Some(digest) = &report.digest {
		lines.push(("digest", digest.clone()));
	}
	if !report.workers.is_empty() {
		lines.push(("workers", report.workers.join("\n")));
	}
	if let Some(waves) = report.waves.filter(|waves| *waves > 1) {
		lines.push(("asked", format!("{waves} times, since their answers have no majority")));
	}
	if !report.losers.is_empty() {
		let loser = |loser: &Loser| format!("{}, which lost {}", loser.account, loser.slashed);
		lines.push(("outvoted", report.losers.iter().map(loser).collect::<Vec<_>>().join("\n")));
	}
	match &report.ending {
		Some(ending) => lines.extend(ending.lines(report.digest.is_none() || report.losers.is_empty())),
		None if report.ended_at.is_some() => {
			lines.push(("payments", "the node no longer has the block's events; ask an archive node".into()));
		},
		None => {},
	}
	if let Some(audit) = &report.audit {
		let auditors = audit.auditors.iter().map(|auditor| format!("\n{auditor}"));
		lines.push(("audit", audit.meaning.to_owned() + &auditors.collect::<String>()));
	}
	let answer = match &report.answer {
		Some(answer) => format!("\n\n{}", values(answer)),
		None if report.answer_at.is_empty() => String::new(),
		None => {
			let why = report.answer_error.as_ref().map(|why| format!("\nIt is not shown: {why}")).unwrap_or_default();
			format!("\n\nThe answer is at {}{why}", report.answer_at.join(" and "))
		},
	};
	fields(&lines) + &answer
}

impl Ending {
	/// Where the fee went, and who lost and got what besides. `with_slashes` unless it is told elsewhere who
	/// was outvoted.
	fn lines(&self, with_slashes: bool) -> Vec<(&'static str, String)> {
		let mut lines = Vec::new();
		let list = |moved: &[Moved]| {
			let line = |moved: &Moved| format!("{} {} ({})", moved.account, moved.amount, moved.reason);
			moved.iter().map(line).collect::<Vec<_>>().join("\n")
		};
		if with_slashes && !self.slashed.is_empty() {
			lines.push(("slashed", list(&self.slashed)));
		}
		if !self.compensated.is_empty() {
			lines.push(("compensated", list(&self.compensated)));
		}
		if let Some(digest) = &self.auditors_digest {
			lines.push(("audit says", digest.clone()));
		}
		if let Some(Settlement { split, .. }) = &self.settlement {
			let parts = [
				("creator", split.creator),
				("workers", split.workers),
				("validators", split.validators),
				("treasury", split.treasury),
				("community", split.community),
				("burned", split.burned),
			];
			let parts = parts.map(|(name, amount)| vec![name.into(), amount.to_string()]);
			lines.push(("split", table(&["FEE TO", ">AMOUNT"], parts)));
		}
		lines
	}
}

/// An answer's values, a row of them to a line.
fn values(answer: &Decoded) -> String {
	if let Some(error) = answer.error {
		return format!("The answer is an error: {error}");
	}
	answer.outputs.iter().map(|output| one_output(output, answer)).collect::<Vec<_>>().join("\n\n")
}

fn one_output(output: &DecodedOutput, answer: &Decoded) -> String {
	let texts = output.texts();
	let classes = answer.classes.as_ref().filter(|_| answer.outputs.len() == 1);
	let rows = texts.chunks(output.row_length()).enumerate().map(|(at, row)| {
		let mut cells = vec![at.to_string()];
		cells.extend(classes.map(|classes| classes.get(at).map(usize::to_string).unwrap_or_default()));
		let more =
			if row.len() > SHOWN_VALUES { format!("  ... {} more", row.len() - SHOWN_VALUES) } else { String::new() };
		let shown = row.iter().take(SHOWN_VALUES).map(String::as_str).collect::<Vec<_>>().join("  ");
		cells.push(shown + &more);
		cells
	});
	let name = format!("{} {:?}", output.name.to_uppercase(), output.shape);
	match classes {
		Some(_) => table(&[">ITEM", ">CLASS", &name], rows),
		None => table(&[">ROW", &name], rows),
	}
}

/// Tasks and their answers in short.
pub fn summary(reports: &[Report]) -> String {
	let row = |report: &Report| {
		let answer = match &report.answer {
			Some(Decoded { error: Some(error), .. }) => format!("error: {error}"),
			Some(Decoded { classes: Some(classes), .. }) => {
				let shown = classes.iter().take(2 * SHOWN_VALUES).map(usize::to_string).collect::<Vec<_>>().join(" ");
				let more = classes.len().saturating_sub(2 * SHOWN_VALUES);
				format!("class {shown}{}", if more > 0 { format!(" ... {more} more") } else { String::new() })
			},
			Some(Decoded { outputs, .. }) => outputs
				.iter()
				.map(|output| format!("{} {:?}", output.name, output.shape))
				.collect::<Vec<_>>()
				.join(", "),
			None => String::new(),
		};
		let audit = report.audit.as_ref().map(|audit| audit.phase).unwrap_or_default().to_owned();
		let (items, fee) = (report.items.to_string(), report.fee.to_string());
		vec![report.task.to_string(), report.standing.clone(), items, fee, audit, answer]
	};
	table(&[">TASK", "STATUS", ">ITEMS", ">FEE", "AUDIT", "ANSWER"], reports.iter().map(row))
}
