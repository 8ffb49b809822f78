//! `set_domain`, genesis, and the domains' lists of models.

use deepnode_primitives::DN;
use deepnode_scoring::metric::Metric;
use frame_support::{assert_noop, assert_ok};
use sp_runtime::{BuildStorage, DispatchError};

use crate::{mock::*, types::MAX_DOMAINS, Domains, Error, Event, ListSizes, Models};

#[test]
fn genesis_has_its_domains() {
	run(|| {
		let (id, domain) = Powr::domain(name("tabular")).unwrap();
		assert_eq!((id, domain.metric, domain.row), (DOMAIN, Metric::Class, 3));
		assert_eq!(domain.share, percent(100));
	});
}

#[test]
#[should_panic(expected = "the metric is class")]
fn a_genesis_with_an_unknown_metric_is_refused() {
	let domains = vec![("tabular".into(), 1, "best".into(), 3)];
	let _ = crate::GenesisConfig::<Test> { domains, ..Default::default() }.build_storage();
}

#[test]
fn governance_adds_and_changes_domains_as_long_as_the_shares_fit() {
	run(|| {
		assert_noop!(set_domain("vision", percent(1), Metric::TopK(5)), Error::<Test>::SharesTooHigh);
		assert_ok!(set_domain("tabular", percent(60), Metric::Class));
		assert_ok!(set_domain("vision", percent(40), Metric::TopK(5)));
		assert_eq!(Powr::domain(name("vision")).unwrap().0, 1);
		assert_eq!(Domains::<Test>::iter().count(), 2);
		let call = Powr::set_domain(signed(1), name("audio"), percent(0), Metric::L1, 3);
		assert_eq!(call, Err(DispatchError::BadOrigin));
	});
}

#[test]
fn an_empty_name_or_row_and_one_domain_too_many_are_refused() {
	run(|| {
		let set = |text: &str, row| Powr::set_domain(RuntimeOrigin::root(), name(text), percent(0), Metric::L1, row);
		assert_noop!(set("", 3), Error::<Test>::InvalidDomain);
		assert_noop!(set("audio", 0), Error::<Test>::InvalidDomain);
		for domain in 1..MAX_DOMAINS {
			assert_ok!(set(&domain.to_string(), 3));
		}
		assert_noop!(set("audio", 3), Error::<Test>::TooManyDomains);
	});
}

#[test]
fn a_model_comes_on_the_list_with_its_first_settled_task() {
	run(|| {
		let model = model(70);
		assert_eq!(Powr::score(model), None);
		settle(model, DN);
		assert_eq!(Powr::score(model).unwrap().accuracy, percent(50));
		assert_noop!(Powr::enlist(signed(1), model, None), Error::<Test>::AlreadyListed);
	});
}

#[test]
fn a_model_of_an_unknown_domain_counts_nowhere() {
	run(|| {
		let model = model(70);
		world(|world| world.models.get_mut(&model).unwrap().0 = name("alchemy"));
		settle(model, DN);
		assert_eq!(Models::<Test>::iter().count(), 0);
		assert_eq!(crate::Usages::<Test>::iter().count(), 0);
		assert_noop!(Powr::enlist(signed(1), model, None), Error::<Test>::UnknownDomain);
		assert_noop!(Powr::enlist(signed(1), 77, None), Error::<Test>::UnknownModel);
	});
}

#[test]
fn on_a_full_list_only_a_model_that_is_used_more_takes_anothers_place() {
	run(|| {
		MaxModels::set(2);
		let (weak, strong, new, unused) = (model(70), model(71), model(72), model(73));
		settle(weak, 2 * DN);
		settle(strong, 9 * DN);
		settle(new, 2 * DN);
		assert_eq!(Powr::score(new), None, "the list is full");
		assert_eq!(Powr::earned(DOMAIN, 80), 11 * DN / 4, "what is not on the list earns nothing");
		assert_noop!(Powr::enlist(signed(1), unused, Some(weak)), Error::<Test>::NotUsed);
		assert_noop!(Powr::enlist(signed(1), new, None), Error::<Test>::ListFull);
		assert_noop!(Powr::enlist(signed(1), new, Some(weak)), Error::<Test>::NotLessUsed);
		settle(new, DN);
		assert_noop!(Powr::enlist(signed(1), new, Some(strong)), Error::<Test>::NotLessUsed);
		assert_noop!(Powr::enlist(signed(1), new, Some(unused)), Error::<Test>::NotLessUsed);
		assert_ok!(Powr::enlist(signed(1), new, Some(weak)));
		assert_eq!(Powr::score(weak), None);
		assert!(Powr::score(new).is_some());
		assert_eq!(ListSizes::<Test>::get(DOMAIN), 2);
		close_epoch();
		assert_eq!(crate::Usages::<Test>::iter().count(), 0, "nor is anything kept of the displaced");
	});
	MaxModels::set(1_000);
}

#[test]
fn nobody_is_displaced_while_an_epoch_is_being_closed() {
	run(|| {
		MaxModels::set(1);
		let (old, new) = (model(70), model(71));
		settle(old, DN);
		advance(EpochLength::get() - 1);
		settle(new, 2 * DN);
		assert!(crate::Closing::<Test>::exists());
		assert_noop!(Powr::enlist(signed(1), new, Some(old)), Error::<Test>::EpochClosing);
		block();
		assert_ok!(Powr::enlist(signed(1), new, Some(old)));
	});
	MaxModels::set(1_000);
}

#[test]
fn a_model_that_nobody_uses_leaves_the_list() {
	run(|| {
		set_params(crate::types::Params { max_idle: 2, ..generous() });
		let models = [model(70), model(71), model(72)];
		settle_all(&models, DN);
		close_epoch();
		settle(models[2], DN);
		close_epoch();
		assert_eq!(ListSizes::<Test>::get(DOMAIN), 3);
		events();
		close_epoch();
		let gone = events().into_iter().filter(|event| matches!(event, Event::ModelDelisted { .. })).count();
		assert_eq!((gone, ListSizes::<Test>::get(DOMAIN)), (2, 1));
		assert_eq!(Powr::score(models[2]).unwrap().position, 0);
	});
}
