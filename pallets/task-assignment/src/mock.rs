//! A runtime of all four pallets over real balances, and the deeds of those who use it.

use std::{cell::RefCell, collections::BTreeMap};

use deepnode_primitives::{
	bridge::Judgement,
	canonical::{Answer, Output},
	commitment::commitment,
	comparison::Comparison,
	content::{sha256, ContentRef, Digest, Inline, Payload, Uri, Uris},
	fees::Split,
	private,
	task::{Assurance, ErrorCode},
	tensor::{push_tensor, Dim, ElementType, TensorSpec},
	traits::{Issued, Observer, Receipts, Rounds as _, Settlement},
	Balance, ModelId, TaskId, DN,
};
use deepnode_scoring::{
	assurance::{self, AssuranceParams},
	fidelity::FidelityParams,
	Unit,
};
use frame_support::{
	assert_ok, derive_impl, parameter_types,
	traits::{
		fungible::{Credit, Inspect, Mutate},
		tokens::Preservation,
		Imbalance, OnInitialize, OnUnbalanced, Randomness,
	},
	weights::Weight,
	PalletId,
};
use frame_system::EnsureRoot;
use pallet_model_registry::{Format, ModelFile, ModelSpec, RuntimeClass};
use pallet_task_assignment::types::{AuditPhase, LongAnswers, Task, TaskStatus, Worker};
use sp_core::H256;
use sp_runtime::{traits::IdentityLookup, AccountId32, BuildStorage, DispatchResult};

pub use pallet_task_assignment::Event;

type Block = frame_system::mocking::MockBlock<Test>;
pub type AccountId = AccountId32;
pub type BlockNumber = u64;

/// The existential deposit.
pub const LEAST: Balance = DN / 100;
/// What each of the accounts 1 to 99 owns.
pub const FUNDS: Balance = 100_000 * DN;
/// What a worker needs.
pub const STAKE: Balance = 1_000 * DN;
/// What one item costs: odd, so that its division leaves remainders.
pub const PRICE: Balance = DN + 3;
/// Who asks.
pub const REQUESTER: u8 = 1;
/// Who owns the model.
pub const CREATOR: u8 = 2;

#[frame_support::runtime]
mod runtime {
	#[runtime::runtime]
	#[runtime::derive(
		RuntimeCall,
		RuntimeEvent,
		RuntimeError,
		RuntimeOrigin,
		RuntimeFreezeReason,
		RuntimeHoldReason,
		RuntimeSlashReason,
		RuntimeLockId,
		RuntimeTask,
		RuntimeViewFunction
	)]
	pub struct Test;

	#[runtime::pallet_index(0)]
	pub type System = frame_system;
	#[runtime::pallet_index(1)]
	pub type Balances = pallet_balances;
	#[runtime::pallet_index(2)]
	pub type ModelRegistry = pallet_model_registry;
	#[runtime::pallet_index(3)]
	pub type TaskAssignment = pallet_task_assignment;
	#[runtime::pallet_index(4)]
	pub type Attestation = pallet_attestation;
	#[runtime::pallet_index(5)]
	pub type FeeSplit = pallet_fee_split;
}

parameter_types! {
	pub const ExistentialDeposit: Balance = LEAST;
	pub const FeePallet: PalletId = PalletId(*b"dn/fees_");
	pub const BaseBond: Balance = 10 * DN;
	pub const ByteBond: Balance = DN / 1000;
	pub const MinStake: Balance = STAKE;
	pub const CommitWindow: BlockNumber = 20;
	pub const RevealWindow: BlockNumber = 10;
	pub const AuditWindow: BlockNumber = 200;
	pub const UnbondingPeriod: BlockNumber = 1000;
	pub const MaxDeadline: BlockNumber = 500;
	pub const MaxItems: u32 = 64;
	pub const DepositPerByte: Balance = DN / 10_000;
	pub const DepositBase: Balance = DN / 10;
	pub const FailedPart: u32 = 100_000;
	pub const MissedCommitSlash: u32 = 50_000;
	pub const MissedRevealSlash: u32 = 200_000;
	pub const WrongAnswerSlash: u32 = 100_000;
	pub const NoMajoritySlash: u32 = 10_000;
	pub const FalseAgreementSlash: u32 = 300_000;
	pub const CompensationPart: u32 = 100_000;
	pub const FinderPart: u32 = 100_000;
	pub const TraitorPart: u32 = 300_000;
	pub const DenounceBond: Balance = 5 * DN;
	pub const AuditFund: PalletId = PalletId(*b"dn/audit");
	pub static Assurances: AssuranceParams = AssuranceParams::default();
	pub Fidelity: FidelityParams = FidelityParams::default();
	/// What chance says about audits: whether the next settled tasks are, or what comes where this is none.
	pub static Audited: Option<bool> = Some(false);
	/// What the observer was told.
	pub static Observed: Vec<Told> = Vec::new();
	/// The receipts that were left.
	pub static Receipted: Vec<Receipt> = Vec::new();
	/// How much the agenda may weigh; most tests are not about that.
	pub static AgendaWeight: Weight = Weight::from_parts(1_000_000_000_000, u64::MAX);
	/// Changes every draw.
	pub static Luck: u32 = 0;
	/// The last block whose randomness was unknown before it; the current one where there is none.
	pub static KnownSince: Option<BlockNumber> = None;
	/// The issuance at genesis.
	pub static Genesis: Balance = 0;
	/// What was slashed and compensated nobody.
	pub static SlashedAndBurned: Balance = 0;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
	type AccountId = AccountId;
	type Lookup = IdentityLookup<AccountId>;
	type AccountData = pallet_balances::AccountData<Balance>;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type Balance = Balance;
	type ExistentialDeposit = ExistentialDeposit;
	type AccountStore = System;
}

impl pallet_model_registry::Config for Test {
	type Currency = Balances;
	type RuntimeHoldReason = RuntimeHoldReason;
	type DataSets = ();
	type BaseBond = BaseBond;
	type ByteBond = ByteBond;
	type WeightInfo = ();
}

impl pallet_fee_split::Config for Test {
	type Currency = Balances;
	type Payouts = ();
	type AdminOrigin = EnsureRoot<AccountId>;
	type PalletId = FeePallet;
	type WeightInfo = ();
}

impl pallet_attestation::Config for Test {
	type Tasks = TaskAssignment;
	type WeightInfo = ();
}

impl pallet_task_assignment::Config for Test {
	type Currency = Balances;
	type RuntimeHoldReason = RuntimeHoldReason;
	type Models = ModelRegistry;
	type Rounds = Attestation;
	type Fees = FeeSplit;
	type Observer = Notes;
	type Receipts = Notes;
	type Slashed = BurnSlashed;
	type Randomness = TestRandomness;
	type MinStake = MinStake;
	type CommitWindow = CommitWindow;
	type RevealWindow = RevealWindow;
	type AuditWindow = AuditWindow;
	type UnbondingPeriod = UnbondingPeriod;
	type MaxDeadline = MaxDeadline;
	type MaxItems = MaxItems;
	type DepositPerByte = DepositPerByte;
	type DepositBase = DepositBase;
	type FailedPart = FailedPart;
	type MissedCommitSlash = MissedCommitSlash;
	type MissedRevealSlash = MissedRevealSlash;
	type WrongAnswerSlash = WrongAnswerSlash;
	type NoMajoritySlash = NoMajoritySlash;
	type FalseAgreementSlash = FalseAgreementSlash;
	type CompensationPart = CompensationPart;
	type FinderPart = FinderPart;
	type TraitorPart = TraitorPart;
	type DenounceBond = DenounceBond;
	type Assurances = Assurances;
	type Fidelity = Fidelity;
	type AuditFund = AuditFund;
	type AgendaWeight = AgendaWeight;
	type WeightInfo = ();
}

/// Burns what is slashed, and remembers how much that was.
pub struct BurnSlashed;

impl OnUnbalanced<Credit<AccountId, Balances>> for BurnSlashed {
	fn on_nonzero_unbalanced(credit: Credit<AccountId, Balances>) {
		SlashedAndBurned::mutate(|burned| *burned += credit.peek());
	}
}

/// What an observer can be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
	Settled(TaskId, Balance, Vec<AccountId>),
	Overturned(TaskId, Balance),
	Undecided(TaskId),
}

/// An observer that writes down what it is told.
pub struct Notes;

impl Observer<AccountId> for Notes {
	fn settled(it: Settlement<AccountId>) {
		Observed::mutate(|told| told.push(Told::Settled(it.task, it.fee, it.winners.to_vec())));
	}

	fn overturned(task: TaskId, _: ModelId, fee: Balance) {
		Observed::mutate(|told| told.push(Told::Overturned(task, fee)));
	}

	fn undecided(task: TaskId, _: ModelId) {
		Observed::mutate(|told| told.push(Told::Undecided(task)));
	}

	fn weight() -> frame_support::weights::Weight {
		Default::default()
	}
}

/// What is left of a settled task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
	pub task: TaskId,
	pub model: ModelId,
	pub items: u32,
	pub verdict: Judgement,
	pub requester: AccountId,
	pub manifest: Digest,
	pub input: Digest,
	pub output: Digest,
	pub workers: Vec<AccountId>,
	pub fee: Balance,
	pub split: Split,
}

impl Receipts<AccountId> for Notes {
	fn issue(it: Issued<'_, AccountId>) {
		let receipt = Receipt {
			task: it.task,
			model: it.model,
			items: it.items,
			verdict: it.verdict,
			requester: it.requester.clone(),
			manifest: it.manifest,
			input: it.input,
			output: it.output,
			workers: it.workers.to_vec(),
			fee: it.fee,
			split: *it.split,
		};
		Receipted::mutate(|receipts| receipts.push(receipt));
	}
}

/// A hash of the block's number, the subject and [`Luck`]; of audits, one that says what [`Audited`] does.
pub struct TestRandomness;

impl Randomness<H256, BlockNumber> for TestRandomness {
	fn random(subject: &[u8]) -> (H256, BlockNumber) {
		let now = System::block_number();
		let known_since = KnownSince::get().unwrap_or(now);
		let hash = |nonce: u32| -> H256 {
			let seed = codec::Encode::encode(&(now, subject, Luck::get(), nonce));
			sp_io::hashing::blake2_256(&seed).into()
		};
		let wanted = Audited::get().filter(|_| subject.starts_with(b"dn-audit"));
		let Some(audited) = wanted else { return (hash(0), known_since) };
		let chance = |hash: &H256| {
			let number = sp_io::hashing::blake2_128(&codec::Encode::encode(hash));
			crate::pool::chance(u128::from_le_bytes(number))
		};
		let fits = |hash: &H256| {
			if audited {
				chance(hash) < Unit::from_percent(2)
			} else {
				chance(hash) >= Unit::from_percent(25)
			}
		};
		((0..).map(hash).find(fits).expect("one in fifty is audited"), known_since)
	}
}

pub fn new_test_ext() -> sp_io::TestExternalities {
	let mut storage = frame_system::GenesisConfig::<Test>::default().build_storage().unwrap();
	let balances = (1..100).map(|number| (account(number), FUNDS)).collect();
	pallet_balances::GenesisConfig::<Test> { balances, ..Default::default() }.assimilate_storage(&mut storage).unwrap();
	pallet_fee_split::GenesisConfig::<Test>::default().assimilate_storage(&mut storage).unwrap();
	pallet_task_assignment::GenesisConfig::<Test>::default().assimilate_storage(&mut storage).unwrap();
	let mut ext = sp_io::TestExternalities::new(storage);
	ext.execute_with(|| {
		System::set_block_number(1);
		Genesis::set(Balances::total_issuance());
		SlashedAndBurned::set(0);
		Observed::set(Vec::new());
		Receipted::set(Vec::new());
	});
	ext
}

/// Runs `test`, and checks the invariants after it.
pub fn run(test: impl FnOnce()) {
	new_test_ext().execute_with(|| {
		test();
		check();
	});
}

/// What must hold at any time, in each pallet and between them.
pub fn check() {
	ModelRegistry::do_try_state().unwrap();
	TaskAssignment::do_try_state().unwrap();
	Attestation::do_try_state().unwrap();
	FeeSplit::do_try_state().unwrap();

	let burned = pallet_fee_split::Totals::<Test>::get().tasks.burned + SlashedAndBurned::get();
	assert_eq!(Balances::total_issuance(), Genesis::get() - burned, "only what is burned is gone");
	let accounts: Balance =
		frame_system::Account::<Test>::iter_values().map(|it| it.data.free + it.data.reserved).sum();
	assert_eq!(Balances::total_issuance(), accounts, "the issuance is what the accounts have");

	let mut used = std::collections::BTreeMap::<ModelId, u32>::new();
	for (id, task) in pallet_task_assignment::Tasks::<Test>::iter() {
		let given_up = matches!(task.status, TaskStatus::Refunded { .. }) && !task.status.is_decided();
		*used.entry(task.model).or_default() += u32::from(!given_up);
		let has_round = pallet_attestation::Rounds::<Test>::contains_key(id);
		let unanswered = given_up || task.status == TaskStatus::Submitted;
		assert_eq!(has_round, !unanswered, "a task that is being answered or was has a round");
		let mut seated: Vec<_> = Attestation::seats(id).into_iter().map(|seat| seat.worker).collect();
		let open = task.status.is_open();
		if !open && !task.audit.phase.is_open() {
			continue;
		}
		let workers = task.workers.iter().filter(|_| open);
		let mut serving: Vec<_> = workers.chain(&task.audit.auditors).cloned().collect();
		seated.sort();
		serving.sort();
		assert_eq!(seated, serving, "those who are asked have seats, and nobody else");
		let (committed, revealed) = Attestation::seats(id)
			.iter()
			.fold((true, true), |(all, out), seat| (all && seat.committed, out && seat.revealed));
		match (&task.status, task.audit.phase) {
			(TaskStatus::Assigned, _) | (_, AuditPhase::Assigned) => assert!(!committed),
			(TaskStatus::Committed, _)
			| (TaskStatus::Settled { .. } | TaskStatus::Refunded { .. }, AuditPhase::Committed) => {
				assert!(committed && revealed == (task.long_answers != LongAnswers::Judged))
			},
			_ => assert!(revealed),
		}
	}
	assert!(pallet_attestation::Rounds::<Test>::iter_keys().all(pallet_task_assignment::Tasks::<Test>::contains_key));
	for model in pallet_model_registry::Models::<Test>::iter_keys() {
		assert_eq!(
			ModelRegistry::open_tasks(model),
			used.get(&model).copied().unwrap_or(0),
			"a model's tasks are counted"
		);
	}
}

/// Goes on by `blocks` blocks and checks the invariants after each.
pub fn advance(blocks: BlockNumber) {
	for _ in 0..blocks {
		skip(1);
	}
}

/// Goes on by `blocks` blocks, many, and checks the invariants after them.
pub fn skip(blocks: BlockNumber) {
	for _ in 0..blocks {
		let now = System::block_number() + 1;
		System::set_block_number(now);
		AllPalletsWithSystem::on_initialize(now);
	}
	check();
}

/// Goes on to `block`.
pub fn advance_to(block: BlockNumber) {
	advance(block - System::block_number());
}

pub fn account(number: u8) -> AccountId {
	AccountId32::new([number; 32])
}

pub fn accounts(numbers: &[u8]) -> Vec<AccountId> {
	numbers.iter().copied().map(account).collect()
}

/// The number of one of the test's accounts.
pub fn number(account: &AccountId) -> u8 {
	AsRef::<[u8; 32]>::as_ref(account)[0]
}

pub fn signed(number: u8) -> RuntimeOrigin {
	RuntimeOrigin::signed(account(number))
}

/// What an account can spend, and what it has on hold.
pub fn balances(number: u8) -> (Balance, Balance) {
	let account = frame_system::Account::<Test>::get(account(number)).data;
	(account.free, account.reserved)
}

/// What an account has together.
pub fn owned(who: &AccountId) -> Balance {
	Balances::total_balance(who)
}

/// The events of the task assignment since the last time.
pub fn events() -> Vec<Event<Test>> {
	let events = System::read_events_no_consensus()
		.filter_map(|record| match record.event {
			RuntimeEvent::TaskAssignment(event) => Some(event),
			_ => None,
		})
		.collect();
	System::reset_events();
	events
}

fn text<T: TryFrom<Vec<u8>>>(text: &str) -> T {
	text.as_bytes().to_vec().try_into().ok().expect("a short text")
}

/// Places to fetch something from.
pub fn uris(places: &[&str]) -> Uris {
	places.iter().map(|place| text::<Uri>(place)).collect::<Vec<_>>().try_into().unwrap()
}

/// Content of `length` bytes that is kept elsewhere.
pub fn reference(length: u64) -> Payload {
	let content = ContentRef { hash: sha256(&length.to_le_bytes()), length, uris: uris(&["https://data.example/a"]) };
	Payload::Reference(content)
}

pub fn inline(bytes: Vec<u8>) -> Payload {
	Payload::Inline(Inline::try_from(bytes).expect("few bytes"))
}

/// A model of four features and three scores.
pub fn spec(comparison: Comparison) -> ModelSpec {
	let tensor = |name, length| TensorSpec {
		name: text(name),
		element: if comparison == Comparison::Exact { ElementType::I32 } else { ElementType::F32 },
		shape: vec![Dim::Batch, Dim::Fixed(length)].try_into().unwrap(),
	};
	let graph = ContentRef { hash: sha256(b"graph"), length: 1000, uris: uris(&["https://models.example/a"]) };
	ModelSpec {
		name: text("iris"),
		domain: text("tabular"),
		files: vec![ModelFile { name: text("model.onnx"), content: graph }].try_into().unwrap(),
		format: Format::Onnx,
		opset: 17,
		inputs: vec![tensor("features", 4)].try_into().unwrap(),
		outputs: vec![tensor("scores", 3)].try_into().unwrap(),
		licence: text("Apache-2.0"),
		price: PRICE,
		comparison,
		runtime_class: RuntimeClass::Any,
		fhe: None,
		parent: None,
		data_sets: Default::default(),
	}
}

/// Registers a model.
pub fn register(spec: ModelSpec) -> ModelId {
	let model = pallet_model_registry::NextModelId::<Test>::get();
	assert_ok!(ModelRegistry::register(signed(CREATOR), spec));
	model
}

/// Registers a model whose answers agree within the default tolerance.
pub fn model() -> ModelId {
	register(spec(Comparison::default()))
}

/// Registers a linear model that is asked with encrypted inputs.
pub fn private_model() -> ModelId {
	let tensor = |name: &[u8], element, length| TensorSpec {
		name: name.to_vec().try_into().unwrap(),
		element,
		shape: vec![Dim::Batch, Dim::Fixed(length)].try_into().unwrap(),
	};
	register(ModelSpec {
		inputs: vec![tensor(private::CIPHERTEXT, ElementType::U8, 40)].try_into().unwrap(),
		outputs: vec![tensor(private::RESULT, ElementType::I32, 10)].try_into().unwrap(),
		fhe: Some(private::LINEAR),
		..spec(Comparison::Exact)
	})
}

/// The account of that number joins and serves a model.
pub fn worker(number: u8, stake: Balance, capacity: u16, model: ModelId) {
	assert_ok!(TaskAssignment::join(signed(number), stake, capacity, None, true));
	assert_ok!(TaskAssignment::serve(signed(number), model));
}

/// Accounts join with the least stake and serve a model, one task each at a time.
pub fn workers(numbers: impl IntoIterator<Item = u8>, model: ModelId) {
	numbers.into_iter().for_each(|number| worker(number, STAKE, 1, model));
}

/// An input of `items` items for the test's models.
pub fn input(items: u32) -> Payload {
	let mut bundle = Vec::new();
	let data = vec![0; items as usize * 16];
	push_tensor(&mut bundle, ElementType::F32, &[items, 4], &data);
	inline(bundle)
}

/// The requester submits a task that can wait as long as a task can.
pub fn submit(model: ModelId, items: u32) -> TaskId {
	submit_until(model, items, System::block_number() + MaxDeadline::get())
}

/// The requester submits that many tasks.
pub fn submit_many(model: ModelId, count: usize) -> Vec<TaskId> {
	(0..count).map(|_| submit(model, 1)).collect()
}

pub fn submit_until(model: ModelId, items: u32, deadline: BlockNumber) -> TaskId {
	let task = pallet_task_assignment::NextTaskId::<Test>::get();
	assert_ok!(try_submit(REQUESTER, model, input(items), items, deadline, Balance::MAX));
	task
}

/// The requester submits a task of one item that is to be checked as surely as this.
pub fn submit_assured(model: ModelId, assurance: Assurance) -> TaskId {
	let task = pallet_task_assignment::NextTaskId::<Test>::get();
	let deadline = System::block_number() + MaxDeadline::get();
	assert_ok!(TaskAssignment::submit(
		signed(REQUESTER),
		model,
		input(1),
		1,
		assurance,
		deadline,
		Balance::MAX,
		[7; 32]
	));
	task
}

pub fn try_submit(
	requester: u8,
	model: ModelId,
	input: Payload,
	items: u32,
	deadline: BlockNumber,
	max_fee: Balance,
) -> DispatchResult {
	TaskAssignment::submit(signed(requester), model, input, items, Assurance::Pair, deadline, max_fee, [7; 32])
}

/// What a task of `items` items puts on hold besides its fee and what is for its audit.
pub fn deposit(items: u32) -> Balance {
	TaskAssignment::deposit(2 + 2 * 4 + items * 16)
}

/// What a pair's task of `items` items at [`PRICE`] has on hold for the audit fund.
pub fn audit_fee(items: u32) -> Balance {
	assurance::quote(PRICE, items, Assurance::Pair, 500_000, &Assurances::get()).expect("few DN").audit
}

/// What such a task costs together.
pub fn cost(items: u32) -> Balance {
	Balance::from(items) * PRICE + audit_fee(items)
}

/// What one run of a task of one item at [`PRICE`] earns, at each level.
pub fn reward() -> Balance {
	assurance::run_reward(PRICE, Assurance::Pair, 500_000)
}

/// What answers for a pair's task of one item at [`PRICE`].
pub fn bound() -> Balance {
	assurance::bound(reward(), Assurance::Pair, &Assurances::get())
}

/// What a new worker with this stake weighs in a draw.
pub fn weight(stake: Balance) -> Balance {
	deepnode_scoring::fidelity::weigh(stake, deepnode_scoring::fidelity::START)
}

/// Gives the audit fund so much.
pub fn endow_audit_fund(amount: Balance) {
	let fund = TaskAssignment::audit_fund();
	assert_ok!(<Balances as Mutate<_>>::transfer(&account(99), &fund, amount, Preservation::Preserve));
}

pub fn task(id: TaskId) -> Task<AccountId, BlockNumber> {
	pallet_task_assignment::Tasks::<Test>::get(id).expect("the task is stored")
}

pub fn status(id: TaskId) -> TaskStatus<BlockNumber> {
	task(id).status
}

pub fn worker_of(number: u8) -> Worker<AccountId, BlockNumber> {
	pallet_task_assignment::Workers::<Test>::get(account(number)).expect("the worker is stored")
}

/// Whom a task is given to, in the order of their seats.
pub fn assigned(id: TaskId) -> Vec<u8> {
	task(id).workers.iter().map(number).collect()
}

/// Submits a task, and lets it be drawn.
pub fn assign(model: ModelId) -> (TaskId, Vec<u8>) {
	let task = submit(model, 1);
	advance(1);
	assert_eq!(status(task), TaskStatus::Assigned);
	(task, assigned(task))
}

/// Submits a task, lets it be drawn, lets its workers commit these answers, and is over its lottery.
pub fn assign_and_unseal(model: ModelId, answers: [&Answer; 2]) -> (TaskId, Vec<u8>) {
	let (task, drawn) = assign_and_commit(model, answers);
	draw_lots(task);
	(task, drawn)
}

/// Submits a task, lets it be drawn and lets its workers commit these answers.
pub fn assign_and_commit(model: ModelId, answers: [&Answer; 2]) -> (TaskId, Vec<u8>) {
	let (task, drawn) = assign(model);
	for (worker, answer) in drawn.iter().zip(answers) {
		assert_ok!(commit(*worker, task, answer));
	}
	assert_eq!((status(task), phase(task)), (TaskStatus::Committed, AuditPhase::Lottery));
	(task, drawn)
}

/// Whom a task's audit is given to.
pub fn auditors(id: TaskId) -> Vec<u8> {
	task(id).audit.auditors.iter().map(number).collect()
}

/// Where a task's audit stands.
pub fn phase(id: TaskId) -> AuditPhase {
	task(id).audit.phase
}

/// These workers commit these answers, one each; then everybody reveals who has committed.
pub fn answer_with(task: TaskId, workers: &[u8], answers: &[&Answer]) {
	for (worker, answer) in workers.iter().zip(answers) {
		assert_ok!(commit(*worker, task, answer));
	}
	draw_lots(task);
	reveal_sealed(task);
}

/// The lottery of a task whose first workers have committed is over.
pub fn draw_lots(task: TaskId) {
	if phase(task) == AuditPhase::Lottery {
		advance(1);
	}
}

/// Everybody who has committed and not revealed does so.
pub fn reveal_sealed(id: TaskId) {
	let round = pallet_attestation::Rounds::<Test>::get(id).expect("the task has a round");
	for seat in round.everybody().filter(|seat| seat.revealed.is_none() && seat.commitment.is_some()) {
		let worker = number(&seat.worker);
		let answer = SEALED.with_borrow(|sealed| sealed[&(id, worker)].clone());
		assert_ok!(reveal(worker, id, &answer));
	}
}

/// Those of a task's auditors who have not committed.
pub fn asked_auditors(task: TaskId) -> Vec<u8> {
	let round = pallet_attestation::Rounds::<Test>::get(task).expect("the task has a round");
	let waiting = round.auditors.iter().filter(|seat| seat.commitment.is_none());
	waiting.map(|seat| number(&seat.worker)).collect()
}

/// Whoever is asked to audit a task answers this, as long as more are asked. Returns who was.
pub fn audit_with(task: TaskId, answer: &Answer) -> Vec<u8> {
	let mut asked = Vec::new();
	loop {
		if phase(task) == AuditPhase::Waiting {
			advance(1);
		}
		if phase(task) != AuditPhase::Assigned {
			return asked;
		}
		let auditors = asked_auditors(task);
		answer_with(task, &auditors, &vec![answer; auditors.len()]);
		asked.extend(auditors);
	}
}

/// Those who have joined a task's workers, or its auditors, since these were all.
pub fn joined(now: Vec<u8>, before: &[u8]) -> Vec<u8> {
	now.into_iter().filter(|worker| !before.contains(worker)).collect()
}

/// A task that a pair has settled on this answer, and its workers.
pub fn settled(model: ModelId, answer: &Answer) -> (TaskId, Vec<u8>) {
	let (task, drawn) = assign(model);
	answer_with(task, &drawn, &[answer, answer]);
	(task, drawn)
}

/// A task for which a pair has sealed this answer and that is audited, and its workers. Where an auditor was
/// found it has not committed yet; [`answer_with`] does so for it, and lets all of them reveal.
pub fn audited(model: ModelId, answer: &Answer) -> (TaskId, Vec<u8>) {
	let (task, drawn) = assign(model);
	all_commit(task, &drawn, answer);
	hold_audit(task);
	(task, drawn)
}

/// The lottery of this task says that it is audited.
pub fn hold_audit(task: TaskId) {
	assert_eq!(phase(task), AuditPhase::Lottery);
	Audited::set(Some(true));
	advance(1);
	Audited::set(Some(false));
	assert_eq!(phase(task), AuditPhase::Chosen);
	advance(1);
}

/// An answer for one item.
pub fn scores(scores: [i32; 3]) -> Answer {
	Answer::Outputs(vec![Output { dims: vec![1, 3], data: scores.to_vec() }])
}

pub fn error(code: ErrorCode) -> Answer {
	Answer::Error(code)
}

/// The salt of a worker.
pub fn salt(worker: u8) -> [u8; 32] {
	[worker ^ 0xa5; 32]
}

pub fn sealed(worker: u8, task: TaskId, answer: &Answer) -> H256 {
	let genesis = System::block_hash(0);
	commitment(&genesis, task, &account(worker), &salt(worker), &answer.digest())
}

thread_local! {
	/// Who has committed to which answer.
	static SEALED: RefCell<BTreeMap<(TaskId, u8), Answer>> = RefCell::default();
}

pub fn commit(worker: u8, task: TaskId, answer: &Answer) -> DispatchResult {
	SEALED.with_borrow_mut(|sealed| sealed.insert((task, worker), answer.clone()));
	Attestation::commit(signed(worker), task, sealed(worker, task, answer)).map(drop).map_err(|failed| failed.error)
}

pub fn reveal(worker: u8, task: TaskId, answer: &Answer) -> DispatchResult {
	Attestation::reveal(signed(worker), task, salt(worker), answer.digest(), inline(answer.to_bytes()))
		.map(drop)
		.map_err(|failed| failed.error)
}

/// Each of these workers commits the same.
pub fn all_commit(task: TaskId, workers: &[u8], answer: &Answer) {
	for worker in workers {
		assert_ok!(commit(*worker, task, answer));
	}
}

/// Each of these workers reveals the same.
pub fn all_reveal(task: TaskId, workers: &[u8], answer: &Answer) {
	draw_lots(task);
	for worker in workers {
		assert_ok!(reveal(*worker, task, answer));
	}
}
