//! What the calls cost, in their worst cases.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::*;
use alloc::{vec, vec::Vec};
use deepnode_primitives::traits::DataSets as _;
use deepnode_primitives::{
	comparison::Comparison,
	content::{ContentRef, Uri, Uris, MAX_URIS, MAX_URI_LEN},
	tensor::{Dim, ElementType, TensorSpec, MAX_TENSORS},
	traits::Models as Registry,
	DataSetId, ModelId, DN,
};
use frame_benchmarking::v2::*;
use frame_support::traits::fungible::{Inspect, Mutate};
use frame_system::RawOrigin;

/// As many URIs as there can be, of the longest kind.
fn uris() -> Uris {
	let uri: Uri = vec![b'u'; MAX_URI_LEN as usize].try_into().unwrap();
	vec![uri; MAX_URIS as usize].try_into().unwrap()
}

fn tensor(number: u32, shape: Vec<Dim>) -> TensorSpec {
	let mut name = vec![b't'; 63];
	name.push(b'0' + number as u8);
	TensorSpec { name: name.try_into().unwrap(), element: ElementType::F32, shape: shape.try_into().unwrap() }
}

/// That many data sets of as many owners; none where the runtime has none.
fn data_sets<T: Config>(count: u32) -> DeclaredDataSets {
	let registered = |number| T::DataSets::benchmark_data_set(&account("contributor", number, 0));
	let exists = |data_set: &DataSetId| T::DataSets::terms(*data_set).is_some();
	(0..count).map(registered).filter(exists).collect::<Vec<_>>().try_into().unwrap()
}

/// A model with `files` of the largest files, and as many outputs as there can be.
fn spec(files: u32, parent: Option<ModelId>, data_sets: DeclaredDataSets) -> ModelSpec {
	let file = |number: u32| ModelFile {
		name: [&[b'f'; 63][..], &[b'0' + number as u8]].concat().try_into().unwrap(),
		content: ContentRef { hash: [number as u8; 32], length: 1 << 30, uris: uris() },
	};
	let outputs = (0..MAX_TENSORS).map(|number| tensor(number, vec![Dim::Batch, Dim::Fixed(10)])).collect::<Vec<_>>();
	ModelSpec {
		name: vec![b'n'; MAX_NAME_LEN as usize].try_into().unwrap(),
		domain: vec![b'd'; MAX_DOMAIN_LEN as usize].try_into().unwrap(),
		files: (0..files).map(file).collect::<Vec<_>>().try_into().unwrap(),
		format: Format::Onnx,
		opset: 17,
		// One small input, so that a task's bundle is easy to make.
		inputs: vec![tensor(0, vec![Dim::Batch, Dim::Fixed(4)])].try_into().unwrap(),
		outputs: outputs.try_into().unwrap(),
		licence: vec![b'l'; MAX_NAME_LEN as usize].try_into().unwrap(),
		price: DN,
		comparison: Comparison::default(),
		runtime_class: RuntimeClass::Any,
		fhe: None,
		parent: parent.map(|model| Parent { model, royalty: 100_000 }),
		data_sets,
	}
}

fn fund<T: Config>(owner: &T::AccountId) {
	let bond = Pallet::<T>::bond_of(&spec(MAX_FILES, Some(0), vec![0; MAX_DATA_SETS as usize].try_into().unwrap()));
	T::Currency::mint_into(owner, (bond + T::Currency::minimum_balance()) * 2).unwrap();
}

/// Models of the largest size, each the parent of the next, with as many data sets as there can be: the
/// last is `owner`'s, and each of the others somebody else's.
fn line<T: Config>(owner: &T::AccountId, generations: usize) -> Vec<(T::AccountId, ModelId)> {
	let ancestors = (1..generations).map(|generation| account("ancestor", generation as u32, 0));
	let mut line: Vec<(T::AccountId, ModelId)> = Vec::new();
	for owner in ancestors.chain([owner.clone()]) {
		fund::<T>(&owner);
		let parent = line.last().map(|(_, model)| *model);
		let spec = spec(MAX_FILES, parent, data_sets::<T>(MAX_DATA_SETS));
		line.push((owner.clone(), Pallet::<T>::do_register(owner, spec).unwrap()));
	}
	line
}

/// A lineage of as many models as there can be, of which all but the youngest are retired.
fn retired_lineage<T: Config>(owner: &T::AccountId) -> Vec<(T::AccountId, ModelId)> {
	let line = line::<T>(owner, MAX_ANCESTORS + 1);
	for (owner, model) in &line[..MAX_ANCESTORS] {
		Pallet::<T>::retire(RawOrigin::Signed(owner.clone()).into(), *model).unwrap();
	}
	line
}

/// A model of the largest size with as many ancestors and data sets as there can be, for other pallets'
/// benchmarks.
pub(crate) fn benchmark_model<T: Config>(owner: &T::AccountId) -> ModelId {
	line::<T>(owner, MAX_ANCESTORS + 1).pop().unwrap().1
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn register(f: Linear<1, MAX_FILES>, d: Linear<0, MAX_DATA_SETS>) {
		let owner: T::AccountId = whitelisted_caller();
		fund::<T>(&owner);
		let parent = line::<T>(&account("parent", 0, 0), MAX_ANCESTORS).pop().map(|(_, model)| model);
		let spec = spec(f, parent, data_sets::<T>(d));
		let model = NextModelId::<T>::get();

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), spec);

		assert!(Models::<T>::contains_key(model));
	}

	#[benchmark]
	fn set_price() {
		let owner: T::AccountId = whitelisted_caller();
		let model = benchmark_model::<T>(&owner);

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), model, 2 * DN);

		assert_eq!(Models::<T>::get(model).unwrap().spec.price, 2 * DN);
	}

	#[benchmark]
	fn set_uris() {
		let owner: T::AccountId = whitelisted_caller();
		let model = benchmark_model::<T>(&owner);
		Pallet::<T>::set_uris(RawOrigin::Signed(owner.clone()).into(), model, 7, Uris::default()).unwrap();

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), model, 7, uris());

		assert_eq!(Models::<T>::get(model).unwrap().spec.files[7].content.uris, uris());
	}

	/// The ancestors are retired already, and all go with the youngest.
	#[benchmark]
	fn retire() {
		let owner: T::AccountId = whitelisted_caller();
		let line = retired_lineage::<T>(&owner);
		let (_, youngest) = line[MAX_ANCESTORS];

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), youngest);

		assert!(line.iter().all(|(_, model)| !Models::<T>::contains_key(model)));
	}

	/// All models of the lineage are retired already, and go with the youngest's last task.
	#[benchmark]
	fn task_closed() {
		let owner: T::AccountId = account("owner", 0, 0);
		let line = retired_lineage::<T>(&owner);
		let (_, youngest) = line[MAX_ANCESTORS];
		<Pallet<T> as Registry<_>>::task_opened(youngest).unwrap();
		Pallet::<T>::retire(RawOrigin::Signed(owner).into(), youngest).unwrap();
		assert!(line.iter().all(|(_, model)| Models::<T>::contains_key(model)));

		#[block]
		{
			<Pallet<T> as Registry<_>>::task_closed(youngest);
		}

		assert!(line.iter().all(|(_, model)| !Models::<T>::contains_key(model)));
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}
