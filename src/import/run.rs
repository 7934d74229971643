//! The import as a whole: plan, then edition after edition in one transaction, then everything or nothing.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, anyhow, bail};
use chrono::NaiveDate;
use serde_json::json;
use sha2::{Digest, Sha256};
use sqlx::PgPool;
use tokio::sync::mpsc;

use super::defect::{Defect, Defects};
use super::difference::Difference;
use super::edition::{Batch, Done, Edition};
use super::identity::Shapes;
use super::mapping::{Mapped, Mapper, Origin};
use super::pack::{Pack, WorkingCrs};
use super::plan::{SourceFile, SourceFolder};
use super::profile::{Match, Profile};
use super::reading;
use super::region::Regions;
use super::report::{Counts, EditionReport, FileReport, ImportReport, Outcome};
use super::shift::Evidence;
use crate::crs::Crs;
use crate::domain::{Layer, Validity};
use crate::formats;
use crate::store::load::{DatasetId, DatasetVersion, Session};

/// What is to be imported, and how.
#[derive(Clone, Debug)]
pub struct ImportRequest {
    /// A folder, or one file.
    pub source: PathBuf,
    pub pack: Arc<Pack>,
    /// Names of profiles; none means all for which there are files.
    pub profiles: Vec<String>,
    /// Do everything but keep it.
    pub dry_run: bool,
    /// Where the defects go as GeoJSON.
    pub report: Option<PathBuf>,
    /// Dates the edition instead of the profile.
    pub valid_from: Option<NaiveDate>,
    /// A full delivery may end more than a fifth of what was there.
    pub allow_ends: bool,
    /// Read and compare even what was read before.
    pub force: bool,
    /// The working system of the database.
    pub working: Crs,
}

/// What is going on, for whoever waits.
#[derive(Clone, Debug)]
pub enum Progress {
    Started { profile: String, layer: Layer, valid_from: Option<NaiveDate>, files: usize, bytes: u64 },
    Rows { profile: String, read: u64 },
    Finished { profile: String, outcome: Outcome, counts: Counts },
}

type Listener = dyn Fn(Progress) + Send + Sync;

/// A full delivery that ends more than this share of a source is suspected to be a part delivery.
const MOST_ENDS: f64 = 0.2;
/// How many rows an end statement names at once.
const ENDED_TOGETHER: usize = 10_000;

/// One edition with everything that is known before its rows are read.
#[derive(Debug)]
struct Job {
    /// Index into the pack's profiles.
    profile: usize,
    files: Vec<SourceFile>,
    valid_from: Option<NaiveDate>,
    full: bool,
    allow_ends: bool,
    reports: Vec<FileReport>,
    files_sha256: String,
}

/// Imports. Everything becomes visible at once, or nothing.
///
/// # Errors
/// A chain that names profile, file and what to do; nothing was written then. The defect report is written all the same.
pub async fn run(pool: &PgPool, request: ImportRequest, progress: Arc<Listener>) -> Result<ImportReport> {
    let began = Instant::now();
    let request = Arc::new(request);
    let planning = Arc::clone(&request);
    let (jobs, absent, regions) = tokio::task::spawn_blocking(move || plan(&planning)).await??;
    let mut report =
        ImportReport { city: request.pack.city.id.clone(), dry_run: request.dry_run, sequence: None, editions: Vec::new(), seconds: 0.0 };
    report.editions.extend(absent);

    let mut session = Session::begin(pool).await?;
    let done = editions(&mut session, &request, jobs, Arc::new(regions), &progress, &mut report.editions).await;
    if let Some(path) = &request.report {
        std::fs::write(path, report.geojson())
            .with_context(|| format!("无法写入报告 / the report {} cannot be written", path.display()))?;
    }
    match done {
        Ok(()) if request.dry_run => session.abandon().await?,
        Ok(()) => report.sequence = Some(session.commit().await?),
        Err(error) => {
            session.abandon().await?;
            return Err(error);
        }
    }
    report.seconds = began.elapsed().as_secs_f64();
    Ok(report)
}

/// The working system for a source: the pack's, or for a pack that leaves it open the UTM zone in which the middle of the data lies.
///
/// # Errors
/// When it must be found from the data and they cannot be read or have no position.
pub fn working_crs(pack: &Pack, source: &Path) -> Result<Crs> {
    if let WorkingCrs::Given(crs) = &pack.city.crs {
        return Ok((**crs).clone());
    }
    let folder = SourceFolder::open(source)?;
    let wgs84 = Crs::wgs84();
    for profile in &pack.profiles {
        let mut points: Vec<[f64; 2]> = Vec::new();
        for planned in folder.editions(profile, None)?.iter().rev().take(1) {
            for file in &planned.files {
                reading::sample(&profile.source, file, 50_000, &mut |point, crs| {
                    let mut point = [point];
                    if crate::crs::transform_points(&mut point, crs, &wgs84).is_ok() {
                        points.push(point[0]);
                    }
                })?;
            }
        }
        if !points.is_empty() {
            // the middle one: a few stray points must not move the zone
            let middle = points.len() / 2;
            points.sort_by(|a, b| a[0].total_cmp(&b[0]));
            let longitude = points[middle][0];
            points.sort_by(|a, b| a[1].total_cmp(&b[1]));
            let latitude = points[middle][1];
            let zone = (((longitude + 180.0) / 6.0).floor() as i32).clamp(0, 59) + 1;
            let code = if latitude >= 0.0 { 32_600 + zone } else { 32_700 + zone };
            return Ok(Crs::parse(&format!("EPSG:{code}"))?);
        }
    }
    bail!(
        "城市包 {0} 的坐标系由数据范围确定，但来源 {1} 中没有可用的坐标，请用 --crs 指定 / the pack {0} takes its working system from the extent of \
         the data, but {1} has no positions it can read; name one with --crs EPSG:n",
        pack.city.id,
        source.display()
    )
}

/// Finds and hashes the files; also the reports of profiles that have none.
fn plan(request: &ImportRequest) -> Result<(Vec<Job>, Vec<EditionReport>, Regions)> {
    let pack = &request.pack;
    for name in &request.profiles {
        if pack.profile(name).is_none() {
            let known: Vec<_> = pack.profiles.iter().map(|profile| profile.name.as_str()).collect();
            bail!(
                "城市包 {0} 没有配置 {name} / the pack {0} has no profile {name}; there are {1}",
                pack.folder.display(),
                known.join(", ")
            );
        }
    }
    let folder = SourceFolder::open(&request.source)?;
    let (mut jobs, mut absent) = (Vec::new(), Vec::new());
    for (index, profile) in pack.profiles.iter().enumerate() {
        if !request.profiles.is_empty() && !request.profiles.contains(&profile.name) {
            continue;
        }
        let planned = folder.editions(profile, request.valid_from)?;
        if planned.is_empty() {
            absent.push(empty_report(profile, None, Outcome::NoFiles));
        }
        for edition in planned {
            let mut reports = Vec::new();
            let mut all = Sha256::new();
            let lookups = profile.lookups.values().filter_map(|lookup| lookup.file.as_deref()).flat_map(|file| folder.matching(file));
            for file in edition.files.iter().cloned().chain(lookups) {
                let sha256 = formats::sha256(&file.path).map_err(reading::told)?;
                all.update(file.name.as_bytes());
                all.update(sha256.as_bytes());
                let bytes = std::fs::metadata(&file.path).map(|about| about.len()).unwrap_or_default();
                reports.push(FileReport { path: file.name, sha256, bytes, driver: None, crs: None, encoding: None });
            }
            jobs.push(Job {
                profile: index,
                files: edition.files,
                valid_from: edition.valid_from,
                full: edition.full,
                allow_ends: edition.allow_ends,
                reports,
                files_sha256: hex::encode(all.finalize()),
            });
        }
    }
    if jobs.is_empty() {
        let globs: Vec<_> = pack.profiles.iter().flat_map(|profile| &profile.source.files).map(String::as_str).collect();
        bail!(
            "来源 {0} 中没有任何配置需要的文件 / {0} has no file that a profile asks for; they ask for {1}",
            request.source.display(),
            globs.join(", ")
        );
    }
    let regions = regions(request, &folder)?;
    Ok((jobs, absent, regions))
}

/// The areas of the regions, read from the divisions profile that the pack names.
fn regions(request: &ImportRequest, folder: &SourceFolder) -> Result<Regions> {
    let Some(wanted) = &request.pack.city.regions else { return Ok(Regions::default()) };
    let Some(profile) = request.pack.profile(&wanted.profile) else { return Ok(Regions::default()) };
    let none = Regions::default();
    let (lookups, _) = reading::lookups(profile, folder)?;
    let mut records = Vec::new();
    for planned in folder.editions(profile, None)?.into_iter().rev().take(1) {
        let mapper = Mapper::new(profile, &request.pack.city.code, &none, &lookups, &request.working, Validity::default());
        for file in &planned.files {
            super::edition::for_each_chunk(profile, file, |chunk, layer, crs, _, _| {
                for mapped in mapper.map(Origin { file: &file.name, layer, crs }, chunk) {
                    if let Mapped::Kept(row) = mapped {
                        records.push(row.record);
                    }
                }
                Ok(())
            })?;
        }
    }
    Ok(Regions::new(records))
}

async fn editions(
    session: &mut Session,
    request: &Arc<ImportRequest>,
    jobs: Vec<Job>,
    regions: Arc<Regions>,
    progress: &Arc<Listener>,
    reports: &mut Vec<EditionReport>,
) -> Result<()> {
    let mut evidence = Evidence::default();
    for job in jobs {
        let profile = &request.pack.profiles[job.profile];
        let bytes = job.reports.iter().map(|file| file.bytes).sum();
        progress(Progress::Started {
            profile: profile.name.clone(),
            layer: profile.layer,
            valid_from: job.valid_from,
            files: job.files.len(),
            bytes,
        });
        let report = match before(session, request, profile, &job).await? {
            Some(outcome) => EditionReport { files: job.reports, ..empty_report(profile, job.valid_from, outcome) },
            None => {
                let name = profile.name.clone();
                let (report, seen) = one(session, request, job, Arc::clone(&regions), evidence, Arc::clone(progress))
                    .await
                    .with_context(|| format!("配置 {name} / profile {name}"))?;
                evidence = seen;
                report
            }
        };
        progress(Progress::Finished { profile: profile.name.clone(), outcome: report.outcome, counts: report.counts });
        let guard = too_many_ends(request, profile, &report).and_then(|()| nothing_fits(&report));
        reports.push(report);
        guard?;
    }
    for suspicion in evidence.suspicions(&request.working) {
        if let Some(report) = reports.iter_mut().rev().find(|report| report.source == suspicion.source && report.outcome == Outcome::Read) {
            report.defects.push(Defect {
                problem: suspicion.problem,
                file: String::new(),
                row: 0,
                source_id: String::new(),
                geometry: None,
            });
        }
    }
    Ok(())
}

/// Whether the edition needs no reading, or must be refused.
async fn before(session: &mut Session, request: &ImportRequest, profile: &Profile, job: &Job) -> Result<Option<Outcome>> {
    let source = &profile.identity.source;
    let known = session.edition_known(source, &profile.name, &job.files_sha256, &profile.sha256).await?;
    let newest = session.newest_edition(source).await?;
    let older = match (newest, job.valid_from) {
        (Some(Some(newest)), Some(day)) => day < newest,
        (Some(Some(_)), None) => true,
        _ => false,
    };
    if known && (older || !request.force) {
        return Ok(Some(if older { Outcome::Superseded } else { Outcome::Known }));
    }
    if !older {
        return Ok(None);
    }
    if session.files_known(source, &job.files_sha256).await? {
        return Ok(Some(Outcome::Superseded));
    }
    let newest = newest.flatten().map(|day| day.to_string()).unwrap_or_default();
    match job.valid_from {
        Some(day) => bail!(
            "配置 {0}：版本 {day} 早于已导入的 {newest}，历史须按时间先后导入 / profile {0}: the edition of {day} is older than that of {newest}, which is \
             already loaded; editions are imported in order, so load the older ones first into an empty database",
            profile.name
        ),
        None => bail!(
            "配置 {0}：已有 {newest} 的版本，新版本须有日期（--valid-from）/ profile {0}: an edition of {newest} is loaded; date the new one with \
             valid_from in the profile or --valid-from",
            profile.name
        ),
    }
}

async fn one(
    session: &mut Session,
    request: &Arc<ImportRequest>,
    job: Job,
    regions: Arc<Regions>,
    evidence: Evidence,
    progress: Arc<Listener>,
) -> Result<(EditionReport, Evidence)> {
    let profile = &request.pack.profiles[job.profile];
    let existing = session.existing(profile.layer, &profile.identity.source).await?;
    let mut shapes = Shapes::default();
    if matches!(profile.identity.matching, Match::Geometry { .. }) {
        let ids: Vec<_> = existing.iter().map(|row| row.id).collect();
        let mut known: std::collections::HashMap<_, _> = session.shapes(profile.layer, &ids).await?.into_iter().collect();
        for row in &existing {
            if let (Some(number), Some(shape)) = (row.shape_hash, known.remove(&row.id)) {
                shapes.add(row.id, row.source_id.clone(), number, shape);
            }
        }
    }
    let difference = Difference::new(existing);
    let before = difference.len() as u64;
    let version = DatasetVersion {
        city: request.pack.city.id.clone(),
        source: profile.identity.source.clone(),
        profile: profile.name.clone(),
        profile_sha256: profile.sha256.clone(),
        layer: profile.layer,
        files: json!(
            job.reports.iter().map(|file| json!({ "path": file.path, "sha256": file.sha256, "bytes": file.bytes })).collect::<Vec<_>>()
        ),
        files_sha256: job.files_sha256.clone(),
        valid_from: job.valid_from,
        delivery: if job.full { "full" } else { "delta" },
    };
    let known = session.edition_known(&version.source, &version.profile, &version.files_sha256, &version.profile_sha256).await?;

    let (send, mut receive) = mpsc::channel::<Batch>(3);
    let work = Arc::clone(request);
    let job = Arc::new(job);
    let reading_job = Arc::clone(&job);
    let listener = Arc::clone(&progress);
    let reader =
        tokio::task::spawn_blocking(move || read_edition(&work, &reading_job, &regions, difference, shapes, evidence, &send, &*listener));

    let mut dataset: Option<DatasetId> = None;
    while let Some(batch) = receive.recv().await {
        let id = match dataset {
            Some(id) => id,
            None => *dataset.insert(session.dataset(&version).await?),
        };
        match batch {
            Batch::Insert(rows) => session.insert(id, &rows).await?,
            Batch::Replace(rows) => session.replace(id, &rows).await?,
            Batch::Leave(rows) => session.end(profile.layer, &rows, job.valid_from).await?,
        }
    }
    let (done, evidence) = reader.await.map_err(|error| anyhow!("the reader stopped unexpectedly: {error}"))??;
    let Done { mut counts, defects, files, difference } = done;

    if counts.read == 0 {
        let report =
            EditionReport { counts, defects, files: job.reports.clone(), ..empty_report(profile, job.valid_from, Outcome::NoRows) };
        return Ok((report, evidence));
    }
    if job.full {
        let (rows, features) = difference.vanished();
        counts.ended = features;
        let too_many = features as f64 > before as f64 * MOST_ENDS && !(request.allow_ends || job.allow_ends);
        if !too_many {
            for rows in rows.chunks(ENDED_TOGETHER) {
                session.end(profile.layer, rows, job.valid_from).await?;
            }
        }
    }
    if dataset.is_none() && (!known || counts.ended > 0) {
        dataset = Some(session.dataset(&version).await?);
    }
    if let Some(id) = dataset {
        session.counts(id, &json!(counts)).await?;
    }
    let files = job
        .reports
        .iter()
        .map(|file| match files.iter().find(|read| read.path == file.path) {
            Some(read) => FileReport { sha256: file.sha256.clone(), bytes: file.bytes, ..read.clone() },
            None => file.clone(),
        })
        .collect();
    let mut report = EditionReport { counts, defects, files, ..empty_report(profile, job.valid_from, Outcome::Read) };
    report.before = before;
    report.allow_ends = job.allow_ends;
    Ok((report, evidence))
}

/// The blocking half: files to batches.
#[expect(clippy::too_many_arguments, reason = "everything the other thread needs, once")]
fn read_edition(
    request: &ImportRequest,
    job: &Job,
    regions: &Regions,
    difference: Difference,
    shapes: Shapes,
    mut evidence: Evidence,
    send: &mpsc::Sender<Batch>,
    progress: &Listener,
) -> Result<(Done, Evidence)> {
    let profile = &request.pack.profiles[job.profile];
    let folder = SourceFolder::open(&request.source)?;
    let (lookups, conflicts) = reading::lookups(profile, &folder)?;
    let mapper = Mapper::new(profile, &request.pack.city.code, regions, &lookups, &request.working, Validity::since(job.valid_from));
    let edition = Edition { profile, files: &job.files, mapper, difference, shapes, evidence: &mut evidence };
    let mut read = 0;
    let mut done = edition.run(
        &mut |batch| if send.blocking_send(batch).is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) },
        &mut |rows| {
            read += rows;
            progress(Progress::Rows { profile: profile.name.clone(), read });
        },
    )?;
    for conflict in conflicts {
        done.defects.push(conflict);
    }
    Ok((done, evidence))
}

/// Rows that are all refused are no import: most often the coordinate system or the extent is not the one meant.
fn nothing_fits(report: &EditionReport) -> Result<()> {
    let Counts { read, rejected, .. } = report.counts;
    if read == 0 || rejected < read {
        return Ok(());
    }
    let first = report.defects.listed().first().map(|defect| defect.problem.text());
    let (zh, en) = first.map_or((String::new(), String::new()), |text| (text.zh, text.en));
    bail!(
        "配置 {0}：{read} 行全部被拒绝，例如：{zh}。未写入任何内容 / profile {0}: all {read} rows were rejected, for example: {en}. Nothing was written; \
         check the coordinate system and the extent",
        report.profile
    )
}

fn too_many_ends(request: &ImportRequest, profile: &Profile, report: &EditionReport) -> Result<()> {
    let (ended, before) = (report.counts.ended, report.before);
    if ended as f64 <= before as f64 * MOST_ENDS || request.allow_ends || report.allow_ends {
        return Ok(());
    }
    bail!(
        "配置 {0}：本次完整交付将终止 {before} 个要素中的 {ended} 个（超过 20%），可能只是部分数据；确认无误请加 --allow-ends / profile {0}: this full \
         delivery would end {ended} of {before} features of {1}, more than 20 %; it may be a part only. Add --allow-ends when it is right, or \
         delivery = \"delta\" to the edition",
        profile.name,
        report.source
    )
}

fn empty_report(profile: &Profile, valid_from: Option<NaiveDate>, outcome: Outcome) -> EditionReport {
    EditionReport {
        profile: profile.name.clone(),
        layer: profile.layer,
        source: profile.identity.source.clone(),
        valid_from,
        files: Vec::new(),
        outcome,
        counts: Counts::default(),
        defects: Defects::default(),
        before: 0,
        allow_ends: false,
    }
}
