//! Tests by concern.

mod attacks;
mod closing;
mod domains;
mod evaluations;
mod observer;
mod params;
mod properties;
mod ratings;
mod scale;
mod seats;
mod views;
mod votes;
