//! Unpacks `.gz` and `.zip` under limits, so that a small file cannot fill the disk.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use super::error::LimitHit;
use super::{FormatError, Limits};

/// Small files may be packed as tightly as they like.
const RATIO_FROM_BYTES: u64 = 64 << 20;
const MAX_ENTRIES: usize = 10_000;

/// Passes bytes on and stops with [`LimitHit`] when there are too many.
pub(super) struct Counted<R> {
    inner: R,
    count: u64,
    packed: u64,
    max_bytes: u64,
    max_ratio: u64,
}

impl<R: Read> Counted<R> {
    pub(super) fn new(inner: R, packed: u64, limits: &Limits) -> Self {
        Self { inner, count: 0, packed: packed.max(1), max_bytes: limits.unpacked_bytes, max_ratio: limits.unpack_ratio }
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.count += count as u64;
        let hit = |what, limit| Err(io::Error::other(LimitHit { what, limit }));
        if self.count > self.max_bytes {
            return hit("the unpacked size in bytes", self.max_bytes);
        }
        if self.count > RATIO_FROM_BYTES && self.count / self.packed > self.max_ratio {
            return hit("the ratio of unpacked to packed size", self.max_ratio);
        }
        Ok(count)
    }
}

pub(super) fn gunzip(from: &Path, to: &Path, limits: &Limits) -> Result<(), FormatError> {
    let unpack = || -> io::Result<()> {
        let file = File::open(from)?;
        let packed = file.metadata()?.len();
        let mut reader = Counted::new(flate2::bufread::MultiGzDecoder::new(BufReader::new(file)), packed, limits);
        io::copy(&mut reader, &mut File::create(to)?)?;
        Ok(())
    };
    unpack().map_err(|error| FormatError::reading(from, "gzip", error))
}

/// All files of the archive under `to`, in their folders. Names that lead out of it are left out, as are links.
pub(super) fn unzip(from: &Path, to: &Path, limits: &Limits) -> Result<Vec<PathBuf>, FormatError> {
    let unpack = || -> io::Result<Vec<PathBuf>> {
        let file = File::open(from)?;
        let packed = file.metadata()?.len();
        let mut archive = zip::ZipArchive::new(BufReader::new(file)).map_err(broken)?;
        if archive.len() > MAX_ENTRIES {
            return Err(io::Error::other(LimitHit { what: "the number of files in the archive", limit: MAX_ENTRIES as u64 }));
        }
        let mut paths = Vec::new();
        let mut count = 0;
        for index in 0..archive.len() {
            let entry = archive.by_index(index).map_err(broken)?;
            let Some(name) = entry.enclosed_name().filter(|_| entry.is_file()) else { continue };
            let path = to.join(name);
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder)?;
            }
            // one count over all entries: many small bombs are one bomb
            let mut counted = Counted { count, ..Counted::new(entry, packed, limits) };
            io::copy(&mut counted, &mut File::create(&path)?)?;
            count = counted.count;
            paths.push(path);
        }
        let mut folders: Vec<PathBuf> =
            paths.iter().filter_map(|path| path.parent()).filter(|folder| is_geodatabase(folder)).map(Path::to_owned).collect();
        folders.sort();
        folders.dedup();
        paths.retain(|path| !path.parent().is_some_and(is_geodatabase));
        paths.extend(folders);
        Ok(paths)
    };
    unpack().map_err(|error| FormatError::reading(from, "zip", error))
}

/// Counts what the entries of an archive really unpack to, for libraries that unpack it themselves.
pub(super) fn check_zip(path: &Path, limits: &Limits) -> Result<(), FormatError> {
    let check = || -> io::Result<()> {
        let file = File::open(path)?;
        let packed = file.metadata()?.len();
        let mut archive = zip::ZipArchive::new(BufReader::new(file)).map_err(broken)?;
        let mut count = 0;
        for index in 0..archive.len() {
            let entry = archive.by_index(index).map_err(broken)?;
            let mut counted = Counted { count, ..Counted::new(entry, packed, limits) };
            io::copy(&mut counted, &mut io::sink())?;
            count = counted.count;
        }
        Ok(())
    };
    check().map_err(|error| FormatError::reading(path, "zip", error))
}

fn is_geodatabase(folder: &Path) -> bool {
    folder.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("gdb"))
}

fn broken(error: zip::result::ZipError) -> io::Error {
    match error {
        zip::result::ZipError::Io(error) => error,
        other => io::Error::new(io::ErrorKind::InvalidData, other),
    }
}
