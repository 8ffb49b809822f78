//! A model's pool, and the draw.

use deepnode_primitives::{sum_tree, Balance};
use deepnode_scoring::pairs::acceptance;

use crate::world::{Id, World};

/// How many leaves one draw looks at before it gives up.
const MAX_LOOKS: u32 = 32;

/// A model's workers, as the chain's tree of weights over vectors.
pub struct Pool {
	levels: Vec<Vec<u128>>,
	/// Who is at which leaf.
	pub members: Vec<Id>,
}

impl sum_tree::Nodes for Pool {
	fn get(&self, level: u8, index: u32) -> u128 {
		self.levels.get(usize::from(level)).and_then(|nodes| nodes.get(index as usize)).copied().unwrap_or(0)
	}

	fn set(&mut self, level: u8, index: u32, weight: u128) {
		let (level, index) = (usize::from(level), index as usize);
		if self.levels.len() <= level {
			self.levels.resize(level + 1, Vec::new());
		}
		let nodes = &mut self.levels[level];
		if nodes.len() <= index {
			nodes.resize(index + 1, 0);
		}
		nodes[index] = weight;
	}
}

impl Pool {
	/// A pool of these workers, each with its weight.
	pub fn new(members: impl IntoIterator<Item = (Id, Balance)>) -> Self {
		let mut pool = Self { levels: Vec::new(), members: Vec::new() };
		for (who, weight) in members {
			let leaves = pool.members.len() as u32;
			sum_tree::push(&mut pool, leaves, weight);
			pool.members.push(who);
		}
		pool
	}

	/// Changes the weight at a leaf.
	pub fn set_weight(&mut self, leaf: u32, weight: Balance) {
		let leaves = self.members.len() as u32;
		sum_tree::set(self, leaves, leaf, weight);
	}
}

/// What a draw has to respect.
pub struct Wanted<'a> {
	/// How many workers.
	pub count: usize,
	/// Whom not.
	pub barred: &'a [Id],
	/// Whose partners the drawn ones become.
	pub partners: &'a [Id],
	/// How much of its stake each must have free.
	pub bound: Balance,
}

impl World {
	/// Draws workers of a model without replacement, with chance proportional to stake x fidelity. Who met
	/// one of the others lately is accepted with [`acceptance`]; those passed over for that only are taken
	/// after all where too few others are found.
	pub fn draw(&mut self, model: usize, wanted: &Wanted) -> Option<Vec<Id>> {
		let mut drawn: Vec<Id> = Vec::with_capacity(wanted.count);
		let (mut looked_at, mut passed_over) = (Vec::new(), Vec::new());
		for _ in 0..MAX_LOOKS {
			if drawn.len() == wanted.count {
				break;
			}
			let random = self.rng.wide();
			let pool = &self.pools[model];
			let Some(leaf) = sum_tree::draw(pool, pool.members.len() as u32, random, &looked_at) else { break };
			looked_at.push(leaf);
			let who = pool.members[leaf as usize];
			if wanted.barred.contains(&who) || self.workers[who].free() < wanted.bound {
				continue;
			}
			let partners = wanted.partners.iter().chain(&drawn);
			let (mut strangers, mut accepted) = (true, true);
			for partner in partners {
				strangers &= !self.workers[who].never.contains(partner);
				if self.rules.diversity {
					let meetings = self.workers[who].partners.iter().filter(|met| *met == partner).count();
					accepted &= meetings == 0 || self.rng.chance(acceptance(meetings as u32, self.rules.memory));
				}
			}
			match (strangers, accepted) {
				(false, _) => {},
				(true, true) => drawn.push(who),
				(true, false) => passed_over.push(who),
			}
		}
		for who in passed_over {
			if drawn.len() == wanted.count {
				break;
			}
			if drawn.iter().all(|partner| !self.workers[who].never.contains(partner)) {
				drawn.push(who);
			}
		}
		(drawn.len() == wanted.count).then_some(drawn)
	}
}
