//! From an engine's raw outputs to the canonical answer that both workers must give alike.

use deepnode_primitives::{
	canonical::{Answer, Output},
	comparison::Comparison,
	quantise::integer,
	task::ErrorCode,
	tensor::{Dim, ElementType, TensorSpec},
};

use crate::engine::Tensor;

/// An answer, and for an error its reason in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Canonical {
	/// The answer.
	pub answer: Answer,
	/// Why it is an error.
	pub reason: Option<String>,
}

impl Canonical {
	/// An error's answer.
	pub fn error(code: ErrorCode, reason: impl Into<String>) -> Self {
		Self { answer: Answer::Error(code), reason: Some(reason.into()) }
	}
}

/// Checks outputs against what the registry declares and turns them into integers: floats by the
/// comparison's quantisation, integers as they are, bools as 0 and 1.
///
/// # Complexity
/// O(bytes).
pub fn canonical(specs: &[TensorSpec], comparison: &Comparison, items: u32, outputs: &[Tensor]) -> Canonical {
	let built = if specs.len() == outputs.len() {
		specs
			.iter()
			.zip(outputs)
			.enumerate()
			.map(|(at, (spec, output))| one(at, spec, comparison, items, output))
			.collect()
	} else {
		let reason = format!("{} outputs where the entry declares {}", outputs.len(), specs.len());
		Err((ErrorCode::OutputInvalid, reason))
	};
	match built {
		Ok(outputs) => Canonical { answer: Answer::Outputs(outputs), reason: None },
		Err((code, reason)) => Canonical::error(code, reason),
	}
}

type Failure = (ErrorCode, String);

fn one(at: usize, spec: &TensorSpec, comparison: &Comparison, items: u32, output: &Tensor) -> Result<Output, Failure> {
	let invalid = |reason: String| (ErrorCode::OutputInvalid, format!("output {at}: {reason}"));
	let element = ElementType::from_byte(output.element).ok_or_else(|| invalid("unknown element type".into()))?;
	if element != spec.element {
		return Err(invalid(format!("{element:?} where the entry declares {:?}", spec.element)));
	}
	let fits = output.dims.len() == spec.shape.len()
		&& output.dims.iter().zip(&spec.shape).all(|(found, declared)| match declared {
			Dim::Fixed(length) => found == length,
			Dim::Batch => *found == items,
		});
	if !fits {
		return Err(invalid(format!(
			"the shape {:?} is not the declared {:?} for {items} items",
			output.dims,
			spec.shape.to_vec()
		)));
	}
	let length = output.dims.iter().try_fold(element.size(), |product, dim| product.checked_mul(*dim as usize));
	if length != Some(output.data.len()) {
		return Err(invalid(format!("{} bytes are not what the shape {:?} takes", output.data.len(), output.dims)));
	}
	let data = elements(element, comparison, &output.data)
		.map_err(|(place, code)| (code, format!("output {at}, element {place}: {}", why(code))))?;
	Ok(Output { dims: output.dims.clone(), data })
}

fn why(code: ErrorCode) -> &'static str {
	match code {
		ErrorCode::NotFinite => "NaN or infinite",
		ErrorCode::Overflow => "beyond 32 bits once quantised",
		_ => "a float, which an exact comparison cannot have",
	}
}

type At = (usize, ErrorCode);

fn elements(element: ElementType, comparison: &Comparison, data: &[u8]) -> Result<Vec<i32>, At> {
	let float = |y: f64| match comparison.quantisation() {
		Some(quantisation) => quantisation.quantise(y),
		None => Err(ErrorCode::OutputInvalid),
	};
	match element {
		ElementType::F32 => each(data, |bytes| float(f32::from_le_bytes(bytes).into())),
		ElementType::F64 => each(data, |bytes| float(f64::from_le_bytes(bytes))),
		ElementType::I8 => each(data, |bytes| Ok(i8::from_le_bytes(bytes).into())),
		ElementType::U8 => each(data, |[byte]| Ok(byte.into())),
		ElementType::I32 => each(data, |bytes| Ok(i32::from_le_bytes(bytes))),
		ElementType::I64 => each(data, |bytes| integer(i64::from_le_bytes(bytes))),
		ElementType::Bool => each(data, |[byte]| Ok((byte != 0).into())),
	}
}

fn each<const N: usize>(data: &[u8], read: impl Fn([u8; N]) -> Result<i32, ErrorCode>) -> Result<Vec<i32>, At> {
	data.chunks_exact(N)
		.filter_map(|chunk| <[u8; N]>::try_from(chunk).ok())
		.enumerate()
		.map(|(at, bytes)| read(bytes).map_err(|code| (at, code)))
		.collect()
}

#[cfg(test)]
mod tests {
	use deepnode_primitives::comparison::Quantisation;

	use super::*;

	fn spec(element: ElementType, shape: Vec<Dim>) -> TensorSpec {
		TensorSpec { name: b"y".to_vec().try_into().expect("short"), element, shape: shape.try_into().expect("few") }
	}

	fn floats(values: &[f32]) -> Tensor {
		let data = values.iter().flat_map(|value| value.to_le_bytes()).collect();
		Tensor::new(ElementType::F32, vec![1, values.len() as u32], data)
	}

	fn answer_of(values: &[f32]) -> Answer {
		let spec = spec(ElementType::F32, vec![Dim::Batch, Dim::Fixed(values.len() as u32)]);
		canonical(&[spec], &Comparison::default(), 1, &[floats(values)]).answer
	}

	#[test]
	fn floats_are_quantised_half_to_even() {
		let half = 0.5 / 4096.0;
		assert_eq!(
			answer_of(&[1.0, -0.5, half, 3.0 * half]),
			Answer::Outputs(vec![Output { dims: vec![1, 4], data: vec![4096, -2048, 0, 2] }])
		);
	}

	#[test]
	fn what_is_not_finite_or_too_large_is_an_error_code() {
		assert_eq!(answer_of(&[0.0, f32::NAN]), Answer::Error(ErrorCode::NotFinite));
		assert_eq!(answer_of(&[f32::NEG_INFINITY]), Answer::Error(ErrorCode::NotFinite));
		assert_eq!(answer_of(&[1e9]), Answer::Error(ErrorCode::Overflow));
	}

	#[test]
	fn integers_stay_and_must_fit() {
		let spec = spec(ElementType::I64, vec![Dim::Fixed(2)]);
		let tensor =
			|a: i64, b: i64| Tensor::new(ElementType::I64, vec![2], [a.to_le_bytes(), b.to_le_bytes()].concat());
		let answer = |tensor| canonical(std::slice::from_ref(&spec), &Comparison::Exact, 1, &[tensor]).answer;
		assert_eq!(answer(tensor(-3, 7)), Answer::Outputs(vec![Output { dims: vec![2], data: vec![-3, 7] }]));
		assert_eq!(answer(tensor(0, 1 << 40)), Answer::Error(ErrorCode::Overflow));
	}

	#[test]
	fn outputs_must_be_those_declared() {
		let declared = spec(ElementType::F32, vec![Dim::Batch, Dim::Fixed(3)]);
		let invalid = Answer::Error(ErrorCode::OutputInvalid);
		let answer = |specs: &[TensorSpec], items, tensors: &[Tensor]| {
			canonical(specs, &Comparison::default(), items, tensors).answer
		};
		assert_eq!(answer(std::slice::from_ref(&declared), 1, &[floats(&[1.0, 2.0])]), invalid);
		assert_eq!(answer(std::slice::from_ref(&declared), 2, &[floats(&[1.0, 2.0, 3.0])]), invalid);
		assert_eq!(answer(&[], 1, &[floats(&[1.0])]), invalid);
		let mut short = floats(&[1.0, 2.0, 3.0]);
		short.data.pop();
		assert_eq!(answer(&[declared], 1, &[short]), invalid);
	}

	#[test]
	fn a_float_has_no_place_in_an_exact_comparison() {
		let spec = spec(ElementType::F32, vec![Dim::Batch, Dim::Fixed(1)]);
		let answer = canonical(&[spec], &Comparison::Exact, 1, &[floats(&[1.0])]).answer;
		assert_eq!(answer, Answer::Error(ErrorCode::OutputInvalid));
	}

	#[test]
	fn the_scale_divides() {
		let comparison =
			Comparison::Tolerance { quantisation: Quantisation { k: 0, scale_millionths: 2_000_000 }, tau: 0 };
		let spec = spec(ElementType::F32, vec![Dim::Batch, Dim::Fixed(1)]);
		let answer = canonical(&[spec], &comparison, 1, &[floats(&[6.0])]).answer;
		assert_eq!(answer, Answer::Outputs(vec![Output { dims: vec![1, 1], data: vec![3] }]));
	}
}
