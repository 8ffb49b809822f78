//! Measures private inference on this machine: `bench MODELS QUESTION [--quick]`, where MODELS is `tests/models` and
//! QUESTION a folder to put one question in, for the program `digest`. Prints JSON.

#[cfg(feature = "integers")]
mod integers;
mod models;

use std::{
	error::Error,
	fs,
	path::Path,
	time::{Duration, Instant},
};

use deepnode_fhe::{
	bootstrap::ServerKey,
	circuit::{Circuit, Table},
	evaluate::evaluate,
	keys::ClientKey,
	params::{BOOTSTRAP, LINEAR},
	wire::EvaluationKey,
	workers::Workers,
};
use models::{linear_784, perceptron_784, Model};
use serde_json::{json, Value};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

#[cfg(feature = "integers")]
/// Products of a layer of 784 inputs and 10 outputs.
const PRODUCTS: u32 = 7840;

fn main() -> Result<()> {
	let arguments: Vec<_> = std::env::args().skip(1).collect();
	let quick = arguments.iter().any(|argument| argument == "--quick");
	let [models, question, ..] = &arguments[..] else { return Err("usage: bench MODELS QUESTION [--quick]".into()) };
	let (models, question) = (Path::new(models), Path::new(question));
	let repetitions = if quick { 3 } else { 21 };
	let cores = std::thread::available_parallelism()?.get();
	let workers = Workers::new(cores)?;

	let client = ClientKey::generate(&BOOTSTRAP);
	let begun = Instant::now();
	let evaluation = client.evaluation_key()?.to_bytes();
	let key_generation = begun.elapsed();
	let begun = Instant::now();
	let server = ServerKey::new(EvaluationKey::from_bytes(&evaluation, &BOOTSTRAP)?).ok_or("no key")?;
	let key_expansion = begun.elapsed();
	let single = bootstrap(&server, repetitions)?;

	let bench = Bench { client: &client, linear: &ClientKey::generate(&LINEAR), server: &server, workers: &workers, repetitions };
	let wide = linear_784()?;
	let row = |features: usize| (0..features).map(|at| (at % 16) as f32).collect::<Vec<_>>();
	let linear = bench.measure(&wide, &row(784))?;
	let here = Bench { workers: &Workers::Here, ..bench }.measure(&wide, &row(784))?;
	let mut results = vec![
		named("linear 784 x 10", &wide, &linear, None)?,
		named("linear 784 x 10, one thread", &wide, &here, None)?,
	];
	let committed = [
		("digits, linear 64 x 10", "digits", "digits-linear"),
		("digits, perceptron 64-32-10", "digits", "digits-mlp"),
		("tumours, forest of 8 trees", "breast-cancer", "tumours-forest"),
	];
	let fewer = Bench { repetitions: repetitions.div_ceil(4), ..bench };
	for (name, folder, file) in committed {
		let model = Model::load(models, folder, file)?;
		let bench = if model.circuit.bootstraps() > 0 { &fewer } else { &bench };
		let measured = bench.measure(&model.circuit, &model.rows[0])?;
		results.push(named(name, &model.circuit, &measured, Some(&model))?);
		if file == "digits-mlp" {
			fs::create_dir_all(question)?;
			fs::write(question.join("circuit"), model.circuit.to_bytes())?;
			fs::write(question.join("key"), &evaluation)?;
			fs::write(question.join("input"), client.encrypt(&model.circuit, &model.rows[0])?)?;
		}
	}
	let large = perceptron_784()?;
	let measured = fewer.measure(&large, &row(784))?;
	results.push(named("perceptron 784-64-10", &large, &measured, None)?);
	for result in &mut results {
		let bootstraps = result["bootstraps"].as_u64().unwrap_or(0);
		if bootstraps > 0 {
			let ideal = single.as_secs_f64() * bootstraps as f64 / cores as f64;
			result["of_ideal"] = json!(result["evaluate_s"].as_f64().unwrap_or(0.0) / ideal);
		}
	}

	let report = json!({
		"machine": machine(),
		"cores": cores,
		"repetitions": repetitions,
		"forced_fft_plan": deepnode_fhe::DETERMINISTIC,
		"client_key_bytes": client.to_bytes().len(),
		"evaluation_key_bytes": evaluation.len(),
		"key_generation_s": key_generation.as_secs_f64(),
		"key_expansion_s": key_expansion.as_secs_f64(),
		"single_bootstrap_s": single.as_secs_f64(),
		"models": results,
		"integers": integers(&linear, quick),
	});
	println!("{report:#}");
	Ok(())
}

/// How long one lookup takes on one thread.
fn bootstrap(server: &ServerKey, repetitions: usize) -> Result<Duration> {
	// Any ciphertext will do: time does not depend on what is encrypted.
	let table = server.accumulator(&Table::absolute(6), 13);
	let input: Vec<u64> = (0..BOOTSTRAP.lwe_size() as u64).map(|at| at.wrapping_mul(0x9e37_79b9_7f4a_7c15)).collect();
	median(repetitions, || {
		server.look_up(&input, &table);
		Ok(())
	})
}

fn median(repetitions: usize, mut work: impl FnMut() -> Result<()>) -> Result<Duration> {
	let mut taken = Vec::with_capacity(repetitions);
	for _ in 0..repetitions.max(1) {
		let begun = Instant::now();
		work()?;
		taken.push(begun.elapsed());
	}
	taken.sort_unstable();
	Ok(taken[taken.len() / 2])
}

#[derive(Clone, Copy)]
struct Bench<'a> {
	client: &'a ClientKey,
	linear: &'a ClientKey,
	server: &'a ServerKey,
	workers: &'a Workers,
	repetitions: usize,
}

struct Measured {
	encrypt: Duration,
	evaluate: Duration,
	decrypt: Duration,
}

impl Bench<'_> {
	/// Times a circuit, whose answer must be the reference's.
	fn measure(&self, circuit: &Circuit, row: &[f32]) -> Result<Measured> {
		let key = if circuit.bootstraps() > 0 { self.client } else { self.linear };
		let server = (circuit.bootstraps() > 0).then_some(self.server);
		let input = key.encrypt(circuit, row)?;
		let result = evaluate(circuit, &input, server, self.workers)?;
		if key.decrypt(circuit, &result)? != circuit.evaluate_clear(&circuit.quantise(row)?) {
			return Err("the decrypted answer is not the reference's".into());
		}
		Ok(Measured {
			encrypt: median(self.repetitions, || Ok(drop(key.encrypt(circuit, row)?)))?,
			evaluate: median(self.repetitions, || Ok(drop(evaluate(circuit, &input, server, self.workers)?)))?,
			decrypt: median(self.repetitions, || Ok(drop(key.decrypt(circuit, &result)?)))?,
		})
	}
}

fn named(name: &str, circuit: &Circuit, measured: &Measured, model: Option<&Model>) -> Result<Value> {
	Ok(json!({
		"name": name,
		"bootstraps": circuit.bootstraps(),
		"depth": circuit.waves().len(),
		"encrypt_s": measured.encrypt.as_secs_f64(),
		"evaluate_s": measured.evaluate.as_secs_f64(),
		"decrypt_s": measured.decrypt.as_secs_f64(),
		"input_bytes": circuit.input_len(),
		"result_bytes": circuit.result_len(),
		"evaluation_key_bytes": circuit.evaluation_key_len().unwrap_or(0),
		"failure_log2": Some(circuit.budget().failure_log2).filter(|log| log.is_finite()),
		"accuracy": model.map(Model::accuracy).transpose()?,
		"float_accuracy": model.map(|model| model.float_accuracy),
		"of_ideal": null,
	}))
}

#[cfg(feature = "integers")]
fn integers(linear: &Measured, quick: bool) -> Value {
	let count = if quick { 4 } else { 24 };
	let each = integers::multiply_and_add(count);
	let all = each * PRODUCTS;
	json!({
		"type": "FheInt32",
		"measured": count,
		"each_s": each.as_secs_f64(),
		"extrapolated_s": all.as_secs_f64(),
		"times_slower": all.as_secs_f64() / linear.evaluate.as_secs_f64(),
	})
}

#[cfg(not(feature = "integers"))]
fn integers(_: &Measured, _: bool) -> Value {
	Value::Null
}

fn machine() -> Value {
	let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
	let line = |name: &str| info.lines().find(|line| line.starts_with(name)).and_then(|line| line.split(": ").nth(1));
	let flags = line("flags").unwrap_or_default();
	let has = |flag: &str| flags.split(' ').any(|other| other == flag);
	json!({ "model": line("model name"), "avx2": has("avx2"), "fma": has("fma"), "avx512": has("avx512f") })
}
