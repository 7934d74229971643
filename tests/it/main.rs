//! Integration tests over a real PostGIS.
#![allow(clippy::unwrap_used)]

mod architecture;
mod backup;
mod change_log;
mod clients;
mod cluster;
mod crash;
mod e2e;
mod export;
mod freshness;
mod geocode;
mod geocoding;
mod history;
mod http;
mod import;
mod import_real;
mod judges;
mod killed;
mod live;
mod ogc;
mod ogc_conformance;
mod past;
mod program;
mod readers;
mod refusals;
mod schema;
mod service;
mod serving;
mod setup;
