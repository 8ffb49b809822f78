use std::sync::{Arc, Mutex};

use deepnode_primitives::bridge::Kind;
use sp_core::H160;

use super::*;
use crate::base::{abi::IGateway::statusOfCall, mock::Mock};

/// A block on Base that counts as unchangeable.
const SETTLED: u64 = 90;

/// What the gateway says of each message in the latest block, and in the one that counts as unchangeable.
#[derive(Clone, Default)]
struct Gateway(Arc<Mutex<BTreeMap<u64, [MessageStatus; 2]>>>);

impl Gateway {
	fn set(&self, nonces: impl IntoIterator<Item = u64>, latest: MessageStatus, settled: MessageStatus) {
		self.0.lock().unwrap().extend(nonces.into_iter().map(|nonce| (nonce, [latest, settled])));
	}

	async fn start(&self) -> Mock {
		let gateway = self.clone();
		Mock::start(move |question| {
			let nonce = question.call::<statusOfCall>().nonce;
			let [latest, settled] =
				gateway.0.lock().unwrap().get(&nonce).copied().unwrap_or([MessageStatus::Unknown; 2]);
			let status = if question.at == "latest" { latest } else { settled };
			Ok(Mock::answer::<statusOfCall>(&(status as u8)))
		})
		.await
	}
}

fn letter(nonce: u64, fee: Balance, block: u32) -> Letter {
	let payload = Payload::Release { recipient: H160::repeat_byte(9), amount: 100 };
	Letter { message: Message { nonce, sender: H256::repeat_byte(3), fee, payload }, block }
}

fn settlement(nonce: u64, epoch: u64) -> Letter {
	let payload = Payload::Settlement { epoch, root: H256::repeat_byte(1), total: 5, count: 1 };
	Letter { message: Message { nonce, sender: H256::zero(), fee: 0, payload }, block: 3 }
}

fn mailbox(letters: impl IntoIterator<Item = Letter>) -> Mailbox {
	let mut mailbox = Mailbox::new(0);
	letters.into_iter().for_each(|letter| mailbox.add(letter));
	mailbox
}

async fn ask(mailbox: &mut Mailbox, mock: &Mock) -> Asked {
	mailbox.ask(&mock.base, BlockId::number(SETTLED)).await.unwrap()
}

fn nonces(letters: &[Letter]) -> Vec<u64> {
	letters.iter().map(|letter| letter.message.nonce).collect()
}

#[tokio::test]
async fn a_round_asks_no_more_however_many_pay_nothing_and_what_pays_is_found_at_once() {
	let mock = Gateway::default().start().await;
	let mut mailbox = mailbox((0..6000).map(|nonce| letter(nonce, 0, 1)));
	mailbox.add(letter(2500, 7, 2));
	mailbox.add(settlement(6000, 4));
	let mut asked_about = BTreeSet::new();
	for _ in 0..6000 / WAITING.others + 1 {
		let asked = ask(&mut mailbox, &mock).await;
		assert_eq!(nonces(&asked.best)[..2], [6000, 2500], "the chain's own first, then what pays most");
		let questions = mock.take_asked().len();
		assert!(questions <= 400, "{questions}");
		asked_about.extend(nonces(&asked.best).into_iter().chain(nonces(&asked.others)));
	}
	assert_eq!(asked_about.len(), 6001, "each has its turn");
}

#[test]
fn what_pays_too_little_is_not_even_kept() {
	let told = [letter(0, 4, 3), letter(1, 5, 3), settlement(2, 4)].map(|letter| letter.message);
	assert_eq!(nonces(&worth(told.into(), 3, 5)), [1, 2]);
}

#[tokio::test]
async fn of_a_number_the_telling_that_pays_most_is_delivered() {
	let mock = Gateway::default().start().await;
	let mut mailbox = mailbox([letter(0, 5, 1), letter(0, 9, 4), letter(0, 7, 8), letter(1, 1, 3)]);
	assert_eq!(ask(&mut mailbox, &mock).await.best, [letter(0, 9, 4), letter(1, 1, 3)]);
}

#[tokio::test]
async fn what_is_delivered_is_forgotten_only_when_base_cannot_take_it_back() {
	let gateway = Gateway::default();
	let mock = gateway.start().await;
	let mut mailbox = mailbox([letter(0, 5, 1), settlement(1, 4)]);
	gateway.set([0, 1], MessageStatus::Done, MessageStatus::Unknown);
	assert_eq!(ask(&mut mailbox, &mock).await, Asked::default());
	assert_eq!(mailbox.waiting(), 0);

	// A reorganisation: one is not delivered any more.
	gateway.set([0], MessageStatus::Unknown, MessageStatus::Unknown);
	gateway.set([1], MessageStatus::Done, MessageStatus::Done);
	let asked = ask(&mut mailbox, &mock).await;
	assert_eq!((nonces(&asked.others), asked.settled), (vec![0], vec![4]));
	assert!(mailbox.knows(0) && !mailbox.knows(1));
	assert_eq!(nonces(&ask(&mut mailbox, &mock).await.best), [0]);
}

#[tokio::test]
async fn a_settlement_that_base_refuses_brings_nothing_to_pay() {
	let gateway = Gateway::default();
	let mock = gateway.start().await;
	let mut mailbox = mailbox([settlement(1, 4)]);
	gateway.set([1], MessageStatus::Refused, MessageStatus::Refused);
	assert_eq!(ask(&mut mailbox, &mock).await, Asked::default());
	assert!(!mailbox.knows(1));
	assert_eq!(settlement(1, 4).message.kind(), Kind::Settlement);
}

#[tokio::test]
async fn an_endpoint_that_has_dropped_old_states_holds_up_nothing() {
	let mock = Mock::start(|question| {
		if question.at != "latest" {
			return Err(());
		}
		let is_taken = question.call::<statusOfCall>().nonce == 0;
		Ok(Mock::answer::<statusOfCall>(&u8::from(is_taken)))
	})
	.await;
	let mut mailbox = mailbox([letter(0, 5, 1), letter(1, 5, 1)]);
	assert_eq!(nonces(&ask(&mut mailbox, &mock).await.best), [1]);
	assert!(mailbox.knows(0));
}

#[tokio::test]
async fn those_that_wait_to_be_final_do_not_keep_out_those_that_wait_for_delivery() {
	let gateway = Gateway::default();
	let mock = gateway.start().await;
	let paying = WAITING.best as u64 * 3;
	let mut mailbox = mailbox((0..paying).map(|nonce| letter(nonce, 9, 1)));
	gateway.set(0..paying, MessageStatus::Done, MessageStatus::Unknown);
	while mailbox.waiting() > 0 {
		assert_eq!(ask(&mut mailbox, &mock).await, Asked::default());
	}
	(0..paying).for_each(|nonce| mailbox.add(letter(paying + nonce, 1, 2)));
	assert_eq!(ask(&mut mailbox, &mock).await.best.len(), WAITING.best);
}
