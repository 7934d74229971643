//! Yutu 舆图: a city's place names, addresses, boundaries, plans and permits, and the questions asked of them.
//!
//! The rooms in reading order; ARCHITECTURE.md says who may import whom.

pub mod demo;
pub mod domain;
pub mod crs;
pub mod geometry;
pub mod spatial;
pub mod store;
pub mod cli;
pub mod cluster;
pub mod backup;
pub mod config;
pub mod telemetry;
