//! Evaluates one question and prints the result's hash: `digest FOLDER [THREADS]`, where the folder holds a circuit, an
//! evaluation key and an input, as `bench` writes them.

use std::{error::Error, fs, path::PathBuf};

use deepnode_fhe::{
	bootstrap::ServerKey, circuit::Circuit, evaluate::evaluate, sha256, wire::EvaluationKey, workers::Workers,
};

fn main() -> Result<(), Box<dyn Error>> {
	let mut arguments = std::env::args_os().skip(1);
	let folder = PathBuf::from(arguments.next().ok_or("usage: digest FOLDER [THREADS]")?);
	let threads = arguments.next().and_then(|threads| threads.to_str()?.parse().ok()).unwrap_or(1);
	let read = |name: &str| fs::read(folder.join(name)).map_err(|error| format!("{name} of {}: {error}", folder.display()));
	let circuit = Circuit::from_bytes(&read("circuit")?)?;
	let key = EvaluationKey::from_bytes(&read("key")?, circuit.parameters())?;
	let result = evaluate(&circuit, &read("input")?, ServerKey::new(key).as_ref(), &Workers::new(threads)?)?;
	println!("{}", sha256(&result).iter().map(|byte| format!("{byte:02x}")).collect::<String>());
	Ok(())
}
