//! Data sets.

use std::{
	fs::File,
	io::Read as _,
	path::{Path, PathBuf},
};

use anyhow::{bail, ensure, Context as _, Result};
use deepnode_client::{manifest_digest, DataFile, DataSetInfo, DataSetSpec, Event, Manifest};
use deepnode_primitives::{
	content::{ContentRef, Digest},
	DataSetId,
};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::{
	models::{file_uri, to_uris},
	Receipt,
};
use crate::{
	amount::{Amount, Part},
	cli::{DataFiles, DataSets, RegisterDataSet},
	context::Context,
	output::{count, fields, hex, table, Output},
	progress,
};

/// The highest royalty, in parts per million.
const MAX_ROYALTY: u32 = 250_000;
/// How much of a file is read at once.
const BLOCK: usize = 1 << 20;

#[derive(Serialize)]
struct Shown {
	id: DataSetId,
	name: String,
	domain: String,
	owner: String,
	active: bool,
	sealed: bool,
	/// What binds the files.
	digest: String,
	files: Vec<ShownFile>,
	licence: String,
	royalty: String,
	evaluation_price: Amount,
	items: u32,
	/// How many models declare it.
	models: u32,
	/// How many times an item of it was used in an evaluation.
	uses: u64,
	bond: Amount,
	registered_at: u32,
}

#[derive(Serialize)]
struct ShownFile {
	name: String,
	sha256: String,
	bytes: u64,
	uris: Vec<String>,
}

#[derive(Serialize)]
struct Registered {
	data_set: DataSetId,
	digest: String,
	#[serde(flatten)]
	receipt: Receipt,
}

/// Runs a command about data sets.
pub async fn run(context: &Context, command: DataSets) -> Result<()> {
	match command {
		DataSets::Register(arguments) => register(context, *arguments).await,
		DataSets::List { domain, all } => list(context, domain, all).await,
		DataSets::Show { data_set } => {
			let found = context.client().await?.data_set(data_set, None).await?;
			context.output.show(&Shown::new(found.with_context(|| unknown(data_set))?)?, text)
		},
		DataSets::SetPrice { data_set, price } => {
			let (client, key) = (context.client().await?, context.key()?);
			let transaction = client.set_evaluation_price(&key, None, data_set, price.0).await?;
			context.done(&transaction, format!("one use of an item of data set {data_set} costs {price}"))
		},
		DataSets::SetUris { data_set, uris, file } => {
			let (client, key) = (context.client().await?, context.key()?);
			let transaction = client.set_data_set_uris(&key, None, data_set, file, to_uris(&uris)?).await?;
			context.done(&transaction, format!("file {file} of data set {data_set} is at {}", uris.join(" and ")))
		},
		DataSets::Publish { data_set, files } => publish(context, data_set, &files).await,
		DataSets::Retire { data_set } => {
			let (client, key) = (context.client().await?, context.key()?);
			let transaction = client.retire_data_set(&key, None, data_set).await?;
			let removed = transaction.events.iter().any(|event| matches!(event, Event::DataSetRemoved { .. }));
			let bond = if removed {
				"its bond is back".to_owned()
			} else {
				format!("`deepnode data-sets remove {data_set}` gets its bond back when no model declares it any more")
			};
			context.done(&transaction, format!("data set {data_set} takes no new uses; {bond}"))
		},
		DataSets::Remove { data_set } => {
			let (client, key) = (context.client().await?, context.key()?);
			let transaction = client.remove_data_set(&key, None, data_set).await?;
			context.done(&transaction, format!("data set {data_set} is gone, and its bond is back"))
		},
	}
}

/// What to say of a data set that is not there.
pub fn unknown(data_set: DataSetId) -> String {
	format!("there is no data set {data_set}; `deepnode data-sets list` shows those that there are")
}

async fn register(context: &Context, arguments: RegisterDataSet) -> Result<()> {
	let Part(royalty) = arguments.royalty;
	ensure!(royalty <= MAX_ROYALTY, "a royalty of {} is too high: 25% is the most", arguments.royalty);
	let key = context.key()?;
	let files = read(&context.output, &arguments.files, arguments.sealed)?;
	let digest = manifest_digest(&files)?;
	let name = arguments.name.or_else(|| files.first().map(|file| file.name.clone())).context("there is no file")?;
	let manifest = if arguments.sealed { Manifest::Sealed(digest) } else { Manifest::Open(files) };
	let spec = DataSetSpec {
		name,
		domain: arguments.domain,
		manifest,
		licence: arguments.licence,
		royalty,
		evaluation_price: arguments.evaluation_price.0,
		items: arguments.items,
	};
	let transaction = context.client().await?.register_data_set(&key, None, &spec).await;
	let transaction = transaction.with_context(|| format!("cannot register {:?}", spec.name))?;
	let data_set = transaction.events.iter().find_map(|event| match event {
		Event::DataSetRegistered { data_set, .. } => Some(*data_set),
		_ => None,
	});
	let data_set = data_set.context("the chain registered the data set without saying its number")?;
	let registered = Registered { data_set, digest: hex(digest), receipt: Receipt::from(&transaction) };
	context.output.show(&registered, |registered| {
		let next = match spec.manifest {
			Manifest::Open(_) => format!("models declare it with `deepnode models register ... --data-set {data_set}`"),
			Manifest::Sealed(_) => format!(
				"keep the files as they are: `deepnode data-sets publish {data_set} FILES` takes just these, in their order"
			),
		};
		format!("data set {data_set} is {:?} (block {}); {next}", spec.name, registered.receipt.block)
	})
}

async fn publish(context: &Context, data_set: DataSetId, files: &DataFiles) -> Result<()> {
	let key = context.key()?;
	let client = context.client().await?;
	let found = client.data_set(data_set, None).await?.with_context(|| unknown(data_set))?;
	let Manifest::Sealed(sealed) = found.spec.manifest else {
		bail!("data set {data_set} is open already; `deepnode data-sets show {data_set}` shows its files")
	};
	let files = read(&context.output, files, false)?;
	let digest = manifest_digest(&files)?;
	ensure!(
		digest == sealed,
		"these files have the digest {}, and data set {data_set} was sealed with {}: give the same files, with the \
		 same names, in the same order",
		hex(digest),
		hex(sealed)
	);
	let transaction = client.publish_data_set(&key, None, data_set, &files).await?;
	context.done(&transaction, format!("the {} of data set {data_set} are known now", count(files.len(), "file")))
}

/// The files that were named, and where to fetch them unless they are `sealed`.
fn read(output: &Output, arguments: &DataFiles, sealed: bool) -> Result<Vec<DataFile>> {
	let DataFiles { files, uri, uri_base } = arguments;
	ensure!(uri.is_empty() || files.len() == 1, "--uri is for one file, and these are {}: use --uri-base", files.len());
	let lengths = files.iter().map(|path| Ok(open(path)?.metadata()?.len())).collect::<Result<Vec<_>>>()?;
	let bar = progress::bytes(output, lengths.iter().sum(), "hashing");
	let file = |path: &PathBuf| {
		let name = path.file_name().and_then(|name| name.to_str());
		let name = name.with_context(|| format!("{} has no name in UTF-8", path.display()))?.to_owned();
		let uris = match (uri_base, &uri[..]) {
			_ if sealed => Vec::new(),
			(Some(base), _) => vec![format!("{}/{name}", base.trim_end_matches('/'))],
			(None, []) => vec![file_uri(path)?],
			(None, uris) => uris.to_vec(),
		};
		let (hash, length) = hash(path, |read| bar.inc(read))?;
		Ok(DataFile { name, content: ContentRef { hash, length, uris: to_uris(&uris)? } })
	};
	let read = files.iter().map(file).collect();
	bar.finish_and_clear();
	read
}

fn open(path: &Path) -> Result<File> {
	File::open(path).with_context(|| format!("cannot read {}", path.display()))
}

/// A file's SHA-256 and length. It may be longer than the memory.
fn hash(path: &Path, progress: impl Fn(u64)) -> Result<(Digest, u64)> {
	let (mut file, mut hasher, mut length) = (open(path)?, Sha256::new(), 0);
	let mut block = vec![0; BLOCK];
	loop {
		let read = file.read(&mut block).with_context(|| format!("cannot read {}", path.display()))?;
		if read == 0 {
			return Ok((hasher.finalize().into(), length));
		}
		hasher.update(&block[..read]);
		length += read as u64;
		progress(read as u64);
	}
}

async fn list(context: &Context, domain: Option<String>, all: bool) -> Result<()> {
	let found = context.client().await?.data_sets(None).await?.into_iter();
	let asked = |data_set: &DataSetInfo| {
		(all || data_set.active) && domain.as_ref().is_none_or(|domain| *domain == data_set.spec.domain)
	};
	let shown = found.filter(asked).map(Shown::new).collect::<Result<Vec<_>>>()?;
	context.output.show(&shown, |shown| {
		let row = |data_set: &Shown| {
			vec![
				data_set.id.to_string(),
				data_set.name.clone(),
				data_set.domain.clone(),
				data_set.items.to_string(),
				data_set.evaluation_price.to_string(),
				data_set.royalty.clone(),
				data_set.models.to_string(),
				data_set.uses.to_string(),
				data_set.status().into(),
			]
		};
		let header = [">ID", "NAME", "DOMAIN", ">ITEMS", ">A USE", ">ROYALTY", ">MODELS", ">USES", "STATUS"];
		table(&header, shown.iter().map(row))
	})
}

impl Shown {
	fn new(found: DataSetInfo) -> Result<Self> {
		let (sealed, digest, files) = match found.spec.manifest {
			Manifest::Open(files) => (false, manifest_digest(&files)?, files),
			Manifest::Sealed(digest) => (true, digest, Vec::new()),
		};
		let file = |file: DataFile| ShownFile {
			name: file.name,
			sha256: hex::encode(file.content.hash),
			bytes: file.content.length,
			uris: file.content.uris_utf8().into_iter().map(str::to_owned).collect(),
		};
		Ok(Self {
			id: found.id,
			name: found.spec.name,
			domain: found.spec.domain,
			owner: found.owner.to_string(),
			active: found.active,
			sealed,
			digest: hex(digest),
			files: files.into_iter().map(file).collect(),
			licence: found.spec.licence,
			royalty: Part(found.spec.royalty).to_string(),
			evaluation_price: Amount(found.spec.evaluation_price),
			items: found.spec.items,
			models: found.references,
			uses: found.uses,
			bond: Amount(found.bond),
			registered_at: found.registered_at,
		})
	}

	const fn status(&self) -> &'static str {
		match (self.active, self.sealed) {
			(true, false) => "open",
			(true, true) => "sealed",
			(false, _) => "retired",
		}
	}
}

fn text(data_set: &Shown) -> String {
	let file = |file: &ShownFile| {
		format!("{} ({} bytes, sha256 {})\n  {}", file.name, file.bytes, file.sha256, file.uris.join("\n  "))
			.trim_end()
			.to_owned()
	};
	let files = match data_set.sealed {
		true => "not shown yet".into(),
		false => data_set.files.iter().map(file).collect::<Vec<_>>().join("\n"),
	};
	fields(&[
		("data set", format!("{} ({}), {}", data_set.id, data_set.name, data_set.status())),
		("domain", data_set.domain.clone()),
		("owner", data_set.owner.clone()),
		("licence", data_set.licence.clone()),
		("items", format!("{}, {} for each use in an evaluation", data_set.items, data_set.evaluation_price)),
		("royalty", format!("{} of what a model earns that declares it", data_set.royalty)),
		("files", files),
		("digest", data_set.digest.clone()),
		("declared", format!("by {}", count(data_set.models as usize, "model"))),
		("used", format!("{} in evaluations", count(data_set.uses as usize, "time"))),
		("bond", format!("{}, since block {}", data_set.bond, data_set.registered_at)),
	])
}

#[cfg(test)]
mod tests {
	use deepnode_client::AccountId;
	use deepnode_primitives::content::sha256;

	use super::*;

	fn arguments(line: &str) -> DataFiles {
		use clap::Parser as _;
		let words = ["deepnode", "data-sets", "publish", "0"];
		let cli = crate::cli::Cli::try_parse_from(words.into_iter().chain(line.split_whitespace())).unwrap();
		match cli.command {
			crate::cli::Command::DataSets(DataSets::Publish { files, .. }) => files,
			other => panic!("{other:?}"),
		}
	}

	const DIGITS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/models/digits");

	fn files(line: &str, sealed: bool) -> Result<Vec<DataFile>> {
		read(&Output::new(true), &arguments(line), sealed)
	}

	fn info(manifest: Manifest) -> DataSetInfo {
		let spec = DataSetSpec {
			name: "digits".into(),
			domain: "vision/digits".into(),
			manifest,
			licence: "MIT".into(),
			royalty: 50_000,
			evaluation_price: 10u128.pow(16),
			items: 450,
		};
		let owner = AccountId::new([1; 32]);
		DataSetInfo { id: 3, owner, spec, active: true, bond: 0, registered_at: 9, references: 1, uses: 2 }
	}

	#[test]
	fn files_are_bound_by_their_hashes_in_the_order_given() {
		let (images, labels) = (format!("{DIGITS}/heldout.npy"), format!("{DIGITS}/heldout_labels.npy"));
		let read = files(&format!("{images} {labels} --uri-base https://h/d/"), false).unwrap();
		let bytes = std::fs::read(&images).unwrap();
		assert_eq!((read[0].content.hash, read[0].content.length), (sha256(&bytes), bytes.len() as u64));
		assert_eq!(read[1].content.uris_utf8(), ["https://h/d/heldout_labels.npy"]);
		let other = files(&format!("{labels} {images}"), false).unwrap();
		assert_ne!(manifest_digest(&read).unwrap(), manifest_digest(&other).unwrap());
	}

	#[test]
	fn sealed_files_are_bound_alike_and_say_no_place() {
		let images = format!("{DIGITS}/heldout.npy");
		let (open, sealed) = (files(&images, false).unwrap(), files(&images, true).unwrap());
		assert!(open[0].content.uris_utf8()[0].starts_with("file:///") && sealed[0].content.uris.is_empty());
		assert_eq!(manifest_digest(&open).unwrap(), manifest_digest(&sealed).unwrap());
	}

	#[test]
	fn what_cannot_be_read_or_placed_is_told() {
		let error = files("no/such/file", false).unwrap_err().to_string();
		assert_eq!(error, "cannot read no/such/file");
		let error = files("a b --uri https://h/a", false).unwrap_err().to_string();
		assert!(error.contains("these are 2: use --uri-base"), "{error}");
	}

	#[test]
	fn a_data_set_says_whether_its_files_are_known() {
		let images = files(&format!("{DIGITS}/heldout.npy"), false).unwrap();
		let open = Shown::new(info(Manifest::Open(images.clone()))).unwrap();
		let sealed = Shown::new(info(Manifest::Sealed(manifest_digest(&images).unwrap()))).unwrap();
		assert_eq!(open.digest, sealed.digest);
		for words in ["3 (digits), open", "heldout.npy (115328 bytes", "0.01 DN for each use", "2 times in evaluations"]
		{
			assert!(text(&open).contains(words), "{}", text(&open));
		}
		assert!(text(&sealed).contains("not shown yet"));
		let json = serde_json::to_value(&sealed).unwrap();
		assert_eq!((&json["sealed"], &json["files"]), (&true.into(), &serde_json::json!([])));
	}
}
