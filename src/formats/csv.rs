//! CSV and its relatives: rows are split in the file's own bytes and decoded cell by cell, so that a cell that cannot be
//! read spoils only itself. (No byte of a double-byte character is a quote, comma, semicolon, tab or line end.)

use std::io::{BufRead, BufReader, Read};
use std::sync::Arc;

use ::csv::{ByteRecord, ErrorKind, ReaderBuilder};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use super::source::Opened;
use super::table::Columns;
use super::{FormatError, ReadOptions, Sink, SourceFeature, SourceInfo, SourceValue, text};

pub(super) fn read(file: &Opened, options: &ReadOptions, sink: &mut Sink<'_>) -> Result<SourceInfo, FormatError> {
    let (encoding, encoding_guessed) = match &options.encoding {
        Some(name) => {
            let unknown = || FormatError::Encoding { path: file.path.clone(), encoding: name.clone() };
            (text::by_name(name).ok_or_else(unknown)?, false)
        }
        None => {
            let mut reader = file.reader(options)?;
            (text::guess(&mut *reader).map_err(|error| FormatError::reading(&file.path, &file.stem, error))?, true)
        }
    };
    let mut bytes = file.reader(options)?;
    let cells = if encoding == UTF_16LE || encoding == UTF_16BE {
        bytes = Box::new(BufReader::new(AsUtf8::new(bytes, encoding)));
        UTF_8
    } else {
        encoding
    };
    let reading = |error| FormatError::reading(&file.path, &file.stem, error);
    let start = bytes.fill_buf().map_err(reading)?;
    if start.starts_with(b"\xef\xbb\xbf") {
        bytes.consume(3);
    }
    let delimiter = match options.csv.delimiter {
        Some(delimiter) => delimiter,
        None => likely_delimiter(bytes.fill_buf().map_err(reading)?, &file.ending),
    };
    let mut rows = ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).buffer_capacity(1 << 16).from_reader(bytes);

    let mut record = ByteRecord::new();
    let broken = |error: ::csv::Error| match error.into_kind() {
        ErrorKind::Io(error) => FormatError::reading(&file.path, &file.stem, error),
        other => FormatError::damaged(&file.path, &file.stem, format!("{other:?}")),
    };
    for _ in 0..options.csv.skip_rows {
        rows.read_byte_record(&mut record).map_err(broken)?;
    }
    let header = match &options.csv.header {
        Some(header) => header.clone(),
        None => {
            rows.read_byte_record(&mut record).map_err(broken)?;
            record.iter().map(|cell| text::decode(cell, cells).0).collect()
        }
    };
    let columns = Columns::new(header, file, options)?;
    let info = SourceInfo {
        driver: "CSV".to_owned(),
        layer: file.stem.clone(),
        crs: None,
        encoding: Some(encoding.name().to_owned()),
        encoding_guessed,
        fields: columns.names.iter().map(ToString::to_string).collect(),
    };
    let mut row = 0;
    while rows.read_byte_record(&mut record).map_err(broken)? {
        row += 1;
        if record.as_slice().len() > options.limits.feature_bytes {
            return Err(FormatError::TooLarge {
                path: file.path.clone(),
                what: format!("row {row} (a quotation mark that is never closed?)"),
                limit: options.limits.feature_bytes as u64,
            });
        }
        if sink(feature(row, &record, &columns, cells)).is_break() {
            break;
        }
    }
    Ok(info)
}

fn feature(row: u64, record: &ByteRecord, columns: &Columns, encoding: &'static Encoding) -> SourceFeature {
    let mut notes = Vec::new();
    let mut fields = Vec::with_capacity(columns.names.len());
    for (place, cell) in record.iter().enumerate() {
        let name: Arc<str> = match columns.names.get(place) {
            Some(name) => Arc::clone(name),
            None if cell.is_empty() => continue,
            None => format!("column_{}", place + 1).into(),
        };
        let (text, lost) = text::decode(cell, encoding);
        if lost {
            notes.push(format!("text in {name} is not readable as {}: {text:?}", encoding.name()));
        }
        fields.push((name, SourceValue::of_text(text)));
    }
    for name in columns.names.iter().skip(record.len()) {
        fields.push((Arc::clone(name), SourceValue::Null));
    }
    notes.extend(columns.ragged(record.len()));
    let geometry = columns.point(&fields);
    SourceFeature { row, fields, geometry, notes }
}

/// What the first lines have most of, outside quotes.
fn likely_delimiter(start: &[u8], ending: &str) -> u8 {
    if ending == "tsv" {
        return b'\t';
    }
    let mut counts = [(b',', 0), (b'\t', 0), (b';', 0), (b'|', 0)];
    let (mut quoted, mut lines) = (false, 0);
    for byte in start {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' if !quoted => lines += 1,
            _ if !quoted => counts.iter_mut().filter(|(delimiter, _)| delimiter == byte).for_each(|(_, count)| *count += 1),
            _ => {}
        }
        if lines == 20 {
            break;
        }
    }
    // the first of equals is the likelier one
    counts.into_iter().rev().max_by_key(|(_, count)| *count).map_or(b',', |(delimiter, _)| delimiter)
}

/// UTF-16, as some offices' exports are, as UTF-8.
struct AsUtf8<R> {
    inner: R,
    decoder: encoding_rs::Decoder,
    ready: Vec<u8>,
    given: usize,
    done: bool,
}

impl<R: BufRead> AsUtf8<R> {
    fn new(inner: R, encoding: &'static Encoding) -> Self {
        Self { inner, decoder: encoding.new_decoder(), ready: Vec::new(), given: 0, done: false }
    }
}

impl<R: BufRead> Read for AsUtf8<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        while self.given == self.ready.len() {
            if self.done {
                return Ok(0);
            }
            let chunk = self.inner.fill_buf()?;
            self.done = chunk.is_empty();
            let mut text = String::with_capacity(self.decoder.max_utf8_buffer_length(chunk.len()).unwrap_or(chunk.len() * 3 + 16));
            let (_, read, _) = self.decoder.decode_to_string(chunk, &mut text, self.done);
            self.inner.consume(read);
            (self.ready, self.given) = (text.into_bytes(), 0);
        }
        let count = buffer.len().min(self.ready.len() - self.given);
        buffer[..count].copy_from_slice(&self.ready[self.given..self.given + count]);
        self.given += count;
        Ok(count)
    }
}
