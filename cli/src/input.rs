//! Inputs of tasks: JSON, .npy and PNG, made into bundles.

use std::{fs, io::Read as _, ops::Range, path::Path, str::FromStr};

use anyhow::{bail, ensure, Context, Result};
use deepnode_primitives::tensor::{read_bundle, Dim, TensorSpec};
use image::{imageops::FilterType, ImageFormat};
use npyz::{DType, NpyFile, Order, TypeChar};
use serde_json::Value;

use crate::tensor::{name, Data, Fitted, Tensor};

/// How inputs are read.
#[derive(Clone, Debug, Default)]
pub struct Reading {
	/// Which rows of the inputs to take; all where it is `None`.
	pub rows: Option<Rows>,
	/// What a white pixel becomes; 1, or 255 for integers, where it is `None`.
	pub pixel_max: Option<u32>,
	/// Whether black is the highest value instead of white.
	pub invert: bool,
}

/// Rows `a..b`, or one row `a`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rows(pub Range<usize>);

impl FromStr for Rows {
	type Err = String;

	fn from_str(text: &str) -> Result<Self, String> {
		let wrong = || format!("{text:?} are no rows: write 0..10 for the first ten, or 3 for one");
		let number = |text: &str| text.parse::<usize>().map_err(|_| wrong());
		let range = match text.split_once("..") {
			Some((from, to)) => number(from)?..number(to)?,
			None => {
				let row = number(text)?;
				row..row.checked_add(1).ok_or_else(wrong)?
			},
		};
		if range.is_empty() {
			return Err(wrong());
		}
		Ok(Self(range))
	}
}

/// The bundles of one or more tasks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
	/// The bytes.
	pub bytes: Vec<u8>,
	/// How many items they hold.
	pub items: u32,
}

/// Reads a model's inputs from `sources`: each a file, `-` for JSON on the standard input, or JSON
/// itself, with `NAME=` before it where the model has several inputs. Sources of one input are
/// stacked into a batch.
///
/// With `per_task` the batch is cut into tasks of so many items.
pub fn bundles(
	specs: &[TensorSpec],
	sources: &[String],
	reading: &Reading,
	per_task: Option<u32>,
) -> Result<Vec<Bundle>> {
	let groups = group(specs, sources)?;
	let mut batches: Vec<Vec<Fitted>> = Vec::new();
	let is_batched = specs.iter().any(TensorSpec::is_batched);
	if is_batched || per_task.is_none() {
		let whole = specs.iter().zip(&groups).map(|(spec, sources)| read_stacked(spec, sources, reading));
		batches.push(whole.collect::<Result<_>>()?);
	} else {
		ensure!(specs.len() == 1, "--each with a model of several inputs needs a batch dimension");
		for source in &groups[0] {
			batches.push(vec![read(&specs[0], source, reading)?.fit(&specs[0], &source.label())?]);
		}
	}
	let mut bundles = Vec::new();
	for tensors in batches {
		let items = items(specs, &tensors)?;
		let step = per_task.filter(|_| is_batched).unwrap_or(items).max(1);
		for from in (0..items).step_by(step as usize) {
			let to = from.saturating_add(step).min(items);
			let mut bytes = Vec::new();
			for (tensor, spec) in tensors.iter().zip(specs) {
				match tensor.rows(spec) {
					Some(_) => tensor.slice(from, to).push(&mut bytes),
					None => tensor.push(&mut bytes),
				}
			}
			let (_, items) =
				read_bundle(specs, &bytes).map_err(|error| anyhow::anyhow!("the input does not fit: {error:?}"))?;
			bundles.push(Bundle { bytes, items });
		}
	}
	Ok(bundles)
}

/// How many items the tensors of one batch hold; those of all inputs must agree.
fn items(specs: &[TensorSpec], tensors: &[Fitted]) -> Result<u32> {
	let mut items: Option<(u32, &TensorSpec)> = None;
	for (tensor, spec) in tensors.iter().zip(specs) {
		let Some(rows) = tensor.rows(spec) else { continue };
		match items {
			Some((other, first)) if other != rows => {
				bail!(
					"input {} has {other} rows and input {} has {rows}: give as many of each",
					name(first),
					name(spec)
				)
			},
			_ => items = Some((rows, spec)),
		}
	}
	Ok(items.map_or(1, |(rows, _)| rows))
}

/// Where a tensor comes from.
#[derive(Clone, Debug)]
enum Source {
	File(String),
	Json(Value),
}

impl Source {
	fn label(&self) -> String {
		match self {
			Self::File(path) => path.clone(),
			Self::Json(_) => "the JSON given".into(),
		}
	}
}

/// Sorts sources by the model's inputs.
fn group(specs: &[TensorSpec], sources: &[String]) -> Result<Vec<Vec<Source>>> {
	let names: Vec<_> = specs.iter().map(name).collect();
	let mut groups = vec![Vec::new(); specs.len()];
	for source in sources {
		let named = source.split_once('=').and_then(|(name, rest)| {
			let at = names.iter().position(|known| known == name)?;
			Some((at, rest))
		});
		let (at, text) = match named {
			Some(named) => named,
			None if specs.len() == 1 => (0, source.as_str()),
			None => match json(source)? {
				Some(Value::Object(tensors)) => {
					for (name, tensor) in tensors {
						let at = names.iter().position(|known| *known == name);
						let at = at
							.with_context(|| format!("the model has no input {name:?}; it has {}", names.join(", ")))?;
						groups[at].push(Source::Json(tensor));
					}
					continue;
				},
				_ => bail!(
					"the model has {} inputs: say which one {source:?} is, as {}",
					specs.len(),
					names.iter().map(|name| format!("{name}=FILE")).collect::<Vec<_>>().join(" or ")
				),
			},
		};
		groups[at].push(match json(text)? {
			Some(Value::Object(mut tensors)) if tensors.len() == 1 && tensors.contains_key(&names[at]) => {
				Source::Json(tensors.remove(&names[at]).unwrap_or_default())
			},
			Some(value) => Source::Json(value),
			None => Source::File(text.into()),
		});
	}
	match groups.iter().position(Vec::is_empty) {
		Some(at) => bail!("the model's input {} is missing: give it as {}=FILE", names[at], names[at]),
		None => Ok(groups),
	}
}

/// The JSON that a source is or names; `None` where it names a file of another kind.
fn json(source: &str) -> Result<Option<Value>> {
	let text = if source == "-" {
		std::io::read_to_string(std::io::stdin()).context("cannot read the standard input")?
	} else if source.trim_start().starts_with(['[', '{']) {
		source.to_owned()
	} else if extension(source) == "json" {
		fs::read_to_string(source).with_context(|| format!("cannot read {source}"))?
	} else {
		return Ok(None);
	};
	serde_json::from_str(&text).map(Some).with_context(|| format!("{source} is no JSON"))
}

fn extension(path: &str) -> String {
	Path::new(path).extension().map(|extension| extension.to_string_lossy().to_lowercase()).unwrap_or_default()
}

fn read_stacked(spec: &TensorSpec, sources: &[Source], reading: &Reading) -> Result<Fitted> {
	let mut whole: Option<Tensor> = None;
	for source in sources {
		let tensor = read(spec, source, reading)?;
		whole = Some(match whole {
			None => tensor,
			Some(whole) => whole.stack(tensor, spec, &source.label())?,
		});
	}
	let labels: Vec<_> = sources.iter().map(Source::label).collect();
	whole.context("an input is missing")?.fit(spec, &labels.join(", "))
}

fn read(spec: &TensorSpec, source: &Source, reading: &Reading) -> Result<Tensor> {
	let label = source.label();
	let tensor = match source {
		Source::Json(value) => from_json(value).with_context(|| format!("{label} is no tensor"))?,
		Source::File(path) => {
			let mut bytes = Vec::new();
			fs::File::open(path)
				.and_then(|mut file| file.read_to_end(&mut bytes))
				.with_context(|| format!("cannot read {path}"))?;
			if bytes.starts_with(b"\x93NUMPY") {
				from_npy(&bytes).with_context(|| format!("cannot use {path}"))?
			} else if bytes.starts_with(b"\x89PNG") {
				return from_png(&bytes, spec, reading).with_context(|| format!("cannot use {path}"));
			} else {
				bail!("{path} is neither .npy nor PNG nor .json: convert it to one of them");
			}
		},
	};
	match &reading.rows {
		Some(Rows(rows)) => {
			tensor.rows(rows.start, rows.end).with_context(|| format!("cannot take these rows of {label}"))
		},
		None => Ok(tensor),
	}
}

/// A tensor from nested arrays of numbers.
fn from_json(value: &Value) -> Result<Tensor> {
	let mut dims = Vec::new();
	let mut inner = value;
	while let Value::Array(elements) = inner {
		dims.push(elements.len());
		inner = elements.first().context("it has an empty array")?;
	}
	let mut numbers = Vec::new();
	flatten(value, &dims, &mut numbers)?;
	let integers = numbers.iter().map(|number| number.as_i64()).collect::<Option<Vec<_>>>();
	let data = match integers {
		Some(integers) => Data::Integer(integers),
		None => {
			let floats =
				numbers.iter().map(|number| number.as_f64().context("a number is too large")).collect::<Result<_>>();
			Data::Float(floats?)
		},
	};
	Tensor::new(dims, data)
}

fn flatten(value: &Value, dims: &[usize], numbers: &mut Vec<serde_json::Number>) -> Result<()> {
	match (value, dims) {
		(Value::Array(elements), [length, dims @ ..]) => {
			ensure!(elements.len() == *length, "its arrays are not equally long: {length} and {}", elements.len());
			elements.iter().try_for_each(|element| flatten(element, dims, numbers))
		},
		(Value::Number(number), []) => {
			numbers.push(number.clone());
			Ok(())
		},
		(Value::Bool(truth), []) => {
			numbers.push(u8::from(*truth).into());
			Ok(())
		},
		(Value::Array(_), []) | (_, [_, ..]) => bail!("its arrays are not equally deep"),
		(other, []) => bail!("{other} is no number"),
	}
}

fn from_npy(bytes: &[u8]) -> Result<Tensor> {
	let file = NpyFile::new(bytes).context("its header is broken")?;
	let dims: Vec<usize> = file.shape().iter().map(|dim| *dim as usize).collect();
	ensure!(file.order() == Order::C || dims.len() < 2, "it is in Fortran order: save it with numpy.ascontiguousarray");
	let DType::Plain(kind) = file.dtype() else { bail!("it has a structured type: save plain numbers") };
	fn integers<T: npyz::Deserialize + Into<i64>>(file: NpyFile<&[u8]>) -> std::io::Result<Data> {
		Ok(Data::Integer(file.into_vec::<T>()?.into_iter().map(Into::into).collect()))
	}
	let data = match (kind.type_char(), kind.size_field()) {
		(TypeChar::Float, 4) => {
			file.into_vec::<f32>().map(|data| Data::Float(data.into_iter().map(f64::from).collect()))
		},
		(TypeChar::Float, 8) => file.into_vec::<f64>().map(Data::Float),
		(TypeChar::Int, 1) => integers::<i8>(file),
		(TypeChar::Int, 2) => integers::<i16>(file),
		(TypeChar::Int, 4) => integers::<i32>(file),
		(TypeChar::Int, 8) => integers::<i64>(file),
		(TypeChar::Uint, 1) => integers::<u8>(file),
		(TypeChar::Uint, 2) => integers::<u16>(file),
		(TypeChar::Uint, 4) => integers::<u32>(file),
		(TypeChar::Bool, _) => integers::<bool>(file),
		_ => bail!("its type is {kind}: save it as float32, float64, a signed integer, or uint8 to uint32"),
	};
	Tensor::new(dims, data.context("it ends too early")?)
}

/// A grey picture of the size that a model takes.
fn from_png(bytes: &[u8], spec: &TensorSpec, reading: &Reading) -> Result<Tensor> {
	let (width, height) = picture_size(spec)?;
	let picture = image::load_from_memory_with_format(bytes, ImageFormat::Png).context("it is a broken PNG")?;
	let mut grey = image::DynamicImage::ImageLuma16(picture.into_luma16());
	if (grey.width(), grey.height()) != (width, height) {
		grey = grey.resize_exact(width, height, FilterType::Triangle);
	}
	let white = reading.pixel_max.unwrap_or(if spec.element.is_float() { 1 } else { 255 });
	let values = grey.into_luma16().into_raw().into_iter().map(|pixel| {
		let pixel = if reading.invert { u16::MAX - pixel } else { pixel };
		let value = f64::from(pixel) * f64::from(white) / f64::from(u16::MAX);
		if white > 1 {
			value.round()
		} else {
			value
		}
	});
	Tensor::new(vec![height as usize, width as usize], Data::Float(values.collect()))
		.map(|tensor| flat_for(spec, tensor))
}

/// Gives a picture the rank that the model wants, such as a channel of one.
fn flat_for(spec: &TensorSpec, picture: Tensor) -> Tensor {
	let dims = fixed(spec);
	Tensor { dims: if dims.len() == 1 { vec![picture.data.len()] } else { dims }, data: picture.data }
}

fn fixed(spec: &TensorSpec) -> Vec<usize> {
	spec.shape
		.iter()
		.filter_map(|dim| match dim {
			Dim::Fixed(length) => Some(*length as usize),
			Dim::Batch => None,
		})
		.collect()
}

/// Width and height of a model's pictures: its two dimensions beside channels of one, or a square.
fn picture_size(spec: &TensorSpec) -> Result<(u32, u32)> {
	let sides: Vec<usize> = fixed(spec).into_iter().filter(|length| *length > 1).collect();
	let (height, width) = match sides[..] {
		[height, width] => (height, width),
		[length] if length.isqrt().pow(2) == length => (length.isqrt(), length.isqrt()),
		_ => bail!(
			"the model's input {} is {}, which is no grey picture: give a tensor as .npy or JSON",
			name(spec),
			crate::tensor::Type(spec)
		),
	};
	Ok((width as u32, height as u32))
}

#[cfg(test)]
mod tests {
	use deepnode_primitives::tensor::ElementType;

	use super::*;
	use crate::tensor::tests::spec;

	const DIGITS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/models/digits");

	fn digits() -> [TensorSpec; 1] {
		[spec(ElementType::F32, &[Dim::Batch, Dim::Fixed(64)])]
	}

	fn read(specs: &[TensorSpec], sources: &[&str], per_task: Option<u32>) -> Result<Vec<Bundle>> {
		let sources: Vec<_> = sources.iter().map(|source| source.to_string()).collect();
		bundles(specs, &sources, &Reading { pixel_max: Some(16), ..Reading::default() }, per_task)
	}

	#[test]
	fn a_png_is_the_row_that_it_was_made_from() {
		let picture = read(&digits(), &[&format!("{DIGITS}/heldout/000-label-3.png")], None).unwrap();
		let reading = Reading { rows: Some("0".parse().unwrap()), ..Reading::default() };
		let row = bundles(&digits(), &[format!("{DIGITS}/heldout.npy")], &reading, None).unwrap();
		assert_eq!(picture, row);
	}

	#[test]
	fn rows_become_one_batch_or_a_task_each() {
		let npy = format!("{DIGITS}/heldout.npy");
		let whole = read(&digits(), &[&npy], None).unwrap();
		assert_eq!((whole.len(), whole[0].items), (1, 450));
		let each = read(&digits(), &[&npy], Some(1)).unwrap();
		assert_eq!((each.len(), each[7].items), (450, 1));
		let cut = read(&digits(), &[&npy], Some(60)).unwrap();
		assert_eq!(cut.iter().map(|bundle| bundle.items).collect::<Vec<_>>(), [60, 60, 60, 60, 60, 60, 60, 30]);
	}

	#[test]
	fn pictures_are_stacked_into_a_batch() {
		let files = ["000-label-3", "001-label-8"].map(|name| format!("{DIGITS}/heldout/{name}.png"));
		let batch = read(&digits(), &[&files[0], &files[1]], None).unwrap();
		let first = bundles(
			&digits(),
			&[format!("{DIGITS}/heldout.npy")],
			&Reading { rows: Some("0..2".parse().unwrap()), ..Reading::default() },
			None,
		);
		assert_eq!(batch, first.unwrap());
	}

	#[test]
	fn json_is_read_as_nested_arrays() {
		let specs = [spec(ElementType::I32, &[Dim::Batch, Dim::Fixed(2)])];
		let batch = read(&specs, &["[[1,2],[3,4],[5,6]]"], None).unwrap();
		assert_eq!(batch[0].items, 3);
		let (tensors, _) = read_bundle(&specs, &batch[0].bytes).unwrap();
		assert_eq!(tensors[0].data[..4], 1i32.to_le_bytes());
		assert_eq!(read(&specs, &["[1,2]"], None).unwrap()[0].items, 1);
		assert_eq!(read(&specs, &[r#"{"x": [1,2]}"#], None).unwrap()[0].items, 1);
		for (wrong, why) in [
			("[[1,2],[3]]", "not equally long"),
			("[[1,2],3]", "not equally deep"),
			("[\"a\",2]", "\"a\" is no number"),
			("[[]]", "an empty array"),
			("[1,", "no JSON"),
		] {
			let error = format!("{:#}", read(&specs, &[wrong], None).unwrap_err());
			assert!(error.contains(why), "{wrong}: {error}");
		}
	}

	#[test]
	fn inputs_of_a_model_with_several_are_named() {
		let mut specs = [spec(ElementType::I32, &[Dim::Batch]), spec(ElementType::F32, &[Dim::Fixed(2)])];
		specs[0].name = b"ids".to_vec().try_into().unwrap();
		let named = read(&specs, &["ids=[1,2]", "x=[0.5,1]"], None).unwrap();
		assert_eq!(named, read(&specs, &[r#"{"x": [0.5, 1], "ids": [1, 2]}"#], None).unwrap());
		assert_eq!(named[0].items, 2);
		let each = read(&specs, &["ids=[1,2]", "x=[0.5,1]"], Some(1)).unwrap();
		assert_eq!(each.len(), 2, "the input without a batch goes with every task");
		let error = |sources: &[&str]| read(&specs, sources, None).unwrap_err().to_string();
		assert!(error(&["[1]"]).contains("ids=FILE or x=FILE"));
		assert!(error(&["ids=[1]"]).contains("input x is missing"));
	}

	#[test]
	fn a_file_that_does_not_fit_is_told_by_name_and_shape() {
		let narrow = [spec(ElementType::F32, &[Dim::Batch, Dim::Fixed(10)])];
		let npy = format!("{DIGITS}/heldout.npy");
		let error = read(&narrow, &[&npy], None).unwrap_err().to_string();
		let expected = format!("the model's input x is float32 [batch, 10], but {npy} has the shape [450, 64]");
		assert_eq!(error, expected);
		let error = format!("{:#}", read(&narrow, &[&format!("{DIGITS}/heldout/000-label-3.png")], None).unwrap_err());
		assert!(error.contains("no grey picture"), "{error}");
		let error = read(&narrow, &["/nowhere.npy"], None).unwrap_err().to_string();
		assert!(error.contains("cannot read /nowhere.npy"), "{error}");
	}

	#[test]
	fn a_picture_is_resized_to_the_models_size() {
		let small = [spec(ElementType::U8, &[Dim::Batch, Dim::Fixed(1), Dim::Fixed(4), Dim::Fixed(6)])];
		let bundle = read(&small, &[&format!("{DIGITS}/heldout/000-label-3.png")], None).unwrap();
		let (tensors, _) = read_bundle(&small, &bundle[0].bytes).unwrap();
		assert_eq!(tensors[0].dims, [1, 1, 4, 6]);
		assert!(tensors[0].data.iter().all(|pixel| *pixel <= 16));
	}

	#[test]
	fn rows_are_written_as_a_range_or_a_number() {
		assert_eq!("2..5".parse(), Ok(Rows(2..5)));
		assert_eq!("7".parse(), Ok(Rows(7..8)));
		for wrong in ["5..2", "3..3", "..2", "a", "1..", "-1", "18446744073709551615"] {
			assert!(wrong.parse::<Rows>().is_err(), "{wrong}");
		}
	}
}
