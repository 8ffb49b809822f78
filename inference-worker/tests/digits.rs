//! The real digits model on every held-out image, through the sandbox.

mod common;

use std::{fs, path::PathBuf, time::Instant};

use deepnode_primitives::{
	canonical::{Answer, Output},
	comparison::Comparison,
	content::sha256,
	tensor::Dim,
};
use deepnode_worker::{
	canonical::canonical,
	sandbox::{
		protocol::{identity, Load},
		Sandbox,
	},
};

fn digits(file: &str) -> PathBuf {
	PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/models/digits").join(file)
}

/// The rows of an `.npy` file of little-endian floats in C order.
fn rows(file: &str, width: usize) -> Vec<Vec<f32>> {
	let bytes = fs::read(digits(file)).expect("the held-out images are there");
	assert_eq!(&bytes[..6], b"\x93NUMPY");
	let header = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
	assert!(String::from_utf8_lossy(&bytes[10..10 + header]).contains("'<f4'"));
	let floats: Vec<f32> =
		bytes[10 + header..].chunks_exact(4).map(|chunk| f32::from_le_bytes(chunk.try_into().expect("four"))).collect();
	floats.chunks_exact(width).map(<[f32]>::to_vec).collect()
}

fn predicted(model: &str) -> Vec<usize> {
	let manifest: serde_json::Value =
		serde_json::from_slice(&fs::read(digits("manifest.json")).expect("there")).expect("JSON");
	let labels = manifest["models"][model]["predicted"].as_array().expect("a list");
	labels.iter().map(|label| label.as_u64().expect("a digit") as usize).collect()
}

fn argmax<T: PartialOrd + Copy>(row: &[T]) -> usize {
	(0..row.len()).fold(0, |best, at| if row[at] > row[best] { at } else { best })
}

#[tokio::test]
async fn every_held_out_image_gets_scikit_learns_label() {
	let images = rows("heldout.npy", 64);
	for config in common::engines() {
		let name = config.engine.name();
		let sandbox = Sandbox::start(config).await.expect("the sandbox works");
		for file in ["digits-mlp", "digits-linear"] {
			let expected = predicted(file);
			assert_eq!(images.len(), expected.len());
			let model = fs::read(digits(&format!("{file}.onnx"))).expect("there");
			let declared = Some((
				common::specs(common::spec("pixels", &[Dim::Batch, Dim::Fixed(64)])),
				common::specs(common::spec("logits", &[Dim::Batch, Dim::Fixed(10)])),
			));
			let identity = identity(&sha256(&model), &declared);
			let load = Load { model, declared };
			let begun = Instant::now();
			let (lease, report) = sandbox.load(identity, load.clone()).await.expect("loads");
			assert_eq!(report.opset, 17);
			lease.run(common::bundle(1, &images[0])).await.expect("runs");
			let cold = begun.elapsed();
			let (mut warm, mut singles) = (Vec::new(), Vec::new());
			for (image, label) in images.iter().zip(&expected) {
				let begun = Instant::now();
				let lease = sandbox.warm(&identity, None).expect("is warm");
				let outputs = lease.run(common::bundle(1, image)).await.expect("runs");
				warm.push(begun.elapsed());
				let answer =
					canonical(&load.declared.as_ref().expect("declared").1, &Comparison::default(), 1, &outputs);
				let Answer::Outputs(quantised) = answer.answer else { panic!("{:?}", answer.reason) };
				let [Output { dims, data }] = &quantised[..] else { panic!("one output") };
				assert_eq!(dims, &[1, 10]);
				assert_eq!(argmax(data), *label);
				singles.extend(common::floats(&outputs[0]));
			}
			warm.sort();
			eprintln!(
				"{name} {file}: cold {cold:?}, warm median {:?}, warm 99% {:?}",
				warm[warm.len() / 2],
				warm[warm.len() * 99 / 100]
			);
			// All in one batch.
			let all: Vec<f32> = images.concat();
			let lease = sandbox.warm(&identity, None).expect("is warm");
			let outputs = lease.run(common::bundle(images.len() as u32, &all)).await.expect("runs");
			let batch = common::floats(&outputs[0]);
			let labels: Vec<usize> = batch.chunks_exact(10).map(argmax).collect();
			assert_eq!(labels, expected);
			let apart = singles.iter().zip(&batch).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
			eprintln!("{name} {file}: batch and singles differ by at most {apart}");
			assert!(apart < 1e-4);
		}
	}
}

#[test]
fn infer_prints_the_digest_that_a_task_would_have() {
	let image = &rows("heldout.npy", 64)[0];
	let directory = tempfile::tempdir().expect("a directory");
	let input = directory.path().join("input");
	fs::write(&input, common::bundle(1, image)).expect("written");
	let output = std::process::Command::new(env!("CARGO_BIN_EXE_deepnode-worker"))
		.args(["infer", "--model"])
		.arg(digits("digits-mlp.onnx"))
		.arg("--input")
		.arg(&input)
		.output()
		.expect("runs");
	assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
	let printed: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
	let bytes = hex::decode(printed["bytes"].as_str().expect("hex")).expect("hex");
	assert_eq!(printed["digest"], hex::encode(sha256(&bytes)));
	let data: Vec<i64> = printed["answer"]["outputs"][0]["data"]
		.as_array()
		.expect("a list")
		.iter()
		.map(|q| q.as_i64().expect("a number"))
		.collect();
	assert_eq!(argmax(&data), predicted("digits-mlp")[0]);
}

#[test]
fn scan_prints_what_the_registry_needs() {
	let scan = |path: PathBuf| {
		std::process::Command::new(env!("CARGO_BIN_EXE_deepnode-worker")).arg("scan").arg(path).output().expect("runs")
	};
	let output = scan(digits("digits-mlp.onnx"));
	assert!(output.status.success());
	let printed: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
	assert_eq!(printed["inputs"][0]["name"], "pixels");
	assert_eq!(printed["inputs"][0]["shape"], serde_json::json!(["batch", 64]));
	assert_eq!(printed["registrable"], true);
	let directory = tempfile::tempdir().expect("a directory");
	let random = directory.path().join("random.onnx");
	fs::write(&random, common::unary("Bernoulli")).expect("written");
	let output = scan(random);
	assert!(!output.status.success());
	assert!(String::from_utf8_lossy(&output.stderr).contains("is random"));
}
