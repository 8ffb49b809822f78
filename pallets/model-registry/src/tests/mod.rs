//! One file per call or concern.

mod data_sets;
mod invariants;
mod lineage;
mod register;
mod retire;
mod set_price;
mod set_uris;
mod tasks;
mod validation;
mod view_functions;
