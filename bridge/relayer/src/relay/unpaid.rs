//! Epochs whose settlement has arrived on Base and whose claims may not all be paid.
//!
//! Which epochs and claims a round looks at rests on the rounds before; what is paid and what can be is asked of Base in
//! the same round.

use std::collections::BTreeMap;

use alloy::eips::BlockId;
use deepnode_primitives::{bridge::Claim, Balance};

use super::Round;
use crate::{
	base::Base,
	chain::{self, Claims},
	pick::{self, Most, Pick},
};

/// Of how many of an epoch's claims a round asks whether they are paid.
const CLAIMS: Most = Most { best: 64, others: 256 };

/// Epochs whose claims may not all be paid.
#[derive(Debug, Default)]
pub(super) struct Unpaid {
	/// Of each the last claim whose turn it was.
	epochs: BTreeMap<u64, Option<u32>>,
	/// The last epoch whose turn it was.
	last: Option<u64>,
}

impl Unpaid {
	/// The settlement of an epoch has arrived.
	pub(super) fn arrived(&mut self, epoch: u64) {
		self.epochs.entry(epoch).or_default();
	}

	/// Of an epoch nothing is to be paid any more.
	pub(super) fn over(&mut self, epoch: u64) {
		self.epochs.remove(&epoch);
	}

	/// Whether something of an epoch may have to be paid.
	pub(super) fn has(&self, epoch: u64) -> bool {
		self.epochs.contains_key(&epoch)
	}

	/// The epochs whose turn it is.
	pub(super) fn next(&mut self, most: usize) -> Vec<u64> {
		let next = pick::next(self.epochs.keys().copied(), self.last, most);
		self.last = next.last().copied();
		next
	}

	/// Claims of an epoch that are not paid and can be, `most` of them: the highest first, then those whose turn it is.
	///
	/// An epoch is over once all that can be paid is, in the block `settled`. What the gateway refuses for whatever
	/// reason is left out, so that it does not take the place of others.
	pub(super) async fn due(
		&mut self,
		base: &Base,
		epoch: u64,
		claims: &Claims,
		most: usize,
		settled: BlockId,
	) -> Round<Vec<Claim>> {
		let payable = claims.claims.iter().filter(|claim| base.contracts.pays(&claim.account));
		let payable: BTreeMap<u32, Claim> = payable.map(|claim| (claim.index, *claim)).collect();
		let total = payable.values().fold(0, |total: Balance, claim| total.saturating_add(claim.amount));
		match base.claimed(epoch, settled).await {
			Ok(claimed) if claimed >= total => {
				self.over(epoch);
				return Ok(Vec::new());
			},
			// An endpoint may have dropped that block's state: what is to be paid does not depend on it.
			Err(error) if !error.is_of_one() => return Err(error.into()),
			Ok(_) | Err(_) => {},
		}
		if base.claimed(epoch, BlockId::latest()).await? >= total {
			return Ok(Vec::new());
		}
		let last = self.epochs.get(&epoch).copied().flatten();
		let ranked = payable.values().map(|claim| (claim.index, claim.amount));
		let Pick { best, others } = Pick::of(ranked, last, CLAIMS);
		let named = |indices: &[u32]| -> Vec<Claim> {
			indices.iter().filter_map(|index| payable.get(index).copied()).collect()
		};
		let mut due = can_be_paid(base, claims, &named(&best), CLAIMS.best).await?;
		if due.len() < most {
			due.extend(can_be_paid(base, claims, &named(&others), most.max(CLAIMS.best)).await?);
			self.epochs.insert(epoch, others.last().copied());
		}
		due.truncate(most);
		Ok(due)
	}
}

/// Those of some claims that are not paid and that the gateway would pay now. Of `most` at most it is tried whether it
/// would: each needs its proof.
async fn can_be_paid(base: &Base, claims: &Claims, asked: &[Claim], most: usize) -> Round<Vec<Claim>> {
	let unpaid = base.unclaimed(asked).await?;
	let calls = unpaid.iter().take(most).map(|claim| claims.call(claim).map(|call| (*claim, call)));
	let calls = calls.collect::<chain::Result<Vec<_>>>()?;
	Ok(base.taken(base.contracts.settlement, calls, "claim").await?)
}

#[cfg(test)]
mod tests {
	use std::{
		collections::BTreeSet,
		sync::{Arc, Mutex},
	};

	use alloy::primitives::U256;
	use deepnode_client::SettlementInfo;
	use deepnode_primitives::bridge::tree::committed_root;
	use sp_core::{H160, H256};

	use super::*;
	use crate::base::{
		abi::ISettlement::{claimCall, isClaimedCall, paidCall},
		mock::Mock,
	};

	const EPOCH: u64 = 3;
	/// A block on Base that counts as unchangeable.
	const SETTLED: u64 = 90;
	/// An address that the gateway does not pay, and of which this program does not know it.
	const REFUSED: H160 = H160::repeat_byte(0xee);

	/// The settlement contract: which claims are paid in the latest block and in the one that counts as unchangeable.
	#[derive(Clone, Default)]
	struct Contract(Arc<Mutex<[BTreeSet<u32>; 2]>>);

	impl Contract {
		fn pay(&self, due: &[Claim]) {
			self.0.lock().unwrap()[0].extend(due.iter().map(|claim| claim.index));
		}

		fn settle(&self) {
			let mut paid = self.0.lock().unwrap();
			paid[1] = paid[0].clone();
		}

		async fn start(&self, claims: &Claims) -> Mock {
			let (paid, amounts) = (self.0.clone(), claims.claims.clone());
			Mock::start(move |question| {
				let paid = &paid.lock().unwrap()[usize::from(question.at != "latest")];
				if question.is::<isClaimedCall>() {
					let index = question.call::<isClaimedCall>().index;
					return Ok(Mock::answer::<isClaimedCall>(&paid.contains(&index)));
				}
				if question.is::<paidCall>() {
					let sum: Balance = paid.iter().map(|index| amounts[*index as usize].amount).sum();
					return Ok(Mock::answer::<paidCall>(&U256::from(sum)));
				}
				let claim = question.call::<claimCall>().claim;
				if claim.account.0 == REFUSED.0 {
					return Err(());
				}
				Ok(serde_json::json!("0x"))
			})
			.await
		}
	}

	/// An epoch with these claims: of each who is paid how much.
	fn claims(of: impl IntoIterator<Item = (H160, Balance)>) -> Claims {
		let claims = (0..).zip(of).map(|(index, (account, amount))| Claim { epoch: EPOCH, index, account, amount });
		let claims: Vec<Claim> = claims.collect();
		let domain = deepnode_primitives::bridge::Domain { chain: H256::zero(), base: 1, gateway: H160::zero() };
		let leaves: Vec<H256> = claims.iter().map(|claim| claim.leaf(&domain)).collect();
		let settlement = SettlementInfo {
			nonce: 0,
			root: committed_root(&leaves),
			total: claims.iter().map(|claim| claim.amount).sum(),
			count: claims.len() as u32,
			refused: false,
		};
		Claims { settlement, claims, leaves }
	}

	fn account(number: u32) -> H160 {
		H160::from_low_u64_be(1000 + u64::from(number))
	}

	async fn due(unpaid: &mut Unpaid, mock: &Mock, claims: &Claims, most: usize) -> Vec<Claim> {
		unpaid.due(&mock.base, EPOCH, claims, most, BlockId::number(SETTLED)).await.unwrap()
	}

	fn indices(claims: &[Claim]) -> Vec<u32> {
		claims.iter().map(|claim| claim.index).collect()
	}

	fn unpaid() -> Unpaid {
		let mut unpaid = Unpaid::default();
		unpaid.arrived(EPOCH);
		unpaid
	}

	#[tokio::test]
	async fn what_cannot_be_paid_keeps_nobody_from_being_paid() {
		let contracts = Mock::start(|_| Err(())).await.base.contracts;
		let own = [contracts.token, contracts.gateway, contracts.settlement].map(|address| H160(address.0 .0));
		let never = own.into_iter().chain([H160::zero(), REFUSED, REFUSED]).map(|account| (account, 1000));
		let claims = claims(never.chain((0..4).map(|number| (account(number), 10 + Balance::from(number)))));
		let contract = Contract::default();
		let mock = contract.start(&claims).await;
		let mut unpaid = unpaid();
		let first = due(&mut unpaid, &mock, &claims, 2).await;
		assert_eq!(indices(&first), [9, 8], "the highest first");
		contract.pay(&first);
		let second = due(&mut unpaid, &mock, &claims, 2).await;
		assert_eq!(indices(&second), [7, 6]);
		contract.pay(&second);
		assert_eq!(due(&mut unpaid, &mock, &claims, 2).await, []);
		assert!(unpaid.has(EPOCH), "what the gateway refuses it may pay later");
	}

	#[tokio::test]
	async fn an_epoch_is_over_when_its_payments_cannot_be_taken_back() {
		// Nobody can be paid at the gateway's own address: that is not waited for.
		let gateway = H160(Mock::start(|_| Err(())).await.base.contracts.gateway.0 .0);
		let claims = claims([(account(0), 5), (gateway, 7), (account(1), 6)]);
		let contract = Contract::default();
		let mock = contract.start(&claims).await;
		let mut unpaid = unpaid();
		contract.pay(&due(&mut unpaid, &mock, &claims, 9).await);
		assert_eq!(due(&mut unpaid, &mock, &claims, 9).await, []);
		assert!(unpaid.has(EPOCH), "a reorganisation may take them back");
		contract.settle();
		assert_eq!(due(&mut unpaid, &mock, &claims, 9).await, []);
		assert!(!unpaid.has(EPOCH));
	}

	#[tokio::test]
	async fn a_round_asks_no_more_however_many_claims_there_are() {
		let claims = claims((0..700).map(|number| (account(number), 10)));
		let contract = Contract::default();
		let mock = contract.start(&claims).await;
		let mut unpaid = unpaid();
		let mut rounds = 0;
		while contract.0.lock().unwrap()[0].len() < claims.claims.len() {
			contract.pay(&due(&mut unpaid, &mock, &claims, 100).await);
			let asked = mock.take_asked();
			let simulated = asked.iter().filter(|question| question.is::<claimCall>()).count();
			let questions = asked.len() - simulated;
			assert!(questions <= 330, "{questions}");
			assert!(simulated <= 170, "{simulated}");
			rounds += 1;
			assert!(rounds < 30, "it does not end");
		}
	}

	#[test]
	fn epochs_take_turns() {
		let mut unpaid = Unpaid::default();
		(1..=5).for_each(|epoch| unpaid.arrived(epoch));
		assert_eq!(unpaid.next(2), [1, 2]);
		unpaid.over(3);
		assert_eq!(unpaid.next(2), [4, 5]);
		assert_eq!(unpaid.next(2), [1, 2]);
		assert_eq!(Unpaid::default().next(2), [0u64; 0]);
	}
}
