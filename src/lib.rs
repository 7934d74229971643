//! Yutu 舆图: a city's place names, addresses, boundaries, plans and permits, and the questions asked of them.
//!
//! The rooms in reading order; ARCHITECTURE.md says who may import whom.

pub mod app;
pub mod backup;
pub mod cli;
pub mod cluster;
pub mod config;
pub mod crs;
pub mod demo;
pub mod domain;
pub mod formats;
pub mod gazetteer;
pub mod geometry;
pub mod http;
pub mod import;
pub mod language;
pub mod live;
pub mod spatial;
pub mod store;
pub mod telemetry;
pub mod tiles;
