//! Who is accepted as a partner.

use deepnode_scoring::{pairs::acceptance, Unit};
use proptest::prelude::*;

#[test]
fn a_stranger_always_is_and_a_familiar_face_at_times() {
	assert_eq!(acceptance(0, 8), Unit::one());
	assert_eq!(acceptance(3, 8), Unit::from_rational(6u32, 9) + Unit::from_parts(1), "rounded up");
	assert_eq!(acceptance(8, 8), Unit::from_parts(111_111_112));
	assert_eq!(acceptance(9, 8), acceptance(8, 8));
	assert_eq!(acceptance(5, 0), Unit::one(), "who remembers nobody meets strangers only");
	assert_eq!(acceptance(u32::MAX, u32::MAX), Unit::from_parts(1), "never 0");
}

proptest! {
	#[test]
	fn every_meeting_makes_the_next_less_likely(meetings in any::<u32>(), memory in any::<u32>()) {
		let chance = acceptance(meetings, memory);
		prop_assert!(!chance.is_zero());
		prop_assert!(acceptance(meetings.saturating_add(1), memory) <= chance);
		prop_assert!(acceptance(meetings, memory.saturating_add(1)) >= chance || meetings > memory);
	}
}
