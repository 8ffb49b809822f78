//! What a transaction on Base offers for its gas, and what it offers when it is stuck.

/// What a transaction offers for a unit of gas, in wei (EIP-1559).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Fees {
	/// The most that is paid, base fee and tip together.
	pub most: u128,
	/// The tip.
	pub tip: u128,
}

/// What a block's gas costs now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Market {
	/// The base fee of the next block.
	pub base: u128,
	/// The tip that the node suggests.
	pub tip: u128,
}

/// The operator's bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
	/// Never offer more than this.
	pub cap: u128,
	/// Tip never less than this: what others paid lately says nothing where blocks are empty.
	pub least_tip: u128,
	/// Never tip more than this, but where a replacement has to.
	pub most_tip: u128,
	/// By how many percent a replacement offers more. Nodes ask for ten.
	pub bump: u32,
}

/// Gas costs more than the operator pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("gas costs {needed} wei and --max-gas-price allows {cap}: waiting for it to fall")]
pub struct TooDear {
	/// What would have to be offered.
	pub needed: u128,
	/// The operator's bound.
	pub cap: u128,
}

impl Policy {
	/// The usual tip, within the operator's bounds.
	fn tip(&self, market: Market) -> u128 {
		market.tip.max(self.least_tip).min(self.most_tip)
	}

	/// What a new transaction offers: room for the base fee to double, within the cap.
	pub fn first(&self, market: Market) -> Result<Fees, TooDear> {
		let tip = self.tip(market);
		let needed = market.base.saturating_add(tip);
		if needed > self.cap {
			return Err(TooDear { needed, cap: self.cap });
		}
		Ok(Fees { most: market.base.saturating_mul(2).saturating_add(tip).min(self.cap), tip })
	}

	/// What the replacement of a stuck transaction offers: enough more that nodes take it, and enough for now.
	pub fn replacement(&self, stuck: Fees, market: Market) -> Result<Fees, TooDear> {
		let more = |amount: u128| {
			let percent = amount.saturating_mul(u128::from(self.bump)).div_ceil(100);
			amount.saturating_add(percent.max(1))
		};
		let tip = more(stuck.tip).max(self.tip(market));
		let needed = more(stuck.most).max(market.base.saturating_add(tip));
		if needed > self.cap {
			return Err(TooDear { needed, cap: self.cap });
		}
		let wanted = market.base.saturating_mul(2).saturating_add(tip);
		Ok(Fees { most: needed.max(wanted.min(self.cap)), tip })
	}
}

#[cfg(test)]
mod tests {
	use proptest::prelude::*;

	use super::*;

	const GWEI: u128 = 1_000_000_000;
	const POLICY: Policy = Policy { cap: 10 * GWEI, least_tip: 1000, most_tip: GWEI, bump: 12 };

	#[test]
	fn a_new_transaction_leaves_room_for_the_base_fee_to_double() {
		let fees = POLICY.first(Market { base: 2 * GWEI, tip: GWEI / 2 }).unwrap();
		assert_eq!(fees, Fees { most: 4 * GWEI + GWEI / 2, tip: GWEI / 2 });
	}

	#[test]
	fn a_suggested_tip_is_taken_up_to_the_operators_bound() {
		assert_eq!(POLICY.first(Market { base: 1, tip: 50 * GWEI }).unwrap().tip, GWEI);
		assert_eq!(POLICY.first(Market { base: 1, tip: 0 }).unwrap().tip, 1000);
	}

	#[test]
	fn gas_above_the_cap_is_waited_for() {
		let error = POLICY.first(Market { base: 10 * GWEI, tip: 0 }).unwrap_err();
		assert_eq!(error, TooDear { needed: 10 * GWEI + 1000, cap: 10 * GWEI });
		assert!(error.to_string().contains("--max-gas-price"));
	}

	#[test]
	fn replacements_end_at_the_cap() {
		let market = Market { base: GWEI, tip: GWEI / 10 };
		let mut fees = POLICY.first(market).unwrap();
		let mut replaced = 0;
		while let Ok(next) = POLICY.replacement(fees, market) {
			fees = next;
			replaced += 1;
		}
		assert!(replaced > 3, "{replaced}");
		assert!(fees.most <= POLICY.cap);
	}

	#[test]
	fn a_transaction_that_offered_nothing_is_replaced_too() {
		let fees = POLICY.replacement(Fees::default(), Market { base: 0, tip: 0 }).unwrap();
		assert!(fees.most >= 1 && fees.tip >= 1);
	}

	proptest! {
		#[test]
		fn offers_stay_within_the_cap_and_pay_for_now(base in 0u128..20 * GWEI, tip in 0u128..3 * GWEI) {
			match POLICY.first(Market { base, tip }) {
				Ok(fees) => {
					prop_assert!(fees.most <= POLICY.cap && fees.tip <= POLICY.most_tip);
					prop_assert!(fees.most >= base + fees.tip);
				},
				Err(error) => prop_assert!(error.needed > POLICY.cap),
			}
		}

		#[test]
		fn a_replacement_offers_a_tenth_more_of_both(
			most in 0u128..12 * GWEI,
			tip in 0u128..2 * GWEI,
			base in 0u128..20 * GWEI,
			market in 0u128..3 * GWEI,
		) {
			let stuck = Fees { most: most.max(tip), tip };
			if let Ok(fees) = POLICY.replacement(stuck, Market { base, tip: market }) {
				prop_assert!(fees.most * 10 >= stuck.most * 11 && fees.tip * 10 >= stuck.tip * 11);
				prop_assert!(fees.most <= POLICY.cap && fees.most >= base + fees.tip);
			}
		}
	}
}
