//! How a profile's files are opened: reader options, the coordinate system they are in, and the lookup tables.

use std::collections::hash_map::Entry;
use std::ops::ControlFlow;

use anyhow::{Context, Result, anyhow, bail};

use super::defect::{Defect, Problem};
use super::plan::{SourceFile, SourceFolder};
use super::profile::{Csv, Profile, Source};
use super::template::{Lookups, Row, Table};
use crate::crs::Crs;
use crate::formats::{self, CsvOptions, FormatError, ReadOptions};

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

/// Why a file cannot be read, in both languages; it names the file.
pub fn told(error: FormatError) -> anyhow::Error {
    let text = format!("{} / {error}", error.zh());
    match std::error::Error::source(&error) {
        Some(cause) => anyhow!("{cause}").context(text),
        None => anyhow!(text),
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

/// What the file says of itself.
///
/// # Errors
/// The file cannot be opened, has no such layer, or its coordinate system is not known.
pub fn about(source: &Source, file: &SourceFile, options: &ReadOptions) -> Result<About> {
    let layers = formats::layers(&file.path, options).map_err(told)?;
    let wanted = options.layer.as_deref();
    let Some(layer) = layers.iter().find(|layer| wanted.is_none_or(|wanted| layer.name == wanted)) else {
        let known: Vec<_> = layers.iter().map(|layer| layer.name.as_str()).collect();
        bail!(
            "{0}：没有图层 {1} / {0}: there is no layer {1} in it; there are {2}",
            file.name,
            wanted.unwrap_or_default(),
            known.join(", ")
        );
    };
    let mut stated = layer.crs.clone();
    let name = file.name.to_ascii_lowercase();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    if name.ends_with(".geojson") || name.ends_with(".json") {
        // the old `crs` member may stand behind the features, and a wrong guess would misplace them all
        stated = formats::read(&file.path, options, &mut |_| ControlFlow::Continue(())).map_err(told)?.crs;
    }
    let crs = source_crs(source, &file.name, stated.as_deref())?;
    Ok(About { layer: layer.name.clone(), driver: String::new(), encoding: None, crs })
}

/// Positions of the first rows of a file, in its own system.
///
/// # Errors
/// As [`about`] and when the file cannot be read.
pub fn sample(source: &Source, file: &SourceFile, most: usize, take: &mut dyn FnMut([f64; 2], &Crs)) -> Result<()> {
    let layers: Vec<Option<&str>> =
        if source.layers.is_empty() { vec![None] } else { source.layers.iter().map(|layer| Some(layer.as_str())).collect() };
    for layer in layers {
        let options = options(source, layer);
        let about = about(source, file, &options)?;
        let mut left = most;
        formats::read(&file.path, &options, &mut |row| {
            if let Ok(Some(shape)) = &row.geometry
                && let Some(bounds) = crate::geometry::extent(shape)
            {
                take([(bounds.min[0] + bounds.max[0]) / 2.0, (bounds.min[1] + bounds.max[1]) / 2.0], &about.crs);
            }
            left -= 1;
            if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .map_err(told)?;
    }
    Ok(())
}

/// The lookup tables of a profile, and what is odd about them.
///
/// # Errors
/// A table's file is missing or cannot be read.
pub fn lookups(profile: &Profile, folder: &SourceFolder) -> Result<(Lookups, Vec<Defect>)> {
    let mut tables = Lookups::new();
    let mut odd = Vec::new();
    for (name, lookup) in &profile.lookups {
        let mut table = Table { values: lookup.map.clone().into_iter().collect() };
        let mut conflicts = 0;
        if let (Some(glob), Some(key), Some(value)) = (&lookup.file, &lookup.key, &lookup.value) {
            let files = folder.matching(glob);
            if files.is_empty() {
                bail!("对照表 {name} 的文件 {glob} 不存在 / the file {glob} of the lookup table {name} is not in the source folder");
            }
            let options = ReadOptions {
                layer: lookup.layer.clone(),
                encoding: lookup.encoding.clone(),
                csv: csv_options(&lookup.csv),
                ..ReadOptions::default()
            };
            let none = Lookups::new();
            for file in files {
                formats::read(&file.path, &options, &mut |row| {
                    let view =
                        Row { fields: &row.fields, file: &file.name, layer: "", number: row.row, profile: &profile.name, lookups: &none };
                    let mut misses = Vec::new();
                    if let (Some(key), Some(value)) = (key.fill(&view, &mut misses), value.fill(&view, &mut misses)) {
                        match table.values.entry(key) {
                            Entry::Vacant(entry) => {
                                entry.insert(value);
                            }
                            Entry::Occupied(entry) => conflicts += usize::from(*entry.get() != value),
                        }
                    }
                    ControlFlow::Continue(())
                })
                .map_err(told)
                .with_context(|| format!("对照表 {name} / lookup table {name}"))?;
            }
        }
        if conflicts > 0 {
            let problem = Problem::LookupConflict { table: name.clone(), keys: conflicts };
            odd.push(Defect { problem, file: String::new(), row: 0, source_id: String::new(), geometry: None });
        }
        tables.insert(name.clone(), table);
    }
    Ok((tables, odd))
}
