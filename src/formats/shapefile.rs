//! What GDAL leaves to us of a Shapefile: whether it is complete, and in which encoding its table is.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use encoding_rs::Encoding;

use super::source::{Opened, sibling};
use super::{FormatError, ReadOptions, text};

/// Looking at so much of the table tells its encoding.
const SAMPLE_BYTES: u64 = 4 << 20;

/// The encoding, and whether it was guessed: as asked for, as the `.cpg` says, as the table's language byte says, else by
/// the bytes.
pub(super) fn encoding(file: &Opened, options: &ReadOptions) -> Result<(&'static Encoding, bool), FormatError> {
    if let Some(name) = &options.encoding {
        let unknown = || FormatError::Encoding { path: file.path.clone(), encoding: name.clone() };
        return text::by_name(name).map(|encoding| (encoding, false)).ok_or_else(unknown);
    }
    let stated = sibling(&file.data, "cpg").and_then(|cpg| std::fs::read_to_string(cpg).ok());
    if let Some(encoding) = stated.and_then(|name| text::by_name(&name)) {
        return Ok((encoding, false));
    }
    let mut table = Vec::new();
    if let Some(dbf) = sibling(&file.data, "dbf") {
        let open = |cause| FormatError::Open { path: file.path.clone(), cause };
        File::open(dbf).map_err(open)?.take(SAMPLE_BYTES).read_to_end(&mut table).map_err(open)?;
    }
    // language driver: dBASE's own list as ArcGIS uses it
    let stated = match table.get(29) {
        Some(0x4d | 0x7a) => text::by_name("cp936"),
        Some(0x4f | 0x78) => text::by_name("cp950"),
        _ => None,
    };
    if let Some(encoding) = stated {
        return Ok((encoding, false));
    }
    Ok((text::guess_bytes(text_of(&table)), true))
}

/// Field names and values, without the binary head of the table and without a value cut off at the end of the sample.
fn text_of(table: &[u8]) -> &[u8] {
    let length = |at: usize| table.get(at..at + 2).map_or(0, |two| usize::from(u16::from_le_bytes([two[0], two[1]])));
    let (head, row) = (length(8), length(10).max(1));
    let rows = table.get(head..).unwrap_or_default();
    &rows[..rows.len() / row * row]
}

/// All parts there and as long as they say they are: GDAL reads a cut file to the cut and says nothing.
pub(super) fn check(file: &Opened) -> Result<(), FormatError> {
    if file.ending != "shp" {
        return Ok(());
    }
    for part in ["shx", "dbf"] {
        if sibling(&file.data, part).is_none() {
            return Err(FormatError::MissingPart { path: file.path.clone(), part: format!(".{part}") });
        }
    }
    let open = |cause| FormatError::Open { path: file.path.clone(), cause };
    let cut = |part: &str, size: u64, stated: Option<u64>| {
        let what = format!(".{part} has {size} bytes of {}", stated.map_or("at least 100".to_owned(), |stated| stated.to_string()));
        FormatError::damaged(&file.path, &file.stem, what)
    };
    for (part, path) in [("shp", Some(file.data.clone())), ("shx", sibling(&file.data, "shx")), ("dbf", sibling(&file.data, "dbf"))] {
        let path = path.unwrap_or_default();
        let stated = if part == "dbf" { stated_table_bytes(&path) } else { stated_bytes(&path) }.map_err(open)?;
        let size = std::fs::metadata(&path).map_err(open)?.len();
        if stated.is_none_or(|stated| size < stated) {
            return Err(cut(part, size, stated));
        }
    }
    Ok(())
}

/// The head and the rows that the table counts (dBASE III: rows at byte 4, length of head and row at 8 and 10), without the
/// end mark, which some writers leave out.
fn stated_table_bytes(path: &Path) -> std::io::Result<Option<u64>> {
    let mut head = Vec::new();
    File::open(path)?.take(32).read_to_end(&mut head)?;
    if head.len() < 32 {
        return Ok(None);
    }
    let two = |at: usize| u64::from(u16::from_le_bytes([head[at], head[at + 1]]));
    let rows = u64::from(u32::from_le_bytes([head[4], head[5], head[6], head[7]]));
    Ok(Some(two(8) + rows * two(10)))
}

/// The length in the head, which counts words of two bytes (ESRI Shapefile Technical Description, 1998). `None` when there
/// is no such head.
fn stated_bytes(path: &Path) -> std::io::Result<Option<u64>> {
    let mut head = Vec::new();
    File::open(path)?.take(100).read_to_end(&mut head)?;
    let number = |at: usize| head.get(at..at + 4).map(|four| u32::from_be_bytes([four[0], four[1], four[2], four[3]]));
    Ok(if head.len() == 100 && number(0) == Some(9994) { number(24).map(|words| u64::from(words) * 2) } else { None })
}
