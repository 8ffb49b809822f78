//! Audits and reports of settled tasks.

use deepnode_primitives::{content::Digest, verdict::majority};
use deepnode_scoring::fidelity::Mark;

use crate::{
	strategy::{Answer, Seat, Strategy, Task, TRUTH, UNREAD},
	task::Settled,
	world::{Id, World},
};

/// An audit that was drawn before the answers were revealed.
pub struct Lottery {
	/// The auditor.
	pub auditor: Id,
	/// What it committed to, not knowing the answers.
	pub answer: Answer,
}

impl World {
	/// Between commits and reveals: draws whether the task is audited and by whom, who commits at once.
	pub fn draw_audit(&mut self, task: &mut Task, wave: &[Id], excluded: &mut Vec<Id>) -> Option<Lottery> {
		let fund = self.pots.audit_fund;
		let probability = self.rules.assurance.audit_probability(task.assurance);
		if !self.rules.audits || fund < task.reward || !self.rng.chance(probability) {
			return None;
		}
		let auditor = *self.seat(task, 1, &[], excluded)?.first()?;
		let seat = Seat::Auditor { settled: None, accused: wave, contradicted: false };
		let answer = self.answer(auditor, task, &seat);
		Some(Lottery { auditor, answer })
	}

	/// Audits a settled task where the lottery, or one of its workers, says so. Returns whether it was
	/// overturned.
	pub fn audit(&mut self, task: &Task, settled: &Settled, excluded: Vec<Id>, lottery: Option<Lottery>) -> bool {
		let mut task = task.clone();
		let reporter = self.reporter(&mut task, settled);
		let probability = self.rules.assurance.audit_probability(task.assurance);
		let by_chance = self.rules.audits && !self.rules.sealed_audits && self.rng.chance(probability);
		if reporter.is_none() && lottery.is_none() && !by_chance {
			return false;
		}
		let bond = self.rules.report_bond.max(task.reward);
		if let Some(reporter) = reporter {
			self.workers[reporter].balance -= bond as i128;
		} else if self.pots.audit_fund < task.reward {
			return false;
		}
		let mut bond = if reporter.is_some() { bond } else { 0 };
		let overturned = self.examine(&task, settled, excluded, lottery, reporter, &mut bond);
		self.pots.treasury += bond;
		overturned
	}

	/// Asks one auditor and, where it contradicts, two more. `bond` is what is left of the reporter's.
	fn examine(
		&mut self,
		task: &Task,
		settled: &Settled,
		mut excluded: Vec<Id>,
		lottery: Option<Lottery>,
		reporter: Option<Id>,
		bond: &mut u128,
	) -> bool {
		let mut task = task.clone();
		let accused: Vec<_> = settled.winners.iter().map(|winner| winner.who).collect();
		let public = Some(settled.digest);
		let sealed = lottery.map(|lottery| lottery.answer);
		let first = sealed.or_else(|| {
			let auditor = *self.seat(&task, 1, &[], &mut excluded)?.first()?;
			let seat = Seat::Auditor { settled: public, accused: &accused, contradicted: false };
			Some(self.answer(auditor, &mut task, &seat))
		});
		let Some(first) = first else {
			self.give_back(reporter, bond);
			return false;
		};
		let mut auditors = vec![first];
		if first.digest != settled.digest {
			let contradicted = self.workers[first.who].member && first.deliberate;
			let seat = Seat::Auditor { settled: public, accused: &accused, contradicted };
			self.ask_more(&mut task, &seat, &mut auditors, &mut excluded);
			let against = auditors.iter().filter(|auditor| auditor.digest != settled.digest).count();
			if self.rules.four_of_five && against > 1 {
				self.ask_more(&mut task, &seat, &mut auditors, &mut excluded);
			}
		}
		let Some(answer) = self.verdict(&auditors, settled.digest) else {
			self.give_back(reporter, bond);
			return false;
		};
		let (right, wrong) = auditors.into_iter().partition::<Vec<Answer>, _>(|auditor| auditor.digest == answer);
		let mut taken = 0;
		for loser in wrong {
			taken += self.slash(loser.who, self.rules.wrong_answer, task.bound, loser.deliberate);
			self.mark(loser.who, Mark::Against);
		}
		let right: Vec<_> = right.into_iter().map(|auditor| auditor.who).collect();
		for who in &right {
			self.mark(*who, Mark::For);
		}
		if answer == settled.digest {
			self.confirm(&task, &right, reporter, taken, bond);
			return false;
		}
		self.give_back(reporter, bond);
		self.overturn(&task, settled, (answer, &right), reporter, taken);
		self.counts.overturned += 1;
		self.counts.wrongly_overturned += u64::from(settled.digest == TRUTH);
		true
	}

	/// Asks two more auditors.
	fn ask_more(&mut self, task: &mut Task, seat: &Seat, auditors: &mut Vec<Answer>, excluded: &mut Vec<Id>) {
		let asked: Vec<_> = auditors.iter().map(|auditor| auditor.who).collect();
		for who in self.seat(task, 2, &asked, excluded).unwrap_or_default() {
			let answer = self.answer(who, task, seat);
			auditors.push(answer);
		}
	}

	/// What the auditors come to: the settled answer, another one that enough of them agree on, or nothing.
	fn verdict(&self, auditors: &[Answer], settled: Digest) -> Option<Digest> {
		let digests: Vec<_> = auditors.iter().map(|auditor| auditor.digest).collect();
		let verdict = majority(&digests, |_, _| false)?;
		let answer = digests[verdict.representative];
		// One auditor who contradicts, alone, decides nothing.
		let enough = if self.rules.four_of_five { 4 } else { 2 };
		let overturns = verdict.winners.len() >= enough && (answer != UNREAD || !self.rules.audited_errors);
		(answer == settled || overturns).then_some(answer)
	}

	/// The settled answer stands: the first auditor is paid from the reporter's bond or the audit fund, all
	/// others from what the outvoted lost.
	fn confirm(&mut self, task: &Task, right: &[Id], reporter: Option<Id>, mut taken: u128, bond: &mut u128) {
		for who in right {
			let fund = match reporter {
				_ if taken >= task.reward => &mut taken,
				Some(_) => &mut *bond,
				None => &mut self.pots.audit_fund,
			};
			let paid = task.reward.min(*fund);
			*fund -= paid;
			self.pay(*who, paid);
		}
		self.pots.treasury += taken;
	}

	/// The settled answer falls: its workers pay for everything.
	fn overturn(
		&mut self,
		task: &Task,
		settled: &Settled,
		(answer, right): (Digest, &[Id]),
		reporter: Option<Id>,
		taken: u128,
	) {
		let (mut left, mut base) = (taken, 0);
		let liars: Vec<_> = settled.winners.iter().map(|winner| winner.who).collect();
		for liar in &settled.winners {
			self.mark(liar.who, Mark::Against);
			if reporter == Some(liar.who) {
				continue;
			}
			let slash = self.slash(liar.who, self.rules.false_agreement, task.bound, liar.deliberate);
			left += slash;
			base += self.bounty_base(slash, task.bound);
		}
		self.part(&liars);
		let paid = if settled.failed() {
			self.rules.failed.mul_floor(task.fee)
		} else {
			let model = &mut self.models[task.model];
			let creator = self.rules.fees.split(task.fee, 1).creator;
			model.net = model.net.saturating_sub(task.fee - creator);
			model.wrong += 1;
			task.fee
		};
		let refund = paid.min(left);
		left -= refund;
		self.charge(task, -(refund as i128));
		if !task.own {
			// What is not given back stays lost.
			self.counts.lost += paid + task.audit - refund;
		}
		self.pay_each(right, task.reward, &mut left);
		let found = self.bounty(self.rules.finder, base, &mut left);
		if let Some(traitor) = reporter.filter(|reporter| liars.contains(reporter)) {
			let bounty = self.bounty(self.rules.traitor, base, &mut left);
			self.pay(traitor, bounty);
		}
		for (outvoted, lost) in settled.losers.iter().zip(&settled.lost).filter(|(loser, _)| loser.digest == answer) {
			self.mark(outvoted.who, Mark::For);
			self.pay_each(&[outvoted.who], *lost, &mut left);
		}
		let each = found / right.len() as u128;
		for who in right {
			self.pay(*who, each);
		}
		self.pots.treasury += left + found - each * right.len() as u128;
	}

	fn give_back(&mut self, reporter: Option<Id>, bond: &mut u128) {
		if let Some(reporter) = reporter {
			self.pay(reporter, *bond);
			*bond = 0;
		}
	}

	/// Who of the task's workers reports it: an outvoted honest one always does, a member by its strategy.
	fn reporter(&mut self, task: &mut Task, settled: &Settled) -> Option<Id> {
		if !self.rules.reports || settled.winners.len() < 2 {
			return None;
		}
		let honest = |answer: &&Answer| !answer.deliberate && answer.digest == TRUTH;
		if let (true, Some(outvoted)) = (self.rules.outvoted_report, settled.losers.iter().find(honest)) {
			return Some(outvoted.who);
		}
		let mut winners = settled.winners.iter().filter(|winner| self.workers[winner.who].member);
		match self.strategy {
			Strategy::CollusionLeaky if settled.digest != TRUTH => {
				winners.find(|winner| winner.who % 5 == 0).map(|winner| winner.who)
			},
			Strategy::FalseReport if settled.digest == TRUTH => {
				let reporter = winners.next()?.who;
				let partner = winners.next().is_none();
				task.lied = partner;
				partner.then_some(reporter)
			},
			_ => None,
		}
	}
}
