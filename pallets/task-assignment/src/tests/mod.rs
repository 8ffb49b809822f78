//! One file for each call or concern.

mod add_stake;
mod agenda;
mod attacks;
mod audit;
mod denounce;
mod deposit;
mod dispute;
mod diversity;
mod draw;
mod expiry;
mod holds;
mod join;
mod late_waves;
mod leave;
mod liability;
mod long_answers;
mod missed_commit;
mod missed_reveal;
mod overturn;
mod properties;
mod receipts;
mod refund;
mod reports;
mod serve;
mod settle;
mod submit;
