//! One edition, from its files to the rows to be written: read, mapped, told apart, compared. Blocking; runs beside the database.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::mpsc::sync_channel;

use anyhow::{Result, bail};

use super::content::content_hash;
use super::defect::{Defect, Defects, Problem};
use super::difference::{Change, Difference};
use super::identity::{Repetition, SAME_SHAPE_M, Shapes, Verdict, unite};
use super::mapping::{Checked, Mapped, Mapper, Origin};
use super::plan::SourceFile;
use super::profile::{Match, Profile, Repeats};
use super::reading;
use super::report::{Counts, FileReport};
use super::shift::Evidence;
use crate::crs::Crs;
use crate::domain::{FeatureId, Record};
use crate::formats;
use crate::geometry;
use crate::store::load::LoadRow;

/// Rows to be written, in this order.
#[derive(Debug)]
pub enum Batch {
    Insert(Vec<LoadRow>),
    Replace(Vec<LoadRow>),
    /// Regions that a feature has left while it lives on in others.
    Leave(Vec<(String, FeatureId)>),
}

/// What came of it.
#[derive(Debug)]
pub struct Done {
    pub counts: Counts,
    pub defects: Defects,
    pub files: Vec<FileReport>,
    /// Knows what has vanished.
    pub difference: Difference,
}

/// Reads an edition and hands its rows to `send`; `send` breaks when nobody wants them any more.
#[derive(Debug)]
pub struct Edition<'a> {
    pub profile: &'a Profile,
    pub files: &'a [SourceFile],
    pub mapper: Mapper<'a>,
    pub difference: Difference,
    pub shapes: Shapes,
    pub evidence: &'a mut Evidence,
}

/// Rows that are mapped together.
const CHUNK: usize = 16_384;
/// Rows that are written together.
const WRITTEN_TOGETHER: usize = 8_192;

struct Run<'a, 's> {
    profile: &'a Profile,
    difference: Difference,
    shapes: Shapes,
    evidence: &'a mut Evidence,
    repetition: Repetition<'a>,
    /// Features that may still take up repeats, in the order of their first rows, with their files.
    open: Vec<(Checked, usize)>,
    places: HashMap<FeatureId, usize>,
    counts: Counts,
    defects: Defects,
    files: Vec<FileReport>,
    inserts: Vec<LoadRow>,
    replaces: Vec<LoadRow>,
    leaves: Vec<(String, FeatureId)>,
    send: &'s mut dyn FnMut(Batch) -> ControlFlow<()>,
}

impl Edition<'_> {
    /// # Errors
    /// When a file cannot be read, its coordinate system is not known, or `send` breaks.
    pub fn run(self, send: &mut dyn FnMut(Batch) -> ControlFlow<()>, progress: &mut dyn FnMut(u64)) -> Result<Done> {
        let mut run = Run {
            profile: self.profile,
            difference: self.difference,
            shapes: self.shapes,
            evidence: self.evidence,
            repetition: Repetition::new(&self.profile.identity),
            open: Vec::new(),
            places: HashMap::new(),
            counts: Counts::default(),
            defects: Defects::default(),
            files: Vec::new(),
            inserts: Vec::new(),
            replaces: Vec::new(),
            leaves: Vec::new(),
            send,
        };
        for file in self.files {
            run.files.push(FileReport {
                path: file.name.clone(),
                sha256: String::new(),
                bytes: 0,
                driver: None,
                crs: None,
                encoding: None,
            });
            for_each_chunk(self.profile, file, |chunk, layer, crs, driver, encoding| {
                let at = run.files.len() - 1;
                let report = &mut run.files[at];
                report.crs.get_or_insert_with(|| crs.name().to_owned());
                report.driver = driver.map(str::to_owned).or(report.driver.take());
                report.encoding = encoding.map(str::to_owned).or(report.encoding.take());
                let name = file.name.rsplit('/').next().unwrap_or(&file.name);
                let rows = chunk.len() as u64;
                for mapped in self.mapper.map(Origin { file: name, layer, crs }, chunk) {
                    run.take(mapped, at)?;
                }
                progress(rows);
                Ok(())
            })?;
        }
        for (row, file) in std::mem::take(&mut run.open) {
            let row = Checked { content_hash: content_hash(&row.record, &self.profile.attributes.volatile, true), ..row };
            run.emit(row, file)?;
        }
        run.flush(0)?;
        Ok(Done { counts: run.counts, defects: run.defects, files: run.files, difference: run.difference })
    }
}

impl Run<'_, '_> {
    fn take(&mut self, mapped: Mapped, file: usize) -> Result<()> {
        let mut row = match mapped {
            Mapped::Skipped => {
                self.counts.skipped += 1;
                return Ok(());
            }
            Mapped::Rejected(rejected) => {
                self.counts.read += 1;
                self.counts.rejected += 1;
                let file = self.files[file].path.clone();
                self.defects.push(Defect {
                    problem: rejected.problem,
                    file,
                    row: rejected.row,
                    source_id: rejected.source_id,
                    geometry: rejected.place,
                });
                return Ok(());
            }
            Mapped::Kept(row) => row,
        };
        self.counts.read += 1;
        if matches!(self.profile.identity.matching, Match::Geometry { .. }) {
            self.shapes.recognise(&mut row);
        }
        let union = self.profile.identity.repeats == Repeats::Union;
        match self.repetition.judge(row) {
            Verdict::New(row) if union => {
                self.places.insert(row.record.id, self.open.len());
                self.open.push((*row, file));
            }
            Verdict::New(row) => self.emit(*row, file)?,
            Verdict::Merge(row, distance_m) => {
                self.counts.merged += 1;
                self.defect(&row, file, Problem::Merged { distance_m });
                for problem in &row.problems {
                    if *problem != Problem::NoPosition {
                        self.defect(&row, file, problem.clone());
                    }
                }
                if union && let Some(place) = self.places.get(&row.record.id) {
                    unite(&mut self.open[*place].0, *row);
                }
            }
            Verdict::Reject(row) => {
                self.counts.rejected += 1;
                self.defect(&row, file, Problem::RepeatedKey);
            }
        }
        Ok(())
    }

    fn defect(&mut self, row: &Checked, file: usize, problem: Problem) {
        self.defects.push(Defect {
            problem,
            file: self.files[file].path.clone(),
            row: row.row,
            source_id: row.record.source_id.clone(),
            geometry: row.place.map(|[x, y]| geo_types::Point::new(x, y).into()),
        });
    }

    fn emit(&mut self, mut row: Checked, file: usize) -> Result<()> {
        for problem in std::mem::take(&mut row.problems) {
            self.defect(&row, file, problem);
        }
        self.evidence.note(&row.record);
        if row.record.geometry.is_none() {
            self.counts.unlocated += 1;
        }
        let change = {
            let regions: Vec<&str> = std::iter::once(&row.record.region).chain(&row.more_regions).map(String::as_str).collect();
            self.difference.compare(&row.record, &regions, row.content_hash)
        };
        if change == Change::Unchanged {
            self.counts.unchanged += 1;
            return Ok(());
        }
        if row.repaired {
            self.counts.repaired += 1;
        } else {
            self.counts.loaded += 1;
        }
        let shape_hash = match (&self.profile.identity.matching, &row.record.geometry) {
            (Match::Geometry { .. }, Some(shape)) => Some(geometry::fingerprint(shape, SAME_SHAPE_M).cast_signed()),
            _ => None,
        };
        match change {
            Change::Unchanged => {}
            Change::Insert => {
                self.counts.inserted += 1;
                let (content_hash, more) = (row.content_hash, std::mem::take(&mut row.more_regions));
                for region in more {
                    let record = Record { region, ..row.record.clone() };
                    self.inserts.push(LoadRow { record, content_hash, shape_hash });
                }
                self.inserts.push(LoadRow { record: row.record, content_hash, shape_hash });
            }
            Change::Update { insert, replace, leave } => {
                self.counts.updated += 1;
                self.leaves.extend(leave.into_iter().map(|region| (region, row.record.id)));
                let regions: Vec<String> =
                    std::iter::once(row.record.region.clone()).chain(std::mem::take(&mut row.more_regions)).collect();
                let with_region = |place: &usize| LoadRow {
                    record: Record { region: regions[*place].clone(), ..row.record.clone() },
                    content_hash: row.content_hash,
                    shape_hash,
                };
                self.inserts.extend(insert.iter().map(with_region));
                self.replaces.extend(replace.iter().map(with_region));
            }
        }
        self.flush(WRITTEN_TOGETHER)
    }

    /// Sends what has more rows than `least`.
    fn flush(&mut self, least: usize) -> Result<()> {
        let mut ready = Vec::new();
        if self.leaves.len() > least {
            ready.push(Batch::Leave(std::mem::take(&mut self.leaves)));
        }
        if self.inserts.len() > least {
            ready.push(Batch::Insert(std::mem::take(&mut self.inserts)));
        }
        if self.replaces.len() > least {
            ready.push(Batch::Replace(std::mem::take(&mut self.replaces)));
        }
        for batch in ready {
            if (self.send)(batch).is_break() {
                bail!("the database no longer takes rows");
            }
        }
        Ok(())
    }
}

/// Reads one file on a thread of its own and hands over chunks of rows with the layer, the system they are in, the driver and the encoding.
pub(super) fn for_each_chunk(
    profile: &Profile,
    file: &SourceFile,
    mut take: impl FnMut(Vec<formats::SourceFeature>, &str, &Crs, Option<&str>, Option<&str>) -> Result<()>,
) -> Result<()> {
    let layers: Vec<Option<&str>> = if profile.source.layers.is_empty() {
        vec![None]
    } else {
        profile.source.layers.iter().map(|layer| Some(layer.as_str())).collect()
    };
    for layer in layers {
        let options = reading::options(&profile.source, layer);
        let about = reading::about(&profile.source, file, &options)?;
        let label = layer.map_or(about.layer.clone(), str::to_owned);
        std::thread::scope(|scope| {
            let (send, receive) = sync_channel::<Vec<formats::SourceFeature>>(2);
            let reader = scope.spawn(move || {
                let mut chunk = Vec::with_capacity(CHUNK);
                let read = formats::read(&file.path, &options, &mut |row| {
                    chunk.push(row);
                    if chunk.len() < CHUNK {
                        return ControlFlow::Continue(());
                    }
                    match send.send(std::mem::replace(&mut chunk, Vec::with_capacity(CHUNK))) {
                        Ok(()) => ControlFlow::Continue(()),
                        Err(_) => ControlFlow::Break(()),
                    }
                })?;
                if !chunk.is_empty() {
                    drop(send.send(chunk));
                }
                Ok::<_, formats::FormatError>(read)
            });
            let mut result = Ok(());
            for chunk in &receive {
                result = take(chunk, &label, &about.crs, Some(&about.driver), about.encoding.as_deref());
                if result.is_err() {
                    break;
                }
            }
            drop(receive);
            let read = reader.join().map_err(|_| anyhow::anyhow!("the reader of {} stopped unexpectedly", file.name))?;
            result?;
            let info = read.map_err(reading::told)?;
            if info.crs.is_some() && reading::source_crs(&profile.source, &file.name, info.crs.as_deref())? != about.crs {
                bail!("{0}：读取过程中坐标系发生变化 / {0}: the coordinate system changed while the file was read", file.name);
            }
            take(Vec::new(), &label, &about.crs, Some(&info.driver), info.encoding.as_deref())
        })?;
    }
    Ok(())
}
