//! One file for each call or concern.

mod audit;
mod challenge;
mod commit;
mod judge;
mod kept;
mod properties;
mod reveal;
mod rounds;
mod waves;
