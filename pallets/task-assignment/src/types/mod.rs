//! What the pallet keeps.

mod audit;
mod task;
mod worker;

pub use audit::{Audit, AuditPhase, Report};
pub(crate) use task::Stage;
pub use task::{LongAnswers, RefundReason, Task, TaskStatus};
pub use worker::{Offence, Worker};

use frame_support::traits::fungible;
use frame_system::pallet_prelude::BlockNumberFor;

use crate::Config;

/// The most models that one worker serves.
pub const MAX_MODELS_PER_WORKER: u32 = 16;
/// The most accounts that one task is kept from, because they were absent or have seen an answer.
pub const MAX_EXCLUDED: u32 = 8;
/// How many of its last partners a worker remembers.
pub const MAX_PARTNERS: u32 = 8;
/// How many accomplices a worker is kept from: the last.
pub const MAX_SHUNNED: u32 = 4;

/// DN taken from somebody and not yet given to anybody; what is left of it is burned.
pub type CreditOf<T> = fungible::Credit<<T as frame_system::Config>::AccountId, <T as Config>::Currency>;

/// A task of the runtime.
pub(crate) type TaskOf<T> = Task<<T as frame_system::Config>::AccountId, BlockNumberFor<T>>;

/// A worker of the runtime.
pub(crate) type WorkerOf<T> = Worker<<T as frame_system::Config>::AccountId, BlockNumberFor<T>>;
