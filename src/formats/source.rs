//! What a path is: its kind by its name, the file inside a `.gz` or `.zip`, and the hash of all its parts.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::unpack::{self, Counted};
use super::{FormatError, ReadOptions};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Csv,
    /// GeoJSON, or TopoJSON under the same ending.
    Json,
    Sheet,
    Ogr,
}

/// A file of a known kind. `data` is where its bytes are, `path` what the user called it.
#[derive(Debug)]
pub(super) struct Opened {
    pub path: PathBuf,
    pub data: PathBuf,
    pub kind: Kind,
    /// Ending without `.gz`, lower case.
    pub ending: String,
    /// Name without folder and endings.
    pub stem: String,
    is_gzip: bool,
    /// Holds `data` while it is read.
    scratch: Option<TempDir>,
}

const ARCHIVES: [&str; 2] = ["zip", "kmz"];

/// The one file that is meant, unpacked where its reader needs that.
pub(super) fn open(path: &Path, options: &ReadOptions) -> Result<Opened, FormatError> {
    let mut files = open_all(path, options)?;
    if files.len() == 1 {
        return Ok(files.remove(0));
    }
    let known: Vec<String> = files.iter().map(|file| file.stem.clone()).collect();
    let wanted = options.layer.clone();
    match wanted.as_ref().and_then(|name| files.iter().position(|file| file.stem.eq_ignore_ascii_case(name))) {
        Some(place) => Ok(files.remove(place)),
        None => Err(FormatError::NoLayer { path: path.to_owned(), wanted, known }),
    }
}

/// The file, or all readable files of an archive in the order of their names.
pub(super) fn open_all(path: &Path, options: &ReadOptions) -> Result<Vec<Opened>, FormatError> {
    let size = size_of(path).map_err(|cause| FormatError::Open { path: path.to_owned(), cause })?;
    if size > options.limits.file_bytes {
        return Err(FormatError::TooLarge {
            path: path.to_owned(),
            what: "the file's size in bytes".to_owned(),
            limit: options.limits.file_bytes,
        });
    }
    let (stem, ending, is_gzip) = named(path);
    if ARCHIVES.contains(&ending.as_str()) && !is_gzip {
        return open_archive(path, options);
    }
    let kind = kind_of(&ending).ok_or_else(|| FormatError::Unknown { path: path.to_owned() })?;
    if is_gzip && matches!(kind, Kind::Ogr | Kind::Sheet) {
        let scratch = scratch(path)?;
        let data = scratch.path().join(format!("{stem}.{ending}"));
        unpack::gunzip(path, &data, &options.limits)?;
        return Ok(vec![Opened { path: path.to_owned(), data, kind, ending, stem, is_gzip: false, scratch: Some(scratch) }]);
    }
    Ok(vec![Opened { path: path.to_owned(), data: path.to_owned(), kind, ending, stem, is_gzip, scratch: None }])
}

fn open_archive(path: &Path, options: &ReadOptions) -> Result<Vec<Opened>, FormatError> {
    let mut found = Vec::new();
    let listing = scratch(path)?;
    for data in unpack::unzip(path, listing.path(), &options.limits)? {
        let (stem, ending, is_gzip) = named(&data);
        // the parts of a Shapefile are not files of their own, and an archive in an archive is left alone
        let is_part = ["dbf", "shx", "prj", "cpg", "xml"].contains(&ending.as_str()) && data.with_extension("shp").exists();
        if let Some(kind) = kind_of(&ending).filter(|_| !is_part && !is_gzip) {
            found.push(Opened { path: path.to_owned(), data, kind, ending, stem, is_gzip, scratch: None });
        }
    }
    if found.is_empty() {
        return Err(FormatError::Unknown { path: path.to_owned() });
    }
    found.sort_by(|a, b| a.data.cmp(&b.data));
    if found.len() == 1 {
        found[0].scratch = Some(listing);
        return Ok(found);
    }
    // each holds its own folder, so that any may outlive the others
    for file in &mut found {
        let own = scratch(path)?;
        for part in parts(&file.data).map_err(|cause| FormatError::Open { path: path.to_owned(), cause })? {
            let to = own.path().join(part.strip_prefix(file.data.parent().unwrap_or(Path::new(""))).unwrap_or(&part));
            let moved = to.parent().map_or(Ok(()), std::fs::create_dir_all).and_then(|()| std::fs::rename(&part, &to));
            moved.map_err(|cause| FormatError::Open { path: path.to_owned(), cause })?;
        }
        file.data = own.path().join(file.data.file_name().unwrap_or_default());
        file.scratch = Some(own);
    }
    Ok(found)
}

impl Opened {
    /// The bytes, unpacked on the way, counted against the limits.
    pub(super) fn reader(&self, options: &ReadOptions) -> Result<Box<dyn BufRead>, FormatError> {
        let open = |cause| FormatError::Open { path: self.path.clone(), cause };
        let file = File::open(&self.data).map_err(open)?;
        let size = file.metadata().map_err(open)?.len();
        let file = BufReader::with_capacity(1 << 18, file);
        if self.is_gzip {
            let unpacked = Counted::new(flate2::bufread::MultiGzDecoder::new(file), size, &options.limits);
            return Ok(Box::new(BufReader::with_capacity(1 << 18, unpacked)));
        }
        Ok(Box::new(file))
    }

    /// The bytes as a file for a library that wants one.
    pub(super) fn as_file(&self, options: &ReadOptions) -> Result<(PathBuf, Option<TempDir>), FormatError> {
        if !self.is_gzip {
            return Ok((self.data.clone(), None));
        }
        let scratch = scratch(&self.path)?;
        let data = scratch.path().join(format!("{}.{}", self.stem, self.ending));
        unpack::gunzip(&self.data, &data, &options.limits)?;
        Ok((data, Some(scratch)))
    }
}

pub(super) fn scratch(path: &Path) -> Result<TempDir, FormatError> {
    tempfile::Builder::new().prefix("yutu-").tempdir().map_err(|cause| FormatError::Open { path: path.to_owned(), cause })
}

/// SHA-256 in hexadecimal of a file with all its parts: the `.dbf`, `.shx`, `.prj`, `.cpg` of a Shapefile, the files of a
/// FileGDB folder. One file without parts has the hash that `sha256sum` gives.
pub fn sha256(path: &Path) -> Result<String, FormatError> {
    let open = |cause| FormatError::Open { path: path.to_owned(), cause };
    let parts = parts(path).map_err(open)?;
    let mut hash = Sha256::new();
    for part in &parts {
        if parts.len() > 1 {
            hash.update(part.file_name().unwrap_or_default().as_encoded_bytes());
            hash.update([0]);
            hash.update(std::fs::metadata(part).map_err(open)?.len().to_le_bytes());
        }
        let mut file = File::open(part).map_err(open)?;
        let mut buffer = vec![0; 1 << 18];
        loop {
            match file.read(&mut buffer).map_err(open)? {
                0 => break,
                count => hash.update(&buffer[..count]),
            }
        }
    }
    Ok(hex::encode(hash.finalize()))
}

/// The files that belong to `path`, in the order of their names.
fn parts(path: &Path) -> io::Result<Vec<PathBuf>> {
    let mut parts = Vec::new();
    if path.is_dir() {
        for entry in std::fs::read_dir(path)? {
            let entry = entry?.path();
            if entry.is_file() {
                parts.push(entry);
            }
        }
    } else {
        parts.push(path.to_owned());
        if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("shp")) {
            parts.extend(["dbf", "shx", "prj", "cpg"].iter().filter_map(|ending| sibling(path, ending)));
        }
    }
    parts.sort();
    parts.dedup();
    Ok(parts)
}

/// The file beside it with another ending, in lower or upper case.
pub(super) fn sibling(path: &Path, ending: &str) -> Option<PathBuf> {
    [ending.to_owned(), ending.to_uppercase()].iter().map(|ending| path.with_extension(ending)).find(|path| path.is_file())
}

fn size_of(path: &Path) -> io::Result<u64> {
    std::fs::metadata(path)?;
    parts(path)?.iter().map(|part| std::fs::metadata(part).map(|data| data.len())).sum()
}

/// Stem, ending in lower case without `.gz`, and whether there was a `.gz`.
fn named(path: &Path) -> (String, String, bool) {
    let lower = |text: Option<&OsStr>| text.map(|text| text.to_string_lossy().to_lowercase()).unwrap_or_default();
    let mut name = PathBuf::from(path.file_name().unwrap_or_default());
    let is_gzip = lower(name.extension()) == "gz";
    if is_gzip {
        name.set_extension("");
    }
    let mut ending = lower(name.extension());
    name.set_extension("");
    if ending == "pbf" && lower(name.extension()) == "osm" {
        name.set_extension("");
        ending = "osm.pbf".to_owned();
    }
    (name.to_string_lossy().into_owned(), ending, is_gzip)
}

fn kind_of(ending: &str) -> Option<Kind> {
    Some(match ending {
        "csv" | "tsv" | "txt" => Kind::Csv,
        "geojson" | "json" | "geojsonl" | "geojsons" | "ndjson" | "jsonl" => Kind::Json,
        "xlsx" | "xlsm" | "xls" | "ods" => Kind::Sheet,
        _ if super::ogr::drivers(ending).is_some() => Kind::Ogr,
        _ => return None,
    })
}
