//! The way out: a layer as a file that other programs open, and the whole map as an archive of tiles.
//!
//! Everything in a file stands at one sequence. It is written beside its place and moved there when it is complete and was
//! read back; whatever stops it before leaves nothing under the file's name. Leaves out: the command line, and how the
//! formats write.

mod about;
mod columns;
mod destination;
mod layer;
mod tiles;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

pub use about::{About, Bilingual};
pub use columns::Public;
pub use destination::Destination;
pub use layer::{LayerReport, LayerRequest, layer};
pub use tiles::{DEFAULT_MAX_ZOOM, TilesReport, TilesRequest, tiles};

/// A file that was made.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct ExportedFile {
    pub path: PathBuf,
    pub bytes: u64,
    /// Of a file that belongs to another one: none.
    pub features: Option<u64>,
}

/// Asks an export to stop; it ends with [`Stopped`] and leaves nothing behind.
#[derive(Debug, Default)]
pub struct Stop(AtomicBool);

/// It was asked to stop.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
#[error("导出已中止，未留下文件 / the export was stopped; no file was left")]
pub struct Stopped;

impl Stop {
    pub fn ask(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn check(&self) -> Result<(), Stopped> {
        if self.0.load(Ordering::Relaxed) { Err(Stopped) } else { Ok(()) }
    }
}
