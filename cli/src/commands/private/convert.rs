//! Making a circuit of a model.

use std::{fs, io::Write as _};

use anyhow::{Context as _, Result};
use deepnode_fhe::{
	convert::{convert, Options, Report},
	onnx,
};
use serde::Serialize;

use super::rows;
use crate::{
	cli::Convert,
	context::Context,
	input::Reading,
	output::{count, fields},
};

#[derive(Serialize)]
struct Converted {
	file: String,
	sha256: String,
	bytes: usize,
	#[serde(flatten)]
	report: Report,
}

/// Converts a model, and says how exact its circuit is.
pub fn run(context: &Context, arguments: &Convert) -> Result<()> {
	let path = arguments.file.display();
	let bytes = fs::read(&arguments.file).with_context(|| format!("cannot read {path}"))?;
	let model = onnx::read(&bytes).with_context(|| format!("cannot convert {path}"))?;
	let calibration = if arguments.calibration.is_empty() {
		Vec::new()
	} else {
		let reading = Reading { rows: arguments.rows.clone(), ..Default::default() };
		rows(&arguments.calibration, model.features() as u32, &reading, None)?.concat()
	};
	let options = Options { calibration, input_levels: arguments.input_levels, weight_bits: arguments.weight_bits };
	let conversion = convert(&bytes, &options).with_context(|| format!("cannot convert {path}"))?;
	let circuit = conversion.circuit.to_bytes();
	let out = &arguments.out;
	let write = || fs::OpenOptions::new().write(true).create_new(true).open(out)?.write_all(&circuit);
	write().with_context(|| format!("cannot write the new file {}", out.display()))?;
	let converted = Converted {
		file: out.display().to_string(),
		sha256: hex::encode(conversion.circuit.digest()),
		bytes: circuit.len(),
		report: conversion.report,
	};
	context.output.show(&converted, text)
}

fn text(converted: &Converted) -> String {
	let report = &converted.report;
	let exact = match report.failure_log2 {
		None => "always".into(),
		Some(log) => format!("but for a chance of 2^{log:.0}"),
	};
	let key = report.evaluation_key_bytes.map_or("none".into(), |bytes| format!("{bytes} bytes"));
	let mut lines = vec![
		("circuit", format!("{} ({} bytes, sha256 {})", converted.file, converted.bytes, converted.sha256)),
		("parameters", format!("set {}", report.parameters)),
		("bootstraps", format!("{}, {} in a row", report.bootstraps, report.depth)),
		("exact", exact),
		("wraps", if report.fits_always { "never".into() } else { "on no calibration row; on others it may".into() }),
		("input", format!("{} bytes encrypted", report.input_bytes)),
		("result", format!("{} bytes encrypted", report.result_bytes)),
		("key", key),
	];
	if let Some(measured) = &report.measured {
		let rows = count(measured.rows, "row");
		lines.push(("measured", format!("decides as the model does in {} of {rows}", measured.agree)));
	}
	fields(&lines)
}
