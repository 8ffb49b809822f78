//! One file per call or concern.

mod attacks;
mod burns;
mod epochs;
mod gateway;
mod governance;
mod invariants;
mod payouts;
mod properties;
mod prune;
mod queue;
mod raise_fee;
mod receipts;
mod reclaim;
mod refusals;
mod roots;
mod withdraw;
