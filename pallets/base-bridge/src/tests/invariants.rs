use crate::{mock::*, types::*, Backed, Claims, Messages, PayoutsOf, Queue, Queued, Settlements, Told};
use deepnode_primitives::DN;
use frame_support::{assert_ok, traits::Hooks};

#[test]
fn the_configuration_holds_together() {
	new_test_ext().execute_with(BaseBridge::integrity_test);
}

/// A chain with a bit of everything: a message that was told, one that waits to be told again, others that wait, an
/// account that has earned something, and an epoch that was settled.
fn busy() {
	pay_out(9);
	earn(9, DN);
	assert_eq!(close_epoch(), 0);
	told(1, DN, 0);
	let nonce = told(2, DN, 0);
	for number in 3..=6 {
		assert_ok!(withdraw(number, DN, DN));
	}
	assert_ok!(BaseBridge::raise_fee(signed(2), nonce, DN));
	earn(9, DN);
}

fn noticed(change: fn(), said: &str) {
	new_test_ext().execute_with(|| {
		busy();
		check();
		change();
		assert_eq!(BaseBridge::do_try_state(), Err(sp_runtime::TryRuntimeError::Other(said.to_string().leak())));
	});
}

#[test]
fn a_broken_state_is_noticed() {
	noticed(|| Backed::<Test>::mutate(|backed| *backed -= 1), "no more may be issued than Base has locked");
	noticed(|| Queued::<Test>::mutate(|queued| queued.end += 1), "the queue has no holes");
	noticed(
		|| {
			let first = Queued::<Test>::get().first;
			Queue::<Test>::insert(first, Queue::<Test>::get(first + 1).unwrap());
		},
		"a message waits once",
	);
	noticed(|| Messages::<Test>::mutate_extant(1, |record| record.state = State::Queued), "what waits is in the queue");
	noticed(|| Messages::<Test>::mutate_extant(1, |record| record.held = 1), "DN are on hold only for what waits");
	noticed(|| Messages::<Test>::mutate_extant(1, |record| record.message.nonce = 2), "a message has its number");
	noticed(
		|| Messages::<Test>::mutate_extant(3, |record| record.held -= 1),
		"a sender has on hold what waits to be told",
	);
	noticed(
		|| {
			let payout = PayoutsOf::<Test>::get(account(9)).unwrap();
			PayoutsOf::<Test>::insert(account(9), Payout { earned: payout.earned + 1, ..payout });
		},
		"what is earned is on hold",
	);
	noticed(
		|| {
			let Some(Place { at, .. }) = state(1).over() else { panic!("it is told") };
			Told::<Test>::remove(at);
		},
		"a message is where it was told",
	);
	noticed(|| Claims::<Test>::remove(0, 0), "a settlement's claims are kept with it");
	noticed(
		|| Claims::<Test>::mutate(0, 0, |claim| claim.as_mut().unwrap().address = address(1)),
		"a settlement's claims have its root",
	);
	noticed(|| Settlements::<Test>::mutate_extant(0, |it| it.total += 1), "a settlement's claims add up");
}
