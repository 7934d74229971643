//! Text that comes in pieces, as rows of cells (RFC 4180, with whatever separator and line end).

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use super::{Limits, Row, RowsError};

/// Text waited for before the separator is decided without a whole first line.
const HEADING_BYTES: usize = 64 << 10;

pub(super) struct Split {
    limits: Limits,
    separator: Option<u8>,
    reader: Option<Reader>,
    is_crlf: bool,
    /// Text before the separator is decided.
    held: String,
    cells: Vec<u8>,
    filled: usize,
    ends: Vec<usize>,
    ended: usize,
    /// Line feeds read.
    lines: u64,
    /// The line in which the row at hand begins.
    begins: u64,
    /// Something of the row at hand was read.
    is_open: bool,
}

impl std::fmt::Debug for Split {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Split").field("separator", &self.separator).field("line", &self.begins).finish_non_exhaustive()
    }
}

impl Split {
    pub fn new(separator: Option<u8>, limits: Limits) -> Self {
        Self {
            limits,
            separator,
            reader: None,
            is_crlf: false,
            held: String::new(),
            cells: vec![0; 4096],
            filled: 0,
            ends: vec![0; 64],
            ended: 0,
            lines: 0,
            begins: 1,
            is_open: false,
        }
    }

    pub fn separator(&self) -> u8 {
        self.separator.unwrap_or(b',')
    }

    pub fn is_crlf(&self) -> bool {
        self.is_crlf
    }

    pub fn push(&mut self, text: &str, into: &mut Vec<Row>) -> Result<(), RowsError> {
        if self.reader.is_some() {
            return self.split(text, into);
        }
        self.held.push_str(text);
        match heading(&self.held) {
            None if self.held.len() < HEADING_BYTES => Ok(()),
            _ => self.begin(into),
        }
    }

    pub fn finish(&mut self, into: &mut Vec<Row>) -> Result<(), RowsError> {
        if self.reader.is_none() {
            self.begin(into)?;
        }
        // csv_core takes an empty piece for the end, and may have a last row then
        into.extend(self.read(b"")?.0);
        Ok(())
    }

    fn begin(&mut self, into: &mut Vec<Row>) -> Result<(), RowsError> {
        let held = std::mem::take(&mut self.held);
        let first = heading(&held).unwrap_or(&held);
        self.is_crlf = first.ends_with('\r');
        let separator = *self.separator.get_or_insert_with(|| likely_separator(first));
        self.reader = Some(ReaderBuilder::new().delimiter(separator).build());
        self.split(&held, into)
    }

    fn split(&mut self, text: &str, into: &mut Vec<Row>) -> Result<(), RowsError> {
        let mut rest = text.as_bytes();
        while !rest.is_empty() {
            let (row, read) = self.read(rest)?;
            into.extend(row);
            rest = &rest[read..];
        }
        Ok(())
    }

    /// At most one row from these bytes, and how many of them are used.
    fn read(&mut self, bytes: &[u8]) -> Result<(Option<Row>, usize), RowsError> {
        let mut used = 0;
        loop {
            if !self.is_open && !bytes.is_empty() {
                let blank = bytes[used..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
                self.lines += line_feeds(&bytes[used..used + blank]);
                used += blank;
                self.begins = self.lines + 1;
                if used == bytes.len() {
                    return Ok((None, used));
                }
                self.is_open = true;
            }
            let Some(reader) = &mut self.reader else { return Ok((None, bytes.len())) };
            let (result, read, wrote, ended) =
                reader.read_record(&bytes[used..], &mut self.cells[self.filled..], &mut self.ends[self.ended..]);
            self.lines += line_feeds(&bytes[used..used + read]);
            used += read;
            self.filled += wrote;
            self.ended += ended;
            if self.filled > self.limits.row_bytes {
                return Err(RowsError::RowTooLong { line: self.begins });
            }
            if self.ended > self.limits.cells {
                return Err(RowsError::TooManyCells { line: self.begins });
            }
            match result {
                ReadRecordResult::InputEmpty | ReadRecordResult::End => return Ok((None, used)),
                ReadRecordResult::OutputFull => self.cells.resize(self.cells.len() * 2, 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
                ReadRecordResult::Record => {
                    let row = self.row();
                    return Ok((Some(row), used));
                }
            }
        }
    }

    fn row(&mut self) -> Row {
        let mut start = 0;
        let cell = |end: &usize| {
            let text = String::from_utf8_lossy(&self.cells[start..*end]).into_owned();
            start = *end;
            text
        };
        let cells = self.ends[..self.ended].iter().map(cell).collect();
        let row = Row { line: self.begins, cells };
        (self.filled, self.ended) = (0, 0);
        self.is_open = false;
        row
    }
}

fn line_feeds(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|byte| **byte == b'\n').count() as u64
}

/// The first line that is not blank, without its line feed, when it has come whole.
fn heading(text: &str) -> Option<&str> {
    let mut is_quoted = false;
    let start = text.len() - text.trim_start_matches(['\r', '\n']).len();
    let end = text[start..].bytes().position(|byte| {
        is_quoted ^= byte == b'"';
        byte == b'\n' && !is_quoted
    })?;
    Some(&text[start..start + end])
}

/// What the heading has most of, outside quotes; the likelier of equals.
fn likely_separator(heading: &str) -> u8 {
    let mut counts = [(b',', 0), (b'\t', 0), (b';', 0), (b'|', 0)];
    let mut is_quoted = false;
    for byte in heading.bytes() {
        match byte {
            b'"' => is_quoted = !is_quoted,
            _ if !is_quoted => counts.iter_mut().filter(|(separator, _)| *separator == byte).for_each(|(_, count)| *count += 1),
            _ => {}
        }
    }
    counts.into_iter().rev().max_by_key(|(_, count)| *count).map_or(b',', |(separator, _)| separator)
}
