#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod audit;
pub mod emission;
mod evaluators;
pub mod jobs;
pub mod plots;
mod pool;
pub mod report;
mod rng;
pub mod rules;
pub mod run;
pub mod scenarios;
pub mod strategy;
pub mod sweeps;
mod task;
mod world;
