//! Models.

use std::path::Path;

use anyhow::{bail, ensure, Context as _, Result};
use deepnode_client::{Event, ModelFile, ModelInfo, ModelSpec, Parent};
use deepnode_primitives::{
	comparison::{Comparison, Quantisation},
	content::{sha256, ContentRef, Uris, MAX_URIS, MAX_URI_LEN},
	private::RUNTIME_CLASS,
	tensor::TensorSpecs,
	DataSetId, ModelId,
};
use serde::Serialize;
use url::Url;

use super::Receipt;
use crate::{
	amount::{Amount, Part},
	cli::{ComparisonKind, Models, Register},
	context::Context,
	onnx,
	output::{fields, table},
	tensor,
};

/// The most data sets that a model declares.
const MAX_DATA_SETS: usize = 4;

#[derive(Serialize)]
struct Shown {
	id: ModelId,
	name: String,
	domain: String,
	owner: String,
	active: bool,
	price: Amount,
	licence: String,
	opset: u16,
	inputs: Vec<Tensor>,
	outputs: Vec<Tensor>,
	comparison: String,
	#[serde(skip_serializing_if = "Option::is_none")]
	runtime_class: Option<u16>,
	/// The parameters of encrypted inputs.
	#[serde(skip_serializing_if = "Option::is_none")]
	fhe: Option<u32>,
	#[serde(skip_serializing_if = "Option::is_none")]
	parent: Option<ShownParent>,
	data_sets: Vec<DataSetId>,
	files: Vec<File>,
	bond: Amount,
	registered_at: u32,
	open_tasks: u32,
	workers: u32,
	/// What the workers weigh in a draw: stake by fidelity.
	weight: Amount,
}

#[derive(Serialize)]
struct Tensor {
	name: String,
	r#type: String,
}

#[derive(Serialize)]
struct ShownParent {
	model: ModelId,
	royalty: String,
}

#[derive(Serialize)]
struct File {
	name: String,
	sha256: String,
	bytes: u64,
	uris: Vec<String>,
}

#[derive(Serialize)]
struct Registered {
	model: ModelId,
	#[serde(flatten)]
	receipt: Receipt,
}

/// Runs a command about models.
pub async fn run(context: &Context, command: Models) -> Result<()> {
	match command {
		Models::Register(arguments) => register(context, *arguments).await,
		Models::List { domain, all } => list(context, domain, all).await,
		Models::Show { model } => {
			let client = context.client().await?;
			let at = Some(client.best_block().await?.hash);
			let found = client.model(model, at).await?.with_context(|| unknown(model))?;
			let pool = client.pool(model, at).await?;
			context.output.show(&Shown::new(found, pool), text)
		},
		Models::SetPrice { model, price } => {
			let (client, key) = (context.client().await?, context.key()?);
			let transaction = client.set_price(&key, None, model, price.0).await?;
			context.done(&transaction, format!("an item of model {model} costs {price}"))
		},
		Models::SetUris { model, uris, file } => {
			let (client, key) = (context.client().await?, context.key()?);
			let transaction = client.set_uris(&key, None, model, file, to_uris(&uris)?).await?;
			context.done(&transaction, format!("file {file} of model {model} is at {}", uris.join(" and ")))
		},
		Models::Retire { model } => {
			let (client, key) = (context.client().await?, context.key()?);
			let transaction = client.retire(&key, None, model).await?;
			context.done(&transaction, format!("model {model} takes no new tasks"))
		},
	}
}

/// What to say of a model that is not there.
pub fn unknown(model: ModelId) -> String {
	format!("there is no model {model}; `deepnode models list` shows those that there are")
}

async fn register(context: &Context, arguments: Register) -> Result<()> {
	let spec = spec(&arguments)?;
	let key = context.key()?;
	let client = context.client().await?;
	if let Some(parent) = spec.parent {
		client.model(parent.model, None).await?.with_context(|| unknown(parent.model))?;
	}
	let transaction = client
		.register_model(&key, None, &spec)
		.await
		.with_context(|| format!("cannot register {}", arguments.file.display()))?;
	let model = transaction
		.events
		.iter()
		.find_map(|event| match event {
			Event::ModelRegistered { model, .. } => Some(*model),
			_ => None,
		})
		.context("the chain registered the model without saying its number")?;
	let registered = Registered { model, receipt: Receipt::from(&transaction) };
	context.output.show(&registered, |registered| {
		let block = registered.receipt.block;
		let price = Amount(spec.price);
		format!("model {model} is {:?}, {price} per item (block {block}); workers serve it with `deepnode worker serve {model}`", spec.name)
	})
}

/// The registry's entry for what was typed.
fn spec(arguments: &Register) -> Result<ModelSpec> {
	let path = &arguments.file;
	let bytes = read(path)?;
	let interface = onnx::interface(&bytes).with_context(|| format!("cannot use {}", path.display()))?;
	let private = private(arguments)?;
	let mut files = vec![file(arguments, path, &bytes, if private.is_some() { &[] } else { &arguments.uri })?];
	for external in &interface.external {
		let path = path.parent().unwrap_or(Path::new(".")).join(external);
		let bytes = read(&path).context("the model keeps weights in another file")?;
		files.push(file(arguments, &path, &bytes, &[])?);
	}
	if let Some(card) = &arguments.card {
		files.push(file(arguments, card, &read(card)?, &[])?);
	}
	let name = match &arguments.name {
		Some(name) => name.clone(),
		None => path.file_stem().context("the file has no name")?.to_string_lossy().into_owned(),
	};
	ensure!(arguments.price.0 > 0, "a model must cost something: --price is {}", arguments.price);
	let data_sets = arguments.data_sets.clone();
	let number = data_sets.len();
	ensure!(number <= MAX_DATA_SETS, "a model declares at most {MAX_DATA_SETS} data sets, and these are {number}");
	let twice = data_sets.iter().enumerate().find(|(at, data_set)| data_sets[..*at].contains(data_set));
	if let Some((_, data_set)) = twice {
		bail!("data set {data_set} is given twice: a model declares it once");
	}
	let plain = || {
		let comparison = comparison(arguments, &interface.outputs)?;
		anyhow::Ok((interface.inputs.clone(), interface.outputs.clone(), comparison, None))
	};
	let (inputs, outputs, comparison, fhe) = match private {
		// What workers run comes first.
		Some(private) => {
			files.insert(0, private.file);
			(private.inputs, private.outputs, Comparison::Exact, Some(private.parameters))
		},
		None => plain()?,
	};
	Ok(ModelSpec {
		name,
		domain: arguments.domain.clone(),
		files,
		opset: interface.opset,
		comparison,
		inputs,
		outputs,
		licence: arguments.licence.clone(),
		price: arguments.price.0,
		runtime_class: arguments.runtime_class.or(fhe.map(|_| RUNTIME_CLASS)),
		fhe,
		parent: arguments.parent.zip(arguments.royalty).map(|(model, Part(royalty))| Parent { model, royalty }),
		data_sets,
	})
}

/// What a model's circuit says about its entry.
struct Private {
	file: ModelFile,
	inputs: TensorSpecs,
	outputs: TensorSpecs,
	parameters: u32,
}

#[cfg(feature = "fhe")]
fn private(arguments: &Register) -> Result<Option<Private>> {
	let Some(path) = &arguments.circuit else { return Ok(None) };
	let bytes = read(path)?;
	let circuit = deepnode_fhe::circuit::Circuit::from_bytes(&bytes)
		.with_context(|| format!("{} is no circuit of `deepnode private convert`", path.display()))?;
	let file = file(arguments, path, &bytes, &arguments.uri)?;
	let (inputs, outputs) = super::private::tensors(&circuit)?;
	Ok(Some(Private { file, inputs, outputs, parameters: circuit.parameters().id }))
}

#[cfg(not(feature = "fhe"))]
fn private(_: &Register) -> Result<Option<Private>> {
	Ok(None)
}

fn read(path: &Path) -> Result<Vec<u8>> {
	std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

fn file(arguments: &Register, path: &Path, bytes: &[u8], uris: &[String]) -> Result<ModelFile> {
	let name = path.file_name().context("a file has no name")?.to_string_lossy().into_owned();
	let uris = match (&arguments.uri_base, uris) {
		(Some(base), _) => vec![format!("{}/{name}", base.trim_end_matches('/'))],
		(None, []) => vec![file_uri(path)?],
		(None, uris) => uris.to_vec(),
	};
	let content = ContentRef { hash: sha256(bytes), length: bytes.len() as u64, uris: to_uris(&uris)? };
	Ok(ModelFile { name, content })
}

/// The `file://` URI of a path.
pub fn file_uri(path: &Path) -> Result<String> {
	let path = std::path::absolute(path).with_context(|| format!("cannot find {}", path.display()))?;
	let url = Url::from_file_path(&path).ok().with_context(|| format!("{} is no path", path.display()))?;
	Ok(url.into())
}

/// URIs that workers can fetch.
pub fn to_uris(uris: &[String]) -> Result<Uris> {
	let checked = uris.iter().map(|uri| {
		let url = Url::parse(uri).with_context(|| format!("{uri:?} is no URI"))?;
		if !["file", "http", "https", "s3"].contains(&url.scheme()) {
			bail!("workers fetch file, http, https and s3 URIs, not {uri}");
		}
		let too_long = || format!("{uri} is longer than {MAX_URI_LEN} bytes");
		uri.clone().into_bytes().try_into().ok().with_context(too_long)
	});
	let too_many = || format!("{} URIs are too many: at most {MAX_URIS} fit", uris.len());
	checked.collect::<Result<Vec<_>>>()?.try_into().ok().with_context(too_many)
}

fn comparison(arguments: &Register, outputs: &TensorSpecs) -> Result<Comparison> {
	let quantisation = Quantisation { k: arguments.k, scale_millionths: arguments.scale };
	let tau = arguments.tau;
	let all_integers = outputs.iter().all(|output| !output.element.is_float());
	let default = if all_integers { ComparisonKind::Exact } else { ComparisonKind::Tolerance };
	let comparison = match arguments.comparison.unwrap_or(default) {
		ComparisonKind::Exact => Comparison::Exact,
		ComparisonKind::Tolerance => Comparison::Tolerance { quantisation, tau },
		ComparisonKind::Argmax => Comparison::ArgMax { quantisation, tau },
	};
	if !comparison.fits(outputs) {
		let declared: Vec<_> =
			outputs.iter().map(|output| format!("{} {}", tensor::name(output), tensor::Type(output))).collect();
		bail!(
			"this comparison does not fit the outputs {}: exact needs integers, argmax a last axis of classes",
			declared.join(", ")
		);
	}
	Ok(comparison)
}

async fn list(context: &Context, domain: Option<String>, all: bool) -> Result<()> {
	let client = context.client().await?;
	let at = Some(client.best_block().await?.hash);
	let models = client.models(at).await?.into_iter();
	let models = models
		.filter(|model| (all || model.active) && domain.as_ref().is_none_or(|domain| *domain == model.spec.domain));
	let mut shown = Vec::new();
	for model in models {
		let pool = client.pool(model.id, at).await?;
		shown.push(Shown::new(model, pool));
	}
	context.output.show(&shown, |shown| {
		let row = |model: &Shown| {
			let status = if model.active { "active" } else { "retired" };
			vec![
				model.id.to_string(),
				model.name.clone(),
				model.domain.clone(),
				model.price.to_string(),
				model.workers.to_string(),
				model.open_tasks.to_string(),
				status.into(),
			]
		};
		table(&[">ID", "NAME", "DOMAIN", ">PRICE", ">WORKERS", ">OPEN TASKS", "STATUS"], shown.iter().map(row))
	})
}

impl Shown {
	fn new(model: ModelInfo, (workers, weight): (u32, u128)) -> Self {
		let tensors = |specs: &TensorSpecs| {
			let tensor = |spec| Tensor { name: tensor::name(spec), r#type: tensor::Type(spec).to_string() };
			specs.iter().map(tensor).collect()
		};
		let spec = model.spec;
		Self {
			id: model.id,
			owner: model.owner.to_string(),
			active: model.active,
			price: Amount(spec.price),
			opset: spec.opset,
			inputs: tensors(&spec.inputs),
			outputs: tensors(&spec.outputs),
			comparison: describe(&spec.comparison),
			runtime_class: spec.runtime_class,
			fhe: spec.fhe,
			parent: spec
				.parent
				.map(|parent| ShownParent { model: parent.model, royalty: Part(parent.royalty).to_string() }),
			data_sets: spec.data_sets,
			files: spec
				.files
				.into_iter()
				.map(|file| File {
					name: file.name,
					sha256: hex::encode(file.content.hash),
					bytes: file.content.length,
					uris: file.content.uris_utf8().into_iter().map(str::to_owned).collect(),
				})
				.collect(),
			name: spec.name,
			domain: spec.domain,
			licence: spec.licence,
			bond: Amount(model.bond),
			registered_at: model.registered_at,
			open_tasks: model.open_tasks,
			workers,
			weight: Amount(weight),
		}
	}
}

/// When two answers agree, for people.
pub fn describe(comparison: &Comparison) -> String {
	let steps = |Quantisation { k, scale_millionths }: &Quantisation| match scale_millionths {
		1_000_000 => format!("2^-{k}"),
		millionths => format!("2^-{k} x {}", f64::from(*millionths) / 1e6),
	};
	match comparison {
		Comparison::Exact => "exact: the same bits".into(),
		Comparison::Tolerance { quantisation, tau } => {
			format!("tolerance: elements differ by at most {tau} steps of {}", steps(quantisation))
		},
		Comparison::ArgMax { quantisation, tau } => {
			format!(
				"argmax: the same class wins, or by at most {} steps of {}",
				tau.saturating_mul(2),
				steps(quantisation)
			)
		},
	}
}

fn text(model: &Shown) -> String {
	let tensors = |tensors: &[Tensor]| {
		tensors.iter().map(|tensor| format!("{} {}", tensor.name, tensor.r#type)).collect::<Vec<_>>().join("\n")
	};
	let file = |file: &File| {
		format!("{} ({} bytes, sha256 {})\n  {}", file.name, file.bytes, file.sha256, file.uris.join("\n  "))
	};
	let mut lines = vec![
		("model", format!("{} ({}){}", model.id, model.name, if model.active { "" } else { ", retired" })),
		("domain", model.domain.clone()),
		("owner", model.owner.clone()),
		("price", format!("{} per item", model.price)),
		("licence", model.licence.clone()),
		("inputs", tensors(&model.inputs)),
		("outputs", tensors(&model.outputs)),
		("compared", model.comparison.clone()),
		("format", format!("ONNX, operator set {}", model.opset)),
		("files", model.files.iter().map(file).collect::<Vec<_>>().join("\n")),
	];
	if let Some(parameters) = model.fhe {
		let ask = "asked with `deepnode private submit`";
		lines.push(("private", format!("inputs are encrypted under parameter set {parameters}; {ask}")));
	}
	if let Some(parent) = &model.parent {
		lines.push(("parent", format!("model {}, which gets {}", parent.model, parent.royalty)));
	}
	if !model.data_sets.is_empty() {
		let data_sets = model.data_sets.iter().map(DataSetId::to_string).collect::<Vec<_>>();
		lines.push(("data sets", data_sets.join(", ")));
	}
	if let Some(class) = model.runtime_class {
		lines.push(("runtime", format!("class {class}")));
	}
	lines.extend([
		("bond", format!("{}, since block {}", model.bond, model.registered_at)),
		("workers", format!("{}, whose stake by fidelity is {}", model.workers, model.weight)),
		("open tasks", model.open_tasks.to_string()),
	]);
	fields(&lines)
}

#[cfg(test)]
mod tests {
	use super::*;

	const MODEL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/models/digits/digits-mlp.onnx");

	fn arguments(line: &str) -> Register {
		use clap::Parser as _;
		let words = ["deepnode", "models", "register", MODEL, "--domain", "digits", "--licence", "MIT"];
		let cli = crate::cli::Cli::try_parse_from(words.into_iter().chain(line.split_whitespace())).unwrap();
		match cli.command {
			crate::cli::Command::Models(Models::Register(arguments)) => *arguments,
			other => panic!("{other:?}"),
		}
	}

	#[test]
	fn an_entry_is_made_from_the_file_and_what_was_typed() {
		let spec = spec(&arguments("--price 0.01DN --comparison argmax --tau 4 --parent 2 --royalty 5%")).unwrap();
		assert_eq!((spec.name.as_str(), spec.opset, spec.price), ("digits-mlp", 17, 10u128.pow(16)));
		assert_eq!(spec.comparison, Comparison::ArgMax { quantisation: Quantisation::default(), tau: 4 });
		assert_eq!(spec.parent, Some(Parent { model: 2, royalty: 50_000 }));
		let [file] = &spec.files[..] else { panic!("one file") };
		assert_eq!(file.content.verify(&std::fs::read(MODEL).unwrap()), Ok(()));
		let uris = file.content.uris_utf8();
		assert!(uris[0].starts_with("file:///") && uris[0].ends_with("/digits-mlp.onnx"), "{uris:?}");
	}

	#[test]
	fn the_default_comparison_fits_the_outputs() {
		let spec = spec(&arguments("--price 1u")).unwrap();
		assert_eq!(spec.comparison, Comparison::default());
		let error = super::spec(&arguments("--price 1u --comparison exact")).unwrap_err().to_string();
		assert!(error.contains("logits float32 [batch, 10]"), "{error}");
	}

	#[test]
	fn files_are_found_by_their_names_below_a_base() {
		let card = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/models/digits/manifest.json");
		let spec = spec(&arguments(&format!("--price 1 --uri-base https://example.org/m/ --card {card}"))).unwrap();
		let uris: Vec<_> = spec.files.iter().flat_map(|file| file.content.uris_utf8()).collect();
		assert_eq!(uris, ["https://example.org/m/digits-mlp.onnx", "https://example.org/m/manifest.json"]);
	}

	#[test]
	fn uris_that_workers_cannot_fetch_are_refused() {
		for (uri, why) in [("ftp://a/b", "not ftp://a/b"), ("a.onnx", "no URI")] {
			let error = to_uris(&[uri.into()]).unwrap_err().to_string();
			assert!(error.contains(why), "{error}");
		}
		assert!(to_uris(&["s3://b/k".into(), "https://h/p".into()]).is_ok());
		assert!(to_uris(&vec!["https://h/p".to_owned(); 5]).unwrap_err().to_string().contains("at most 4"));
	}

	#[test]
	fn data_sets_are_declared_once_each_and_shown() {
		let spec = spec(&arguments("--price 1u --data-set 3 --data-set 5")).unwrap();
		assert_eq!(spec.data_sets, [3, 5]);
		let owner = deepnode_client::AccountId::new([1; 32]);
		let model = ModelInfo { id: 0, owner, spec, active: true, open_tasks: 0, bond: 0, registered_at: 0 };
		let shown = Shown::new(model, (2, 500));
		assert_eq!(serde_json::to_value(&shown).unwrap()["data_sets"], serde_json::json!([3, 5]));
		assert!(text(&shown).contains("data sets   3, 5"), "{}", text(&shown));
		for (line, why) in [
			("--price 1u --data-set 3 --data-set 3", "data set 3 is given twice"),
			("--price 1u --data-set 1 --data-set 2 --data-set 3 --data-set 4 --data-set 5", "at most 4 data sets"),
		] {
			let error = super::spec(&arguments(line)).unwrap_err().to_string();
			assert!(error.contains(why), "{error}");
		}
	}

	#[cfg(feature = "fhe")]
	#[test]
	fn a_circuit_makes_an_entry_for_encrypted_inputs() {
		use deepnode_fhe::convert::{convert, Options};
		let linear = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/models/digits/digits-linear.onnx");
		let options = Options { calibration: vec![vec![0.0; 64], vec![16.0; 64]], ..Default::default() };
		let circuit = convert(&std::fs::read(linear).unwrap(), &options).unwrap().circuit;
		let folder = tempfile::tempdir().unwrap();
		let path = folder.path().join("digits.circuit");
		std::fs::write(&path, circuit.to_bytes()).unwrap();

		let spec = spec(&arguments(&format!("--price 1u --circuit {}", path.display()))).unwrap();
		assert_eq!((spec.fhe, spec.runtime_class, spec.comparison), (Some(1), Some(1), Comparison::Exact));
		assert!(deepnode_primitives::private::fits(1, &spec.inputs, &spec.outputs, &spec.comparison));
		let names: Vec<_> = spec.files.iter().map(|file| file.name.as_str()).collect();
		assert_eq!(names, ["digits.circuit", "digits-mlp.onnx"], "what workers run comes first");

		let error = super::spec(&arguments(&format!("--price 1u --circuit {MODEL}"))).unwrap_err();
		assert!(format!("{error:#}").contains("is no circuit of `deepnode private convert`"), "{error:#}");
	}

	#[test]
	fn a_price_of_nothing_is_refused() {
		assert!(spec(&arguments("--price 0")).unwrap_err().to_string().contains("must cost something"));
	}
}
