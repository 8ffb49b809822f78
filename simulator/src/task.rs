//! A task's way from its submission to its end.

use deepnode_primitives::{
	content::Digest,
	task::{escalation, Assurance},
	verdict::majority,
	Balance,
};
use deepnode_scoring::{assurance, average::moving, fidelity::Mark, Unit};

use crate::{
	audit::Lottery,
	pool::Wanted,
	strategy::{Answer, Seat, Strategy, Task, ERROR, TRUTH, UNREAD},
	world::{Id, World},
};

/// How often a round is drawn anew because somebody withheld its answer.
const MAX_ROUNDS: u32 = 4;

/// A settled task.
pub struct Settled {
	/// The answer.
	pub digest: Digest,
	/// Who agreed on it.
	pub winners: Vec<Answer>,
	/// Who answered otherwise.
	pub losers: Vec<Answer>,
	/// What each of them was slashed.
	pub lost: Vec<Balance>,
}

impl Settled {
	/// Whether most claim an error.
	pub fn failed(&self) -> bool {
		self.digest == UNREAD || self.digest == ERROR
	}
}

/// What a first wave came to.
enum Wave {
	/// Answers, and the audit that was drawn before they were revealed.
	Revealed(Vec<Answer>, Option<Lottery>),
	/// Somebody withheld its answer, and nobody is judged.
	Withheld,
}

impl World {
	/// Plays a task of a model.
	pub fn play(&mut self, model: usize, own: bool) {
		self.tasks += 1;
		self.unlock();
		let dice = self.rng.below(100) as u32;
		let (single, panel) = self.setup.mix;
		let assurance = match dice {
			_ if dice < single => Assurance::Single,
			_ if dice < single + panel => Assurance::Panel,
			_ => Assurance::Pair,
		};
		let workers_row = self.rules.fees.workers;
		let quote = assurance::quote(self.setup.price, 1, assurance, workers_row, &self.rules.assurance);
		let quote = quote.unwrap_or_default();
		let reward = assurance::run_reward(quote.fee, assurance, workers_row);
		let bound = assurance::bound(reward, assurance, &self.rules.assurance);
		let usual = self.rng.chance(self.setup.predictability);
		let mut task =
			Task { model, own, assurance, usual, fee: quote.fee, audit: quote.audit, reward, bound, lied: false };
		self.charge(&task, (task.fee + task.audit) as i128);
		*(if own { &mut self.counts.own_paid } else { &mut self.counts.paid }) += task.fee + task.audit;
		let mut excluded = Vec::new();
		for _ in 0..MAX_ROUNDS {
			match self.first_wave(&mut task, &mut excluded) {
				Some(Wave::Revealed(answers, lottery)) => return self.judge(task, answers, excluded, lottery),
				Some(Wave::Withheld) => {},
				None => break,
			}
		}
		self.refund(&task);
	}

	/// Takes an amount from whoever asked for the task.
	pub fn charge(&mut self, task: &Task, amount: i128) {
		*(if task.own { &mut self.pots.own_requests } else { &mut self.pots.requesters }) -= amount;
	}

	fn refund(&mut self, task: &Task) {
		self.counts.refunded += 1;
		self.charge(task, -((task.fee + task.audit) as i128));
	}

	/// Draws workers and has them commit; who does not is slashed and replaced.
	pub fn seat(&mut self, task: &Task, count: usize, partners: &[Id], excluded: &mut Vec<Id>) -> Option<Vec<Id>> {
		let mut seated: Vec<Id> = Vec::with_capacity(count);
		for _ in 0..MAX_ROUNDS {
			let missing = count - seated.len();
			let together: Vec<_> = partners.iter().chain(&seated).copied().collect();
			let wanted = Wanted { count: missing, barred: excluded, partners: &together, bound: task.bound };
			for who in self.draw(task.model, &wanted)? {
				excluded.push(who);
				if self.commits(who) {
					self.lock(who, task.bound);
					seated.push(who);
				} else {
					self.pots.treasury +=
						self.slash(who, self.rules.missed_commit, 0, self.strategy == Strategy::Absent);
					self.mark(who, Mark::Absent);
				}
			}
			if seated.len() == count {
				return Some(seated);
			}
		}
		None
	}

	fn first_wave(&mut self, task: &mut Task, excluded: &mut Vec<Id>) -> Option<Wave> {
		task.lied = false;
		let seats = task.assurance.seats() as usize;
		let wave = self.seat(task, seats, &[], excluded)?;
		let answers: Vec<_> = wave.iter().map(|who| self.answer(*who, task, &Seat::First(&wave))).collect();
		let lottery = if self.rules.sealed_audits { self.draw_audit(task, &wave, excluded) } else { None };
		// A coalition that sees an outsider audit its lie may prefer to say nothing.
		let caught = lottery.as_ref().is_some_and(|lottery| !self.workers[lottery.auditor].member) && task.lied;
		let withholding: Vec<_> = answers
			.iter()
			.filter(|answer| {
				caught && self.strategy.defends_lies() && self.workers[answer.who].member
					|| !self.reveals(answer, &answers)
			})
			.map(|answer| answer.who)
			.collect();
		if withholding.is_empty() {
			return Some(Wave::Revealed(answers, lottery));
		}
		let mut taken = 0;
		for who in &withholding {
			taken += self.slash(*who, self.rules.missed_reveal, task.bound, true);
			self.mark(*who, Mark::Absent);
		}
		let heard: Vec<_> = answers.into_iter().filter(|answer| !withholding.contains(&answer.who)).collect();
		if lottery.is_some() && !heard.is_empty() {
			self.pots.treasury += taken;
			return Some(Wave::Revealed(heard, lottery));
		}
		let owed: Vec<_> = heard.iter().map(|answer| answer.who).collect();
		self.pay_each(&owed, task.reward, &mut taken);
		if let Some(lottery) = lottery {
			self.pay_each(&[lottery.auditor], task.reward, &mut taken);
		}
		self.pots.treasury += taken;
		Some(Wave::Withheld)
	}

	/// Pays each the amount, as far as there is money.
	pub fn pay_each(&mut self, who: &[Id], amount: Balance, from: &mut Balance) {
		for who in who {
			let paid = amount.min(*from);
			*from -= paid;
			self.pay(*who, paid);
		}
	}

	/// Judges the answers, and asks more workers as long as no majority agrees.
	fn judge(&mut self, mut task: Task, mut answers: Vec<Answer>, mut excluded: Vec<Id>, lottery: Option<Lottery>) {
		loop {
			let digests: Vec<_> = answers.iter().map(|answer| answer.digest).collect();
			if let Some(majority) = majority(&digests, |_, _| false) {
				let (winners, losers) = answers
					.iter()
					.enumerate()
					.map(|(at, answer)| (majority.winners.contains(&at), *answer))
					.partition::<Vec<_>, _>(|(won, _)| *won);
				let answers_of = |part: Vec<(bool, Answer)>| part.into_iter().map(|(_, answer)| answer).collect();
				let settled = Settled {
					digest: digests[majority.representative],
					winners: answers_of(winners),
					losers: answers_of(losers),
					lost: Vec::new(),
				};
				return self.settle(task, settled, excluded, lottery);
			}
			let Some(seats) = escalation(answers.len() as u32) else { break };
			let partners: Vec<_> = answers.iter().map(|answer| answer.who).collect();
			let Some(wave) = self.seat(&task, seats as usize - answers.len(), &partners, &mut excluded) else { break };
			let public = answers.clone();
			for who in wave {
				let answer = self.answer(who, &mut task, &Seat::Later(&public));
				answers.push(answer);
			}
		}
		self.undecided(&task, &answers);
	}

	/// No majority: the requester gets its money back and a little more, and everybody loses a little.
	fn undecided(&mut self, task: &Task, answers: &[Answer]) {
		let mut taken = 0;
		for answer in answers {
			taken += self.slash(answer.who, self.rules.no_majority, 0, answer.deliberate);
			self.mark(answer.who, Mark::Against);
		}
		let compensation = self.rules.compensation.mul_floor(task.fee).min(taken);
		self.charge(task, -(compensation as i128));
		self.pots.treasury += taken - compensation;
		let accuracy = &mut self.models[task.model].accuracy;
		*accuracy = moving(*accuracy, Unit::zero(), self.rules.undecided);
		self.refund(task);
	}

	/// A majority claims that there is no answer, which is never true here: all but a part of the fee goes back.
	fn fail(&mut self, task: Task, mut settled: Settled, excluded: Vec<Id>, lottery: Option<Lottery>) {
		self.counts.refunded += 1;
		let audited = self.rules.audited_errors;
		let unread = audited && settled.digest == UNREAD;
		let spent = self.rules.failed.mul_floor(task.fee);
		let mut winners: Vec<_> = settled.winners.iter().map(|winner| winner.who).collect();
		let together: Vec<_> = winners.iter().copied().chain(settled.losers.iter().map(|loser| loser.who)).collect();
		self.meet(&together);
		if unread {
			winners.clear();
		} else {
			for loser in &settled.losers {
				settled.lost.push(self.slash(loser.who, self.rules.wrong_answer, task.bound, loser.deliberate));
				self.mark(loser.who, Mark::Against);
			}
		}
		let split = self.rules.fees.split(spent, winners.len() as u32);
		let mut taken = settled.lost.iter().sum();
		for who in &winners {
			self.pay(*who, split.per_worker);
			self.mark(*who, Mark::For);
		}
		self.pay_each(&winners, task.reward.saturating_sub(split.per_worker), &mut taken);
		self.pots.treasury += taken + split.treasury + split.creator;
		self.pots.validators += split.validators;
		self.pots.community += split.community;
		self.pots.burned += split.burned;
		let kept = if audited { task.audit } else { 0 };
		self.pots.audit_fund += kept;
		self.charge(&task, -((task.fee - spent + task.audit - kept) as i128));

		let overturned = if audited && !unread {
			self.audit(&task, &settled, excluded, lottery)
		} else {
			let mut fund = std::mem::take(&mut self.pots.audit_fund);
			let auditor: Vec<_> = lottery.iter().map(|lottery| lottery.auditor).collect();
			self.pay_each(&auditor, task.reward, &mut fund);
			self.pots.audit_fund = fund;
			false
		};
		if !overturned && !task.own {
			self.counts.lost += spent + kept;
		}
	}

	fn settle(&mut self, task: Task, mut settled: Settled, excluded: Vec<Id>, lottery: Option<Lottery>) {
		if settled.failed() {
			return self.fail(task, settled, excluded, lottery);
		}
		self.counts.settled += 1;
		let split = self.rules.fees.split(task.fee, settled.winners.len() as u32);
		for loser in &settled.losers {
			settled.lost.push(self.slash(loser.who, self.rules.wrong_answer, task.bound, loser.deliberate));
			self.mark(loser.who, Mark::Against);
		}
		let mut taken = settled.lost.iter().sum();
		let winners: Vec<_> = settled.winners.iter().map(|winner| winner.who).collect();
		for who in &winners {
			self.pay(*who, split.per_worker);
			self.mark(*who, Mark::For);
			self.workers[*who].earned += split.per_worker;
		}
		self.pay_each(&winners, task.reward.saturating_sub(split.per_worker), &mut taken);
		self.pots.treasury += taken + split.treasury;
		self.pots.validators += split.validators;
		self.pots.community += split.community;
		self.pots.burned += split.burned;
		self.pots.audit_fund += task.audit;
		let model = &mut self.models[task.model];
		model.creator += split.creator as i128;
		model.net += task.fee - split.creator;
		model.settled += 1;
		let together: Vec<_> = winners.iter().copied().chain(settled.losers.iter().map(|loser| loser.who)).collect();
		self.meet(&together);

		let overturned = self.audit(&task, &settled, excluded, lottery);
		if settled.digest != TRUTH && !overturned {
			self.models[task.model].wrong += 1;
			if !task.own {
				self.counts.lost += task.fee + task.audit;
			}
			if settled.winners.iter().any(|winner| self.workers[winner.who].member && winner.deliberate) {
				self.counts.lies += 1;
			}
		}
	}

	/// The part of a slash that bounties are counted from.
	pub fn bounty_base(&self, slash: Balance, bound: Balance) -> Balance {
		if self.rules.bounties_of_bound {
			slash.min(bound)
		} else {
			slash
		}
	}

	/// Pays a bounty out of what was taken.
	pub fn bounty(&self, part: Unit, base: Balance, left: &mut Balance) -> Balance {
		let bounty = part.mul_floor(base).min(*left);
		*left -= bounty;
		bounty
	}
}
