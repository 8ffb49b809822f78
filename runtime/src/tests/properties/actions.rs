//! What anybody but a worker at its tasks does: what is tried next, and how.

use super::{
	work::{answer, uris},
	world::{people, root, worker, Item, World, WORKERS},
};
use crate::{
	configs::deepnode::{AuditWindow, RevealWeights, ScoreEpoch, UnbondingPeriod},
	constants::currency::{EXISTENTIAL_DEPOSIT, UNIT},
	tests::blocks::fee,
	AccountId, Balance, Balances, BlockNumber, Runtime, RuntimeCall, System,
};
use deepnode_primitives::{
	comparison::{Comparison, Quantisation},
	content::{sha256, ContentRef, Inline, Payload},
	fees::FeeTable,
	task::Assurance,
	tensor::{push_tensor, Dim, ElementType, TensorSpec},
	ModelId,
};
use deepnode_scoring::{metric::Metric, Unit};
use pallet_data_registry::{DataFile, DataSetSpec, Files, Manifest};
use pallet_model_registry::{Format, ModelFile, ModelSpec, Parent, RuntimeClass, Status};
use pallet_powr::{
	seals,
	types::{Expected, Params},
};
use pallet_task_assignment::types::{AuditPhase, TaskStatus};

/// The domain of the genesis, in which answers are scored by their class.
const DIGITS: &str = "vision/digits";

fn text<T: TryFrom<Vec<u8>>>(text: &str) -> T {
	text.as_bytes().to_vec().try_into().ok().expect("a short text")
}

/// What is tried.
#[derive(Clone, Copy)]
enum Action {
	Work,
	Submit,
	Block,
	Blocks,
	Window,
	AuditWindow,
	RevealPhase,
	EpochEnd,
	Week,
	Register,
	SetPrice,
	SetUris,
	Retire,
	RegisterData,
	DataTerms,
	Publish,
	RetireData,
	RemoveData,
	Join,
	Serve,
	StopServing,
	AddStake,
	Leave,
	Withdraw,
	Denounce,
	Rate,
	JoinDomain,
	LeaveDomain,
	WithdrawFromDomain,
	Evaluate,
	AskEvaluation,
	Unseal,
	CommitWeights,
	RevealWeights,
	Enlist,
	SetTable,
	SetParams,
	SetDomain,
	Transfer,
	Spend,
	EndowAudits,
}

/// How often each is tried.
const ACTIONS: [(usize, Action); 41] = [
	(520, Action::Work),
	(70, Action::Submit),
	(150, Action::Block),
	(14, Action::Blocks),
	(4, Action::Window),
	(2, Action::AuditWindow),
	(3, Action::RevealPhase),
	(4, Action::EpochEnd),
	(1, Action::Week),
	(3, Action::Register),
	(3, Action::SetPrice),
	(2, Action::SetUris),
	(2, Action::Retire),
	(6, Action::RegisterData),
	(3, Action::DataTerms),
	(3, Action::Publish),
	(2, Action::RetireData),
	(2, Action::RemoveData),
	(6, Action::Join),
	(12, Action::Serve),
	(3, Action::StopServing),
	(4, Action::AddStake),
	(2, Action::Leave),
	(4, Action::Withdraw),
	(14, Action::Denounce),
	(12, Action::Rate),
	(6, Action::JoinDomain),
	(1, Action::LeaveDomain),
	(2, Action::WithdrawFromDomain),
	(10, Action::Evaluate),
	(24, Action::AskEvaluation),
	(24, Action::Unseal),
	(14, Action::CommitWeights),
	(14, Action::RevealWeights),
	(3, Action::Enlist),
	(2, Action::SetTable),
	(1, Action::SetParams),
	(1, Action::SetDomain),
	(8, Action::Transfer),
	(5, Action::Spend),
	(1, Action::EndowAudits),
];

/// A model of four features, and so many scores.
fn model_spec(domain: &str, scores: u32, comparison: Comparison) -> ModelSpec {
	let tensor = |name, length| TensorSpec {
		name: text(name),
		element: ElementType::F32,
		shape: vec![Dim::Batch, Dim::Fixed(length)].try_into().expect("two dimensions"),
	};
	let graph = ContentRef { hash: sha256(domain.as_bytes()), length: 1_000, uris: uris() };
	ModelSpec {
		name: text("model"),
		domain: text(domain),
		files: vec![ModelFile { name: text("model.onnx"), content: graph }].try_into().expect("one file"),
		format: Format::Onnx,
		opset: 17,
		inputs: vec![tensor("features", 4)].try_into().expect("one input"),
		outputs: vec![tensor("scores", scores)].try_into().expect("one output"),
		licence: text("Apache-2.0"),
		price: UNIT,
		comparison,
		runtime_class: RuntimeClass::Any,
		fhe: None,
		parent: None,
		data_sets: Default::default(),
	}
}

fn close_enough() -> Comparison {
	Comparison::Tolerance { quantisation: Quantisation { k: 12, scale_millionths: 1_000_000 }, tau: 2 }
}

fn same_class() -> Comparison {
	Comparison::ArgMax { quantisation: Quantisation { k: 12, scale_millionths: 1_000_000 }, tau: 2 }
}

/// The numbers of all models that take tasks.
fn active_models() -> Vec<ModelId> {
	let models = pallet_model_registry::Models::<Runtime>::iter().filter(|(_, it)| it.status == Status::Active);
	let mut models: Vec<_> = models.map(|(model, _)| model).collect();
	models.sort_unstable();
	models
}

fn sorted<K: Ord>(keys: impl Iterator<Item = K>) -> Vec<K> {
	let mut keys: Vec<_> = keys.collect();
	keys.sort_unstable();
	keys
}

impl World {
	/// Three models, of which one gives long answers, those who serve them, and those who judge them.
	pub fn settle_in(&mut self) {
		for (domain, scores, comparison) in
			[(DIGITS, 10, close_enough()), (DIGITS, 10, same_class()), ("text", 5 * 1_024, close_enough())]
		{
			let spec = model_spec(domain, scores, comparison);
			self.send("register", &people()[0], pallet_model_registry::Call::register { spec });
		}
		for at in 0..WORKERS {
			let (stake, capacity) = ((2_000 + 100 * at as Balance) * UNIT, 2 + at as u16 % 3);
			let join = pallet_task_assignment::Call::join { stake, capacity, owner: None, private: true };
			self.send("join", &worker(at), join);
			for model in 0..3 {
				if at % 4 != model as usize {
					self.send("serve", &worker(at), pallet_task_assignment::Call::serve { model });
				}
			}
		}
		for (at, who) in people().iter().enumerate().skip(3) {
			let amount = (1_000 + 500 * at as Balance) * UNIT;
			self.send("join_domain", who, pallet_powr::Call::join { domain: 0, amount });
		}
		self.advance(1);
	}

	/// Tries something.
	pub fn step(&mut self) {
		let action = self.rng.weighted(&ACTIONS);
		match action {
			Action::Work => {
				if !self.work() {
					self.advance(1);
				}
			},
			Action::Submit => self.submit(None),
			Action::Block => self.advance(1),
			Action::Blocks => {
				let ahead = 2 + self.rng.below(8) as BlockNumber;
				self.advance(ahead);
			},
			Action::Window => self.advance(21),
			Action::AuditWindow => self.advance(AuditWindow::get() + 1),
			Action::RevealPhase => self.go_to(ScoreEpoch::get() - RevealWeights::get()),
			Action::EpochEnd => self.end_epoch(),
			Action::Week => self.advance(UnbondingPeriod::get()),
			Action::Register => self.register(),
			Action::SetPrice | Action::SetUris | Action::Retire => self.change_model(action),
			Action::RegisterData => self.register_data(),
			Action::DataTerms | Action::Publish | Action::RetireData | Action::RemoveData => self.change_data(action),
			Action::Join
			| Action::Serve
			| Action::StopServing
			| Action::AddStake
			| Action::Leave
			| Action::Withdraw => self.change_worker(action),
			Action::Denounce => self.denounce(),
			Action::Rate => self.rate(),
			Action::JoinDomain | Action::LeaveDomain | Action::WithdrawFromDomain => self.change_evaluator(action),
			Action::Evaluate => self.evaluate(),
			Action::AskEvaluation => self.ask_evaluation(),
			Action::Unseal => self.unseal(),
			Action::CommitWeights => self.commit_weights(),
			Action::RevealWeights => self.reveal_weights(),
			Action::Enlist => {
				let (who, model) = (self.somebody(), self.any_model());
				self.send("enlist", &who, pallet_powr::Call::enlist { model, instead: None });
			},
			Action::SetTable | Action::SetParams | Action::SetDomain | Action::EndowAudits => self.govern(action),
			Action::Transfer | Action::Spend => self.transfer(action),
		}
	}

	/// One of the people, seldom somebody who is a worker.
	fn somebody(&mut self) -> AccountId {
		if self.rng.percent(5) {
			return worker(self.rng.below(WORKERS));
		}
		people()[self.rng.below(8)].clone()
	}

	/// A model that takes tasks, seldom another.
	fn any_model(&mut self) -> ModelId {
		let models = self.ext.execute_with(active_models);
		if self.rng.percent(5) {
			return self.rng.below(12) as ModelId;
		}
		self.rng.pick(&models).copied().unwrap_or(0)
	}

	/// On to the epoch's end, and on until it is closed.
	pub fn end_epoch(&mut self) {
		self.go_to(ScoreEpoch::get());
		(0..3).for_each(|_| self.advance(1));
	}

	/// On to so many blocks after the epoch's begin, if that is not over.
	fn go_to(&mut self, into: BlockNumber) {
		let left = self.ext.execute_with(|| {
			let started_at = pallet_powr::CurrentEpoch::<Runtime>::get().started_at;
			(started_at + into).saturating_sub(System::block_number())
		});
		self.advance(left.max(1));
	}

	/// Somebody submits a task: to a model that a sealed item is for, or to any.
	fn submit(&mut self, sealed: Option<(ModelId, u8, [u8; 32])>) {
		let who = self.somebody();
		let items = if sealed.is_some() { 1 } else { 1 + self.rng.below(3) as u32 };
		let seal = self.rng.bytes();
		let (model, class, seal) = sealed.unwrap_or_else(|| (self.any_model(), (seal[0] % 10), seal));
		let mut bundle = Vec::new();
		let data: Vec<u8> = (0..items * 4).flat_map(|_| f32::from(class).to_le_bytes()).collect();
		push_tensor(&mut bundle, ElementType::F32, &[items, 4], &data);
		let broken = self.rng.percent(3);
		if broken {
			bundle.pop();
		}
		let input = if self.rng.percent(15) {
			Payload::Reference(ContentRef { hash: sha256(&bundle), length: 1 << 20, uris: uris() })
		} else {
			Payload::Inline(Inline::try_from(bundle).expect("it is short"))
		};
		let assurance = self.rng.weighted(&[(3, Assurance::Single), (4, Assurance::Pair), (2, Assurance::Panel)]);
		let now = self.ext.execute_with(System::block_number);
		let deadline = now + self.rng.weighted(&[(1, 10), (3, 60), (8, 600), (2, 20_000)]);
		let max_fee = if self.rng.percent(3) { 1 } else { 1_000 * UNIT };
		let task = self.ext.execute_with(pallet_task_assignment::NextTaskId::<Runtime>::get);
		let submit = pallet_task_assignment::Call::submit { model, input, items, assurance, deadline, max_fee, seal };
		if self.send("submit", &who, submit) {
			self.classes.insert(task, class);
		}
	}

	fn register(&mut self) {
		let who = self.somebody();
		let domain = self.rng.weighted(&[(4, DIGITS), (1, "text"), (1, "")]);
		let mut spec = model_spec(domain, 10, if self.rng.percent(50) { close_enough() } else { same_class() });
		spec.price = self.rng.weighted(&[(4, UNIT), (2, UNIT / 1_000), (1, 40 * UNIT), (1, 0)]);
		let (models, data_sets) =
			self.ext.execute_with(|| (active_models(), sorted(pallet_data_registry::DataSets::<Runtime>::iter_keys())));
		if self.rng.percent(60) {
			let royalty = self.rng.weighted(&[(4, 100_000), (1, 1_000_000), (1, 2_000_000)]);
			spec.parent = self.rng.pick(&models).map(|model| Parent { model: *model, royalty });
		}
		let declared: Vec<_> = data_sets.into_iter().filter(|_| self.rng.percent(30)).take(4).collect();
		spec.data_sets = declared.try_into().expect("at most four");
		self.send("register", &who, pallet_model_registry::Call::register { spec });
	}

	/// Its owner, or seldom another, changes a model. The first three are never retired.
	fn change_model(&mut self, action: Action) {
		let mut model = self.any_model();
		if matches!(action, Action::Retire) {
			let models = self.ext.execute_with(active_models);
			let Some(other) = self.rng.pick(models.get(3..).unwrap_or_default()) else { return };
			model = *other;
		}
		let owner = self.ext.execute_with(|| Some(pallet_model_registry::Models::<Runtime>::get(model)?.owner));
		let who = owner.filter(|_| !self.rng.percent(10)).unwrap_or_else(|| self.somebody());
		match action {
			Action::SetPrice => {
				let price = UNIT / 100 * self.rng.below(300) as Balance;
				self.send("set_price", &who, pallet_model_registry::Call::set_price { model, price });
			},
			Action::SetUris => {
				let (file, uris) =
					(self.rng.below(2) as u8, if self.rng.percent(50) { uris() } else { Default::default() });
				self.send("set_uris", &who, pallet_model_registry::Call::set_uris { model, file, uris });
			},
			_ => {
				self.send("retire", &who, pallet_model_registry::Call::retire { model });
			},
		}
	}

	fn register_data(&mut self) {
		let who = self.somebody();
		let content = ContentRef { hash: self.rng.bytes(), length: 1 + self.rng.next() % 1_000, uris: uris() };
		let files: Files = vec![DataFile { name: text("images.npy"), content }].try_into().expect("one file");
		let sealed = self.rng.percent(50);
		let data_set = self.ext.execute_with(pallet_data_registry::NextDataSetId::<Runtime>::get);
		let spec = DataSetSpec {
			name: text("data"),
			domain: text(DIGITS),
			manifest: if sealed {
				Manifest::Sealed(pallet_data_registry::manifest_digest(&files))
			} else {
				Manifest::Open(files.clone())
			},
			licence: text(if self.rng.percent(90) { "CC-BY-4.0" } else { "" }),
			royalty: self.rng.weighted(&[(4, 50_000), (1, 250_000), (1, 300_000)]),
			evaluation_price: UNIT / 100,
			items: 100,
		};
		if self.send("register_data", &who, pallet_data_registry::Call::register { spec }) && sealed {
			self.sealed_files.insert(data_set, files);
		}
	}

	fn change_data(&mut self, action: Action) {
		let all = self.ext.execute_with(|| sorted(pallet_data_registry::DataSets::<Runtime>::iter_keys()));
		let data_set = self.rng.pick(&all).copied().unwrap_or(0);
		let owner = self.ext.execute_with(|| Some(pallet_data_registry::DataSets::<Runtime>::get(data_set)?.owner));
		let who = owner.filter(|_| !self.rng.percent(10)).unwrap_or_else(|| self.somebody());
		use pallet_data_registry::Call;
		match action {
			Action::DataTerms if self.rng.percent(50) => {
				let price = UNIT / 1_000 * self.rng.below(100) as Balance;
				self.send("set_evaluation_price", &who, Call::set_evaluation_price { data_set, price });
			},
			Action::DataTerms => {
				self.send("set_data_uris", &who, Call::set_uris { data_set, file: 0, uris: Default::default() });
			},
			Action::Publish => {
				let Some(files) = self.sealed_files.get(&data_set).cloned() else { return };
				self.send("publish", &who, Call::publish { data_set, files });
			},
			Action::RetireData => {
				self.send("retire_data", &who, Call::retire { data_set });
			},
			_ => {
				self.send("remove_data", &who, Call::remove { data_set });
			},
		}
	}

	fn change_worker(&mut self, action: Action) {
		let (who, model) = (worker(self.rng.below(WORKERS)), self.any_model());
		use pallet_task_assignment::Call;
		match action {
			Action::Join => {
				let stake = self.rng.below(2_000) as Balance * UNIT;
				let owner = self.rng.percent(30).then(|| worker(self.rng.below(WORKERS)));
				let capacity = self.rng.below(4) as u16;
				self.send("join", &who, Call::join { stake, capacity, owner, private: true })
			},
			Action::Serve => self.send("serve", &who, Call::serve { model }),
			Action::StopServing => self.send("stop_serving", &who, Call::stop_serving { model }),
			Action::AddStake => {
				let amount = self.rng.below(500) as Balance * UNIT;
				self.send("add_stake", &who, Call::add_stake { amount })
			},
			Action::Leave => self.send("leave", &who, Call::leave {}),
			_ => self.send("withdraw", &who, Call::withdraw {}),
		};
	}

	/// Somebody reports an answer: most try what they can report.
	fn denounce(&mut self) {
		let can = self.ext.execute_with(|| {
			let tasks = pallet_task_assignment::Tasks::<Runtime>::iter();
			let spared = tasks.filter(|(_, task)| task.status.is_decided() && task.audit.phase == AuditPhase::Spared);
			sorted(spared.filter_map(|(id, task)| {
				let outvoted = task.losers.first().map(|(loser, _)| loser.clone());
				let lied = id % 3 == 0;
				Some((id, outvoted.or_else(|| task.workers.first().cloned().filter(|_| lied))?))
			}))
		});
		let (task, mut who) = self.rng.pick(&can).cloned().unwrap_or((7, worker(1)));
		if self.rng.percent(10) {
			who = self.somebody();
		}
		let evidence = self.rng.bytes().into();
		self.send("denounce", &who, pallet_task_assignment::Call::denounce { task, evidence });
	}

	fn rate(&mut self) {
		let settled = self.ext.execute_with(|| {
			let tasks = pallet_task_assignment::Tasks::<Runtime>::iter();
			let settled = tasks.filter(|(_, task)| matches!(task.status, TaskStatus::Settled { .. }));
			sorted(settled.map(|(id, task)| (id, task.requester)))
		});
		let (task, mut who) = self.rng.pick(&settled).cloned().unwrap_or((7, people()[0].clone()));
		if self.rng.percent(5) {
			who = self.somebody();
		}
		let rating = Unit::from_percent(self.rng.below(101) as u32);
		self.send("rate", &who, pallet_powr::Call::rate { task, rating });
	}

	fn change_evaluator(&mut self, action: Action) {
		let (who, domain) = (self.somebody(), self.rng.weighted(&[(9, 0), (1, 1)]));
		match action {
			Action::JoinDomain => {
				let amount = self.rng.below(3_000) as Balance * UNIT;
				self.send("join_domain", &who, pallet_powr::Call::join { domain, amount })
			},
			Action::LeaveDomain => self.send("leave_domain", &who, pallet_powr::Call::leave { domain }),
			_ => self.send("withdraw_stake", &who, pallet_powr::Call::withdraw { domain }),
		};
	}

	/// An evaluator fixes what it expects of models that are to be drawn.
	fn evaluate(&mut self) {
		let who = people()[3 + self.rng.below(5)].clone();
		let item = Item { class: self.rng.below(10) as u8, salt: self.rng.bytes(), tasks: Default::default() };
		let seal = seals::item(&who, &expected(item.class), &item.salt);
		let data_sets = self.ext.execute_with(|| sorted(pallet_data_registry::DataSets::<Runtime>::iter_keys()));
		let data_set = self.rng.pick(&data_sets).copied().filter(|_| self.rng.percent(40));
		let open = pallet_powr::Call::open_evaluation { domain: 0, item: seal, data_set };
		if self.send("open_evaluation", &who, open) {
			self.items.insert(who, item);
		}
	}

	/// An evaluator's item is put to a model that was drawn for it, by somebody else.
	fn ask_evaluation(&mut self) {
		let drawn = self.ext.execute_with(|| {
			let open = pallet_powr::Evaluations::<Runtime>::iter().filter(|(_, _, it)| it.drawn_at.is_some());
			sorted(open.flat_map(|(_, who, it)| {
				let left: Vec<_> = it.models.into_iter().filter(|(_, judged)| !judged).collect();
				left.into_iter().map(move |(model, _)| (who.clone(), model))
			}))
		});
		let Some((who, model)) = self.rng.pick(&drawn).cloned() else { return };
		let Some(class) = self.items.get(&who).map(|item| item.class) else { return };
		let salt = self.rng.bytes();
		let task = self.ext.execute_with(pallet_task_assignment::NextTaskId::<Runtime>::get);
		self.submit(Some((model, class, seals::task(&who, &expected(class), &salt))));
		if self.classes.contains_key(&task) {
			self.items.entry(who).and_modify(|item| {
				item.tasks.insert(task, salt);
			});
		}
	}

	/// An evaluator shows that a settled task was its own.
	fn unseal(&mut self) {
		let settled = self.ext.execute_with(|| {
			let tasks = pallet_task_assignment::Tasks::<Runtime>::iter();
			let settled = tasks.filter(|(_, task)| matches!(task.status, TaskStatus::Settled { .. }));
			sorted(settled.map(|(id, _)| id))
		});
		let known = self.items.iter().flat_map(|(who, item)| {
			let tasks = item.tasks.iter().filter(|(task, _)| settled.contains(task));
			tasks.map(move |(task, salt)| (who.clone(), item.class, item.salt, *task, *salt))
		});
		let known: Vec<_> = known.collect();
		let Some((who, class, item_salt, task, mut salt)) = self.rng.pick(&known).cloned() else { return };
		if self.rng.percent(5) {
			salt = self.rng.bytes();
		}
		let unseal = pallet_powr::Call::unseal { domain: 0, task, expected: expected(class), salt, item_salt };
		if self.send("unseal", &who, unseal) {
			self.items.entry(who).and_modify(|item| {
				item.tasks.remove(&task);
			});
		}
	}

	fn commit_weights(&mut self) {
		let who = people()[3 + self.rng.below(5)].clone();
		let (epoch, listed) = self.ext.execute_with(|| {
			let models = pallet_powr::Models::<Runtime>::iter().filter(|(_, record)| record.domain == 0);
			(pallet_powr::CurrentEpoch::<Runtime>::get().index, sorted(models.map(|(model, _)| model)))
		});
		let weights: Vec<_> =
			listed.into_iter().map(|model| (model, Unit::from_percent(20 + self.rng.below(60) as u32))).collect();
		let salt = self.rng.bytes();
		let commitment = seals::ballot(epoch, 0, &who, &[seals::page(&weights, &salt)]);
		if self.send("commit_weights", &who, pallet_powr::Call::commit_weights { domain: 0, commitment }) {
			self.weights.insert((epoch, who), (weights, salt));
		}
	}

	fn reveal_weights(&mut self) {
		let epoch = self.ext.execute_with(|| pallet_powr::CurrentEpoch::<Runtime>::get().index);
		let known: Vec<_> = self.weights.iter().filter(|((of, _), _)| *of == epoch).collect();
		let Some(((_, who), (weights, salt))) = self.rng.pick(&known) else { return };
		let (who, weights, salt) = (who.clone(), weights.clone(), *salt);
		let pages = vec![seals::page(&weights, &salt)].try_into().expect("one page");
		let weights = weights.try_into().expect("few models");
		let reveal = pallet_powr::Call::reveal_weights { domain: 0, pages, page: 0, weights, salt };
		self.send("reveal_weights", &who, reveal);
	}

	/// Root, or seldom another, changes what governance can.
	fn govern(&mut self, action: Action) {
		let call: RuntimeCall = match action {
			Action::SetTable => {
				let (usual, dear) = (FeeTable::default(), self.rng.below(200_000) as u32);
				let table = if self.rng.percent(60) {
					usual
				} else {
					FeeTable { creator: usual.creator - dear, treasury: usual.treasury + dear, ..usual }
				};
				pallet_fee_split::Call::set_table { table }.into()
			},
			Action::SetParams => {
				let params = Params { half_life: 1 + self.rng.below(10) as u32, max_idle: 3, ..Default::default() };
				pallet_powr::Call::set_params { params }.into()
			},
			Action::SetDomain => {
				let share = Unit::from_percent(self.rng.below(60) as u32);
				pallet_powr::Call::set_domain { name: text("text"), share, metric: Metric::Class, row: 5 * 1_024 }
					.into()
			},
			_ => {
				let value = self.rng.below(50) as Balance * UNIT;
				let dest = crate::TaskAssignment::audit_fund().into();
				let give = pallet_balances::Call::transfer_keep_alive { dest, value };
				self.send("endow_audits", &root(), give);
				return;
			},
		};
		let who = if self.rng.percent(90) { root() } else { self.somebody() };
		self.send("govern", &who, pallet_sudo::Call::sudo { call: Box::new(call) });
	}

	/// Somebody pays another; or one who was paid spends it, and is left with less than an account must hold.
	fn transfer(&mut self, action: Action) {
		let (who, to) = (self.somebody(), AccountId::new([self.rng.below(4) as u8 + 1; 32]));
		if matches!(action, Action::Transfer) {
			let value = UNIT / 1_000 * self.rng.below(2_000) as Balance;
			let pay = pallet_balances::Call::transfer_allow_death { dest: to.into(), value };
			self.send("transfer", &who, pay);
			return;
		}
		let pay = |value| pallet_balances::Call::transfer_allow_death { dest: who.clone().into(), value };
		let value = self.ext.execute_with(|| {
			let free = Balances::free_balance(&to);
			free.saturating_sub(fee(&to, pay(free).into())).saturating_sub(EXISTENTIAL_DEPOSIT / 2)
		});
		self.send("spend", &to, pay(value));
	}
}

/// What an evaluator expects of an item of this class.
fn expected(class: u8) -> Expected {
	Expected::Answer(answer(10, 1, class, 0).to_bytes().try_into().expect("ten scores"))
}
