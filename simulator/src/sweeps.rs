//! One thing varied at a time: where the claim stops holding.

use deepnode_scoring::Unit;

use crate::{
	jobs,
	rules::{Rules, Setup},
	scenarios::{Measured, Scenario},
	strategy::Strategy,
};

/// A line of a plot.
#[derive(Clone, Debug)]
pub struct Line {
	/// What it shows.
	pub name: String,
	/// Its points: what is varied, in percent, and the profit as a part of honesty's, in ascending order.
	pub points: Vec<(f64, f64)>,
}

impl Line {
	/// From where on the strategy earns at least what honesty does; `None` where it never does.
	pub fn pays_from(&self) -> Option<f64> {
		self.points.iter().find(|(_, profit)| *profit >= 1.0).map(|(at, _)| *at)
	}
}

/// One point to be measured.
struct Point {
	line: &'static str,
	at: u32,
	rules: Rules,
	setup: Setup,
	scenario: Scenario,
}

fn lines(what: &str, points: &[Point], runs: u32) -> Vec<Line> {
	let profits = jobs::all(what, points, |point| {
		Measured::of(&point.rules, &point.setup, &point.scenario, runs).profit_vs_honest()
	});
	let mut lines: Vec<Line> = Vec::new();
	for (point, profit) in points.iter().zip(profits) {
		let at = (f64::from(point.at), profit);
		match lines.iter_mut().find(|line| line.name == point.line) {
			Some(line) => line.points.push(at),
			None => lines.push(Line { name: point.line.into(), points: vec![at] }),
		}
	}
	lines
}

/// Profit by the size of the coalition.
pub fn by_coalition(rules: &Rules, setup: &Setup, runs: u32) -> Vec<Line> {
	let tried = [
		("collusion-blind", Strategy::CollusionBlind),
		("collusion-knowing", Strategy::CollusionKnowing),
		("audit-capture", Strategy::AuditCapture),
		("false-reports", Strategy::FalseReport),
	];
	let mut points = Vec::new();
	for at in (5..=60).step_by(5) {
		for (line, strategy) in tried {
			let scenario = Scenario::new(line, strategy, at);
			points.push(Point { line, at, rules: rules.clone(), setup: setup.clone(), scenario });
		}
		let line = "collusion-knowing, no audits";
		let scenario = Scenario::new(line, Strategy::CollusionKnowing, at);
		points.push(Point { line, at, rules: Rules::unguarded(), setup: setup.clone(), scenario });
	}
	lines("coalitions", &points, runs)
}

/// Profit of a knowing coalition of a third by what somebody outside pays for a false answer that stands,
/// in percent of a pair's fee.
pub fn by_bribe(rules: &Rules, setup: &Setup, runs: u32) -> Vec<Line> {
	let mut points = Vec::new();
	for at in [0, 50, 100, 150, 200, 300, 400, 600] {
		for (line, strategy) in
			[("collusion-blind", Strategy::CollusionBlind), ("collusion-knowing", Strategy::CollusionKnowing)]
		{
			let mut scenario = Scenario::new(line, strategy, 33);
			scenario.actor.bribe = at;
			points.push(Point { line, at, rules: rules.clone(), setup: setup.clone(), scenario });
		}
	}
	lines("bribes", &points, runs)
}

/// Profit of a knowing coalition of a third by how many of the other workers copy the settled answer where
/// they are asked to audit it, in percent.
pub fn by_lazy_auditors(rules: &Rules, setup: &Setup, runs: u32) -> Vec<Line> {
	let mut points = Vec::new();
	for at in (0..=100).step_by(10) {
		for (line, sealed_audits) in [("audits after the reveal", false), ("audits before the reveal", true)] {
			let rules = Rules { sealed_audits, ..rules.clone() };
			let scenario = Scenario::new(line, Strategy::CollusionKnowing, 33);
			let setup = Setup { lazy_auditors: Unit::from_percent(at), ..setup.clone() };
			points.push(Point { line, at, rules, setup, scenario });
		}
	}
	lines("lazy auditors", &points, runs)
}
