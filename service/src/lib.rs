#![doc = include_str!("../README.md")]

mod backoff;
mod log;
mod metrics;
mod pages;
mod readiness;
mod stop;

pub use backoff::{keep_trying, Backoff};
pub use log::log;
pub use metrics::render;
pub use pages::{bind, pages, serve, BindError};
pub use readiness::Readiness;
pub use stop::{stop_signal, stopped};
