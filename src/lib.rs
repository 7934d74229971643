//! Yutu 舆图: a city's place names, addresses, boundaries, plans and permits, and the questions asked of them.
//!
//! The rooms in reading order; ARCHITECTURE.md says who may import whom.

pub mod domain;
pub mod language;
pub mod crs;
pub mod geometry;
pub mod spatial;
pub mod tiles;
pub mod gazetteer;
pub mod store;
pub mod formats;
pub mod import;
pub mod live;
pub mod app;
pub mod http;
pub mod cli;
pub mod demo;
pub mod cluster;
pub mod backup;
pub mod config;
pub mod telemetry;
