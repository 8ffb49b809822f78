//! The results as a table, and as JSON.

use comfy_table::{presets::NOTHING, CellAlignment, Table};
use serde_json::{json, Value};

use crate::scenarios::Measured;

/// The results as a table for people.
pub fn table(results: &[Measured]) -> String {
	let mut table = Table::new();
	table.load_preset(NOTHING).set_header([
		"strategy",
		"coalition",
		"profit / honest",
		"detected in epoch",
		"requesters' loss",
		"emission",
		"others slashed, DN",
	]);
	for result in results {
		table.add_row([
			result.scenario.name.to_string(),
			format!("{}%", result.scenario.percent()),
			format!("{:.3}", result.profit_vs_honest()),
			result.detection_epochs().map_or("-".into(), |epochs| format!("{epochs:.1}")),
			format!("{:.2}%", result.requester_loss() * 100.0),
			format!("{:.1}%", result.emission_share() * 100.0),
			format!("{:.0}", result.outsiders_slashed()),
		]);
	}
	for column in table.column_iter_mut().skip(1) {
		column.set_cell_alignment(CellAlignment::Right);
	}
	table.to_string()
}

/// The same for programs: one object for each scenario.
pub fn json(results: &[Measured]) -> Value {
	results
		.iter()
		.map(|result| {
			json!({
				"strategy": result.scenario.name,
				"coalition": f64::from(result.scenario.percent()) / 100.0,
				"claimed_to_lose": result.scenario.actor.strategy.must_lose() && result.scenario.percent() <= 33,
				"profit_vs_honest": result.profit_vs_honest(),
				"detection_epochs": result.detection_epochs(),
				"requester_loss": result.requester_loss(),
				"emission_share": result.emission_share(),
				"others_slashed": result.outsiders_slashed(),
				"wrongly_overturned": result.wrongly_overturned(),
			})
		})
		.collect()
}
