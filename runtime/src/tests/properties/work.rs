//! What workers and auditors do with the tasks that they are given.

use super::world::{people, worker, Sealed, World};
use crate::{AccountId, Runtime};
use deepnode_primitives::{
	canonical::{Answer, Output},
	chunks::{answer_digest, Chunks},
	commitment::commitment,
	content::{ContentRef, Inline, Payload, Uris, MAX_INLINE_LEN},
	task::ErrorCode,
	ModelId, TaskId,
};

/// Something that is due.
#[derive(Clone)]
enum Due {
	Commit(TaskId, AccountId),
	Reveal(TaskId, AccountId),
	Open(TaskId, [u8; 32], [u8; 32]),
}

/// Everything that is due of anybody.
fn due() -> Vec<Due> {
	let mut due = Vec::new();
	for (task, round) in pallet_attestation::Rounds::<Runtime>::iter() {
		let can_reveal = !round.sealed && round.everybody().all(|seat| seat.commitment.is_some());
		for seat in round.everybody() {
			if seat.commitment.is_none() {
				due.push(Due::Commit(task, seat.worker.clone()));
			} else if seat.revealed.is_none() && can_reveal {
				due.push(Due::Reveal(task, seat.worker.clone()));
			}
		}
		if let Some((seed, awaited)) = round.challenge.and_then(|it| Some((it.seed?, it.awaited))) {
			due.extend(awaited.into_iter().map(|digest| Due::Open(task, seed.0, digest)));
		}
	}
	due
}

/// What the model answers to inputs of this class: `noise` makes another answer that agrees.
pub fn truth(task: TaskId, class: u8, noise: i32) -> Answer {
	let task = pallet_task_assignment::Tasks::<Runtime>::get(task);
	let (model, items) = task.map_or((0, 1), |task| (task.model, task.items));
	answer(length(model), items, class, noise)
}

/// How many scores an item of a model has.
fn length(model: ModelId) -> u32 {
	let output = pallet_model_registry::Models::<Runtime>::get(model).and_then(|it| it.spec.outputs.into_iter().next());
	match output.and_then(|output| output.shape.last().copied()) {
		Some(deepnode_primitives::tensor::Dim::Fixed(length)) => length,
		_ => 10,
	}
}

/// Scores in which a class wins.
pub fn answer(length: u32, items: u32, class: u8, noise: i32) -> Answer {
	let mut data = vec![0; (length * items) as usize];
	data.chunks_mut(length as usize).for_each(|row| row[usize::from(class)] = 1_000 + noise);
	Answer::Outputs(vec![Output { dims: vec![items, length], data }])
}

/// A place to fetch something from.
pub fn uris() -> Uris {
	let uri = b"https://data.example/a".to_vec().try_into().expect("a short text");
	vec![uri].try_into().expect("one place")
}

impl World {
	/// Somebody does what is due, or what is not; whether there was anything.
	pub fn work(&mut self) -> bool {
		let due = self.ext.execute_with(due);
		let Some(what) = self.rng.pick(&due).cloned() else { return false };
		match what {
			Due::Commit(task, who) => self.commit(task, &who),
			Due::Reveal(task, who) => self.reveal(task, &who),
			Due::Open(task, seed, digest) => self.open(task, seed, digest),
		}
		true
	}

	/// What a worker answers. Those with numbers that three divides belong together: they lie, most of the time, about
	/// tasks whose numbers three divides; so do two lazy ones, who claim errors. Everybody errs at times.
	fn answer(&mut self, task: TaskId, who: &AccountId) -> Answer {
		let class = self.classes.get(&task).copied().unwrap_or(0);
		let number = (0..).position(|at| worker(at) == *who).unwrap_or(0);
		let kind = match number {
			20 | 21 => self.rng.weighted(&[(3, "no input"), (1, "invalid"), (4, "true")]),
			_ if number % 3 == 0 && task.is_multiple_of(3) => self.rng.weighted(&[(9, "lie"), (1, "true")]),
			_ => {
				self.rng.weighted(&[(60, "true"), (8, "near"), (3, "lie"), (2, "odd"), (2, "invalid"), (2, "no input")])
			},
		};
		let noise = 100 + self.rng.below(100) as i32 * 10;
		self.ext.execute_with(|| match kind {
			"true" => truth(task, class, 0),
			"near" => truth(task, class, 1),
			"lie" => truth(task, (class + 1) % 10, 0),
			"odd" => truth(task, (class + 2) % 10, noise),
			"invalid" => Answer::Error(ErrorCode::InputInvalid),
			_ => Answer::Error(ErrorCode::InputUnavailable),
		})
	}

	fn commit(&mut self, task: TaskId, who: &AccountId) {
		// Some take their time, and some are never seen again.
		if self.rng.percent(4) {
			return;
		}
		let answer = self.answer(task, who);
		let (salt, digest) = (self.rng.bytes(), answer_digest(&answer.to_bytes()));
		let genesis = self.ext.execute_with(|| crate::System::block_hash(0));
		let mut commitment = commitment(&genesis, task, who, &salt, &digest);
		if self.rng.percent(1) {
			commitment = self.rng.bytes().into();
		}
		if self.send("commit", who, pallet_attestation::Call::commit { task, commitment }) {
			self.sealed.insert((task, who.clone()), Sealed { salt, answer });
		}
	}

	fn reveal(&mut self, task: TaskId, who: &AccountId) {
		let Some(Sealed { salt, answer }) = self.sealed.get(&(task, who.clone())).cloned() else { return };
		let withholds = task.is_multiple_of(7) && self.rng.percent(40);
		if withholds {
			return;
		}
		let bytes = answer.to_bytes();
		let (mut digest, length) = (answer_digest(&bytes), bytes.len());
		let output = if length > MAX_INLINE_LEN as usize {
			Payload::Reference(ContentRef { hash: digest, length: length as u64, uris: uris() })
		} else {
			Payload::Inline(Inline::try_from(bytes).expect("it is short"))
		};
		if self.rng.percent(2) {
			digest = self.rng.bytes();
		}
		self.send("reveal", who, pallet_attestation::Call::reveal { task, salt, digest, output });
	}

	fn open(&mut self, task: TaskId, seed: [u8; 32], digest: [u8; 32]) {
		let answers = self.sealed.iter().filter(|((of, _), _)| *of == task).map(|(_, sealed)| sealed.answer.to_bytes());
		let Some(bytes) = answers.into_iter().find(|bytes| answer_digest(bytes) == digest) else { return };
		let seed = if self.rng.percent(5) { self.rng.bytes() } else { seed };
		let opening = Chunks::cut(&bytes).expect("it is canonical").open(&seed).expect("it has chunks");
		let who = people()[self.rng.below(8)].clone();
		let opening = Box::new(opening);
		self.send("open_chunks", &who, pallet_attestation::Call::open_chunks { task, digest, opening });
	}
}
