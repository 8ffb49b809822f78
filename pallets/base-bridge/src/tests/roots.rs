use crate::{mock::*, Event};
use deepnode_primitives::{
	bridge::{tree::Inclusion, Message, Roots},
	DN,
};
use frame_support::assert_ok;
use sp_core::H256;

#[test]
fn a_block_in_which_nothing_happens_has_roots_of_zero() {
	run(|| {
		assert_eq!(BaseBridge::roots(), Roots::default());
		told(1, DN, 0);
		assert_ne!(BaseBridge::roots(), Roots::default());
		advance(1);
		assert_eq!(BaseBridge::roots(), Roots::default());
	});
}

#[test]
fn every_told_message_is_below_its_blocks_root() {
	run(|| {
		for number in 1..=7 {
			assert_ok!(withdraw(number, u128::from(number) * DN, DN));
		}
		for block in 1..=3 {
			advance(1);
			let messages = BaseBridge::told(block);
			let leaves: Vec<_> = messages.iter().map(|message| message.leaf(&domain())).collect();
			let stored = BaseBridge::roots().messages;
			assert_eq!(root(&messages), stored);
			for (index, leaf) in (0..).zip(&leaves) {
				assert!(Inclusion::prove(&leaves, index).unwrap().verify(leaf, &stored));
			}
		}
	});
}

#[test]
fn events_and_view_tell_the_same() {
	run(|| {
		for number in 1..=3 {
			assert_ok!(withdraw(number, DN, 0));
		}
		events();
		advance(1);
		let from_events: Vec<Message> = events()
			.into_iter()
			.zip(0..)
			.map(|(event, at)| match event {
				Event::MessageTold { index, message } if index == at => message,
				other => panic!("{other:?}"),
			})
			.collect();
		assert_eq!(from_events, BaseBridge::told(1));
	});
}

#[test]
fn a_message_is_bound_to_both_ends() {
	run(|| {
		told(1, DN, 0);
		let [message] = &BaseBridge::told(1)[..] else { panic!("one message") };
		let leaf = message.leaf(&domain());
		let mut other = domain();
		other.gateway = address(1);
		assert_ne!(message.leaf(&other), leaf);
		other = domain();
		other.base += 1;
		assert_ne!(message.leaf(&other), leaf);
		other = domain();
		other.chain = H256::zero();
		assert_ne!(message.leaf(&other), leaf);
	});
}
