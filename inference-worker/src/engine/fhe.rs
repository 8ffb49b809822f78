//! Circuits on encrypted inputs.

use deepnode_fhe::{
	bootstrap::{machine_is_of_the_class, ServerKey},
	circuit::Circuit,
	evaluate::evaluate,
	params::ParameterSet,
	wire::EvaluationKey,
	workers::Workers,
};
use deepnode_primitives::{
	private::{BOOTSTRAP, CIPHERTEXT, EVALUATION_KEY, KEY_REFERENCE_LEN, LINEAR, RESULT},
	tensor::{ElementType, TensorView},
};
use prost::bytes::Bytes;

use super::{Engine, EngineError, Session, Tensor};
use crate::scan::{Interface, Port, Report};

// The registry's numbers are the parameter sets'.
const _: () = assert!(LINEAR == deepnode_fhe::params::LINEAR.id && BOOTSTRAP == deepnode_fhe::params::BOOTSTRAP.id);

// Another plan would be slashed for its last bits.
const _: () = assert!(deepnode_fhe::DETERMINISTIC);

/// The engine for encrypted inputs.
pub struct Fhe;

impl Fhe {
	/// The engine, on a machine whose results others can repeat.
	pub fn open() -> Result<Self, EngineError> {
		if machine_is_of_the_class() {
			return Ok(Self);
		}
		let why =
			"encrypted inputs are answered alike on x86-64 with AVX2 and FMA alone, and this machine is another: \
			run the worker with --no-fhe";
		Err(EngineError::Unusable(why.into()))
	}
}

struct Loaded {
	circuit: Circuit,
	key: Option<ServerKey>,
}

impl Engine for Fhe {
	fn describe(&self) -> String {
		let sets: Vec<_> = deepnode_fhe::params::ALL.iter().map(|set| format!("{} ({})", set.id, set.name)).collect();
		format!("fhe, parameter sets {}", sets.join(", "))
	}

	fn scan(&self, model: &Bytes) -> Result<Report, String> {
		let circuit = Circuit::from_bytes(model).map_err(|error| error.to_string())?;
		Ok(Report {
			ir_version: i64::from(circuit.plan().version),
			opset: 0,
			operators: [("Lookup".to_owned(), circuit.bootstraps() as u32)].into(),
			interface: interface(&circuit),
		})
	}

	fn load(&self, model: &[u8], _: &Interface) -> Result<Box<dyn Session>, EngineError> {
		let circuit = Circuit::from_bytes(model).map_err(|error| EngineError::Model(error.to_string()))?;
		Ok(Box::new(Loaded { circuit, key: None }))
	}
}

/// What a registry entry must declare of a circuit.
fn interface(circuit: &Circuit) -> Interface {
	let port = |name: &[u8], onnx_type, shape| Port {
		name: String::from_utf8_lossy(name).into_owned(),
		onnx_type,
		shape: Some(shape),
	};
	let (u8s, i32s) = (2, 6);
	let mut inputs = vec![port(CIPHERTEXT, u8s, vec![None, Some(circuit.input_len() as u32)])];
	if circuit.evaluation_key_len().is_some() {
		inputs.push(port(EVALUATION_KEY, u8s, vec![Some(KEY_REFERENCE_LEN)]));
	}
	let result = vec![None, Some((circuit.result_len() / 4) as u32)];
	Interface { inputs, outputs: vec![port(RESULT, i32s, result)] }
}

impl Session for Loaded {
	/// One ciphertext after the other; the reference to the key has been followed by the parent.
	fn run(&mut self, inputs: &[TensorView<'_>]) -> Result<Vec<Tensor>, EngineError> {
		let ciphertexts = inputs.first().map_or(&[][..], |input| input.data);
		let length = self.circuit.input_len();
		let mut data = Vec::with_capacity(ciphertexts.len() / length * self.circuit.result_len());
		for (item, ciphertext) in ciphertexts.chunks(length).enumerate() {
			// The sandbox has one thread.
			let result = evaluate(&self.circuit, ciphertext, self.key.as_ref(), &Workers::Here);
			data.extend(result.map_err(|error| EngineError::Input(format!("item {item}: {error}")))?);
		}
		let dims = vec![(ciphertexts.len() / length) as u32, (self.circuit.result_len() / 4) as u32];
		Ok(vec![Tensor::new(ElementType::I32, dims, data)])
	}

	fn take_key(&mut self, key: &[u8]) -> Result<(), EngineError> {
		// The one before goes first: there is not the memory for both.
		self.key = None;
		let set: &'static ParameterSet = self.circuit.parameters();
		let key = EvaluationKey::from_bytes(key, set).map_err(|error| EngineError::Input(error.to_string()))?;
		self.key = ServerKey::new(key);
		Ok(())
	}
}
