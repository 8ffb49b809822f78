//! Asking with an input that is encrypted here.

use anyhow::{ensure, Context as _, Result};
use deepnode_primitives::{
	private::{key_reference, KEY_REFERENCE_LEN},
	tensor::{push_tensor, ElementType},
};

use super::{circuit, ensure_private, keys, rows};
use crate::{
	cli::AskPrivately,
	commands::task::Asked,
	context::Context,
	input::{Bundle, Reading},
};

/// Encrypts rows and submits them.
pub async fn run(context: &Context, arguments: AskPrivately) -> Result<()> {
	let client_key = keys::read(&arguments.client_key)?;
	let AskPrivately { client_key: key_file, evaluation_key, evaluation_key_uri, circuit: file, fetch, submit } =
		arguments;
	let asked = Asked::new(context, submit).await?;
	ensure_private(&asked.model)?;
	let circuit = circuit(&asked.model.spec, file.as_deref(), fetch).await?;
	let set = circuit.parameters();
	ensure!(
		asked.model.spec.fhe == Some(set.id),
		"the model's entry names parameter set {:?} and its circuit {}",
		asked.model.spec.fhe,
		set.id
	);
	let reference = match circuit.evaluation_key_len() {
		Some(_) => Some(keys::reference(&key_file, evaluation_key.as_deref(), &evaluation_key_uri, set)?),
		None => None,
	};
	let typed = &asked.arguments;
	let reading = Reading { rows: typed.rows.clone(), pixel_max: typed.pixel_max, invert: typed.invert };
	let per_task = typed.each.then_some(1).or(typed.batch);
	let mut bundles = Vec::new();
	for rows in rows(&typed.inputs, circuit.plan().features, &reading, per_task)? {
		let items = u32::try_from(rows.len()).context("too many rows")?;
		let mut ciphertexts = Vec::with_capacity(rows.len() * circuit.input_len());
		for row in &rows {
			ciphertexts.extend(client_key.encrypt(&circuit, row)?);
		}
		let mut bytes = Vec::new();
		push_tensor(&mut bytes, ElementType::U8, &[items, circuit.input_len() as u32], &ciphertexts);
		if let Some(reference) = &reference {
			push_tensor(&mut bytes, ElementType::U8, &[KEY_REFERENCE_LEN], &key_reference(reference));
		}
		bundles.push(Bundle { bytes, items });
	}
	asked.submit(context, bundles).await
}
