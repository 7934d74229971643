//! Yutu 舆图: a city's place names, addresses, boundaries, plans and permits, and the questions asked of them.
//!
//! The rooms in reading order, tier by tier; ARCHITECTURE.md says who may import whom.

// The words of the trade.
pub mod domain;

// Calculation on single texts, positions and shapes; and what reads files.
pub mod crs;
pub mod formats;
pub mod geometry;
pub mod language;

// The spatial core, and what is made from it.
pub mod cql2;
pub mod gazetteer;
pub mod spatial;
pub mod tiles;

// The truth, the ways in and out, and the snapshots that follow.
pub mod export;
pub mod import;
pub mod live;
pub mod store;

// Questions, and who asks them.
pub mod app;
pub mod cli;
pub mod http;

// Beside the streams.
pub mod backup;
pub mod cluster;
pub mod config;
pub mod demo;
pub mod telemetry;
