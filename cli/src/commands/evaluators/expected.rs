//! What models are expected to answer.

use anyhow::{bail, ensure, Context as _, Result};
use deepnode_client::{DomainInfo, Expected, MAX_EXPECTED_LEN};
use deepnode_primitives::{
	canonical::{Answer, Output},
	comparison::Quantisation,
	tensor::{read_bundle, Dim, ElementType, TensorSpec},
};

use crate::{
	cli::Ask,
	input::{self, Bundle, Reading},
	output::count,
};

/// The canonical answer that is expected, or its digest.
pub fn expected(arguments: &Ask, domain: &DomainInfo) -> Result<Expected> {
	let expectation = &arguments.expected;
	let row = domain.row;
	let data = match (&expectation.class[..], &expectation.values, expectation.digest) {
		(_, _, Some(digest)) => return Ok(Expected::Digest(digest)),
		(_, Some(values), None) => {
			let quantisation = Quantisation { k: arguments.k, scale_millionths: arguments.scale };
			quantised(values, row, &quantisation)?
		},
		(classes, None, None) => {
			if let Some(class) = classes.iter().find(|class| **class >= row) {
				bail!("{} has the classes 0 to {}, and not {class}", domain.name, row.saturating_sub(1));
			}
			classes.iter().flat_map(|class| (0..row).map(move |at| i32::from(at == *class))).collect()
		},
	};
	let items = u32::try_from(data.len())?.checked_div(row).context("the domain's row is empty")?;
	let bytes = Answer::Outputs(vec![Output { dims: vec![items, row], data }]).to_bytes();
	ensure!(
		bytes.len() <= MAX_EXPECTED_LEN,
		"the expected answers to {} have {} bytes, and {MAX_EXPECTED_LEN} at most can be unsealed: ask for fewer items, \
		 or say only the --digest of the whole answer",
		count(items as usize, "item"),
		bytes.len()
	);
	Ok(Expected::Answer(bytes))
}

/// Values in rows of so many, as canonical answers have them.
fn quantised(values: &str, row: u32, quantisation: &Quantisation) -> Result<Vec<i32>> {
	let name = b"values".to_vec().try_into().ok().context("a name is too long")?;
	let shape = vec![Dim::Batch, Dim::Fixed(row)].try_into().ok().context("too many dimensions")?;
	let spec = [TensorSpec { name, element: ElementType::F64, shape }];
	let mut data = Vec::new();
	for Bundle { bytes, .. } in input::bundles(&spec, &[values.to_owned()], &Reading::default(), None)? {
		let (tensors, _) = read_bundle(&spec, &bytes).map_err(|error| anyhow::anyhow!("{values}: {error:?}"))?;
		for element in tensors.iter().flat_map(|tensor| tensor.data.chunks_exact(8)) {
			let value = f64::from_le_bytes(element.try_into()?);
			let quantised = quantisation.quantise(value);
			data.push(quantised.map_err(|_| anyhow::anyhow!("{value} is too large for --k {}", quantisation.k))?);
		}
	}
	Ok(data)
}

#[cfg(test)]
mod tests {
	use deepnode_primitives::canonical::View;

	use super::{
		super::{ask::tests::arguments, tests::domain},
		*,
	};

	fn elements(expected: &Expected) -> Vec<i32> {
		let Expected::Answer(bytes) = expected else { panic!("{expected:?}") };
		let View::Outputs(outputs) = View::parse(bytes).unwrap() else { panic!("an error") };
		outputs.iter().flat_map(|output| output.elements()).collect()
	}

	#[test]
	fn a_class_is_a_row_in_which_it_wins() {
		let two = expected(&arguments("x --class 3 --class 0"), &domain()).unwrap();
		assert_eq!(elements(&two), [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
		let error = expected(&arguments("x --class 10"), &domain()).unwrap_err().to_string();
		assert_eq!(error, "vision/digits has the classes 0 to 9, and not 10");
	}

	#[test]
	fn values_are_as_fine_as_the_models_declare_them() {
		let pairs = DomainInfo { row: 2, ..domain() };
		let values = expected(&arguments("x --values [[0.5,-1],[2,0]] --k 8"), &pairs).unwrap();
		assert_eq!(elements(&values), [128, -256, 512, 0]);
		let error = expected(&arguments("x --values [[1,2,3]]"), &pairs).unwrap_err().to_string();
		assert!(error.contains("[1, 3]") && error.contains('2'), "{error}");
		let error = expected(&arguments("x --values [[1e9,0]] --k 24"), &pairs).unwrap_err().to_string();
		assert!(error.contains("too large for --k 24"), "{error}");
	}

	#[test]
	fn more_than_can_be_unsealed_is_told_with_its_length() {
		let many = (0..200).map(|_| "--class 3").collect::<Vec<_>>().join(" ");
		let error = expected(&arguments(&format!("x {many}")), &domain()).unwrap_err().to_string();
		assert!(error.contains("200 items") && error.contains("4096") && error.contains("--digest"), "{error}");
		let digest = format!("x --digest 0x{}", "1f".repeat(32));
		assert_eq!(expected(&arguments(&digest), &domain()).unwrap(), Expected::Digest([0x1f; 32]));
	}
}
