//! The digit classifier and the held-out images to ask it about.

use std::{collections::HashMap, fs, ops::Range, path::PathBuf};

use anyhow::{ensure, Context as _, Result};
use deepnode_primitives::{
	canonical::Answer,
	content::Payload,
	tensor::{push_tensor, ElementType},
};

use crate::stage::repository;

/// Held-out images, their digits, and what the classifier says about them where it was trained.
#[derive(Debug)]
pub struct Digits {
	images: Vec<f32>,
	labels: Vec<i64>,
	predicted: Vec<i64>,
}

#[derive(serde::Deserialize)]
struct Manifest {
	models: HashMap<String, Entry>,
}

#[derive(serde::Deserialize)]
struct Entry {
	predicted: Vec<i64>,
}

impl Digits {
	/// The classifier's name.
	pub const NAME: &'static str = "digits-mlp";
	/// The pixels of an image.
	pub const PIXELS: usize = 64;

	/// Reads the images and what is known about them.
	pub fn load() -> Result<Self> {
		let images = npy("heldout.npy")?;
		let labels = npy("heldout_labels.npy")?;
		let manifest = fs::read(file("manifest.json")).context("the digits' manifest.json")?;
		let mut manifest: Manifest = serde_json::from_slice(&manifest)?;
		let predicted = manifest
			.models
			.remove(Self::NAME)
			.with_context(|| format!("the manifest has no {}", Self::NAME))?
			.predicted;
		ensure!(
			images.len() == labels.len() * Self::PIXELS && labels.len() == predicted.len(),
			"the digits do not match"
		);
		Ok(Self { images, labels, predicted })
	}

	/// The classifier's file.
	pub fn model() -> PathBuf {
		file(&format!("{}.onnx", Self::NAME))
	}

	/// How many images there are.
	pub fn len(&self) -> usize {
		self.labels.len()
	}

	/// Whether there is none.
	pub fn is_empty(&self) -> bool {
		self.labels.is_empty()
	}

	/// The task's input that asks about one image.
	pub fn input(&self, image: usize) -> Result<Payload> {
		ensure!(image < self.len(), "no image {image}");
		Ok(Payload::Inline(self.bundle(image..image + 1)?.try_into().ok().context("an image is too large")?))
	}

	/// The input that asks about images, which begin again after the last.
	pub fn bundle(&self, images: Range<usize>) -> Result<Vec<u8>> {
		let count = u32::try_from(images.len())?;
		let pixels = images.flat_map(|image| {
			let first = image % self.len() * Self::PIXELS;
			&self.images[first..first + Self::PIXELS]
		});
		let data: Vec<u8> = pixels.flat_map(|pixel| pixel.to_le_bytes()).collect();
		let mut bundle = Vec::new();
		push_tensor(&mut bundle, ElementType::F32, &[count, Self::PIXELS as u32], &data);
		Ok(bundle)
	}

	/// The digit on an image.
	pub fn label(&self, image: usize) -> i64 {
		self.labels[image]
	}

	/// The digit that the classifier saw on an image where it was trained; images begin again after the last.
	pub fn predicted(&self, image: usize) -> i64 {
		self.predicted[image % self.len()]
	}

	/// The digit that a canonical answer names: the largest of ten scores.
	pub fn answer(bytes: &[u8]) -> Result<i64> {
		let Answer::Outputs(outputs) = Answer::from_bytes(bytes)? else { anyhow::bail!("the answer is an error") };
		let scores = &outputs.first().context("the answer has no output")?.data;
		ensure!(scores.len() == 10, "the answer has {} scores", scores.len());
		let best = (0..scores.len()).rev().max_by_key(|digit| scores[*digit]);
		Ok(best.unwrap_or_default() as i64)
	}
}

fn file(name: &str) -> PathBuf {
	repository("tests/models/digits").join(name)
}

fn npy<T: npyz::Deserialize>(name: &str) -> Result<Vec<T>> {
	let bytes = fs::read(file(name)).with_context(|| format!("the digits' {name}"))?;
	Ok(npyz::NpyFile::new(&bytes[..])?.into_vec()?)
}

#[cfg(test)]
mod tests {
	use super::*;
	use deepnode_primitives::canonical::Output;

	#[test]
	fn the_images_have_the_models_shape() {
		let digits = Digits::load().unwrap();
		assert_eq!(digits.len(), 450);
		let input = digits.input(0).unwrap();
		assert_eq!(input.inline().unwrap().len(), 2 + 2 * 4 + 64 * 4);
	}

	#[test]
	fn the_first_of_the_largest_scores_is_the_answer() {
		let data = vec![0, 7, -3, 7, 1, 0, 0, 0, 0, 0];
		let answer = Answer::Outputs(vec![Output { dims: vec![1, 10], data }]);
		assert_eq!(Digits::answer(&answer.to_bytes()).unwrap(), 1);
	}
}
