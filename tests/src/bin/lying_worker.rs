//! A worker that lies, for scenarios of disputes and audits: the shipped worker but for its answers.
//!
//! ```text
//! lying_worker --lie constant run --node ws://127.0.0.1:9944 --key //Eve --data-dir eve
//! ```
//!
//! Everything but the option is the worker's own command line. A lie never agrees with the truth, under
//! any comparison; only what `nudge` says always does, though it is not the same. That a task cannot be
//! answered is said as it is.

use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use deepnode_client::keys;
use deepnode_primitives::{
	canonical::{Answer, Output},
	comparison::Comparison,
};
use deepnode_worker::{
	canonical::Canonical,
	chain::Model,
	cli::Command,
	program,
	runner::{Answerer, Question, Trouble},
};
use tokio::time::Instant;

/// By how much a lie stands out: more than twice the largest tolerance, which is `2^24` steps.
const HEIGHT: i32 = 1 << 26;

/// A worker that lies.
#[derive(Debug, Parser)]
#[command(name = "lying_worker")]
struct Options {
	/// What it answers instead of the truth.
	#[arg(long, value_enum, default_value_t = Lie::Constant)]
	lie: Lie,
	/// The worker's own command line.
	#[command(subcommand)]
	command: Command,
}

/// What a liar answers instead of the truth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Lie {
	/// What every other liar of this kind answers too: the class after the true one wins, by a constant.
	/// So they agree with each other, and with nobody else.
	Constant,
	/// Drawn anew each time: another class wins, and another than with the constant lie where there are
	/// three, by another height. So two such liars agree seldom if the model has many classes, and never
	/// in effect where outputs are compared by their elements.
	Perturb,
	/// No lie: the truth, from which every element is as far as the comparison tolerates, upwards and
	/// downwards by turns. An honest worker whose floating point is as odd as can be.
	Nudge,
}

impl Lie {
	/// The lie about these outputs, which are compared like this.
	fn about(self, truth: &[Output], comparison: &Comparison) -> Vec<Output> {
		truth.iter().map(|output| Output { dims: output.dims.clone(), data: self.data(output, comparison) }).collect()
	}

	fn data(self, truth: &Output, comparison: &Comparison) -> Vec<i32> {
		let row = truth.dims.last().copied().unwrap_or(1).max(1) as usize;
		let (shift, more) = match self {
			Self::Constant => (1, 0),
			Self::Perturb => random(row),
			Self::Nudge => return nudge(&truth.data, tolerated(comparison)),
		};
		truth.data.chunks(row).flat_map(|row| lie_about_row(row, shift, more)).collect()
	}
}

/// Zeros but for the element that is `shift` after the largest, which becomes [`HEIGHT`] and `more`.
///
/// The largest element and this one cannot both be near the truth: the truth of this one is no larger
/// than that of the other, but here it is larger by the height. A lone element moves by the height.
fn lie_about_row(row: &[i32], shift: usize, more: i32) -> Vec<i32> {
	if let [only] = row {
		let height = HEIGHT + more;
		return vec![if *only > 0 { only - height } else { only + height }];
	}
	let largest = (0..row.len()).rev().max_by_key(|at| row[*at]).unwrap_or_default();
	let target = (largest + shift) % row.len();
	(0..row.len()).map(|at| if at == target { HEIGHT + more } else { 0 }).collect()
}

fn nudge(truth: &[i32], steps: i32) -> Vec<i32> {
	let nudged = |(at, element): (usize, &i32)| element.saturating_add(if at % 2 == 0 { steps } else { -steps });
	truth.iter().enumerate().map(nudged).collect()
}

/// How many steps an element may be from another.
const fn tolerated(comparison: &Comparison) -> i32 {
	match comparison {
		Comparison::Exact => 0,
		// At most 2^24.
		Comparison::Tolerance { tau, .. } | Comparison::ArgMax { tau, .. } => *tau as i32,
	}
}

/// How far the class is shifted, and by how much more it wins.
fn random(classes: usize) -> (usize, i32) {
	// Without randomness there is no salt either, so a liar never gets that far.
	let [a, b, c, d] = keys::random::<4>().unwrap_or_default();
	let shift = 2 + usize::from(a) % classes.saturating_sub(2).max(1);
	let shift = if classes > 2 { shift } else { 1 };
	(shift, i32::from_le_bytes([b, c, d, 0]))
}

/// Answers what another answers, and then lies about it.
struct Liar<A> {
	honest: A,
	lie: Lie,
}

impl<A: Answerer> Answerer for Liar<A> {
	async fn answer(&self, question: &Question, fetch_by: Instant) -> Result<Canonical, Trouble> {
		let Canonical { answer, reason } = self.honest.answer(question, fetch_by).await?;
		let answer = match answer {
			Answer::Outputs(outputs) => Answer::Outputs(self.lie.about(&outputs, &question.model.comparison)),
			error => error,
		};
		Ok(Canonical { answer, reason })
	}

	async fn prepare(&self, model: &Model) {
		self.honest.prepare(model).await;
	}
}

fn main() -> ExitCode {
	let Options { lie, command } = Options::parse();
	program::main(command, |honest| Liar { honest, lie })
}

#[cfg(test)]
mod tests {
	use super::*;
	use deepnode_primitives::comparison::{Quantisation, MAX_K};

	/// The comparisons that tell the least apart.
	fn comparisons() -> [Comparison; 3] {
		let quantisation = Quantisation { k: MAX_K, scale_millionths: 1_000_000 };
		let tau = 1 << MAX_K;
		[Comparison::Exact, Comparison::Tolerance { quantisation, tau }, Comparison::ArgMax { quantisation, tau }]
	}

	fn bytes(outputs: Vec<Output>) -> Vec<u8> {
		Answer::Outputs(outputs).to_bytes()
	}

	fn truths() -> Vec<Vec<i32>> {
		let (low, high) = (i32::MIN, i32::MAX);
		vec![
			vec![0, 0, 0, 0],
			vec![1, 2, 3, 4],
			vec![HEIGHT, HEIGHT, 0, 0],
			vec![0, 0, 0, HEIGHT],
			vec![high, low, low, high],
			vec![low, low, low, low],
		]
	}

	#[test]
	fn no_lie_agrees_with_the_truth() {
		for (data, lie, dims) in truths().into_iter().flat_map(|data| {
			let shapes = [vec![1, 4], vec![2, 2], vec![4]];
			shapes.map(|dims| [Lie::Constant, Lie::Perturb].map(|lie| (data.clone(), lie, dims.clone()))).concat()
		}) {
			let truth = vec![Output { dims, data }];
			for comparison in comparisons() {
				let lie = bytes(lie.about(&truth, &comparison));
				assert_eq!(comparison.agrees(&bytes(truth.clone()), &lie), Ok(false), "{comparison:?} {truth:?}");
			}
		}
	}

	#[test]
	fn a_lone_element_is_moved_too() {
		let [exact, tolerance, _] = comparisons();
		for data in [i32::MIN, -1, 0, 1, i32::MAX] {
			let truth = vec![Output { dims: vec![1, 1], data: vec![data] }];
			for (lie, comparison) in [(Lie::Constant, exact), (Lie::Perturb, tolerance)] {
				assert_eq!(comparison.agrees(&bytes(truth.clone()), &bytes(lie.about(&truth, &comparison))), Ok(false));
			}
		}
	}

	#[test]
	fn constant_liars_agree_with_each_other_and_with_no_other_liar() {
		for data in truths() {
			let truth = vec![Output { dims: vec![1, 4], data }];
			for comparison in comparisons() {
				let constant = Lie::Constant.about(&truth, &comparison);
				assert_eq!(constant, Lie::Constant.about(&truth, &comparison));
				let other = bytes(Lie::Perturb.about(&truth, &comparison));
				assert_eq!(comparison.agrees(&bytes(constant.clone()), &other), Ok(false), "{comparison:?}");
			}
		}
	}

	#[test]
	fn what_is_nudged_agrees_with_the_truth_and_is_not_the_same() {
		for data in truths() {
			let truth = vec![Output { dims: vec![2, 2], data }];
			for comparison in comparisons() {
				let nudged = Lie::Nudge.about(&truth, &comparison);
				assert_eq!(
					comparison.agrees(&bytes(truth.clone()), &bytes(nudged.clone())),
					Ok(true),
					"{comparison:?}"
				);
				assert_eq!(nudged == truth, comparison == Comparison::Exact, "{comparison:?}");
			}
		}
	}
}
