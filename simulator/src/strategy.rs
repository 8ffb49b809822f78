//! What workers do.

use deepnode_primitives::{content::Digest, task::Assurance, Balance};
use deepnode_scoring::Unit;

use crate::world::{Id, World};

/// The true answer.
pub const TRUTH: Digest = [0; 32];
/// The false answer that a coalition has agreed on.
pub const LIE: Digest = [1; 32];
/// A model's most frequent answer, where it is not the true one.
pub const USUAL: Digest = [2; 32];
/// The error that nothing could be fetched.
pub const UNREAD: Digest = [4; 32];
/// An error that others can verify.
pub const ERROR: Digest = [5; 32];

/// What the members of the actor under test do. Where a strategy says nothing they are honest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
	/// Compute every answer, and give it.
	Honest,
	/// Copy the settled answer where asked to audit it; where that is sealed, give the most frequent one.
	CopyAudit,
	/// In a later wave, copy the public answer of whoever has the highest fidelity.
	CopyThird,
	/// Never compute: give the model's most frequent answer.
	Constant,
	/// Never compute: say in every seat that nothing could be fetched.
	AlwaysUnavailable,
	/// Claim an error, instead of computing, where the coalition holds most of the first wave's seats.
	ClaimError,
	/// Give the agreed false answer in every seat, and defend it as an auditor.
	CollusionBlind,
	/// Give it only where the coalition holds most of the first wave's seats.
	CollusionKnowing,
	/// The same, but one member in five reports every false answer that it took part in.
	CollusionLeaky,
	/// Compute once where several seats are the coalition's, and give the true answer in all of them.
	SharedRun,
	/// As an auditor, contradict true answers of workers with three times its stake or more.
	AuditCapture,
	/// Report true answers, and contradict them as an auditor.
	FalseReport,
	/// Give answers like no other, so that partners have to wait.
	Grief,
	/// Miss every second commit.
	Absent,
	/// Never compute: commit to the most frequent answer, and reveal it only if the partners agree with it.
	Withhold,
	/// As a requester, make its own tasks fail with its workers' answers, once both first seats are its own.
	FreeRide,
	/// Pay itself: own tasks for its own model, its workers answering them without cost.
	Wash,
	/// Lie in its own model's pool, which it joined with unlinked accounts.
	CreatorLies,
	/// As an evaluator, give the last consensus as its weights without judging anything.
	CopyWeights,
	/// The same, but with known-answer tasks of its own.
	CopyWeightsWorking,
	/// As an evaluator that owns model 0, give the best rival no weight.
	UnderWeight,
}

impl Strategy {
	/// Whether an evaluator does it, not a worker.
	pub fn is_evaluators(&self) -> bool {
		matches!(self, Self::CopyWeights | Self::CopyWeightsWorking | Self::UnderWeight)
	}

	/// Whether it is claimed that it earns less than honesty for up to a third: not of what gives true
	/// answers at an honest evaluator's or worker's cost, or at half of it.
	pub fn must_lose(&self) -> bool {
		!matches!(self, Self::Honest | Self::SharedRun | Self::CopyWeightsWorking)
	}

	/// Whether its members stand by each other's false answer.
	pub fn defends_lies(&self) -> bool {
		matches!(self, Self::CollusionBlind | Self::CollusionKnowing | Self::CollusionLeaky | Self::CreatorLies)
	}
}

/// A task, as its workers see it.
#[derive(Clone, Debug)]
pub struct Task {
	/// Its model.
	pub model: usize,
	/// Whether the actor asked for it.
	pub own: bool,
	/// How surely it is checked.
	pub assurance: Assurance,
	/// Whether its true answer is the model's most frequent one.
	pub usual: bool,
	/// The fee that is divided.
	pub fee: Balance,
	/// What goes to the audit fund.
	pub audit: Balance,
	/// What one run earns.
	pub reward: Balance,
	/// The stake that answers for it.
	pub bound: Balance,
	/// Whether a member has given the agreed false answer.
	pub lied: bool,
}

/// An answer in a round.
#[derive(Clone, Copy, Debug)]
pub struct Answer {
	/// Whose.
	pub who: Id,
	/// Its digest.
	pub digest: Digest,
	/// Whether it is not an honest worker's.
	pub deliberate: bool,
}

/// From where a worker answers.
pub enum Seat<'a> {
	/// In the first wave, with these.
	First(&'a [Id]),
	/// In a later one: these answers are public.
	Later(&'a [Answer]),
	/// As an auditor of the task of these workers; the answer is public or, in a sealed audit, is not.
	Auditor {
		/// The settled answer, where it is public.
		settled: Option<Digest>,
		/// Who settled it.
		accused: &'a [Id],
		/// Whether a member has contradicted it already.
		contradicted: bool,
	},
}

impl World {
	/// Whether a worker commits in time.
	pub fn commits(&mut self, who: Id) -> bool {
		let worker = &self.workers[who];
		let absence = match self.strategy {
			Strategy::Absent if worker.member => Unit::from_percent(50),
			_ => self.setup.absence,
		};
		!self.rng.chance(absence)
	}

	/// Whether a worker reveals, once it knows what its partners have.
	pub fn reveals(&self, answer: &Answer, wave: &[Answer]) -> bool {
		let withholds = self.workers[answer.who].member && self.strategy == Strategy::Withhold;
		!withholds || wave.iter().all(|other| other.digest == answer.digest)
	}

	/// A worker's answer. It counts what the answer costs.
	pub fn answer(&mut self, who: Id, task: &mut Task, seat: &Seat) -> Answer {
		let free = |digest| Answer { who, digest, deliberate: true };
		if !self.workers[who].member {
			if let (true, Seat::Auditor { settled: Some(settled), .. }) = (self.workers[who].copies_audits, seat) {
				return free(*settled);
			}
			return self.compute(who, task);
		}
		let usual = if task.usual { TRUTH } else { USUAL };
		match (self.strategy, seat) {
			(Strategy::CopyAudit, Seat::Auditor { settled: Some(settled), .. }) => free(*settled),
			(Strategy::CopyAudit, Seat::Auditor { settled: None, .. }) => free(usual),
			(Strategy::CopyThird, Seat::Later(earlier)) => {
				let trusted = earlier.iter().max_by_key(|answer| self.workers[answer.who].fidelity);
				trusted.map_or(free(TRUTH), |answer| free(answer.digest))
			},
			(Strategy::Constant | Strategy::Withhold, _) => free(usual),
			(Strategy::AlwaysUnavailable, _) => free(UNREAD),
			(Strategy::ClaimError, Seat::First(wave)) if self.holds_most(wave) => {
				task.lied = true;
				free(ERROR)
			},
			(Strategy::ClaimError, Seat::Auditor { .. }) if task.lied => free(ERROR),
			(strategy, Seat::Auditor { settled, .. }) if strategy.defends_lies() => match (task.lied, settled) {
				(true, _) => free(LIE),
				(false, Some(settled)) => free(*settled),
				(false, None) => self.compute(who, task),
			},
			(Strategy::CollusionBlind, _) => {
				task.lied = true;
				free(LIE)
			},
			(Strategy::CollusionKnowing | Strategy::CollusionLeaky, Seat::First(wave)) if self.holds_most(wave) => {
				task.lied = true;
				free(LIE)
			},
			(Strategy::CreatorLies, Seat::First(wave)) if task.model == 0 && self.holds_most(wave) => {
				task.lied = true;
				free(LIE)
			},
			(Strategy::SharedRun, Seat::First(wave)) => {
				let first = wave.iter().find(|other| self.workers[**other].member);
				if first == Some(&who) {
					self.compute(who, task)
				} else {
					free(TRUTH)
				}
			},
			(Strategy::AuditCapture, Seat::Auditor { accused, contradicted, .. }) => {
				let theirs: Balance = accused.iter().map(|accused| self.workers[*accused].stake).sum();
				let outsiders = accused.iter().all(|accused| !self.workers[*accused].member);
				if *contradicted || outsiders && theirs >= 3 * self.workers[who].stake {
					free(LIE)
				} else {
					self.compute(who, task)
				}
			},
			(Strategy::FalseReport, Seat::Auditor { contradicted, .. }) if task.lied || *contradicted => free(LIE),
			(Strategy::Grief, Seat::First(_) | Seat::Later(_)) => free(self.odd()),
			(Strategy::FreeRide, Seat::First(wave)) if task.own && wave.len() > 1 && self.all_members(wave) => {
				task.lied = true;
				free(self.odd())
			},
			(Strategy::FreeRide, Seat::Later(_)) if task.own && task.lied => free(self.odd()),
			(Strategy::Wash, _) if task.own => free(TRUTH),
			_ => self.compute(who, task),
		}
	}

	/// The honest way: it costs a run, and goes wrong only where the machine does.
	fn compute(&mut self, who: Id, task: &Task) -> Answer {
		self.workers[who].cost += self.setup.cost.mul_floor(task.reward);
		let digest = if self.rng.chance(self.setup.fault) { self.odd() } else { TRUTH };
		Answer { who, digest, deliberate: false }
	}

	/// An answer like no other.
	fn odd(&mut self) -> Digest {
		self.odd_answers += 1;
		let mut digest = [3; 32];
		digest[..8].copy_from_slice(&self.odd_answers.to_be_bytes());
		digest
	}

	fn holds_most(&self, wave: &[Id]) -> bool {
		wave.iter().filter(|who| self.workers[**who].member).count() * 2 > wave.len()
	}

	fn all_members(&self, wave: &[Id]) -> bool {
		wave.iter().all(|who| self.workers[*who].member)
	}
}
