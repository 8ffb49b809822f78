use crate::{mock::*, Pallet, Table};
use deepnode_primitives::fees::FeeTable;

#[test]
fn they_show_the_state() {
	run(|| {
		let table = FeeTable { creator: 0, treasury: 360_000, ..Default::default() };
		Table::<Test>::put(table);
		assert_eq!(Pallet::<Test>::table(), table);
		assert_eq!(Pallet::<Test>::totals(), Default::default());
		// The accounts are part of the chain's interface: explorers and contracts know them.
		let prefix = b"modldn/fees_";
		for (pot, name) in FeeSplit::pots().each().into_iter().zip([&b"validators"[..], b"treasury", b"community"]) {
			let bytes: &[u8; 32] = pot.as_ref();
			assert!(bytes.starts_with(prefix));
			assert!(bytes[prefix.len()..].starts_with(name));
			assert!(bytes[prefix.len() + name.len()..].iter().all(|byte| *byte == 0));
		}
	});
}
