//! Yutu 舆图: a city's place names, addresses, boundaries, plans and permits, and the questions asked of them.
//!
//! The rooms in reading order; ARCHITECTURE.md says who may import whom.

pub mod domain;
pub mod spatial;
pub mod tiles;
