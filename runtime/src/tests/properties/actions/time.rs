//! Time goes on, by as much as something takes.

use super::{super::world::World, Action};
use crate::{
	configs::{
		bridge::KeepMessages,
		deepnode::{AuditWindow, RevealWeights, ScoreEpoch, UnbondingPeriod},
	},
	BlockNumber, Runtime, System,
};

/// How far, and how often each.
pub const ACTIONS: &[(usize, Action)] = &[
	(150, |world| world.advance(1)),
	(14, some_blocks),
	(4, |world| world.advance(21)),
	(2, |world| world.advance(AuditWindow::get() + 1)),
	(2, |world| go_to(world, ScoreEpoch::get() - RevealWeights::get())),
	(4, World::end_epoch),
	(1, |world| world.advance(UnbondingPeriod::get())),
	(1, |world| world.advance(KeepMessages::get() + 1)),
];

fn some_blocks(world: &mut World) {
	let ahead = 2 + world.rng.below(8) as BlockNumber;
	world.advance(ahead);
}

impl World {
	/// On to the epoch's end, and on until it is closed.
	pub fn end_epoch(&mut self) {
		go_to(self, ScoreEpoch::get());
		(0..3).for_each(|_| self.advance(1));
	}
}

/// On to so many blocks after the epoch's begin, if that is not over.
pub fn go_to(world: &mut World, into: BlockNumber) {
	let left = world.ext.execute_with(|| {
		let started_at = pallet_powr::CurrentEpoch::<Runtime>::get().started_at;
		(started_at + into).saturating_sub(System::block_number())
	});
	world.advance(left.max(1));
}
