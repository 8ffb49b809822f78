//! Private inference: everything that a requester's key is needed for happens here, on this machine.

mod ask;
mod convert;
mod keys;
mod result;

use std::{fs, path::Path};

use anyhow::{ensure, Context as _, Result};
use deepnode_client::{ModelInfo, ModelSpec};
use deepnode_fhe::circuit::Circuit;
use deepnode_primitives::{
	content::ContentRef,
	private::{CIPHERTEXT, EVALUATION_KEY, KEY_REFERENCE_LEN, RESULT},
	tensor::{read_bundle, Dim, ElementType, TensorSpec, TensorSpecs},
};

use super::task::content;
use crate::{
	cli::Private,
	context::Context,
	input::{self, Bundle, Reading},
};

/// Runs a command about private inference.
pub async fn run(context: &Context, command: Private) -> Result<()> {
	match command {
		Private::Convert(arguments) => convert::run(context, &arguments),
		Private::Keygen { file, parameters } => keys::generate(context, &file, parameters),
		Private::Submit(arguments) => ask::run(context, *arguments).await,
		Private::Result { task, client_key, circuit, fetch } => {
			result::run(context, task, &client_key, circuit.as_deref(), fetch).await
		},
	}
}

fn spec(name: &[u8], element: ElementType, shape: Vec<Dim>) -> Result<TensorSpec> {
	Ok(TensorSpec {
		name: name.to_vec().try_into().ok().context("a tensor's name is too long")?,
		element,
		shape: shape.try_into().ok().context("a tensor has too many dimensions")?,
	})
}

/// The tensors with which a circuit is registered.
pub fn tensors(circuit: &Circuit) -> Result<(TensorSpecs, TensorSpecs)> {
	let each = |length: usize| vec![Dim::Batch, Dim::Fixed(length as u32)];
	let mut inputs = vec![spec(CIPHERTEXT, ElementType::U8, each(circuit.input_len()))?];
	if circuit.evaluation_key_len().is_some() {
		inputs.push(spec(EVALUATION_KEY, ElementType::U8, vec![Dim::Fixed(KEY_REFERENCE_LEN)])?);
	}
	let outputs = vec![spec(RESULT, ElementType::I32, each(circuit.result_len() / 4))?];
	let few = "a circuit has three tensors at most";
	Ok((inputs.try_into().ok().context(few)?, outputs.try_into().ok().context(few)?))
}

/// A model's circuit, whose hash its entry names: from a file, or from where the entry says.
async fn circuit(model: &ModelSpec, file: Option<&Path>, fetch: bool) -> Result<Circuit> {
	let content = &model.files.first().context("the entry names no file")?.content;
	let bytes = match file {
		Some(path) => {
			let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
			ContentRef::verify(content, &bytes)
				.with_context(|| format!("{} is not the circuit that the model's entry names", path.display()))?;
			bytes
		},
		None => content::read_file(content, fetch).await.context("cannot get the model's circuit")?,
	};
	Circuit::from_bytes(&bytes).context("the model's first file is no circuit")
}

/// That a model is asked privately.
fn ensure_private(model: &ModelInfo) -> Result<()> {
	ensure!(
		model.spec.fhe.is_some(),
		"model {} takes plain inputs: ask it with `deepnode task submit`, or choose one that is registered with a circuit",
		model.id
	);
	Ok(())
}

/// The rows of inputs, as bundles of plain numbers.
fn rows(sources: &[String], features: u32, reading: &Reading, per_task: Option<u32>) -> Result<Vec<Vec<Vec<f32>>>> {
	let plain = [spec(b"row", ElementType::F32, vec![Dim::Batch, Dim::Fixed(features)])?];
	let rows = |bundle: Bundle| {
		let (tensors, _) = read_bundle(&plain, &bundle.bytes)?;
		let numbers = tensors.first().map_or(&[][..], |tensor| tensor.data).as_chunks::<4>().0;
		let numbers: Vec<_> = numbers.iter().map(|number| f32::from_le_bytes(*number)).collect();
		anyhow::Ok(numbers.chunks(features as usize).map(<[f32]>::to_vec).collect())
	};
	input::bundles(&plain, sources, reading, per_task)?.into_iter().map(rows).collect()
}
