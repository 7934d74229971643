//! Tables that flow: bytes in as they come, rows out, and rows as bytes of the same form again. Nothing is read twice, and
//! nothing is held but what has come and is not a row yet.
//!
//! Leaves out what the cells mean. Blank lines are no rows.

mod decode;
mod split;
#[cfg(test)]
mod tests;

use encoding_rs::{Encoding, GB18030, UTF_8};

use decode::Decode;
use split::Split;

/// How a table is written, as far as it is named by who sends it; the rest is found out.
#[derive(Clone, Debug, Default)]
pub struct Named {
    /// As [`super::ReadOptions::encoding`].
    pub encoding: Option<String>,
    pub separator: Option<u8>,
}

/// What more than that is refused.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Of one row, as UTF-8.
    pub row_bytes: usize,
    pub cells: usize,
}

/// Why the table cannot be read on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowsError {
    UnknownEncoding(String),
    /// The row that begins in this line is longer, most often because a quotation mark is never closed.
    RowTooLong {
        line: u64,
    },
    TooManyCells {
        line: u64,
    },
}

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The line of the file in which it begins, from 1.
    pub line: u64,
    pub cells: Vec<String>,
}

impl Row {
    /// Whether characters of the cell could not be read.
    pub fn is_garbled(&self, cell: usize) -> bool {
        self.cells.get(cell).is_some_and(|text| text.contains('\u{fffd}'))
    }
}

/// How the table is written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Form {
    pub encoding: &'static Encoding,
    pub has_bom: bool,
    pub separator: u8,
    /// Lines end in CR LF.
    pub is_crlf: bool,
}

/// Reads.
#[derive(Debug)]
pub struct RowsIn {
    decode: Decode,
    split: Split,
}

impl RowsIn {
    /// # Errors
    /// `UnknownEncoding`.
    pub fn new(named: &Named, limits: Limits) -> Result<Self, RowsError> {
        Ok(Self { decode: Decode::new(named.encoding.as_deref())?, split: Split::new(named.separator, limits) })
    }

    /// Adds the rows that are whole now.
    ///
    /// # Errors
    /// A limit is passed. The rows before that are added; nothing more can be read.
    pub fn push(&mut self, bytes: &[u8], into: &mut Vec<Row>) -> Result<(), RowsError> {
        let text = self.decode.push(bytes);
        self.split.push(&text, into)
    }

    /// Adds the rest, after the last byte.
    ///
    /// # Errors
    /// As [`Self::push`].
    pub fn finish(&mut self, into: &mut Vec<Row>) -> Result<(), RowsError> {
        let text = self.decode.finish();
        self.split.push(&text, into)?;
        self.split.finish(into)
    }

    /// As known so far: pure ASCII counts as UTF-8.
    pub fn form(&self) -> Form {
        let (encoding, has_bom) = self.decode.found();
        Form { encoding, has_bom, separator: self.split.separator(), is_crlf: self.split.is_crlf() }
    }
}

impl Form {
    /// The form for a table with texts that the first one does not have. GB18030 and UTF-8 can write everything and stay; all others
    /// become UTF-8 with a byte order mark, by which spreadsheets know it.
    pub fn for_any_text(self) -> Self {
        if self.encoding == UTF_8 || self.encoding == GB18030 {
            return self;
        }
        Self { encoding: UTF_8, has_bom: true, ..self }
    }

    /// The name of the encoding that the web knows.
    pub fn charset(&self) -> &'static str {
        self.encoding.name()
    }

    /// The bytes before the first row.
    pub fn start(&self) -> &'static [u8] {
        if self.has_bom && self.encoding == UTF_8 { b"\xef\xbb\xbf" } else { b"" }
    }

    /// Rows as bytes.
    pub fn write<'r>(&self, rows: impl Iterator<Item = Vec<&'r str>>) -> Vec<u8> {
        let terminator = if self.is_crlf { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') };
        let mut writer = csv::WriterBuilder::new().flexible(true).delimiter(self.separator).terminator(terminator).from_writer(Vec::new());
        for row in rows {
            // writing to memory does not fail
            let _ = writer.write_record(row);
        }
        let text = writer.into_inner().unwrap_or_default();
        if self.encoding == UTF_8 {
            return text;
        }
        self.encoding.encode(&String::from_utf8_lossy(&text)).0.into_owned()
    }
}

/// A separator by its name, or itself.
pub fn separator(name: &str) -> Option<u8> {
    Some(match name {
        "comma" | "," => b',',
        "semicolon" | ";" => b';',
        "tab" | "\t" | "\\t" => b'\t',
        "pipe" | "|" => b'|',
        _ => return None,
    })
}
