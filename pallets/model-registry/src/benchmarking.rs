//! What the calls cost, in their worst cases.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::*;
use alloc::{vec, vec::Vec};
use deepnode_primitives::{
	comparison::Comparison,
	content::{ContentRef, Uri, Uris, MAX_URIS, MAX_URI_LEN},
	tensor::{Dim, ElementType, TensorSpec, MAX_TENSORS},
	ModelId, DN,
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

/// A model with `files` of the largest files, and as many outputs as there can be.
fn spec(files: u32, parent: Option<ModelId>) -> ModelSpec {
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
	}
}

fn fund<T: Config>(owner: &T::AccountId) {
	let bond = Pallet::<T>::bond_of(&spec(MAX_FILES, Some(0)));
	let amount = (bond + T::Currency::minimum_balance()) * 2 * (MAX_ANCESTORS as u128 + 1);
	T::Currency::mint_into(owner, amount).unwrap();
}

/// A model with as many ancestors as there can be, and the model before it.
fn lineage<T: Config>(owner: &T::AccountId, generations: usize) -> Vec<ModelId> {
	fund::<T>(owner);
	let mut line = Vec::new();
	for _ in 0..generations {
		let model = Pallet::<T>::do_register(owner.clone(), spec(MAX_FILES, line.last().copied())).unwrap();
		line.push(model);
	}
	line
}

/// A model of the largest size with as many ancestors as there can be, for other pallets' benchmarks.
pub(crate) fn benchmark_model<T: Config>(owner: &T::AccountId) -> ModelId {
	lineage::<T>(owner, MAX_ANCESTORS + 1).pop().unwrap()
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn register(f: Linear<1, MAX_FILES>) {
		let owner: T::AccountId = whitelisted_caller();
		let parent = lineage::<T>(&owner, MAX_ANCESTORS).pop();
		let model = NextModelId::<T>::get();

		#[extrinsic_call]
		_(RawOrigin::Signed(owner.clone()), spec(f, parent));

		assert!(Models::<T>::contains_key(model));
	}

	#[benchmark]
	fn set_price() {
		let owner: T::AccountId = whitelisted_caller();
		let model = lineage::<T>(&owner, 1).pop().unwrap();

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), model, 2 * DN);

		assert_eq!(Models::<T>::get(model).unwrap().spec.price, 2 * DN);
	}

	#[benchmark]
	fn set_uris() {
		let owner: T::AccountId = whitelisted_caller();
		let model = lineage::<T>(&owner, 1).pop().unwrap();
		Pallet::<T>::set_uris(RawOrigin::Signed(owner.clone()).into(), model, 7, Uris::default()).unwrap();

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), model, 7, uris());

		assert_eq!(Models::<T>::get(model).unwrap().spec.files[7].content.uris, uris());
	}

	/// The ancestors are retired already, and all go with the youngest.
	#[benchmark]
	fn retire() {
		let owner: T::AccountId = whitelisted_caller();
		let line = lineage::<T>(&owner, MAX_ANCESTORS + 1);
		let (youngest, ancestors) = line.split_last().unwrap();
		for ancestor in ancestors {
			Pallet::<T>::retire(RawOrigin::Signed(owner.clone()).into(), *ancestor).unwrap();
		}

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), *youngest);

		assert!(line.iter().all(|model| !Models::<T>::contains_key(model)));
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}
