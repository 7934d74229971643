//! What is wrong with a city pack: file, line and reason, in the words of whoever has to mend it.

use std::ops::Range;
use std::path::{Path, PathBuf};

/// A pack that is refused.
#[derive(Debug, thiserror::Error)]
#[error("城市包有误 / the city pack is wrong: {}{}: {reason}", file.display(), line.map(|line| format!(", line {line}")).unwrap_or_default())]
pub struct PackError {
    pub file: PathBuf,
    /// Counted from 1; `None` when the fault has no line, such as a file that cannot be read.
    pub line: Option<usize>,
    pub reason: String,
}

impl PackError {
    pub(super) fn whole(file: &Path, reason: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line: None, reason: reason.into() }
    }

    pub(super) fn at(file: &Path, text: &str, span: &Range<usize>, reason: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line: Some(line_of(text, span.start)), reason: reason.into() }
    }
}

/// Reads a TOML file of a pack into `T`, which refuses unknown keys itself.
pub(super) fn parse<T: serde::de::DeserializeOwned>(file: &Path, text: &str) -> Result<T, PackError> {
    toml::from_str(text).map_err(|error| PackError {
        file: file.to_owned(),
        line: error.span().map(|span| line_of(text, span.start)),
        reason: match error.span().and_then(|span| text.get(span)).map(str::trim) {
            Some(place) if !place.is_empty() && place.len() <= 120 && !place.contains('\n') => format!("{} (at {place})", error.message()),
            _ => error.message().to_owned(),
        },
    })
}

pub(super) fn read(file: &Path) -> Result<String, PackError> {
    std::fs::read_to_string(file).map_err(|error| {
        PackError::whole(
            file,
            match error.kind() {
                std::io::ErrorKind::NotFound => {
                    "there is no such file; a city pack is a folder with city.toml and profiles/*.toml".to_owned()
                }
                std::io::ErrorKind::InvalidData => "the file is not UTF-8 text; save it as UTF-8".to_owned(),
                _ => format!("cannot be read: {error}"),
            },
        )
    })
}

fn line_of(text: &str, at: usize) -> usize {
    text.as_bytes()[..at.min(text.len())].iter().filter(|byte| **byte == b'\n').count() + 1
}
