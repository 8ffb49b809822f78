//! Answers as NumPy files.

use std::{fs, path::Path};

use anyhow::{ensure, Context as _, Result};
use npyz::WriterBuilder as _;

use crate::answer::{Decoded, Values};

/// Writes an answer's values: one file, or one for each output with its name in the file's.
pub fn write_npy(path: &Path, answer: &Decoded) -> Result<()> {
	ensure!(!answer.outputs.is_empty(), "the answer is an error and has no values");
	for output in &answer.outputs {
		let path = match answer.outputs.len() {
			1 => path.to_owned(),
			_ => {
				let name: String =
					output.name.chars().map(|letter| if letter.is_alphanumeric() { letter } else { '-' }).collect();
				let stem = path.file_stem().unwrap_or_default().to_string_lossy();
				path.with_file_name(format!("{stem}-{name}.npy"))
			},
		};
		let write = || {
			let file = std::io::BufWriter::new(fs::File::create(&path)?);
			let shape: Vec<u64> = output.shape.iter().map(|dim| u64::from(*dim)).collect();
			match &output.values {
				Values::Float(values) => write_array(file, &shape, values),
				Values::Integer(values) => write_array(file, &shape, values),
			}
		};
		write().with_context(|| format!("cannot write {}", path.display()))?;
	}
	Ok(())
}

fn write_array<T: npyz::AutoSerialize + Copy>(
	file: impl std::io::Write,
	shape: &[u64],
	values: &[T],
) -> std::io::Result<()> {
	let mut writer = npyz::WriteOptions::new().default_dtype().shape(shape).writer(file).begin_nd()?;
	writer.extend(values.iter().copied())?;
	writer.finish()
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::answer::DecodedOutput;

	#[test]
	fn an_answer_is_written_as_npy() {
		let folder = tempfile::tempdir().unwrap();
		let path = folder.path().join("out.npy");
		let output = |name: &str, values| DecodedOutput { name: name.into(), shape: vec![1, 2], values, decimals: 1 };
		let mut answer =
			Decoded { outputs: vec![output("a", Values::Float(vec![0.5, -1.0]))], classes: None, error: None };
		write_npy(&path, &answer).unwrap();
		let file = npyz::NpyFile::new(fs::File::open(&path).unwrap()).unwrap();
		assert_eq!(file.shape(), [1, 2]);
		assert_eq!(file.into_vec::<f64>().unwrap(), [0.5, -1.0]);
		answer.outputs.push(output("b/c", Values::Integer(vec![1, 2])));
		write_npy(&path, &answer).unwrap();
		assert!(folder.path().join("out-a.npy").exists() && folder.path().join("out-b-c.npy").exists());
	}
}
