//! The commands that need no chain: `infer` and `scan`.

use std::{fs, io::Read, path::Path, time::Instant};

use anyhow::Context;
use deepnode_primitives::{
	canonical::Answer,
	comparison::{Comparison, Quantisation},
	content::sha256,
	tensor::read_bundle,
};
use serde_json::{json, Value};

use crate::{
	canonical::{canonical, Canonical},
	cli::Infer,
	sandbox::{
		protocol::{identity, Load},
		RunError, Sandbox,
	},
	scan::{self, Interface, Port, Report},
};

/// Runs a model on a bundle as for a task, and returns what came of it.
pub async fn infer(args: &Infer) -> anyhow::Result<Value> {
	let model = fs::read(&args.model).with_context(|| format!("cannot read the model {}", args.model.display()))?;
	let bundle = read_input(&args.input)?;
	let comparison = if args.exact {
		Comparison::Exact
	} else {
		let quantisation = Quantisation { k: args.bits, scale_millionths: args.scale_millionths };
		Comparison::Tolerance { quantisation, tau: 0 }
	};
	let hash = sha256(&model);
	let sandbox = Sandbox::start(args.engine.config()).await?;
	let begun = Instant::now();
	let loaded = sandbox.load(identity(&hash, &None), Load { model, declared: None }).await;
	let done = match loaded {
		Ok((lease, report)) => answer(lease.run(bundle.clone()), &report, &bundle, &comparison).await,
		Err(error) => Err(error),
	};
	let canonical = match done {
		Ok(canonical) => canonical,
		Err(RunError::Answer { code, detail }) => Canonical::error(code, detail),
		Err(RunError::Local(error)) => return Err(error.into()),
	};
	let seconds = begun.elapsed().as_secs_f64();
	let answer = match &canonical.answer {
		Answer::Outputs(outputs) => {
			json!({ "outputs": outputs.iter().map(|output| json!({ "dims": output.dims, "data": output.data })).collect::<Vec<_>>() })
		},
		Answer::Error(code) => json!({ "error": format!("{code:?}"), "code": *code as u8 }),
	};
	Ok(json!({
		"engine": sandbox.description().engine,
		"model": hex::encode(hash),
		"input": hex::encode(sha256(&bundle)),
		"digest": hex::encode(canonical.answer.digest()),
		"bytes": hex::encode(canonical.answer.to_bytes()),
		"answer": answer,
		"reason": canonical.reason,
		"seconds": seconds,
	}))
}

async fn answer(
	run: impl std::future::Future<Output = Result<Vec<crate::engine::Tensor>, RunError>>,
	report: &Report,
	bundle: &[u8],
	comparison: &Comparison,
) -> Result<Canonical, RunError> {
	let outputs = run.await?;
	// The child has made sure that both hold.
	let Ok((inputs, declared)) = report.interface.to_specs() else { return Ok(undeclarable(&report.interface)) };
	let items = read_bundle(&inputs, bundle).map_or(1, |(_, items)| items);
	Ok(canonical(&declared, comparison, items, &outputs))
}

fn undeclarable(interface: &Interface) -> Canonical {
	let why = interface.to_specs().err().map_or_else(String::new, |error| error.to_string());
	Canonical::error(deepnode_primitives::task::ErrorCode::ModelInvalid, why)
}

fn read_input(path: &Path) -> anyhow::Result<Vec<u8>> {
	if path == Path::new("-") {
		let mut bytes = Vec::new();
		std::io::stdin().read_to_end(&mut bytes).context("cannot read the standard input")?;
		return Ok(bytes);
	}
	fs::read(path).with_context(|| format!("cannot read the input {}", path.display()))
}

/// What a scan finds. The error is the refusal.
pub fn scan(file: &Path) -> anyhow::Result<Value> {
	let model = fs::read(file).with_context(|| format!("cannot read the model {}", file.display()))?;
	let (hash, length) = (sha256(&model), model.len());
	let report = scan::scan(model.into()).with_context(|| format!("{} is refused", file.display()))?;
	let ports = |ports: &[Port]| ports.iter().map(port).collect::<Vec<_>>();
	let registrable = report.interface.to_specs();
	Ok(json!({
		"sha256": hex::encode(hash),
		"length": length,
		"ir_version": report.ir_version,
		"opset": report.opset,
		"operators": report.operators,
		"inputs": ports(&report.interface.inputs),
		"outputs": ports(&report.interface.outputs),
		"registrable": registrable.is_ok(),
		"obstacle": registrable.err().map(|error| error.to_string()),
	}))
}

fn port(port: &Port) -> Value {
	json!({
		"name": port.name,
		"element": port.element().map(|element| format!("{element:?}").to_lowercase()),
		"shape": port.shape.as_ref().map(|shape| shape.iter().map(|dim| dim.map_or(json!("batch"), |dim| json!(dim))).collect::<Vec<_>>()),
	})
}
