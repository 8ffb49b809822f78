use crate::{mock::*, Error, Event, Files, Manifest};
use deepnode_primitives::traits::DataSets as _;
use frame_support::{assert_noop, assert_ok};
use sp_runtime::{DispatchError::BadOrigin, TokenError};

#[test]
fn the_sealed_files_become_known() {
	run(|| {
		let data_set = register(1, sealed());
		let mut expected = entry(data_set);
		events();
		// Where to fetch them was not sealed.
		let mut files = files();
		files[0].content.uris = uris(&["s3://elsewhere/images"]);
		assert_ok!(DataRegistry::publish(signed(1), data_set, files.clone()));

		expected.spec.manifest = Manifest::Open(files);
		expected.bond = DataRegistry::bond(expected.spec.clone());
		assert_eq!(entry(data_set), expected);
		assert_eq!(on_hold(1), expected.bond);
		assert!(!DataRegistry::terms(data_set).unwrap().sealed);
		assert_eq!(events(), [Event::DataSetPublished { data_set }]);
	});
}

#[test]
fn other_files_than_the_sealed_are_refused() {
	run(|| {
		let data_set = register(1, sealed());
		let refused = |change: fn(&mut Files)| {
			let mut files = files();
			change(&mut files);
			assert_noop!(DataRegistry::publish(signed(1), data_set, files), Error::<Test>::ManifestMismatch);
		};
		refused(|files| files.truncate(1));
		refused(|files| files.try_push(file("more")).unwrap());
		refused(|files| *files = files.iter().rev().cloned().collect::<Vec<_>>().try_into().unwrap());
		refused(|files| files[1].name = text("other"));
		refused(|files| files[1].content.hash[0] ^= 1);
		refused(|files| files[1].content.length += 1);
	});
}

/// A seal does not let in what registration keeps out.
#[test]
fn sealed_files_are_held_to_the_same_rules() {
	let refused = |change: fn(&mut Files), error: Error<Test>| {
		run(|| {
			let mut files = files();
			change(&mut files);
			let mut spec = spec();
			spec.manifest = Manifest::Sealed(Manifest::Open(files.clone()).digest());
			let data_set = register(1, spec);
			assert_noop!(DataRegistry::publish(signed(1), data_set, files), error);
			// Its owner can still get rid of it.
			assert_ok!(DataRegistry::retire(signed(1), data_set));
		});
	};
	refused(|files| files.truncate(0), Error::NoFiles);
	refused(|files| files[1].name = text(""), Error::EmptyName);
	refused(|files| files[1].name = text("../x"), Error::UnsafeFileName);
	refused(|files| files[1] = files[0].clone(), Error::DuplicateFileName);
	refused(|files| files[1].content.length = 0, Error::EmptyContent);
	refused(|files| files[1].content.uris = uris(&[""]), Error::EmptyUri);
}

#[test]
fn files_are_published_once() {
	run(|| {
		let data_set = register(1, sealed());
		assert_ok!(DataRegistry::publish(signed(1), data_set, files()));
		assert_noop!(DataRegistry::publish(signed(1), data_set, files()), Error::<Test>::NotSealed);
		let open = register(1, spec());
		assert_noop!(DataRegistry::publish(signed(1), open, files()), Error::<Test>::NotSealed);
	});
}

#[test]
fn only_the_owner_publishes() {
	run(|| {
		let data_set = register(1, sealed());
		assert_noop!(DataRegistry::publish(signed(2), data_set, files()), Error::<Test>::NotOwner);
		assert_noop!(DataRegistry::publish(RuntimeOrigin::root(), data_set, files()), BadOrigin);
		assert_noop!(DataRegistry::publish(signed(1), data_set + 1, files()), Error::<Test>::UnknownDataSet);
	});
}

#[test]
fn whoever_cannot_pay_for_the_bytes_stays_sealed() {
	run(|| {
		let data_set = register(1, sealed());
		assert_ok!(Balances::force_set_balance(RuntimeOrigin::root(), account(1), LEAST));
		assert_noop!(DataRegistry::publish(signed(1), data_set, files()), TokenError::FundsUnavailable);
	});
}

/// What models were made from can be shown after the data set's time.
#[test]
fn a_retired_data_set_that_is_referred_to_can_be_published() {
	run(|| {
		let data_set = register(1, sealed());
		assert_ok!(DataRegistry::referenced(data_set));
		assert_ok!(DataRegistry::retire(signed(1), data_set));
		assert_ok!(DataRegistry::publish(signed(1), data_set, files()));
		assert_eq!(on_hold(1), entry(data_set).bond);
	});
}
