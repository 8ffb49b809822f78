//! One file per call or concern.

mod genesis;
mod payouts;
mod set_table;
mod settle;
mod slashes;
mod transaction_fees;
mod undeliverable;
mod view_functions;
