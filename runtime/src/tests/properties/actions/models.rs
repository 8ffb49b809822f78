//! Models are registered, changed and retired.

use super::{
	super::{work::uris, world::World},
	any_model, somebody, sorted, text, Action, DIGITS,
};
use crate::{constants::currency::UNIT, AccountId, Balance, Runtime};
use deepnode_primitives::{
	comparison::{Comparison, Quantisation},
	content::{sha256, ContentRef},
	tensor::{Dim, ElementType, TensorSpec},
	ModelId,
};
use pallet_data_registry::DataSets;
use pallet_model_registry::{Call, Format, ModelFile, ModelSpec, Models, Parent, RuntimeClass, Status};

/// What is tried with models, and how often each.
pub const ACTIONS: &[(usize, Action)] = &[(6, register), (3, set_price), (2, set_uris), (6, retire)];

/// A model of four features, and so many scores.
pub fn model_spec(domain: &str, scores: u32, comparison: Comparison) -> ModelSpec {
	let tensor = |name, length| TensorSpec {
		name: text(name),
		element: ElementType::F32,
		shape: vec![Dim::Batch, Dim::Fixed(length)].try_into().expect("two dimensions"),
	};
	let graph = ContentRef { hash: sha256(domain.as_bytes()), length: 1_000, uris: uris() };
	ModelSpec {
		name: text("model"),
		domain: text(domain),
		files: vec![ModelFile { name: text("model.onnx"), content: graph }].try_into().expect("one file"),
		format: Format::Onnx,
		opset: 17,
		inputs: vec![tensor("features", 4)].try_into().expect("one input"),
		outputs: vec![tensor("scores", scores)].try_into().expect("one output"),
		licence: text("Apache-2.0"),
		price: UNIT,
		comparison,
		runtime_class: RuntimeClass::Any,
		fhe: None,
		parent: None,
		data_sets: Default::default(),
	}
}

/// Answers may differ a little.
pub fn close_enough() -> Comparison {
	Comparison::Tolerance { quantisation: Quantisation { k: 12, scale_millionths: 1_000_000 }, tau: 2 }
}

/// Answers name the same class.
pub fn same_class() -> Comparison {
	Comparison::ArgMax { quantisation: Quantisation { k: 12, scale_millionths: 1_000_000 }, tau: 2 }
}

/// The numbers of all models that take tasks.
pub fn active_models() -> Vec<ModelId> {
	let models = Models::<Runtime>::iter().filter(|(_, it)| it.status == Status::Active);
	let mut models: Vec<_> = models.map(|(model, _)| model).collect();
	models.sort_unstable();
	models
}

fn register(world: &mut World) {
	let who = somebody(world);
	let domain = world.rng.weighted(&[(4, DIGITS), (1, "text"), (1, "")]);
	let mut spec = model_spec(domain, 10, if world.rng.percent(50) { close_enough() } else { same_class() });
	spec.price = world.rng.weighted(&[(4, UNIT), (2, UNIT / 1_000), (1, 40 * UNIT), (1, 0)]);
	let (models, data_sets) = world.ext.execute_with(|| (active_models(), sorted(DataSets::<Runtime>::iter_keys())));
	if world.rng.percent(60) {
		let royalty = world.rng.weighted(&[(4, 100_000), (1, 1_000_000), (1, 2_000_000)]);
		spec.parent = world.rng.pick(&models).map(|model| Parent { model: *model, royalty });
	}
	let declared: Vec<_> = data_sets.into_iter().filter(|_| world.rng.percent(40)).take(4).collect();
	spec.data_sets = declared.try_into().expect("at most four");
	world.send("register", &who, Call::register { spec });
}

fn set_price(world: &mut World) {
	let model = any_model(world);
	let (who, price) = (owner(world, model), UNIT / 100 * world.rng.below(300) as Balance);
	world.send("set_price", &who, Call::set_price { model, price });
}

fn set_uris(world: &mut World) {
	let model = any_model(world);
	let (who, file) = (owner(world, model), world.rng.below(2) as u8);
	let uris = if world.rng.percent(50) { uris() } else { Default::default() };
	world.send("set_uris", &who, Call::set_uris { model, file, uris });
}

/// One that declares a retired data set goes first. The first three are never retired.
fn retire(world: &mut World) {
	let (models, hopeless) = world.ext.execute_with(|| {
		let models = active_models().split_off(3);
		let declares = |model: &ModelId| {
			let declared = Models::<Runtime>::get(model).map(|it| it.spec.data_sets).unwrap_or_default();
			let mut declared = declared.iter().filter_map(DataSets::<Runtime>::get);
			declared.any(|it| it.status == pallet_data_registry::Status::Retired)
		};
		let hopeless: Vec<_> = models.iter().copied().filter(declares).collect();
		(models, hopeless)
	});
	let from = if hopeless.is_empty() { models } else { hopeless };
	let Some(model) = world.rng.pick(&from).copied() else { return };
	let who = owner(world, model);
	world.send("retire", &who, Call::retire { model });
}

/// Who owns a model, or seldom another.
fn owner(world: &mut World, model: ModelId) -> AccountId {
	let owner = world.ext.execute_with(|| Some(Models::<Runtime>::get(model)?.owner));
	owner.filter(|_| !world.rng.percent(10)).unwrap_or_else(|| somebody(world))
}
