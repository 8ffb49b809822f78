use crate::{mock::*, Event, ReceiptLeaves};
use deepnode_primitives::bridge::{
	tree::{committed_root, Inclusion},
	Receipt,
};
use sp_core::H256;

fn issued() -> Vec<(u32, Receipt)> {
	let receipts = events().into_iter().filter_map(|event| match event {
		Event::ReceiptIssued { index, receipt } => Some((index, receipt)),
		_ => None,
	});
	receipts.collect()
}

#[test]
fn a_blocks_tree_can_be_made_from_its_events() {
	run(|| {
		events();
		(0..3).for_each(issue);
		assert_eq!(BaseBridge::roots().receipts, H256::zero(), "it is known when the block ends");
		let receipts = issued();
		assert_eq!(receipts, (0..3u32).map(|at| (at, receipt(at.into()))).collect::<Vec<_>>());
		advance(1);
		let leaves: Vec<_> = receipts.iter().map(|(_, receipt)| receipt.leaf(&CHAIN)).collect();
		let root = BaseBridge::roots().receipts;
		assert_eq!(root, committed_root(&leaves));
		assert!(Inclusion::prove(&leaves, 2).unwrap().verify(&leaves[2], &root));
	});
}

#[test]
fn the_next_block_begins_without_any() {
	run(|| {
		issue(7);
		advance(1);
		assert_eq!(ReceiptLeaves::<Test>::get().len(), 0);
		assert_ne!(BaseBridge::roots().receipts, H256::zero());
		events();
		issue(8);
		assert_eq!(issued(), [(0, receipt(8))]);
		advance(2);
		assert_eq!(BaseBridge::roots().receipts, H256::zero());
	});
}

#[test]
fn they_need_no_gateway() {
	genesis(None).execute_with(|| {
		issue(7);
		advance(1);
		assert_eq!(BaseBridge::roots().receipts, committed_root(&[receipt(7).leaf(&CHAIN)]));
		check();
	});
}

#[test]
fn one_too_many_is_said_to_be_left_out() {
	run(|| {
		events();
		(0..5).for_each(issue);
		let events = events();
		assert_eq!(events.len(), 5);
		assert_eq!(events[4], Event::ReceiptOmitted { task: 4 });
		advance(1);
		let leaves: Vec<_> = (0..4).map(|task| receipt(task).leaf(&CHAIN)).collect();
		assert_eq!(BaseBridge::roots().receipts, committed_root(&leaves));
	});
}
