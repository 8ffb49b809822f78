//! What the calls cost, in their worst cases.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::*;
use alloc::{vec, vec::Vec};
use deepnode_primitives::traits::DataSets as Registry;
use deepnode_primitives::{
	content::{ContentRef, Uri, Uris, MAX_URIS, MAX_URI_LEN},
	DataSetId, DN,
};
use frame_benchmarking::v2::*;
use frame_support::traits::fungible::{Inspect, Mutate};
use frame_system::RawOrigin;

/// As many URIs as there can be, of the longest kind.
fn uris() -> Uris {
	let uri: Uri = vec![b'u'; MAX_URI_LEN as usize].try_into().unwrap();
	vec![uri; MAX_URIS as usize].try_into().unwrap()
}

/// As many of the largest files.
fn files(count: u32) -> Files {
	let file = |number: u32| DataFile {
		name: [&[b'f'; 63][..], &[b'0' + number as u8]].concat().try_into().unwrap(),
		content: ContentRef { hash: [number as u8; 32], length: 1 << 30, uris: uris() },
	};
	(0..count).map(file).collect::<Vec<_>>().try_into().unwrap()
}

fn spec(manifest: Manifest) -> DataSetSpec {
	DataSetSpec {
		name: vec![b'n'; MAX_NAME_LEN as usize].try_into().unwrap(),
		domain: vec![b'd'; MAX_DOMAIN_LEN as usize].try_into().unwrap(),
		manifest,
		licence: vec![b'l'; MAX_NAME_LEN as usize].try_into().unwrap(),
		royalty: 100_000,
		evaluation_price: DN,
		items: u32::MAX,
	}
}

/// Gives `owner` enough for the largest bond, and more.
fn fund<T: Config>(owner: &T::AccountId) {
	let bond = Pallet::<T>::bond_of(&spec(Manifest::Open(files(MAX_FILES))));
	T::Currency::mint_into(owner, (bond + T::Currency::minimum_balance()) * 2).unwrap();
}

fn registered<T: Config>(owner: &T::AccountId, manifest: Manifest) -> DataSetId {
	fund::<T>(owner);
	Pallet::<T>::do_register(owner.clone(), spec(manifest)).unwrap()
}

/// A data set of the largest size, for other pallets' benchmarks.
pub(crate) fn benchmark_data_set<T: Config>(owner: &T::AccountId) -> DataSetId {
	registered::<T>(owner, Manifest::Open(files(MAX_FILES)))
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn register(f: Linear<1, MAX_FILES>) {
		let owner: T::AccountId = whitelisted_caller();
		fund::<T>(&owner);
		let data_set = NextDataSetId::<T>::get();

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), spec(Manifest::Open(files(f))));

		assert!(DataSets::<T>::contains_key(data_set));
	}

	#[benchmark]
	fn set_uris() {
		let owner: T::AccountId = whitelisted_caller();
		let data_set = benchmark_data_set::<T>(&owner);
		Pallet::<T>::set_uris(RawOrigin::Signed(owner.clone()).into(), data_set, 7, Uris::default()).unwrap();

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), data_set, 7, uris());

		assert_eq!(DataSets::<T>::get(data_set).unwrap().spec.manifest, Manifest::Open(files(MAX_FILES)));
	}

	#[benchmark]
	fn publish(f: Linear<1, MAX_FILES>) {
		let owner: T::AccountId = whitelisted_caller();
		let files = files(f);
		let data_set = registered::<T>(&owner, Manifest::Sealed(manifest_digest(&files)));

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), data_set, files);

		assert!(!DataSets::<T>::get(data_set).unwrap().spec.manifest.is_sealed());
	}

	#[benchmark]
	fn set_evaluation_price() {
		let owner: T::AccountId = whitelisted_caller();
		let data_set = benchmark_data_set::<T>(&owner);

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), data_set, 2 * DN);

		assert_eq!(DataSets::<T>::get(data_set).unwrap().spec.evaluation_price, 2 * DN);
	}

	/// Nothing refers to it: it is removed at once.
	#[benchmark]
	fn retire() {
		let owner: T::AccountId = whitelisted_caller();
		let data_set = benchmark_data_set::<T>(&owner);
		<Pallet<T> as Registry<_>>::used(data_set, 1);

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), data_set);

		assert!(!DataSets::<T>::contains_key(data_set));
	}

	/// By somebody else than the owner.
	#[benchmark]
	fn remove() {
		let owner: T::AccountId = account("owner", 0, 0);
		let data_set = benchmark_data_set::<T>(&owner);
		<Pallet<T> as Registry<_>>::used(data_set, 1);
		<Pallet<T> as Registry<_>>::referenced(data_set).unwrap();
		Pallet::<T>::retire(RawOrigin::Signed(owner).into(), data_set).unwrap();
		<Pallet<T> as Registry<_>>::released(data_set);

		#[extrinsic_call]
		_(RawOrigin::Signed(whitelisted_caller()), data_set);

		assert!(!DataSets::<T>::contains_key(data_set));
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}
