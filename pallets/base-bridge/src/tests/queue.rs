use crate::{mock::*, types::*, Error, Queue, Queued};
use deepnode_primitives::DN;
use frame_support::{assert_noop, assert_ok, traits::Hooks, weights::Weight};

#[test]
fn a_block_tells_only_so_many_in_their_order() {
	run(|| {
		for number in 1..=8 {
			assert_ok!(withdraw(number, DN, 0));
		}
		for left in [5, 2, 0] {
			advance(1);
			assert_eq!(BaseBridge::queued(), left);
			check();
		}
		let nonces = |block| BaseBridge::told(block).iter().map(|message| message.nonce).collect::<Vec<_>>();
		assert_eq!([1, 2, 3].map(nonces), [vec![0, 1, 2], vec![3, 4, 5], vec![6, 7]]);
		assert_eq!(state(7), State::Told(Place { at: 3, index: 1 }));
		assert_eq!(Queue::<Test>::iter().count(), 0);
	});
}

#[test]
fn a_full_queue_takes_no_more_until_a_block_has_ended() {
	run(|| {
		for number in 1..=8 {
			assert_ok!(withdraw(number, DN, 0));
		}
		assert_noop!(withdraw(9, DN, 0), Error::<Test>::QueueFull);
		assert_noop!(
			BaseBridge::send_governance(RuntimeOrigin::root(), address(9), Default::default()),
			Error::<Test>::QueueFull
		);
		// One that waits already takes no more room.
		assert_ok!(BaseBridge::raise_fee(signed(8), 7, DN));
		advance(1);
		assert_ok!(withdraw(9, DN, 0));
		assert_ok!(withdraw(9, DN, 0));
		assert_ok!(withdraw(9, DN, 0));
		assert_noop!(BaseBridge::raise_fee(signed(1), 0, DN), Error::<Test>::QueueFull);
	});
}

/// What an epoch comes to is told also where others have filled the queue.
#[test]
fn a_full_queue_does_not_stop_a_settlement() {
	run(|| {
		pay_out(1);
		earn(1, DN);
		assert_ok!(BaseBridge::end_epoch(RuntimeOrigin::root()));
		advance(1);
		for number in 1..=8 {
			assert_ok!(withdraw(number, DN, 0));
		}
		advance(1);
		let settlement = BaseBridge::settlement(0).expect("the epoch is closed");
		assert_eq!(state(settlement.nonce), State::Queued);
		advance(5);
		assert!(matches!(state(settlement.nonce), State::Told(_)));
	});
}

/// A block has one settlement root.
#[test]
fn two_settlements_are_told_in_two_blocks() {
	run(|| {
		pay_out(1);
		for number in 1..=8 {
			assert_ok!(withdraw(number, DN, 0));
		}
		for _ in 0..2 {
			earn(1, DN);
			crate::EpochEnds::<Test>::put(System::block_number());
			// Closes an epoch without a block that tells.
			for _ in 0..2 {
				BaseBridge::on_initialize(System::block_number());
			}
		}
		assert_eq!(Queued::<Test>::get().len(), 10);
		advance(6);
		let place = |epoch| state(BaseBridge::settlement(epoch).unwrap().nonce).over().unwrap();
		assert_eq!(place(0), Place { at: 3, index: 2 });
		assert_eq!(place(1), Place { at: 4, index: 0 });
	});
}

/// Whoever has messages told, raised and refused by the hundred does not make a block do more than it has reserved.
#[test]
fn a_block_looks_at_no_more_than_it_may_tell_where_some_were_refused() {
	run(|| {
		for number in 1..=6 {
			assert_ok!(withdraw(number, DN, 0));
		}
		advance(2);
		for nonce in 0..6 {
			assert_ok!(BaseBridge::raise_fee(signed(nonce as u8 + 1), nonce, DN));
			assert_ok!(BaseBridge::report_refusal(RuntimeOrigin::root(), nonce));
		}
		assert_ok!(withdraw(7, DN, 0));
		for (block, left, told) in [(3, 4, 0), (4, 1, 0), (5, 0, 1)] {
			advance(1);
			check();
			assert_eq!((BaseBridge::queued(), BaseBridge::told(block).len()), (left, told), "block {block}");
		}
	});
}

/// The weight of what `on_finalize` does is reserved before anything else is.
#[test]
fn the_weight_of_a_full_block_is_reserved_in_every_block() {
	run(|| {
		let reserved = BaseBridge::reserved();
		assert!(reserved.all_gt(Weight::zero()) || reserved.ref_time() > 0);
		let now = System::block_number() + 1;
		System::set_block_number(now);
		assert!(BaseBridge::on_initialize(now).all_gte(reserved));
	});
}
