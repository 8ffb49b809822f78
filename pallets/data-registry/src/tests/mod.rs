//! One file per call or concern.

mod invariants;
mod manifest;
mod publish;
mod references;
mod register;
mod remove;
mod retire;
mod set_evaluation_price;
mod set_uris;
mod uses;
mod validation;
mod view_functions;
