//! When what has happened on Base counts as unchangeable.

use alloy::eips::BlockId;

/// When a transaction is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finality {
	/// So many blocks have come after it.
	Blocks(u64),
	/// Its block is derived from what is on Ethereum.
	Safe,
	/// Its block is derived from what is final on Ethereum.
	Finalized,
}

impl Finality {
	/// The block on Base up to which what has happened counts as unchangeable, where `latest` is its latest.
	pub const fn settled(self, latest: u64) -> BlockId {
		match self {
			Self::Blocks(blocks) => BlockId::number(latest.saturating_sub(blocks)),
			Self::Safe => BlockId::safe(),
			Self::Finalized => BlockId::finalized(),
		}
	}
}

impl std::str::FromStr for Finality {
	type Err = String;

	fn from_str(text: &str) -> Result<Self, String> {
		match text {
			"safe" => Ok(Self::Safe),
			"finalized" => Ok(Self::Finalized),
			number => number
				.parse()
				.map(Self::Blocks)
				.map_err(|_| format!("{text:?} is no finality: write a number of blocks, safe or finalized")),
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn finality_is_a_number_of_blocks_or_a_name() {
		assert_eq!("12".parse(), Ok(Finality::Blocks(12)));
		assert_eq!("safe".parse(), Ok(Finality::Safe));
		assert_eq!("finalized".parse(), Ok(Finality::Finalized));
		assert!("soon".parse::<Finality>().unwrap_err().contains("finalized"));
	}

	#[test]
	fn what_is_settled_is_as_many_blocks_old_as_the_operator_asks_for() {
		assert_eq!(Finality::Blocks(12).settled(100), BlockId::number(88));
		assert_eq!(Finality::Blocks(12).settled(5), BlockId::number(0));
		assert_eq!(Finality::Safe.settled(100), BlockId::safe());
		assert_eq!(Finality::Finalized.settled(100), BlockId::finalized());
	}
}
