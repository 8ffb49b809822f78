//! `simulate`: what each strategy earns, beside honesty.

use std::{fs, path::PathBuf};

use anyhow::{ensure, Context, Result};
use clap::{Parser, ValueEnum};
use deepnode_simulator::{
	plots, report,
	rules::{Rules, Setup},
	scenarios::{self, Measured},
	sweeps,
};

/// Plays what workers, requesters, creators and evaluators could do instead of being honest, under the
/// protocol's own rules, and says what each earns.
#[derive(Parser)]
#[command(name = "simulate")]
struct Cli {
	/// How many epochs each run has.
	#[arg(long, default_value_t = 1_000)]
	epochs: u32,
	/// The seed; the same gives the same results.
	#[arg(long, default_value_t = 1)]
	seed: u64,
	/// How many workers there are, at least 20.
	#[arg(long, default_value_t = 200)]
	workers: u32,
	/// How many seeds, one after the other, each result is averaged over.
	#[arg(long, default_value_t = 2)]
	runs: u32,
	/// Which rules.
	#[arg(long, value_enum, default_value_t = Which::Protocol)]
	rules: Which,
	/// Print a JSON list instead of the table, and draw nothing.
	#[arg(long)]
	json: bool,
	/// Where the plots go.
	#[arg(long, default_value = "target/simulate")]
	out: PathBuf,
}

#[derive(Clone, Copy, ValueEnum)]
enum Which {
	/// The protocol's rules and defaults.
	Protocol,
	/// The rules as they were first designed, before the changes that the simulation asked for.
	First,
	/// Neither audits nor reports nor diversity.
	Unguarded,
}

fn main() -> Result<()> {
	let cli = Cli::parse();
	ensure!(cli.workers >= 20, "--workers {}: 20 at least, or nobody is left to audit", cli.workers);
	ensure!(cli.epochs > 0 && cli.runs > 0, "--epochs and --runs: 1 at least");
	let rules = match cli.rules {
		Which::Protocol => Rules::protocol(),
		Which::First => Rules::first_design(),
		Which::Unguarded => Rules::unguarded(),
	};
	let setup = Setup { seed: cli.seed, epochs: cli.epochs, workers: cli.workers, ..Setup::default() };
	let results = scenarios::measure("strategies", &rules, &setup, &scenarios::all(), cli.runs);
	if cli.json {
		println!("{:#}", report::json(&results));
		return Ok(());
	}
	println!("{}", report::table(&results));
	draw(&cli, &rules, &setup, &results)?;
	println!("\nplots: {}", cli.out.display());
	Ok(())
}

fn draw(cli: &Cli, rules: &Rules, setup: &Setup, results: &[Measured]) -> Result<()> {
	fs::create_dir_all(&cli.out).with_context(|| format!("cannot create {}", cli.out.display()))?;
	let file = |name: &str| cli.out.join(name);
	let profit = "Profit, as a part of the honest profit of the same holdings";
	plots::bars(&file("profit.svg"), profit, results, (-2.0, 2.0), Some(1.0), |result| {
		Some(result.profit_vs_honest())
	})?;
	let detection = "The epoch of the first slash";
	plots::bars(&file("detection.svg"), detection, results, (0.0, 60.0), None, Measured::detection_epochs)?;
	let loss = "What requesters paid for false answers, in percent of what they paid";
	plots::bars(&file("loss.svg"), loss, results, (0.0, 50.0), None, |result| Some(result.requester_loss() * 100.0))?;
	let emission = "The actor's part of the emission, in percent";
	plots::bars(&file("emission.svg"), emission, results, (0.0, 60.0), None, |result| {
		Some(result.emission_share() * 100.0)
	})?;
	let setup = Setup { epochs: setup.epochs.div_ceil(5), ..setup.clone() };
	let sweeps = [
		(
			"coalition",
			"Profit by the coalition's part of the stake",
			"coalition, %",
			sweeps::by_coalition(rules, &setup, cli.runs),
		),
		(
			"bribe",
			"Profit of a coalition of a third by the bribe for a false answer that stands",
			"bribe, % of a pair's fee",
			sweeps::by_bribe(rules, &setup, cli.runs),
		),
		(
			"lazy-auditors",
			"Profit of a knowing coalition of a third by how many others copy when they audit",
			"auditors who copy, %",
			sweeps::by_lazy_auditors(rules, &setup, cli.runs),
		),
	];
	for (name, title, axis, lines) in sweeps {
		println!("\n{title}: it pays from");
		for line in &lines {
			let from = line.pays_from().map_or("no value tried".into(), |at| format!("{at:.0}"));
			println!("  {:30} {from} ({axis})", line.name);
		}
		plots::lines(&file(&format!("{name}.svg")), title, axis, &lines, (-2.0, 4.0))?;
	}
	Ok(())
}
