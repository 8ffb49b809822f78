//! Tasks are submitted, worked at, and denounced.

use super::{
	super::{
		work::uris,
		world::{worker, World},
	},
	any_model, somebody, sorted, Action,
};
use crate::{constants::currency::UNIT, Runtime, System};
use deepnode_primitives::{
	content::{sha256, ContentRef, Inline, Payload},
	task::Assurance,
	tensor::{push_tensor, ElementType},
	ModelId,
};
use pallet_task_assignment::types::AuditPhase;

/// What is tried with tasks, and how often each.
pub const ACTIONS: &[(usize, Action)] = &[(520, work), (70, |world| submit(world, None)), (14, denounce)];

/// Somebody does what is due; where nothing is, time goes on.
fn work(world: &mut World) {
	if !world.work() {
		world.advance(1);
	}
}

/// Somebody submits a task: to a model that a sealed item is for, or to any.
pub fn submit(world: &mut World, sealed: Option<(ModelId, u8, [u8; 32])>) {
	let who = somebody(world);
	let items = if sealed.is_some() { 1 } else { 1 + world.rng.below(3) as u32 };
	let seal = world.rng.bytes();
	let (model, class, seal) = sealed.unwrap_or_else(|| (any_model(world), (seal[0] % 10), seal));
	let mut bundle = Vec::new();
	let data: Vec<u8> = (0..items * 4).flat_map(|_| f32::from(class).to_le_bytes()).collect();
	push_tensor(&mut bundle, ElementType::F32, &[items, 4], &data);
	let broken = world.rng.percent(3);
	if broken {
		bundle.pop();
	}
	let input = if world.rng.percent(15) {
		Payload::Reference(ContentRef { hash: sha256(&bundle), length: 1 << 20, uris: uris() })
	} else {
		Payload::Inline(Inline::try_from(bundle).expect("it is short"))
	};
	let assurance = world.rng.weighted(&[(3, Assurance::Single), (4, Assurance::Pair), (2, Assurance::Panel)]);
	let now = world.ext.execute_with(System::block_number);
	let deadline = now + world.rng.weighted(&[(1, 10), (3, 60), (8, 600), (2, 20_000)]);
	let max_fee = if world.rng.percent(3) { 1 } else { 1_000 * UNIT };
	let task = world.ext.execute_with(pallet_task_assignment::NextTaskId::<Runtime>::get);
	let submit = pallet_task_assignment::Call::submit { model, input, items, assurance, deadline, max_fee, seal };
	if world.send("submit", &who, submit) {
		world.classes.insert(task, class);
	}
}

/// Somebody reports an answer: most try what they can report.
fn denounce(world: &mut World) {
	let can = world.ext.execute_with(|| {
		let tasks = pallet_task_assignment::Tasks::<Runtime>::iter();
		let spared = tasks.filter(|(_, task)| task.status.is_decided() && task.audit.phase == AuditPhase::Spared);
		sorted(spared.filter_map(|(id, task)| {
			let outvoted = task.losers.first().map(|(loser, _)| loser.clone());
			let lied = id % 3 == 0;
			Some((id, outvoted.or_else(|| task.workers.first().cloned().filter(|_| lied))?))
		}))
	});
	let (task, mut who) = world.rng.pick(&can).cloned().unwrap_or((7, worker(1)));
	if world.rng.percent(10) {
		who = somebody(world);
	}
	let evidence = world.rng.bytes().into();
	world.send("denounce", &who, pallet_task_assignment::Call::denounce { task, evidence });
}
