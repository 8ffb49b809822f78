//! Tensors as people bring them, and as a model wants them.

use std::fmt;

use anyhow::{bail, ensure, Context, Result};
use deepnode_primitives::tensor::{push_tensor, Dim, ElementType, TensorSpec};

/// A tensor that is not yet of any model's type.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
	/// Its dimensions, outermost first.
	pub dims: Vec<usize>,
	/// Its elements, row-major.
	pub data: Data,
}

/// Elements: the widest type of their kind.
#[derive(Clone, Debug, PartialEq)]
pub enum Data {
	/// Floating point numbers.
	Float(Vec<f64>),
	/// Integers and truth values.
	Integer(Vec<i64>),
}

impl Data {
	/// How many there are.
	pub fn len(&self) -> usize {
		match self {
			Self::Float(data) => data.len(),
			Self::Integer(data) => data.len(),
		}
	}

	fn slice(&self, from: usize, to: usize) -> Self {
		match self {
			Self::Float(data) => Self::Float(data[from..to].to_vec()),
			Self::Integer(data) => Self::Integer(data[from..to].to_vec()),
		}
	}

	fn join(self, more: Self) -> Self {
		match (self, more) {
			(Self::Integer(mut data), Self::Integer(more)) => {
				data.extend(more);
				Self::Integer(data)
			},
			(data, more) => {
				let mut data = data.into_floats();
				data.extend(more.into_floats());
				Self::Float(data)
			},
		}
	}

	fn into_floats(self) -> Vec<f64> {
		match self {
			Self::Float(data) => data,
			Self::Integer(data) => data.into_iter().map(|element| element as f64).collect(),
		}
	}
}

/// Elements in the bytes that a model reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fitted {
	/// The model's element type.
	pub element: ElementType,
	/// The model's dimensions; the first is the number of rows where the model takes batches.
	pub dims: Vec<u32>,
	/// Little endian, row-major.
	pub data: Vec<u8>,
}

impl Tensor {
	/// A tensor whose dimensions and elements belong together.
	pub fn new(dims: Vec<usize>, data: Data) -> Result<Self> {
		let expected = dims.iter().try_fold(1usize, |length, dim| length.checked_mul(*dim));
		ensure!(expected == Some(data.len()), "{} elements do not make the shape {dims:?}", data.len());
		Ok(Self { dims, data })
	}

	/// The rows `from..to` of the first dimension.
	pub fn rows(&self, from: usize, to: usize) -> Result<Self> {
		let rows = *self.dims.first().context("a single number has no rows")?;
		ensure!(from < to && to <= rows, "rows {from}..{to} are not within the {rows} rows that there are");
		let row = self.data.len() / rows;
		let mut dims = self.dims.clone();
		dims[0] = to - from;
		Ok(Self { dims, data: self.data.slice(from * row, to * row) })
	}

	/// Whether `spec` can take it, and if so its dimensions there. A missing batch dimension is added.
	/// Rows that are flat on one side and not on the other are the same rows.
	fn dims_for(&self, spec: &TensorSpec) -> Option<Vec<u32>> {
		let fixed: Vec<usize> = spec
			.shape
			.iter()
			.filter_map(|dim| match dim {
				Dim::Fixed(length) => Some(*length as usize),
				Dim::Batch => None,
			})
			.collect();
		let same_row = |row: &[usize]| {
			let product = |dims: &[usize]| dims.iter().product::<usize>();
			row == fixed || ((row.len() == 1 || fixed.len() == 1) && product(row) == product(&fixed))
		};
		let rows = match self.dims.split_first() {
			Some((rows, row)) if spec.is_batched() && *rows > 0 && same_row(row) => Some(*rows),
			_ if same_row(&self.dims) => Some(1),
			// One row of a model without a batch dimension, given as a batch of one.
			Some((1, row)) if same_row(row) => Some(1),
			_ => None,
		}?;
		let fixed = fixed.into_iter().map(|length| length as u32);
		Some(if spec.is_batched() { [rows as u32].into_iter().chain(fixed).collect() } else { fixed.collect() })
	}

	/// The tensor as `spec` wants it; `source` names it in errors.
	pub fn fit(&self, spec: &TensorSpec, source: &str) -> Result<Fitted> {
		let dims = self.dims_for(spec).with_context(|| {
			format!("the model's input {} is {}, but {source} has the shape {:?}", name(spec), Type(spec), self.dims)
		})?;
		let data = encode(&self.data, spec.element).with_context(|| {
			format!("the model's input {} is {}, but {source} does not fit", name(spec), Type(spec))
		})?;
		Ok(Fitted { element: spec.element, dims, data })
	}

	/// Both tensors' rows, as `spec` counts rows.
	pub fn stack(self, more: Self, spec: &TensorSpec, source: &str) -> Result<Self> {
		let rows = |tensor: &Self| {
			let dims = tensor.dims_for(spec).with_context(|| {
				format!(
					"the model's input {} is {}, but {source} has the shape {:?}",
					name(spec),
					Type(spec),
					more.dims
				)
			})?;
			Ok::<_, anyhow::Error>(dims.into_iter().map(|dim| dim as usize).collect::<Vec<_>>())
		};
		let (mut dims, more_dims) = (rows(&self)?, rows(&more)?);
		ensure!(spec.is_batched(), "the model takes one item, not a batch: submit several with --each");
		dims[0] += more_dims[0];
		Self::new(dims, self.data.join(more.data))
	}
}

impl Fitted {
	/// How many rows it has where the model takes batches.
	pub fn rows(&self, spec: &TensorSpec) -> Option<u32> {
		spec.is_batched().then(|| self.dims.first().copied().unwrap_or(1))
	}

	/// The rows `from..to` of a batch.
	pub fn slice(&self, from: u32, to: u32) -> Self {
		let rows = self.dims.first().copied().unwrap_or(1).max(1) as usize;
		let row = self.data.len() / rows;
		let mut dims = self.dims.clone();
		if let Some(first) = dims.first_mut() {
			*first = to - from;
		}
		let data = self.data[from as usize * row..to as usize * row].to_vec();
		Self { element: self.element, dims, data }
	}

	/// Appends it to a bundle.
	pub fn push(&self, bundle: &mut Vec<u8>) {
		push_tensor(bundle, self.element, &self.dims, &self.data);
	}
}

/// Elements in a model's type. Integers stay exact; a float becomes an integer only where it is one.
fn encode(data: &Data, element: ElementType) -> Result<Vec<u8>> {
	fn integers<T: TryFrom<i64>, const N: usize>(data: &Data, kind: &str, bytes: fn(T) -> [u8; N]) -> Result<Vec<u8>> {
		let refused = |at: usize, found: &dyn fmt::Display| format!("element {at} is {found}, which is no {kind}");
		let integer = |(at, found): (usize, i64)| T::try_from(found).ok().with_context(|| refused(at, &found));
		let elements: Vec<T> = match data {
			Data::Integer(data) => data.iter().copied().enumerate().map(integer).collect::<Result<_>>()?,
			Data::Float(data) => data
				.iter()
				.enumerate()
				.map(|(at, found)| {
					let whole = found.fract() == 0.0 && found.abs() <= 9_007_199_254_740_992.0;
					ensure!(whole, refused(at, found));
					integer((at, *found as i64))
				})
				.collect::<Result<_>>()?,
		};
		Ok(elements.into_iter().flat_map(bytes).collect())
	}
	match element {
		ElementType::F32 => {
			floats(data, |element| (element as f32).is_finite().then(|| (element as f32).to_le_bytes()))
		},
		ElementType::F64 => floats(data, |element| Some(element.to_le_bytes())),
		ElementType::I8 => integers(data, "int8", i8::to_le_bytes),
		ElementType::U8 => integers(data, "uint8", u8::to_le_bytes),
		ElementType::I32 => integers(data, "int32", i32::to_le_bytes),
		ElementType::I64 => integers(data, "int64", i64::to_le_bytes),
		ElementType::Bool => {
			let bytes = integers(data, "bool", u8::to_le_bytes)?;
			match bytes.iter().position(|byte| *byte > 1) {
				Some(at) => bail!("element {at} is {}, which is no bool: write 0 or 1", bytes[at]),
				None => Ok(bytes),
			}
		},
	}
}

fn floats<const N: usize>(data: &Data, bytes: fn(f64) -> Option<[u8; N]>) -> Result<Vec<u8>> {
	let encode = |(at, element): (usize, f64)| {
		ensure!(element.is_finite(), "element {at} is {element}, and a model takes finite numbers only");
		bytes(element).with_context(|| format!("element {at} is {element}, which is too large for float32"))
	};
	let encoded: Vec<[u8; N]> = match data {
		Data::Float(data) => data.iter().copied().enumerate().map(encode).collect::<Result<_>>()?,
		Data::Integer(data) => {
			data.iter().map(|element| *element as f64).enumerate().map(encode).collect::<Result<_>>()?
		},
	};
	Ok(encoded.into_iter().flatten().collect())
}

/// A tensor's name in its model.
pub fn name(spec: &TensorSpec) -> String {
	String::from_utf8_lossy(&spec.name).into_owned()
}

/// A tensor's type and shape for people: `float32 [batch, 64]`.
pub struct Type<'a>(pub &'a TensorSpec);

impl fmt::Display for Type<'_> {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		let element = match self.0.element {
			ElementType::F32 => "float32",
			ElementType::F64 => "float64",
			ElementType::I8 => "int8",
			ElementType::U8 => "uint8",
			ElementType::I32 => "int32",
			ElementType::I64 => "int64",
			ElementType::Bool => "bool",
		};
		let dims: Vec<_> = self
			.0
			.shape
			.iter()
			.map(|dim| match dim {
				Dim::Fixed(length) => length.to_string(),
				Dim::Batch => "batch".into(),
			})
			.collect();
		write!(f, "{element} [{}]", dims.join(", "))
	}
}

#[cfg(test)]
pub(crate) mod tests {
	use proptest::prelude::*;

	use super::*;

	pub fn spec(element: ElementType, shape: &[Dim]) -> TensorSpec {
		TensorSpec { name: b"x".to_vec().try_into().unwrap(), element, shape: shape.to_vec().try_into().unwrap() }
	}

	fn floats(dims: &[usize]) -> Tensor {
		let length = dims.iter().product();
		Tensor::new(dims.to_vec(), Data::Float((0..length).map(|at| at as f64).collect())).unwrap()
	}

	const BATCH_OF_4: [Dim; 2] = [Dim::Batch, Dim::Fixed(4)];

	#[test]
	fn rows_may_be_flat_or_not_and_a_single_row_needs_no_batch() {
		let spec = spec(ElementType::F32, &BATCH_OF_4);
		for (dims, expected) in
			[(&[3usize, 4][..], [3, 4]), (&[3, 2, 2], [3, 4]), (&[4], [1, 4]), (&[2, 2], [1, 4]), (&[1, 4], [1, 4])]
		{
			assert_eq!(floats(dims).fit(&spec, "it").unwrap().dims, expected, "{dims:?}");
		}
	}

	#[test]
	fn a_wrong_shape_is_told_with_both_shapes() {
		let spec = spec(ElementType::F32, &BATCH_OF_4);
		for dims in [&[3usize, 5][..], &[5], &[2, 3, 4], &[0, 4]] {
			let error = floats(dims).fit(&spec, "t.npy").unwrap_err().to_string();
			let expected = format!("the model's input x is float32 [batch, 4], but t.npy has the shape {dims:?}");
			assert_eq!(error, expected);
		}
	}

	#[test]
	fn shapes_with_the_same_length_are_not_mistaken_for_each_other() {
		let wide = spec(ElementType::F32, &[Dim::Batch, Dim::Fixed(2), Dim::Fixed(3)]);
		assert!(floats(&[1, 3, 2]).fit(&wide, "it").is_err());
		assert!(floats(&[1, 6]).fit(&wide, "it").is_ok());
	}

	#[test]
	fn a_model_without_a_batch_takes_one_item() {
		let spec = spec(ElementType::F32, &[Dim::Fixed(2), Dim::Fixed(2)]);
		assert_eq!(floats(&[1, 2, 2]).fit(&spec, "it").unwrap().dims, [2, 2]);
		assert!(floats(&[2, 2, 2]).fit(&spec, "it").is_err());
	}

	#[test]
	fn a_float_becomes_an_integer_only_where_it_is_one() {
		let spec = spec(ElementType::U8, &[Dim::Batch]);
		let fit = |data: Data| Tensor::new(vec![data.len()], data).unwrap().fit(&spec, "it");
		assert_eq!(fit(Data::Float(vec![0.0, 255.0])).unwrap().data, [0, 255]);
		let error = format!("{:#}", fit(Data::Float(vec![1.0, 0.5])).unwrap_err());
		assert!(error.ends_with("element 1 is 0.5, which is no uint8"), "{error}");
		let error = format!("{:#}", fit(Data::Integer(vec![-1])).unwrap_err());
		assert!(error.ends_with("element 0 is -1, which is no uint8"), "{error}");
	}

	#[test]
	fn a_float_beyond_float32_or_without_a_value_is_refused() {
		let spec = spec(ElementType::F32, &[Dim::Batch]);
		for value in [f64::NAN, f64::INFINITY, 1e300] {
			assert!(Tensor::new(vec![1], Data::Float(vec![value])).unwrap().fit(&spec, "it").is_err());
		}
	}

	#[test]
	fn tensors_are_stacked_along_the_batch() {
		let spec = spec(ElementType::F32, &BATCH_OF_4);
		let stacked = floats(&[2, 2]).stack(floats(&[2, 4]), &spec, "it").unwrap();
		assert_eq!(stacked.dims, [3, 4]);
		assert_eq!(stacked.fit(&spec, "it").unwrap().slice(1, 2).data, floats(&[4]).fit(&spec, "it").unwrap().data);
	}

	proptest! {
		#[test]
		fn every_int64_arrives_as_it_is(elements in prop::collection::vec(any::<i64>(), 1..20)) {
			let spec = spec(ElementType::I64, &[Dim::Batch]);
			let expected: Vec<u8> = elements.iter().flat_map(|element| element.to_le_bytes()).collect();
			let tensor = Tensor::new(vec![elements.len()], Data::Integer(elements)).unwrap();
			prop_assert_eq!(tensor.fit(&spec, "it").unwrap().data, expected);
		}

		#[test]
		fn batches_cut_from_a_tensor_are_its_rows(rows in 1u32..20, cut in 1u32..20) {
			let spec = spec(ElementType::F32, &BATCH_OF_4);
			let fitted = floats(&[rows as usize, 4]).fit(&spec, "it").unwrap();
			let pieces = (0..rows).step_by(cut as usize).map(|from| fitted.slice(from, (from + cut).min(rows)));
			let joined: Vec<u8> = pieces.flat_map(|piece| piece.data).collect();
			prop_assert_eq!(joined, fitted.data);
		}
	}
}
