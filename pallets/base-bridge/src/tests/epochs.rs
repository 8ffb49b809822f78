use crate::{mock::*, types::*, ClaimLeaves, Closing, Error, Event};
use deepnode_primitives::{
	bridge::{tree::Inclusion, Claim, Message, Payload},
	Balance, DN,
};
use frame_support::{assert_noop, assert_ok};
use sp_core::H256;

fn told_settlements() -> Vec<Message> {
	let now = System::block_number();
	let told = (1..now).flat_map(BaseBridge::told);
	told.filter(|message| matches!(message.payload, Payload::Settlement { .. })).collect()
}

#[test]
fn an_epoch_lasts_its_blocks() {
	run(|| {
		assert_eq!(BaseBridge::epoch(), (0, 20));
		advance(18);
		assert_eq!(BaseBridge::epoch(), (0, 20));
		events();
		advance(1);
		assert_eq!(System::block_number(), 20);
		assert_eq!(BaseBridge::epoch(), (1, 40));
		assert_eq!(events(), [Event::EpochEnded { epoch: 0 }]);
	});
}

#[test]
fn an_epoch_without_payouts_tells_nothing() {
	run(|| {
		events();
		let epoch = close_epoch();
		assert_eq!(events(), [Event::EpochEnded { epoch }]);
		assert_eq!((BaseBridge::settlement(epoch), BaseBridge::claims(epoch)), (None, vec![]));
		assert_eq!(told_settlements(), []);
	});
}

#[test]
fn what_one_account_has_earned_is_netted_into_one_claim() {
	run(|| {
		pay_out(1);
		earn(1, 2 * DN);
		earn(1, 3 * DN);
		let issued = Balances::total_issuance();
		events();
		let epoch = close_epoch();

		let claim = Claim { epoch, index: 0, account: address(1), amount: 5 * DN };
		let root = claims_root(&[claim]);
		let settlement = Settlement { nonce: 0, root, total: 5 * DN, count: 1, refused: false };
		let payload = Payload::Settlement { epoch, root, total: 5 * DN, count: 1 };
		let message = Message { nonce: 0, sender: H256::zero(), fee: ChainFee::get(), payload };
		assert_eq!(
			events(),
			[
				Event::EpochEnded { epoch },
				Event::PaidOut { account: account(1), claim },
				Event::SettlementQueued { epoch, settlement },
				Event::MessageTold { index: 0, message },
			]
		);
		assert_eq!(BaseBridge::settlement(epoch), Some(settlement));
		assert_eq!(BaseBridge::claims(epoch), [claim]);
		assert_eq!(balances(1), (FUNDS - DN, DN), "the deposit stays");
		assert_eq!(Balances::total_issuance(), issued - 5 * DN - ChainFee::get());
		assert_eq!(BaseBridge::backing().backed, Balances::total_issuance());
		assert_eq!(balances(100).0, TREASURY - ChainFee::get());
	});
}

#[test]
fn as_many_accounts_as_may_be_are_netted_page_by_page() {
	run(|| {
		for number in 1..=5 {
			pay_out(number);
			earn(number, u128::from(number) * DN);
		}
		assert_ok!(BaseBridge::end_epoch(RuntimeOrigin::root()));
		advance(1);
		// Pages of two: the third finds one.
		for claims in [2, 4] {
			advance(1);
			assert_eq!(Closing::<Test>::get().map(|closing| closing.claims), Some(claims));
			assert_eq!(ClaimLeaves::<Test>::get().len() as u32, claims);
			check();
		}
		assert_noop!(BaseBridge::end_epoch(RuntimeOrigin::root()), Error::<Test>::EpochClosing);
		advance(2);
		assert_eq!((Closing::<Test>::get(), ClaimLeaves::<Test>::get().len()), (None, 0));
		let claims = BaseBridge::claims(0);
		let mut amounts: Vec<_> = claims.iter().map(|claim| claim.amount / DN).collect();
		amounts.sort();
		assert_eq!(amounts, [1, 2, 3, 4, 5]);
		assert_eq!(claims.iter().map(|claim| claim.index).collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
		assert_eq!(told_settlements().len(), 1);

		let leaves: Vec<_> = claims.iter().map(|claim| claim.leaf(&domain())).collect();
		let root = BaseBridge::settlement(0).unwrap().root;
		for (index, leaf) in (0..).zip(&leaves) {
			assert!(Inclusion::prove(&leaves, index).unwrap().verify(leaf, &root));
		}
	});
}

#[test]
fn the_settlement_root_is_that_of_the_block_that_tells_it() {
	run(|| {
		pay_out(1);
		earn(1, DN);
		assert_ok!(BaseBridge::end_epoch(RuntimeOrigin::root()));
		let mut roots = Vec::new();
		for _ in 0..5 {
			advance(1);
			roots.push((System::block_number() - 1, BaseBridge::roots().settlement));
		}
		let State::Told(Place { at, .. }) = state(0) else { panic!("it is told") };
		let root = BaseBridge::settlement(0).unwrap().root;
		let expected = roots.iter().map(|(block, _)| (*block, if *block == at { root } else { H256::zero() }));
		assert_eq!(roots, expected.collect::<Vec<_>>());
	});
}

#[test]
fn too_little_waits_for_the_next_epoch() {
	run(|| {
		pay_out(1);
		pay_out(2);
		earn(1, MinClaim::get() - 1);
		earn(2, DN);
		let epoch = close_epoch();
		assert_eq!(BaseBridge::claims(epoch).len(), 1);
		assert_eq!(BaseBridge::payout(account(1)).unwrap().earned, MinClaim::get() - 1);
		earn(1, 1);
		let epoch = close_epoch();
		let claim = Claim { epoch, index: 0, account: address(1), amount: MinClaim::get() };
		assert_eq!(BaseBridge::claims(epoch), [claim]);
	});
}

#[test]
fn without_a_gateway_earnings_wait_for_one() {
	genesis(None).execute_with(|| {
		pay_out(1);
		earn(1, 5 * DN);
		advance(45);
		assert_eq!(BaseBridge::epoch().0, 2);
		assert_eq!((BaseBridge::claims(0), BaseBridge::claims(1), BaseBridge::queued()), (vec![], vec![], 0));
		assert_ok!(BaseBridge::set_gateway(RuntimeOrigin::root(), BASE, GATEWAY));
		let epoch = close_epoch();
		assert_eq!(epoch, 2);
		assert_eq!(BaseBridge::claims(epoch).len(), 1);
		check();
	});
}

#[test]
fn a_treasury_that_cannot_pay_stops_nothing() {
	run(|| {
		use frame_support::traits::fungible::Mutate;
		let rest = TREASURY - LEAST - ChainFee::get() + 1;
		<Balances as Mutate<_>>::transfer(
			&account(100),
			&account(1),
			rest,
			frame_support::traits::tokens::Preservation::Preserve,
		)
		.unwrap();
		pay_out(1);
		earn(1, DN);
		close_epoch();
		assert_eq!(told_settlements().iter().map(|message| message.fee).collect::<Vec<_>>(), [0]);
		assert_eq!(balances(100).0, LEAST + ChainFee::get() - 1);
	});
}

#[test]
fn what_is_earned_while_an_epoch_is_closed_is_not_lost() {
	run(|| {
		let total = |epoch| -> Balance { BaseBridge::claims(epoch).iter().map(|claim| claim.amount).sum() };
		for number in 1..=5 {
			pay_out(number);
			earn(number, DN);
		}
		assert_ok!(BaseBridge::end_epoch(RuntimeOrigin::root()));
		advance(2);
		for number in 1..=5 {
			earn(number, 10 * DN);
		}
		advance(4);
		let left: Balance = (1..=5).map(|number| BaseBridge::payout(account(number)).unwrap().earned).sum();
		assert_eq!(total(0) + left, 55 * DN);
		close_epoch();
		assert_eq!(total(0) + total(1), 55 * DN);
	});
}

#[test]
fn who_leaves_while_an_epoch_is_closed_is_paid_once() {
	run(|| {
		for number in 1..=5 {
			pay_out(number);
			earn(number, DN);
		}
		assert_ok!(BaseBridge::end_epoch(RuntimeOrigin::root()));
		advance(2);
		for number in 1..=5 {
			assert_ok!(BaseBridge::set_payout_address(signed(number), None));
		}
		advance(5);
		let claims = BaseBridge::claims(0);
		assert_eq!(claims.len(), 2);
		for number in 1..=5 {
			let claimed = claims.iter().any(|claim| claim.account == address(number));
			assert_eq!(balances(number), (if claimed { FUNDS } else { FUNDS + DN }, 0));
		}
	});
}

#[test]
fn only_governance_ends_an_epoch_early() {
	run(|| {
		assert_noop!(BaseBridge::end_epoch(signed(1)), sp_runtime::DispatchError::BadOrigin);
		assert_ok!(BaseBridge::end_epoch(RuntimeOrigin::root()));
		advance(1);
		assert_eq!(BaseBridge::epoch(), (1, 22));
	});
}
