//! How a profile's files are opened: reader options, the coordinate system they are in, and the lookup tables.

use std::collections::hash_map::Entry;
use std::ops::ControlFlow;

use anyhow::{Context, Result, bail};

use super::defect::{Defect, Problem};
use super::plan::{SourceFile, SourceFolder};
use super::profile::{Csv, Profile, Source};
use super::template::{Lookups, Row, Table};
use crate::crs::Crs;
use crate::formats::{self, CsvOptions, ReadOptions};

/// What is known of a file before its rows are read.
#[derive(Debug)]
pub struct About {
    pub layer: String,
    pub driver: String,
    pub encoding: Option<String>,
    pub crs: Crs,
}

pub fn options(source: &Source, layer: Option<&str>) -> ReadOptions {
    ReadOptions {
        layer: layer.map(str::to_owned),
        encoding: source.encoding.clone(),
        csv: csv_options(&source.csv),
        sheet: source.sheet.clone(),
        close_lines: source.close_lines,
        ..ReadOptions::default()
    }
}

fn csv_options(csv: &Csv) -> CsvOptions {
    CsvOptions {
        delimiter: csv.delimiter.and_then(|delimiter| u8::try_from(delimiter).ok()),
        header: csv.header.clone(),
        skip_rows: csv.skip_rows,
        x: csv.x.clone(),
        y: csv.y.clone(),
    }
}

/// The system in which the file's coordinates are, from what it states and what the profile says.
///
/// # Errors
/// Neither says one; both do and differ; or it is an old Chinese datum without parameters.
pub fn source_crs(source: &Source, file: &str, stated: Option<&str>) -> Result<Crs> {
    let crs = match (stated, &source.crs) {
        (None, None) => bail!(
            "{file}：文件没有写明坐标系，请在配置的 [source] 中写 crs = \"EPSG:…\" / {file}: the file states no coordinate system; write \
             crs = \"EPSG:...\" in [source] of the profile"
        ),
        (None, Some(said)) => said.clone(),
        (Some(_), Some(said)) if source.crs_lies => said.clone(),
        (Some(stated), said) => {
            let stated = Crs::parse(stated).with_context(|| format!("{file}: the coordinate system that the file states"))?;
            match said {
                Some(said) if *said != stated => bail!(
                    "{file}：文件写明坐标系 {0}，配置写的是 {1}；如文件有误请加 crs_lies = true，否则删去 crs / {file}: the file states {0}, the \
                     profile {1}; add crs_lies = true when the file is wrong, else remove crs",
                    stated.name(),
                    said.name()
                ),
                _ => stated,
            }
        }
    };
    if let Err(error) = crs.check_parameters() {
        bail!("{file}：{} / {file}: {error}", error.zh());
    }
    Ok(crs)
}
