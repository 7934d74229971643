//! Reads the rows of a layer and makes features and search entries of them, while more arrive.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context, Result};
use rayon::ThreadPool;
use tokio::sync::Mutex;
use tokio::sync::mpsc::Receiver;

use super::Settings;
use super::build::{Footprints, convert, once_each};
use super::past::{History, by_feature, ended};
use crate::domain::{FeatureId, Layer, Value};
use crate::gazetteer::{Entry, Gathering};
use crate::spatial::{Feature, LayerIndex, Shape, Snapshot};
use crate::store::{EarlierRow, Reading, SentRows, SnapshotRow, Texts};

/// Batches that wait to be converted: beyond these the database waits.
const WAITING_BATCHES: usize = 4;
/// Threads that decode and convert a layer's rows while it is read.
const CONVERTING: usize = 2;

/// Layers in the order in which they are built: divisions first (they say where the others lie), footprints before their cases.
pub(super) const ORDER: [Layer; Layer::ALL.len()] = [
    Layer::Divisions,
    Layer::PermitFootprints,
    Layer::Permits,
    Layer::Zoning,
    Layer::Parcels,
    Layer::ControlAreas,
    Layer::Roads,
    Layer::Buildings,
    Layer::BoundaryLines,
    Layer::BoundaryMarkers,
    Layer::PlaceNames,
    Layer::DoorPlates,
];

/// Entries by the region of their row.
type ByRegion = BTreeMap<Arc<str>, Gathering>;

/// What rows are converted with.
struct Beside {
    settings: Arc<Settings>,
    layer: Layer,
    footprints: Footprints,
    divisions: Arc<LayerIndex>,
    history: History,
    /// Whether entries are wanted.
    searched: bool,
}

/// Reads and converts a layer; rows are decoded and converted while more arrive, and the database waits when they pile up. Entries, only
/// if the layer is to be `searched`, come in parts of which the later counts. They are packed at once: as they are, those of ten
/// million plates would take more than the features, and leave holes between these.
pub(super) async fn read_layer(
    settings: &Arc<Settings>,
    reading: &mut Reading,
    layer: Layer,
    snapshot: &Snapshot,
    searched: bool,
) -> Result<(Vec<Feature>, Vec<Gathering>)> {
    let history = if searched { by_feature(earlier(reading, layer, None).await?) } else { History::new() };
    let beside = Arc::new(Beside {
        settings: Arc::clone(settings),
        layer,
        footprints: footprints_for(layer, snapshot),
        divisions: Arc::clone(&snapshot.layers[Layer::Divisions as usize]),
        history,
        searched,
    });
    let (send, receive) = tokio::sync::mpsc::channel::<SentRows>(WAITING_BATCHES);
    let receive = Arc::new(Mutex::new(receive));
    let workers: Vec<_> = (0..CONVERTING)
        .map(|_| {
            let (receive, beside) = (Arc::clone(&receive), Arc::clone(&beside));
            tokio::task::spawn_blocking(move || beside.convert_all(&receive))
        })
        .collect();
    // Only the workers hold the other end: when all have failed, the reading ends.
    drop(receive);
    let read = reading.layer(layer, &send).await.with_context(|| format!("reading layer {layer}"));
    drop(send);
    let mut features = Vec::new();
    let mut entries = Vec::new();
    for worker in workers {
        let (some, gathered) = worker.await??;
        if features.is_empty() {
            features = some;
        } else {
            features.extend(some);
        }
        entries.extend(gathered);
    }
    read?;
    // The workers have ended and hold it no more.
    let Some(mut beside) = Arc::into_inner(beside) else { anyhow::bail!("layer {layer} is still being converted") };
    let finish = move || {
        let mut gathered = ByRegion::new();
        let history = std::mem::take(&mut beside.history);
        let mut found = |region: &Arc<str>, entry: Entry| gather(&mut gathered, region, &entry);
        with_ended(&beside.settings, layer, &features, history, &beside.divisions, &mut found)?;
        entries.extend(gathered);
        // Of a feature that is stored for several regions that of the first counts.
        entries.sort_by(|(a, _), (b, _)| b.cmp(a));
        let entries = entries.into_iter().map(|(_, part)| part).collect();
        Ok((once_each(features, |feature| (feature.id, &feature.region)), entries))
    };
    tokio::task::spawn_blocking(finish).await?
}

impl Beside {
    /// What comes until there is no more.
    fn convert_all(&self, receive: &Mutex<Receiver<SentRows>>) -> Result<(Vec<Feature>, ByRegion)> {
        let (mut features, mut gathered, mut texts) = (Vec::new(), ByRegion::new(), Texts::default());
        let mut found = |region: &Arc<str>, entry: Entry| {
            if self.searched {
                gather(&mut gathered, region, &entry);
            }
        };
        // The lock is held while waiting: whoever has it takes the next rows.
        while let Some(rows) = receive.blocking_lock().blocking_recv() {
            // On a calculation thread, which has its PROJ objects already.
            let part = rayon::scope(|_| {
                let rows = rows.decode(&mut texts)?;
                convert(&self.settings, self.layer, rows, &self.footprints, &self.divisions, &self.history, &mut found)
            })?;
            features.extend(part);
        }
        Ok((features, gathered))
    }
}

/// Makes features and entries of these rows, which are all that there is of their features, on the thread kept for it.
pub(super) async fn convert_some(
    settings: &Arc<Settings>,
    thread: Option<Arc<ThreadPool>>,
    layer: Layer,
    rows: Vec<SnapshotRow>,
    history: History,
    snapshot: &Snapshot,
) -> Result<(Vec<Feature>, Vec<Entry>)> {
    let (settings, footprints) = (Arc::clone(settings), footprints_for(layer, snapshot));
    let divisions = Arc::clone(&snapshot.layers[Layer::Divisions as usize]);
    let convert = move || -> Result<_> {
        let mut entries = Vec::new();
        let mut found = |region: &Arc<str>, entry: Entry| entries.push((Arc::clone(region), entry));
        let features = convert(&settings, layer, rows, &footprints, &divisions, &history, &mut found)?;
        with_ended(&settings, layer, &features, history, &divisions, &mut found)?;
        let features = once_each(features, |feature| (feature.id, &feature.region));
        let entries = once_each(entries, |(region, entry)| (entry.id, region));
        Ok((features, entries.into_iter().map(|(_, entry)| entry).collect()))
    };
    let on_thread = move || match thread {
        Some(thread) => thread.install(convert),
        None => convert(),
    };
    tokio::task::spawn_blocking(on_thread).await?
}

/// What the register said before of the layer or of some of its features. Footprints are not searched.
pub(super) async fn earlier(reading: &mut Reading, layer: Layer, ids: Option<&[FeatureId]>) -> Result<Vec<EarlierRow>> {
    if layer == Layer::PermitFootprints {
        return Ok(Vec::new());
    }
    reading.earlier(layer, ids).await.with_context(|| format!("reading the past of layer {layer}"))
}

/// Region and number of the case a footprint belongs to.
pub(super) fn case_of(footprint: &Feature) -> Option<(Arc<str>, Arc<str>)> {
    let field = u8::try_from(Layer::PermitFootprints.field_index("case_no")?).ok()?;
    match footprint.tag(field)? {
        Value::Text(case) => Some((Arc::clone(&footprint.region), Arc::clone(case))),
        _ => None,
    }
}

fn gather(by_region: &mut ByRegion, region: &Arc<str>, entry: &Entry) {
    match by_region.get_mut(region) {
        Some(part) => part.add(entry),
        None => by_region.entry(Arc::clone(region)).or_default().add(entry),
    }
}

/// The entries of what is no more, for `found`.
fn with_ended(
    settings: &Settings,
    layer: Layer,
    features: &[Feature],
    mut history: History,
    divisions: &LayerIndex,
    found: &mut dyn FnMut(&Arc<str>, Entry),
) -> Result<()> {
    if history.is_empty() {
        return Ok(());
    }
    features.iter().for_each(|feature| drop(history.remove(&feature.id)));
    ended(settings, layer, history, divisions, found)
}

/// The footprints by case, where the layer needs them.
fn footprints_for(layer: Layer, snapshot: &Snapshot) -> Footprints {
    let mut footprints = Footprints::new();
    if layer == Layer::Permits {
        for feature in snapshot.layer(Layer::PermitFootprints).iter() {
            if let (Some(case), Shape::Geometry(geometry)) = (case_of(feature), &feature.working)
                && let geo_types::Geometry::MultiPolygon(polygons) = geometry.as_ref()
            {
                footprints.entry(case).or_default().push(polygons.clone());
            }
        }
    }
    footprints
}
