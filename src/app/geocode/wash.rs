//! Rows in, rows with their places out; plain calculation, fed with bytes as they come.

use std::collections::VecDeque;
use std::sync::Arc;

use rayon::prelude::*;
use serde::Serialize;

use super::{ADDED, columns, words};
use crate::app::{AppError, Message};
use crate::config::BatchLimits;
use crate::formats::rows::{self, Form, Named, Row, RowsError, RowsIn};
use crate::gazetteer::{Certainty, Index, Query};
use crate::language::is_unspaced;

/// How a table is to be understood and asked.
#[derive(Clone, Debug)]
pub struct WashForm {
    /// The columns with the address, by heading or number; empty: found out.
    pub columns: Vec<String>,
    pub has_heading: bool,
    pub named: Named,
    /// How each address is asked: language, bias, filters. The text is filled in.
    pub query: Query,
}

/// How many rows came out how sure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    pub rows: u64,
    pub a: u64,
    pub b: u64,
    pub c: u64,
    pub not_found: u64,
}

/// A table on its way.
#[derive(Debug)]
pub struct Wash {
    index: Arc<Index>,
    sequence: u64,
    form: WashForm,
    limits: BatchLimits,
    rows_in: RowsIn,
    pending: VecDeque<Row>,
    table: Option<Table>,
    counts: Counts,
}

/// What is known once the first row is there.
#[derive(Clone, Debug)]
struct Table {
    address: Vec<usize>,
    width: usize,
    out: Form,
}

/// What was found for one row.
struct Found {
    added: [String; ADDED.len()],
    certainty: Option<Certainty>,
}

impl Wash {
    /// # Errors
    /// `Invalid` when the encoding is not known.
    pub fn new(index: Arc<Index>, sequence: u64, form: WashForm, limits: BatchLimits) -> Result<Self, AppError> {
        let rows_in = RowsIn::new(&form.named, rows::Limits { row_bytes: limits.row_bytes, cells: limits.cells })
            .map_err(|error| told(&error, limits))?;
        Ok(Self { index, sequence, form, limits, rows_in, pending: VecDeque::new(), table: None, counts: Counts::default() })
    }

    /// Takes bytes of the table. What becomes whole rows waits for [`Self::work`].
    ///
    /// # Errors
    /// `Invalid`: the table cannot be read on, or its columns are not clear. The rows before that wait all the same.
    pub fn take(&mut self, bytes: &[u8]) -> Result<(), AppError> {
        let mut rows = Vec::new();
        let read = self.rows_in.push(bytes, &mut rows);
        self.pending.extend(rows);
        read.map_err(|error| told(&error, self.limits))
    }

    /// After the last byte.
    ///
    /// # Errors
    /// As [`Self::take`]; or there was no row at all.
    pub fn end(&mut self) -> Result<(), AppError> {
        let mut rows = Vec::new();
        let read = self.rows_in.finish(&mut rows);
        self.pending.extend(rows);
        read.map_err(|error| told(&error, self.limits))?;
        if self.table.is_none() && self.pending.is_empty() {
            return Err(AppError::invalid("body", "表是空的：一行也没有。", "The table is empty: there is not one row."));
        }
        Ok(())
    }

    pub fn is_waiting(&self) -> bool {
        !self.pending.is_empty()
    }

    /// How the answer is written; known once there is a row.
    pub fn out(&self) -> Option<Form> {
        self.table.as_ref().map(|table| table.out)
    }

    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Washes some of the rows that wait, in their order; on all calculation threads when `widely`.
    ///
    /// # Errors
    /// `Invalid`: the columns are not clear, or there are more rows than allowed.
    pub fn work(&mut self, at_most: usize, widely: bool) -> Result<Vec<u8>, AppError> {
        let mut bytes = Vec::new();
        if self.table.is_none() {
            let Some(first) = self.pending.front() else { return Ok(bytes) };
            let table = Table {
                address: columns::address(&self.form.columns, &first.cells, self.form.has_heading)?,
                width: first.cells.len(),
                out: self.rows_in.form().for_any_text(),
            };
            bytes.extend_from_slice(table.out.start());
            if self.form.has_heading
                && let Some(heading) = self.pending.pop_front()
            {
                let added = added_headings(&heading.cells);
                bytes.extend(table.out.write(std::iter::once(heading.cells.iter().chain(&added).map(String::as_str).collect())));
            }
            self.table = Some(table);
        }
        let Some(table) = self.table.clone() else { return Ok(bytes) };
        let left = usize::try_from(self.limits.rows - self.counts.rows).unwrap_or(usize::MAX);
        let rows: Vec<Row> = self.pending.drain(..at_most.min(left).min(self.pending.len())).collect();
        if rows.is_empty() && !self.pending.is_empty() {
            let most = self.limits.rows;
            return Err(AppError::invalid(
                "body",
                format!("超过 {most} 行，请把表分成几份。"),
                format!("There are more than {most} rows; split the table."),
            ));
        }
        let find = |row: &Row| self.find(row, &table);
        let found: Vec<Found> = if widely { rows.par_iter().map(find).collect() } else { rows.iter().map(find).collect() };
        for found in &found {
            self.counts.rows += 1;
            match found.certainty {
                Some(Certainty::A) => self.counts.a += 1,
                Some(Certainty::B) => self.counts.b += 1,
                Some(Certainty::C) => self.counts.c += 1,
                None => self.counts.not_found += 1,
            }
        }
        bytes.extend(table.out.write(rows.iter().zip(&found).map(|(row, found)| whole(row, found, table.width))));
        Ok(bytes)
    }

    /// A last row that says why nothing follows, for readers who have the rows before it already.
    pub fn last_words(&self, why: &str) -> Vec<u8> {
        let Some(table) = &self.table else { return Vec::new() };
        let blank = std::iter::repeat_n("", table.width + ADDED.len() - 1);
        table.out.write(std::iter::once(blank.chain([why]).collect()))
    }

    fn find(&self, row: &Row, table: &Table) -> Found {
        let is_english = !self.form.query.lang.starts_with("zh");
        let say = |zh: &str, en: &str| if is_english { en.to_owned() } else { zh.to_owned() };
        let mut notes = Vec::new();
        if row.cells.len() != table.width {
            let (cells, width) = (row.cells.len(), table.width);
            let (zh, en) = if cells < width {
                ("缺的留空", "what is missing is left blank")
            } else {
                ("多出的在最后", "the rest stands at the end")
            };
            notes.push(say(
                &format!("本行有 {cells} 格，应为 {width} 格，{zh}"),
                &format!("this row has {cells} cells instead of {width}; {en}"),
            ));
        }
        if table.address.iter().any(|place| row.is_garbled(*place)) {
            notes.push(say("地址中有读不出的字符，请核对编码", "characters of the address cannot be read; check the encoding"));
        }
        let text = address(row, &table.address);
        let most = self.limits.address_bytes;
        let mut added: [String; ADDED.len()] = Default::default();
        added[9] = self.sequence.to_string();
        let mut certainty = None;
        if text.is_empty() {
            notes.push(say("地址为空", "the address is empty"));
        } else if text.len() > most {
            notes.push(say(
                &format!("地址超过 {most} 字节，未查"),
                &format!("the address is longer than {most} bytes and was not looked for"),
            ));
        } else {
            let resolution = self.index.resolve(&Query { text, ..self.form.query.clone() });
            notes.extend(words::note(&resolution, is_english));
            certainty = resolution.certainty.filter(|_| resolution.hit.is_some());
            if let Some(hit) = &resolution.hit {
                added[0] = hit.place.label.clone();
                added[1] = hit.place.layer.id().to_owned();
                added[2] = hit.place.id.to_string();
                if let Some([lon, lat]) = hit.place.position {
                    (added[3], added[4]) = (format!("{lon:.7}"), format!("{lat:.7}"));
                }
                added[5] = certainty.map(|certainty| format!("{certainty:?}")).unwrap_or_default();
                added[6] = code(&hit.matched.kind);
                added[7] = words::differences(&hit.parts, is_english);
                added[8] = resolution.rivals.to_string();
            }
        }
        added[10] = notes.join(if is_english { "; " } else { "；" });
        Found { added, certainty }
    }
}

/// The row as it was, what was found, and what the row had more than its heading.
fn whole<'r>(row: &'r Row, found: &'r Found, width: usize) -> Vec<&'r str> {
    let cells = row.cells.iter().map(String::as_str);
    let known = cells.clone().chain(std::iter::repeat("")).take(width);
    known.chain(found.added.iter().map(String::as_str)).chain(cells.skip(width)).collect()
}

/// The cells as one text: with blanks between words, nothing beside hanzi.
fn address(row: &Row, places: &[usize]) -> String {
    let mut text = String::new();
    for cell in places.iter().filter_map(|place| row.cells.get(*place)).map(|cell| cell.trim()).filter(|cell| !cell.is_empty()) {
        let is_apart = |sign: Option<char>| sign.is_some_and(|sign| !is_unspaced(sign));
        if is_apart(text.chars().next_back()) && is_apart(cell.chars().next()) {
            text.push(' ');
        }
        text.push_str(cell);
    }
    text
}

/// A table that was washed before has these columns already: the new ones are counted on.
fn added_headings(heading: &[String]) -> Vec<String> {
    let with = |times: u32| ADDED.map(|name| if times == 1 { name.to_owned() } else { format!("{name}_{times}") });
    let is_new = |names: &[String; ADDED.len()]| !heading.iter().any(|known| names.iter().any(|name| name == known.trim()));
    (1..).map(with).find(is_new).map(Vec::from).unwrap_or_default()
}

fn code(kind: &impl Serialize) -> String {
    serde_json::to_value(kind).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

fn told(error: &RowsError, limits: BatchLimits) -> AppError {
    let (field, message) = match error {
        RowsError::UnknownEncoding(name) => (
            "encoding",
            Message::new(
                format!("不认识编码 {name:?}。可用：utf-8、gb18030、big5、windows-1252 等。"),
                format!("The encoding {name:?} is not known. There are utf-8, gb18030, big5, windows-1252 and others."),
            ),
        ),
        RowsError::RowTooLong { line } => (
            "body",
            Message::new(
                format!("从第 {line} 行起的一条记录超过 {0} 字节，多半是引号没有成对，请改正后再传。", limits.row_bytes),
                format!(
                    "The row that begins in line {line} is longer than {0} bytes, most likely because a quotation mark is not closed; mend it and send the table again.",
                    limits.row_bytes
                ),
            ),
        ),
        RowsError::TooManyCells { line } => (
            "body",
            Message::new(
                format!("第 {line} 行超过 {0} 列，请核对分隔符（separator）。", limits.cells),
                format!("Line {line} has more than {0} columns; check the separator.", limits.cells),
            ),
        ),
    };
    AppError::Invalid { field: field.to_owned(), message }
}
