//! An endpoint of Base for tests, which answers as they like.

use std::{
	sync::{Arc, Mutex, MutexGuard, PoisonError},
	time::Duration,
};

use alloy::{
	primitives::{hex, Address, Bytes},
	sol_types::SolCall,
};
use serde_json::{json, Value};
use tokio::{
	io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
	net::{TcpListener, TcpStream},
};

use super::{Base, Deployment};

/// How long each answer takes, so that questions that are asked side by side are seen to be.
const ANSWER: Duration = Duration::from_millis(3);

/// A request.
#[derive(Clone, Debug)]
pub(crate) struct Question {
	/// Its method.
	pub method: String,
	/// What it is about.
	pub parameters: Value,
	/// Of a call, in which block it is made.
	pub at: Value,
}

impl Question {
	/// Of a call, its data.
	pub fn data(&self) -> Bytes {
		serde_json::from_value(self.parameters[0]["input"].clone()).unwrap()
	}

	/// The call, if it is one of this function.
	pub fn is<C: SolCall>(&self) -> bool {
		self.method == "eth_call" && self.data().starts_with(&C::SELECTOR)
	}

	/// The call, which has to be one of this function.
	pub fn call<C: SolCall>(&self) -> C {
		C::abi_decode(&self.data()).unwrap()
	}
}

#[derive(Debug, Default)]
struct Seen {
	asked: Vec<Question>,
	now: usize,
	most: usize,
}

impl Seen {
	fn begin(&mut self, question: &Question) {
		self.now += 1;
		self.most = self.most.max(self.now);
		self.asked.push(question.clone());
	}
}

/// The endpoint, for as long as the test runs.
pub(crate) struct Mock {
	/// It, as the program asks it.
	pub base: Base,
	seen: Arc<Mutex<Seen>>,
}

impl Mock {
	/// Starts one that answers by this function; an error is a contract's refusal.
	pub async fn start(answer: impl Fn(&Question) -> Result<Value, ()> + Send + Sync + 'static) -> Self {
		let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
		let url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
		let (answer, seen) = (Arc::new(answer), Arc::new(Mutex::new(Seen::default())));
		let shared = seen.clone();
		tokio::spawn(async move {
			while let Ok((stream, _)) = listener.accept().await {
				let (answer, seen) = (answer.clone(), shared.clone());
				tokio::spawn(async move { serve(stream, &*answer, &seen).await });
			}
		});
		let [token, beefy_client, gateway, settlement, receipt_verifier] = [1, 2, 3, 4, 5].map(Address::repeat_byte);
		let contracts = Deployment { chain_id: 8453, token, beefy_client, gateway, settlement, receipt_verifier };
		let base = Base::connect(&url, contracts).await.unwrap();
		Self { base, seen }
	}

	/// What a call of this function gives.
	pub fn answer<C: SolCall>(value: &C::Return) -> Value {
		json!(hex::encode_prefixed(C::abi_encode_returns(value)))
	}

	/// What was asked.
	pub fn asked(&self) -> Vec<Question> {
		seen(&self.seen).asked.clone()
	}

	/// What was asked since the last time this was.
	pub fn take_asked(&self) -> Vec<Question> {
		std::mem::take(&mut seen(&self.seen).asked)
	}

	/// How many questions waited for their answers at once.
	pub fn most_at_once(&self) -> usize {
		seen(&self.seen).most
	}
}

fn seen(seen: &Mutex<Seen>) -> MutexGuard<'_, Seen> {
	seen.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Answers the requests of one connection.
async fn serve(stream: TcpStream, answer: &impl Fn(&Question) -> Result<Value, ()>, log: &Mutex<Seen>) {
	let mut stream = BufReader::new(stream);
	while let Some(request) = request(&mut stream).await {
		let method = request["method"].as_str().unwrap().to_owned();
		let parameters = request["params"].clone();
		let answered = if method == "eth_chainId" {
			Ok(json!("0x2105"))
		} else {
			let question = Question { method, at: parameters[1].clone(), parameters };
			seen(log).begin(&question);
			tokio::time::sleep(ANSWER).await;
			seen(log).now -= 1;
			answer(&question)
		};
		let mut body = json!({ "jsonrpc": "2.0", "id": request["id"] });
		match answered {
			Ok(result) => body["result"] = result,
			Err(()) => body["error"] = json!({ "code": 3, "message": "execution reverted" }),
		}
		let body = body.to_string();
		let head =
			format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
		if stream.get_mut().write_all(format!("{head}{body}").as_bytes()).await.is_err() {
			return;
		}
	}
}

/// The next request; `None` where the connection has ended.
async fn request(stream: &mut BufReader<TcpStream>) -> Option<Value> {
	let mut length = 0;
	loop {
		let mut line = String::new();
		if stream.read_line(&mut line).await.ok()? == 0 {
			return None;
		}
		let line = line.trim().to_lowercase();
		if line.is_empty() {
			break;
		}
		if let Some(said) = line.strip_prefix("content-length:") {
			length = said.trim().parse().ok()?;
		}
	}
	let mut body = vec![0; length];
	stream.read_exact(&mut body).await.ok()?;
	serde_json::from_slice(&body).ok()
}
