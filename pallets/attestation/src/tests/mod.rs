//! One file for each call or concern.

mod commit;
mod judge;
mod reveal;
mod rounds;
