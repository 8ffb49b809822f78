//! The scenarios, each file named by what it shows. They are one program, so that as many take place at once as there
//! are processors: most of the time each waits for blocks.

mod absent_workers;
mod bridge;
mod bridge_fisherman;
mod bridge_interfaces;
mod bridge_stuck;
mod command_line;
mod evaluators;
mod four_validators;
mod long_answers;
mod lying_worker;
mod node_subcommands;
mod private_inference;
mod settles_fifty_tasks;
