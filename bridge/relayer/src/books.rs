//! Whether DN add up across the two chains. Pure.
//!
//! ```text
//! DN in the vault  >=  what the chain counts as locked for its issuance  +  DN in flight towards Base
//! what the chain counts as locked for its issuance  >=  its issuance
//! ```

use std::fmt;

use alloy::primitives::utils::format_ether;
use deepnode_primitives::Balance;

use crate::base::MessageStatus;

/// What a message still takes out of the vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flight {
	/// What has become of it on Base.
	pub status: MessageStatus,
	/// What has left the chain with it, or was burned there and is to be burned on Base.
	pub amount: Balance,
	/// What its delivery pays.
	pub fee: Balance,
	/// For a settlement that has arrived: what of it is still to be claimed.
	pub unclaimed: Option<Balance>,
}

impl Flight {
	/// What it still takes out of the vault. What waits there for the rate limit is in the gateway's queue.
	pub fn owed(&self) -> Balance {
		match (self.status, self.unclaimed) {
			(MessageStatus::Unknown, _) => self.amount.saturating_add(self.fee),
			(MessageStatus::Done, Some(unclaimed)) => unclaimed,
			(MessageStatus::Done | MessageStatus::Queued, _) => 0,
			(MessageStatus::Failed | MessageStatus::Refused, _) => self.amount,
		}
	}
}

/// Both sides' figures, of moments that fit together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Books {
	/// What the gateway holds.
	pub vault: Balance,
	/// What waits there for the rate limit.
	pub queued: Balance,
	/// What the chain counts as locked for its issuance.
	pub backed: Balance,
	/// What is issued on the chain.
	pub issuance: Balance,
	/// What is in flight towards Base.
	pub in_flight: Balance,
}

impl Books {
	/// What has to be in the vault.
	pub const fn needed(&self) -> Balance {
		self.backed.saturating_add(self.in_flight).saturating_add(self.queued)
	}

	/// What does not add up.
	pub fn faults(&self) -> Vec<Fault> {
		let mut faults = Vec::new();
		if let Some(missing) = self.needed().checked_sub(self.vault).filter(|missing| *missing > 0) {
			faults.push(Fault::Vault { missing, vault: self.vault });
		}
		if let Some(unbacked) = self.issuance.checked_sub(self.backed).filter(|unbacked| *unbacked > 0) {
			faults.push(Fault::Issuance { unbacked, issuance: self.issuance });
		}
		faults
	}
}

/// What does not add up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
	/// The vault holds too little.
	Vault {
		/// How much is missing.
		missing: Balance,
		/// What there is.
		vault: Balance,
	},
	/// The chain has issued more than is locked for it.
	Issuance {
		/// How much is not locked.
		unbacked: Balance,
		/// What is issued.
		issuance: Balance,
	},
}

impl Fault {
	/// Its name in metrics.
	pub const fn name(&self) -> &'static str {
		match self {
			Self::Vault { .. } => "vault",
			Self::Issuance { .. } => "issuance",
		}
	}
}

impl fmt::Display for Fault {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		let dn = |units: &Balance| format_ether(*units);
		match self {
			Self::Vault { missing, vault } => {
				write!(f, "the vault holds {} DN, {} DN less than the chain counts on", dn(vault), dn(missing))
			},
			Self::Issuance { unbacked, issuance } => {
				write!(
					f,
					"of {} DN that are issued on the chain {} DN are not locked on Base",
					dn(issuance),
					dn(unbacked)
				)
			},
		}
	}
}

#[cfg(test)]
mod tests {
	use proptest::prelude::*;

	use super::*;

	fn flight(status: MessageStatus) -> Flight {
		Flight { status, amount: 100, fee: 5, unclaimed: None }
	}

	#[test]
	fn a_message_is_owed_until_it_has_left_the_vault() {
		assert_eq!(flight(MessageStatus::Unknown).owed(), 105);
		assert_eq!(flight(MessageStatus::Done).owed(), 0);
		assert_eq!(flight(MessageStatus::Queued).owed(), 0, "the queue has it");
		assert_eq!(flight(MessageStatus::Failed).owed(), 100, "its fee is paid");
		assert_eq!(flight(MessageStatus::Refused).owed(), 100, "the chain will take it back");
	}

	#[test]
	fn a_settlement_is_owed_until_it_is_claimed() {
		let arrived = |unclaimed| Flight { unclaimed: Some(unclaimed), ..flight(MessageStatus::Done) };
		assert_eq!(arrived(60).owed(), 60);
		assert_eq!(arrived(0).owed(), 0);
	}

	#[test]
	fn one_unit_too_few_is_noticed() {
		let books = Books { vault: 115, queued: 10, backed: 100, issuance: 100, in_flight: 5 };
		assert_eq!(books.faults(), []);
		let short = Books { vault: 114, ..books };
		assert_eq!(short.faults(), [Fault::Vault { missing: 1, vault: 114 }]);
		let minted = Books { issuance: 101, ..books };
		assert_eq!(minted.faults(), [Fault::Issuance { unbacked: 1, issuance: 101 }]);
	}

	#[test]
	fn a_fault_is_told_in_dn() {
		let fault = Fault::Vault { missing: 1_500_000_000_000_000_000, vault: 0 };
		assert!(fault.to_string().contains("1.5"), "{fault}");
	}

	/// The two chains in miniature: what is moved as the protocol moves it adds up after each step.
	#[derive(Clone, Copy, Debug)]
	enum Step {
		Withdraw(u8),
		Burn(u8),
		Deliver(u8, MessageStatus),
	}

	fn step() -> impl Strategy<Value = Step> {
		let status = prop::sample::select(vec![MessageStatus::Done, MessageStatus::Failed, MessageStatus::Refused]);
		prop_oneof![
			any::<u8>().prop_map(Step::Withdraw),
			any::<u8>().prop_map(Step::Burn),
			(any::<u8>(), status).prop_map(|(which, status)| Step::Deliver(which, status)),
		]
	}

	proptest! {
		#[test]
		fn what_the_protocol_does_adds_up(steps in prop::collection::vec(step(), 0..60)) {
			let (mut vault, mut issuance, mut backed) = (100_000u128, 100_000u128, 100_000u128);
			let mut flights = Vec::<Flight>::new();
			for step in steps {
				match step {
					Step::Withdraw(amount) => {
						let (amount, fee) = (u128::from(amount), 2);
						issuance -= amount + fee;
						backed -= amount + fee;
						flights.push(Flight { status: MessageStatus::Unknown, amount, fee, unclaimed: None });
					},
					Step::Burn(amount) => {
						issuance -= u128::from(amount);
						let amount = backed - issuance;
						backed = issuance;
						flights.push(Flight { status: MessageStatus::Unknown, amount, fee: 0, unclaimed: None });
					},
					Step::Deliver(which, status) => {
						let count = flights.len().max(1);
						if let Some(flight) = flights.get_mut(usize::from(which) % count) {
							if flight.status == MessageStatus::Unknown {
								vault -= flight.fee;
								if status == MessageStatus::Done {
									vault -= flight.amount;
								}
								flight.status = status;
							}
						}
					},
				}
				let in_flight = flights.iter().map(Flight::owed).sum();
				let books = Books { vault, queued: 0, backed, issuance, in_flight };
				prop_assert_eq!(books.faults(), []);
				prop_assert_eq!(books.needed(), vault, "nothing is left over either");
			}
		}
	}
}
