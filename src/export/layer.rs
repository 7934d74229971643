//! A layer as a file: read from the store at one sequence and written while more is read.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail};
use tokio::sync::mpsc::{Receiver, channel};

use super::about::{About, Standing, told};
use super::columns::{Public, Table};
use super::destination::Destination;
use super::{ExportedFile, Stop};
use crate::crs::{Crs, CrsError};
use crate::domain::{FeatureId, Layer};
use crate::formats::write::{self, FileCrs, FileFormat, Layout, Row, ShapeKind, Written};
use crate::store::{FoundFeature, Moment, Pool, Reading, ShapeCount};

/// What is wanted.
#[derive(Debug)]
pub struct LayerRequest {
    pub layer: Layer,
    pub file: PathBuf,
    pub format: FileFormat,
    /// Replace a file that is there.
    pub force: bool,
    pub working: Crs,
    /// The system of the file's coordinates.
    pub crs: Crs,
    pub moment: Moment,
    /// Only what the public sees, instead of everything.
    pub public: Option<Public>,
    pub about: About,
}

/// What was made.
#[derive(Clone, Debug, serde::Serialize)]
pub struct LayerReport {
    pub layer: Layer,
    pub format: &'static str,
    pub crs: String,
    pub features: u64,
    pub unlocated: u64,
    pub sequence: u64,
    /// The files that can be opened by themselves first.
    pub files: Vec<ExportedFile>,
    /// What the format could not hold, in both languages.
    pub notes: Vec<String>,
}

/// Batches that wait to be written: beyond these the database waits.
const WAITING_BATCHES: usize = 4;

/// Writes one layer. `progress` hears how many of how many features are written, now and then.
///
/// # Errors
/// What is in the way, in both languages. Nothing is left behind.
pub async fn layer(
    pool: &Pool,
    request: LayerRequest,
    stop: Arc<Stop>,
    progress: impl Fn(u64, u64) + Send + 'static,
) -> Result<LayerReport> {
    let is_shp = request.file.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("shp"));
    if request.format == FileFormat::Shapefile && !is_shp {
        bail!("Shapefile 由同名的几个文件组成，文件名须以 .shp 结尾 / a Shapefile is several files of one name: it must end in .shp");
    }
    let destination = Destination::new(&request.file, request.force)?;
    match request.format {
        FileFormat::Csv => destination.check_stranger("shp")?,
        FileFormat::Shapefile => destination.check_stranger("csvt")?,
        _ => {}
    }
    let mut reading = Reading::begin(pool).await?;
    let (sequence, layer) = (reading.sequence, request.layer);
    let as_of = reading.as_of(request.moment).await?;
    let shapes = reading.count_shapes(layer, as_of).await?;
    let expected = Expected::of(&shapes);

    let table = Table::new(layer, request.public.clone(), request.working.clone(), request.crs.clone());
    let standing = Standing {
        layer,
        crs: &request.crs,
        as_of,
        sequence,
        public: request.public.is_some(),
        features: expected.features,
        unlocated: expected.unlocated,
    };
    let layout = Layout {
        layer: layer.id().to_owned(),
        geometry: layer.geometry(),
        kinds: expected.kinds.clone(),
        columns: table.columns.clone(),
        crs: file_crs(&request.crs),
        about: request.about.members(&standing),
    };
    let (stem, format) = (destination.stem(), request.format);
    let names = write::file_names(format, &stem, &layout)?;
    let main = names.first().cloned().unwrap_or_default();
    // Of several files none has the name that was asked for.
    let main = if main.starts_with(&format!("{stem}.")) { main } else { String::new() };
    let sidecar = (!format.tells_about()).then(|| format!("{}.txt", file_name(&request.file)));
    destination.check_all(names.iter().chain(&sidecar), &main)?;

    let (send, receive) = channel(WAITING_BATCHES);
    let folder = destination.folder();
    let (written_layout, written_stem) = (layout.clone(), stem.clone());
    let writing = tokio::task::spawn_blocking(move || {
        let mut source = Source {
            receive,
            batch: Vec::new().into_iter(),
            next: None,
            table,
            stop,
            failure: None,
            count: 0,
            expected: expected.features,
            progress,
        };
        let written = write::write(&folder, &written_stem, format, &written_layout, &mut source);
        match source.failure {
            Some(failure) => Err(failure),
            None => written.map_err(anyhow::Error::from),
        }
    });
    let read = reading.records(layer, as_of, &send).await.with_context(|| reading_failed(layer));
    drop(send);
    // A writer that failed knows why; a reading that failed must not look like the end of the layer.
    let written = match (writing.await?, read) {
        (_, Err(error)) | (Err(error), _) => return Err(error),
        (Ok(written), Ok(())) => written,
    };
    let count = written.files.iter().map(|file| file.rows).sum::<u64>();
    if count != standing.features {
        bail!("写出 {count} 个要素，应有 {0} 个 / {count} features were written of {0}", standing.features);
    }
    if let Some(sidecar) = &sidecar {
        let files: Vec<String> = written.files.iter().map(|file| file_name(&file.path)).collect();
        let path = destination.folder().join(sidecar);
        std::fs::write(&path, request.about.text(&standing, &layout.columns, &written.losses, &files))
            .map_err(|cause| write::WriteError::of_io(&path, cause))?;
    }
    finish(destination, &main, &written, &layout, &standing, format)
}

fn finish(
    destination: Destination,
    main: &str,
    written: &Written,
    layout: &Layout,
    standing: &Standing<'_>,
    format: FileFormat,
) -> Result<LayerReport> {
    let opened: Vec<(String, u64)> = written.files.iter().map(|file| (file_name(&file.path), file.rows)).collect();
    let mut notes = told(&written.losses);
    if layout.crs.wkt.is_empty() {
        notes.push(format!(
            "{0} 没有通用的标识，文件本身无法标明坐标系 / files have no name for {0}: this one does not say in which system it is",
            standing.crs.name()
        ));
    } else if format == FileFormat::GeoJson && layout.crs.epsg.is_none() {
        notes.push("GeoJSON 只能以 EPSG 代码标明坐标系 / GeoJSON can name a coordinate system by its EPSG code only".to_owned());
    }
    Ok(LayerReport {
        layer: standing.layer,
        format: format.title(),
        crs: standing.crs.definition().to_owned(),
        features: standing.features,
        unlocated: standing.unlocated,
        sequence: standing.sequence,
        files: destination.publish(main, &opened)?,
        notes,
    })
}

fn reading_failed(layer: Layer) -> String {
    format!("读取图层 {layer} 失败 / reading the layer {layer} failed")
}

fn file_name(path: &std::path::Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn file_crs(crs: &Crs) -> FileCrs {
    FileCrs { name: crs.name().to_owned(), epsg: crs.epsg(), wkt: crs.wkt(), geographic: crs.is_geographic() }
}

/// What is going to come.
struct Expected {
    features: u64,
    unlocated: u64,
    kinds: BTreeSet<ShapeKind>,
}

impl Expected {
    fn of(shapes: &[ShapeCount]) -> Self {
        let kind = |shape: &ShapeCount| match shape.kind.as_deref() {
            None => ShapeKind::Nothing,
            Some("POINT") => ShapeKind::Point,
            Some("MULTIPOINT") => ShapeKind::MultiPoint,
            Some("LINESTRING" | "MULTILINESTRING") => ShapeKind::Line,
            Some("POLYGON" | "MULTIPOLYGON") => ShapeKind::Area,
            Some(_) => ShapeKind::Collection,
        };
        Self {
            features: shapes.iter().map(|shape| shape.features).sum(),
            unlocated: shapes.iter().filter(|shape| shape.kind.is_none()).map(|shape| shape.features).sum(),
            kinds: shapes.iter().map(kind).collect(),
        }
    }
}

/// The rows of the layer as they come from the store. It ends early when something is wrong, and keeps what.
struct Source<P> {
    receive: Receiver<Vec<FoundFeature>>,
    batch: std::vec::IntoIter<FoundFeature>,
    /// Read, but perhaps stored for further regions.
    next: Option<FoundFeature>,
    table: Table,
    stop: Arc<Stop>,
    failure: Option<anyhow::Error>,
    count: u64,
    expected: u64,
    progress: P,
}

/// Features between two words of progress.
const PROGRESS_EVERY: u64 = 20_000;

impl<P: Fn(u64, u64)> Source<P> {
    fn received(&mut self) -> Option<FoundFeature> {
        loop {
            if let Some(found) = self.batch.next() {
                return Some(found);
            }
            self.batch = self.receive.blocking_recv()?.into_iter();
        }
    }

    /// The next feature, with all regions that it is stored for.
    fn feature(&mut self) -> Option<(FoundFeature, String)> {
        let found = match self.next.take() {
            Some(found) => found,
            None => self.received()?,
        };
        let mut regions = found.record.region.clone();
        while let Some(more) = self.received() {
            if more.record.id != found.record.id {
                self.next = Some(more);
                break;
            }
            regions.push(';');
            regions.push_str(&more.record.region);
        }
        Some((found, regions))
    }
}

impl<P: Fn(u64, u64)> Iterator for Source<P> {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        if self.failure.is_some() {
            return None;
        }
        if let Err(stopped) = self.stop.check() {
            self.failure = Some(stopped.into());
            return None;
        }
        let (found, regions) = self.feature()?;
        let id = found.record.id;
        match self.table.row(found.record, &regions) {
            Ok(row) => {
                self.count += 1;
                if self.count.is_multiple_of(PROGRESS_EVERY) {
                    (self.progress)(self.count, self.expected);
                }
                Some(row)
            }
            Err(error) => {
                self.failure = Some(unplaced(id, &error));
                None
            }
        }
    }
}

fn unplaced(id: FeatureId, error: &CrsError) -> anyhow::Error {
    anyhow!("要素 {id}：{zh} / feature {id}: {error}", zh = error.zh())
}
