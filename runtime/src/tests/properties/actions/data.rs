//! Data sets are registered, changed, published, retired and removed.

use super::{
	super::{work::uris, world::World},
	somebody, sorted, text, Action, DIGITS,
};
use crate::{constants::currency::UNIT, AccountId, Balance, Runtime};
use deepnode_primitives::content::ContentRef;
use pallet_data_registry::{
	manifest_digest, Call, DataFile, DataSetSpec, DataSets, Files, Manifest, NextDataSetId, References, Status,
};

/// What is tried with data sets, and how often each.
pub const ACTIONS: &[(usize, Action)] =
	&[(6, register), (2, set_price), (2, set_uris), (3, publish), (4, retire), (4, remove)];

fn register(world: &mut World) {
	let who = somebody(world);
	let content = ContentRef { hash: world.rng.bytes(), length: 1 + world.rng.next() % 1_000, uris: uris() };
	let files: Files = vec![DataFile { name: text("images.npy"), content }].try_into().expect("one file");
	let sealed = world.rng.percent(50);
	let data_set = world.ext.execute_with(NextDataSetId::<Runtime>::get);
	let spec = DataSetSpec {
		name: text("data"),
		domain: text(DIGITS),
		manifest: if sealed { Manifest::Sealed(manifest_digest(&files)) } else { Manifest::Open(files.clone()) },
		licence: text(if world.rng.percent(90) { "CC-BY-4.0" } else { "" }),
		royalty: world.rng.weighted(&[(4, 50_000), (1, 250_000), (1, 300_000)]),
		evaluation_price: UNIT / 100,
		items: 100,
	};
	if world.send("register_data", &who, Call::register { spec }) && sealed {
		world.sealed_files.insert(data_set, files);
	}
}

fn set_price(world: &mut World) {
	let (data_set, who) = any_data_set(world);
	let price = UNIT / 1_000 * world.rng.below(100) as Balance;
	world.send("set_evaluation_price", &who, Call::set_evaluation_price { data_set, price });
}

fn set_uris(world: &mut World) {
	let (data_set, who) = any_data_set(world);
	world.send("set_data_uris", &who, Call::set_uris { data_set, file: 0, uris: Default::default() });
}

fn publish(world: &mut World) {
	let (data_set, who) = any_data_set(world);
	let Some(files) = world.sealed_files.get(&data_set).cloned() else { return };
	world.send("publish", &who, Call::publish { data_set, files });
}

/// Mostly one that models declare, which stays until they are gone.
fn retire(world: &mut World) {
	let declared = world.ext.execute_with(|| {
		let active = DataSets::<Runtime>::iter().filter(|(_, it)| it.status == Status::Active);
		let declared = active.filter(|(data_set, _)| References::<Runtime>::get(data_set) > 0);
		sorted(declared.map(|(data_set, it)| (data_set, it.owner)))
	});
	let other = any_data_set(world);
	let (data_set, who) = world.rng.pick(&declared).cloned().filter(|_| world.rng.percent(70)).unwrap_or(other);
	world.send("retire_data", &who, Call::retire { data_set });
}

/// Anybody removes a data set: mostly one that is retired, and that no model declares any more.
fn remove(world: &mut World) {
	let can = world.ext.execute_with(|| {
		let retired = DataSets::<Runtime>::iter().filter(|(_, it)| it.status == Status::Retired);
		sorted(retired.map(|(data_set, _)| data_set).filter(|it| References::<Runtime>::get(it) == 0))
	});
	let (other, who) = any_data_set(world);
	let data_set = world.rng.pick(&can).copied().filter(|_| !world.rng.percent(10)).unwrap_or(other);
	world.send("remove_data", &who, Call::remove { data_set });
}

/// One of the data sets, and who owns it, or seldom another.
fn any_data_set(world: &mut World) -> (u32, AccountId) {
	let all = world.ext.execute_with(|| sorted(DataSets::<Runtime>::iter_keys()));
	let data_set = world.rng.pick(&all).copied().unwrap_or(0);
	let owner = world.ext.execute_with(|| Some(DataSets::<Runtime>::get(data_set)?.owner));
	(data_set, owner.filter(|_| !world.rng.percent(10)).unwrap_or_else(|| somebody(world)))
}
