//! Why a file cannot be written, and what to do about it.

use std::io;
use std::path::{Path, PathBuf};

use nix::sys::statvfs::statvfs;

/// In Chinese and in English. What the system or the library underneath said is the source of the error.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    #[error("磁盘已满，无法写入 {path} / the disk is full: {path} cannot be written", path = path.display())]
    Full {
        path: PathBuf,
        #[source]
        cause: io::Error,
    },
    #[error("无法写入 {path} / {path} cannot be written", path = path.display())]
    Failed {
        path: PathBuf,
        #[source]
        cause: io::Error,
    },
    #[error(
        "Shapefile 不能超过 2 GB：{path}；请改用 GeoPackage 或 FlatGeobuf / a Shapefile holds 2 GB at most: {path}; use GeoPackage or FlatGeobuf",
        path = path.display()
    )]
    TwoGigabytes { path: PathBuf },
    #[error(
        "Shapefile 不能存放几何集合（第 {row} 个要素）；请改用 GeoPackage / a Shapefile holds no geometry collections (feature {row}); use GeoPackage"
    )]
    Collection { row: u64 },
    #[error(
        "{path} 写入了 {written} 个要素，读回 {found} 个 / {written} features were written to {path}, but {found} can be read back",
        path = path.display()
    )]
    ReadBack { path: PathBuf, written: u64, found: u64 },
}

/// A disk with less is as good as full: the libraries do not always pass on why a write failed.
const NEARLY_NOTHING_BYTES: u64 = 256 << 10;

impl WriteError {
    pub fn of_io(path: &Path, cause: io::Error) -> Self {
        let path = path.to_owned();
        if cause.kind() == io::ErrorKind::StorageFull { Self::Full { path, cause } } else { Self::Failed { path, cause } }
    }

    /// What a library said about a file.
    pub(super) fn of_library(path: &Path, said: &str) -> Self {
        if said.contains("2GB") || said.contains("2 GB") {
            return Self::TwoGigabytes { path: path.to_owned() };
        }
        let cause = io::Error::other(said.to_owned());
        let room = path.parent().and_then(|folder| statvfs(folder).ok()).map(|disk| disk.blocks_available() * disk.fragment_size());
        let path = path.to_owned();
        if room.is_some_and(|bytes| bytes < NEARLY_NOTHING_BYTES) { Self::Full { path, cause } } else { Self::Failed { path, cause } }
    }
}
