//! Import: a city pack and a folder of files become features in the store, in one transaction, with a report that adds up.
//! Leaves out: reading formats (`formats/`), coordinate systems (`crs/`) and writing rows (`store/load.rs`).
//!
//! The way of a row: `formats::SourceFeature` -> [`mapping`] -> [`identity`] -> [`difference`] -> `store::load::LoadRow`.

mod condition;
mod content;
mod defect;
mod difference;
mod edition;
mod field_rule;
mod identity;
mod mapping;
mod pack;
mod pack_error;
mod plan;
mod profile;
mod reading;
mod region;
mod report;
mod run;
mod shift;
mod template;
mod vocabulary;

pub use defect::{Defect, Defects, Problem, Severity, Tally};
pub use pack::{Bilingual, City, Coverage, LayerSettings, Pack, Regions, WorkingCrs, working};
pub use pack_error::PackError;
pub use report::{Counts, EditionReport, FileReport, ImportReport, Outcome};
pub use run::{ImportRequest, Progress, run, working_crs};
