//! One file for each call or concern.

mod add_stake;
mod agenda;
mod draw;
mod expiry;
mod holds;
mod join;
mod leave;
mod missed_commit;
mod missed_reveal;
mod properties;
mod refund;
mod reports;
mod serve;
mod settle;
mod submit;
