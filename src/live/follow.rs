//! The follower: first builds everything from one reading, then applies what the change log brings.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use chrono::Utc;
use rayon::{ThreadPool, ThreadPoolBuilder};

use super::boxes::{differing, joined};
use super::build::{Footprints, collect_footprints, relabelled};
use super::merge::{Layered, Merge};
use super::past::by_feature;
use super::read::{ORDER, case_of, convert_some, earlier, read_layer};
use super::{Event, Health, LayerChange, Live, Settings, State, Touched};
use crate::crs::{self, Crs};
use crate::domain::{Extent, FeatureId, Layer};
use crate::gazetteer::{Entry, Index};
use crate::spatial::{Feature, LayerIndex, Snapshot};
use crate::store::{self, Pool, Reading, StoreError};
use crate::telemetry;

/// More changed features of a layer than this, and the layer is read anew.
const WHOLE_LAYER: u32 = 20_000;
/// When a layer was read as a whole and more boxes than this changed, all of it counts as changed.
const MOST_DIFFERING: usize = 50_000;
/// More changed boxes than this are joined before open maps are told.
const MOST_EXTENTS: usize = 100;
/// The log is read this often even when nothing is heard: a lost connection may swallow a notice.
const POLL: Duration = Duration::from_secs(2);
/// Changes that follow each other faster are taken together: a reading costs the database and this machine as much as many
/// changes do. The first after a rest is taken at once.
const TOGETHER: Duration = Duration::from_millis(50);
const RETRY: Duration = Duration::from_millis(500);
/// What is not the connection's fault does not pass so soon, and each try may read everything.
const RETRY_AFTER_FAULT: Duration = Duration::from_secs(10);
/// What the layers after them are made with; the index of any other grows beside the reading of the next.
const ASKED_BY_OTHERS: [Layer; 2] = [Layer::Divisions, Layer::PermitFootprints];

/// Follows the store for ever. The handle answers all the time, with nothing in it until [`Live::built`].
/// The schema must be there: see [`store::open`].
pub async fn follow(live: Arc<Live>, pool: Pool, settings: Settings) {
    let converter = converter(&settings.working);
    let follower = Follower::new(live, pool, settings, converter);
    follower.run().await;
}

/// A thread that has its PROJ objects and is kept for changes: tiles, merges and other builds may keep the calculation threads
/// busy for seconds, and a change would wait for its turn.
fn converter(working: &Crs) -> Option<Arc<ThreadPool>> {
    let made = ThreadPoolBuilder::new().num_threads(1).thread_name(|_| "changes".to_owned()).build();
    let thread = made.inspect_err(|error| tracing::warn!(%error, "changes share the threads of other work")).ok()?;
    let working = working.clone();
    // Whether this point can be transformed does not matter.
    thread.spawn(move || drop(crs::transform_points(&mut [[0.0, 0.0]], &working, &Crs::mercator())));
    Some(Arc::new(thread))
}

pub(super) struct Follower {
    converter: Option<Arc<ThreadPool>>,
    pool: Pool,
    settings: Arc<Settings>,
    live: Arc<Live>,
    spatial: HashMap<Layer, Merge<LayerIndex>>,
    gazetteer: Merge<Index>,
    /// The city's day of which the state holds.
    day: Option<chrono::NaiveDate>,
}

impl Follower {
    /// `converter`: a thread kept for changes, for one that is going to follow.
    pub(super) fn new(live: Arc<Live>, pool: Pool, settings: Settings, converter: Option<Arc<ThreadPool>>) -> Self {
        let settings = Arc::new(settings);
        Self { converter, pool, settings, live, spatial: HashMap::new(), gazetteer: Merge::default(), day: None }
    }

    async fn run(mut self) -> ! {
        let mut told = String::new();
        loop {
            let Err(error) = self.follow().await;
            let since = Utc::now();
            let away = is_away(&error);
            if let Health::Following = self.live.health() {
                self.live.health.send_replace(Health::Stale { since });
                let _ = self.live.events.send(Event::Stale { sequence: self.live.state().snapshot.sequence, since });
                metrics::gauge!(telemetry::STORE_REACHABLE).set(0.0);
                told.clear();
            }
            let error = format!("{error:#}");
            // Each reason once, however often it is met.
            if error == told {
                tracing::debug!(error, "still cannot follow the database");
            } else if away {
                tracing::warn!(error, "the database is away; answering from memory");
            } else {
                tracing::error!(error, "the changes cannot be read; answering from memory");
            }
            told = error;
            tokio::time::sleep(if away { RETRY } else { RETRY_AFTER_FAULT }).await;
        }
    }

    /// Follows until something fails.
    async fn follow(&mut self) -> Result<std::convert::Infallible> {
        // Listening begins before the first reading, so that nothing falls between the two.
        let mut listener = store::listener(&self.pool).await.context("listening for changes")?;
        loop {
            let begun = tokio::time::Instant::now();
            self.catch_up().await?;
            if self.live.health() != Health::Following {
                self.live.health.send_replace(Health::Following);
                metrics::gauge!(telemetry::STORE_REACHABLE).set(1.0);
                let _ = self.live.events.send(Event::Fresh { sequence: self.live.state().snapshot.sequence });
            }
            match tokio::time::timeout(POLL, listener.try_recv()).await {
                Ok(Ok(Some(_))) => {
                    tokio::time::sleep_until(begun + TOGETHER).await;
                    // One reading answers all that was heard by now.
                    while listener.next_buffered().is_some() {}
                }
                Err(_) => {}
                Ok(Ok(None)) => tracing::debug!("the listening connection was made anew"),
                Ok(Err(error)) => return Err(StoreError::from(error)).context("listening for changes"),
            }
        }
    }

    /// Brings the state to what the store holds now.
    async fn catch_up(&mut self) -> Result<()> {
        let mut reading = Reading::begin(&self.pool).await?;
        let state = self.live.state();
        if reading.epoch != state.epoch || reading.sequence < state.snapshot.sequence {
            return self.build(reading).await;
        }
        let today = reading.today;
        if reading.sequence == state.snapshot.sequence && self.day == Some(today) {
            return Ok(());
        }
        let changes = reading.changes_after(state.snapshot.sequence, WHOLE_LAYER).await?;
        let mut due = Due { whole: changes.whole, ..Due::default() };
        for (layer, id) in changes.features {
            due.changed.entry(layer).or_default().insert(id);
        }
        if let Some(since) = self.day.filter(|day| *day != today) {
            for layer in Layer::ALL {
                let turning = reading.turning_since(layer, since).await?;
                if !turning.is_empty() {
                    due.changed.entry(layer).or_default().extend(turning);
                }
            }
        }
        let mut next = Next { snapshot: state.snapshot.clone(), gazetteer: (*state.gazetteer).clone(), touched: Touched::new() };
        for layer in ORDER {
            let changed = due.changed.remove(&layer).unwrap_or_default();
            let mut ids: BTreeSet<FeatureId> = due.relabelled.remove(&layer).unwrap_or_default();
            ids.extend(&changed);
            if due.whole.contains(&layer) || ids.len() > WHOLE_LAYER as usize {
                self.read_whole(&mut reading, layer, &mut next).await?;
                if layer == Layer::PermitFootprints {
                    due.whole.insert(Layer::Permits);
                }
            } else if !ids.is_empty() {
                let cases = self.read_some(&mut reading, layer, &ids, &changed, &mut next).await?;
                if !cases.is_empty() {
                    due.changed.entry(Layer::Permits).or_default().extend(reading.permits_of(&cases).await?);
                }
            }
            if layer == Layer::Divisions && next.touched.contains_key(&layer) {
                due.relabelled = relabel(&state.snapshot, &next).await?;
            }
        }
        self.publish(&reading, next, false).await?;
        self.day = Some(today);
        Ok(())
    }

    /// Everything from nothing.
    async fn build(&mut self, mut reading: Reading) -> Result<()> {
        let started = std::time::Instant::now();
        let mut next = Next { snapshot: Snapshot::empty(Utc::now()), gazetteer: Index::build(Vec::new()), touched: Touched::new() };
        let mut entries = Vec::new();
        let mut growing = Vec::new();
        for layer in ORDER {
            let (features, more) = read_layer(&self.settings, &mut reading, layer, &next.snapshot, true).await?;
            entries.extend(more);
            let index = tokio::task::spawn_blocking(move || LayerIndex::build(layer, features));
            if ASKED_BY_OTHERS.contains(&layer) {
                next.snapshot = next.snapshot.with_layer(index.await?);
            } else {
                growing.push(index);
            }
            next.touched.insert(layer, None);
        }
        let gazetteer = tokio::task::spawn_blocking(move || Index::of(entries));
        for index in growing {
            next.snapshot = next.snapshot.with_layer(index.await?);
        }
        next.gazetteer = gazetteer.await?;
        self.spatial.values_mut().for_each(Merge::forget);
        self.gazetteer.forget();
        self.publish(&reading, next, true).await?;
        self.day = Some(reading.today);
        tracing::info!(
            seconds = format!("{:.1}", started.elapsed().as_secs_f64()),
            sequence = reading.sequence,
            features = self.live.state().snapshot.layers.iter().map(|layer| layer.len()).sum::<usize>(),
            "the snapshots are built"
        );
        Ok(())
    }

    async fn read_whole(&mut self, reading: &mut Reading, layer: Layer, next: &mut Next) -> Result<()> {
        let (features, entries) = read_layer(&self.settings, reading, layer, &next.snapshot, true).await?;
        let before = Arc::clone(&next.snapshot.layers[layer as usize]);
        let work = move || {
            let index = LayerIndex::build(layer, features);
            let touched = differing(&before, &index, MOST_DIFFERING);
            (index, touched)
        };
        let (index, touched) = tokio::task::spawn_blocking(work).await?;
        next.snapshot = next.snapshot.with_layer(index);
        next.touched.insert(layer, touched);
        if let Some(merge) = self.spatial.get_mut(&layer) {
            merge.forget();
        }
        let gazetteer = next.gazetteer.clone();
        self.gazetteer.forget();
        next.gazetteer = tokio::task::spawn_blocking(move || gazetteer.with_layer(layer, entries)).await?;
        Ok(())
    }

    /// Reads single features and applies them; open maps are told of a layer in which some `changed`, however little. For
    /// footprints it answers whose they were and are.
    async fn read_some(
        &mut self,
        reading: &mut Reading,
        layer: Layer,
        ids: &BTreeSet<FeatureId>,
        changed: &BTreeSet<FeatureId>,
        next: &mut Next,
    ) -> Result<HashSet<(Arc<str>, Arc<str>)>> {
        let ids: Vec<FeatureId> = ids.iter().copied().collect();
        let rows = reading.features(layer, &ids).await?;
        let mut cases = HashSet::new();
        if layer == Layer::PermitFootprints {
            cases.extend(ids.iter().filter_map(|id| case_of(next.snapshot.layer(layer).get(id)?)));
            let mut now = Footprints::new();
            collect_footprints(&rows, &mut now);
            cases.extend(now.into_keys());
        }
        let history = by_feature(earlier(reading, layer, Some(&ids)).await?);
        let (features, entries) = convert_some(&self.settings, self.converter.clone(), layer, rows, history, &next.snapshot).await?;
        // What is drawn is made from the features alone: those that stayed what they were touch nothing.
        let now: HashMap<FeatureId, &Feature> = features.iter().map(|feature| (feature.id, feature)).collect();
        let mut boxes = Vec::new();
        for id in &ids {
            let (was, is) = (next.snapshot.layer(layer).get(id), now.get(id).copied());
            if was != is {
                boxes.extend([was, is].into_iter().flatten().filter_map(|feature| feature.mercator.extent()));
            }
        }
        if (!changed.is_empty() || !boxes.is_empty())
            && let Some(touched) = next.touched.entry(layer).or_insert_with(|| Some(Vec::new()))
        {
            touched.append(&mut boxes);
        }
        let index = self.spatial.entry(layer).or_default().apply(next.snapshot.layer(layer), (ids.clone(), features)).await;
        next.snapshot = next.snapshot.with_layer(index);
        next.gazetteer = self.gazetteer.apply(&next.gazetteer, (ids, entries)).await;
        Ok(cases)
    }

    async fn publish(&self, reading: &Reading, mut next: Next, rebuilt: bool) -> Result<()> {
        let before = self.live.state();
        next.snapshot.sequence = reading.sequence;
        next.snapshot.status_time = Utc::now();
        // Footprints are drawn as part of their cases, which are touched themselves.
        let drawn = next.touched.iter().filter(|(layer, _)| **layer != Layer::PermitFootprints);
        let layers: Vec<LayerChange> = drawn
            .map(|(layer, boxes)| LayerChange {
                layer: *layer,
                extents: boxes.as_ref().map(|boxes| joined(boxes.clone(), MOST_EXTENTS).into_iter().map(to_wgs84).collect()),
            })
            .collect();
        metrics::gauge!(telemetry::SEQUENCE).set(reading.sequence as f64);
        for layer in &next.snapshot.layers {
            metrics::gauge!(telemetry::FEATURES, "layer" => layer.layer().id()).set(layer.len() as f64);
        }
        if let Some(committed) = reading.status_time
            && !rebuilt
            && reading.sequence > before.snapshot.sequence
        {
            let lag = (Utc::now() - committed).as_seconds_f64().max(0.0);
            metrics::histogram!(telemetry::SNAPSHOT_LAG_SECONDS).record(lag);
        }
        if rebuilt {
            metrics::gauge!(telemetry::SNAPSHOT_BYTES, "kind" => "spatial").set(next.snapshot.memory_bytes() as f64);
            metrics::gauge!(telemetry::SNAPSHOT_BYTES, "kind" => "gazetteer").set(next.gazetteer.memory_bytes() as f64);
        }
        let state = State {
            epoch: reading.epoch.clone(),
            snapshot: next.snapshot,
            gazetteer: Arc::new(next.gazetteer),
            changed_at: reading.status_time,
        };
        let (live, event) = (Arc::clone(&self.live), Event::Changed { sequence: reading.sequence, layers });
        // Looking up what thousands of changes reach takes a while.
        Ok(tokio::task::spawn_blocking(move || live.publish(state, &next.touched, event)).await?)
    }
}

/// The state that is being made.
struct Next {
    snapshot: Snapshot,
    gazetteer: Index,
    touched: Touched,
}

/// What a step has to read.
#[derive(Default)]
struct Due {
    whole: BTreeSet<Layer>,
    changed: BTreeMap<Layer, BTreeSet<FeatureId>>,
    /// Unchanged themselves, but their label is to be made anew.
    relabelled: BTreeMap<Layer, BTreeSet<FeatureId>>,
}

/// Features whose label names a division in which they no longer lie: where divisions were or now are, after they changed.
async fn relabel(before: &Snapshot, next: &Next) -> Result<BTreeMap<Layer, BTreeSet<FeatureId>>> {
    let (before, after, index) = (before.clone(), next.snapshot.clone(), next.gazetteer.clone());
    let work = move || {
        let (was, is) = (before.layer(Layer::Divisions), after.layer(Layer::Divisions));
        let differs = |one: &LayerIndex, other: &LayerIndex| -> Vec<Extent> {
            one.iter()
                .filter(|division| other.get(&division.id) != Some(*division))
                .filter_map(|division| division.working.extent())
                .collect()
        };
        let boxes = [differs(was, is), differs(is, was)].concat();
        let labelled = ORDER.into_iter().filter(|layer| *layer != Layer::Divisions);
        labelled.map(|layer| (layer, relabelled(after.layer(layer), is, &index, &boxes))).collect()
    };
    Ok(tokio::task::spawn_blocking(work).await?)
}

fn is_away(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| matches!(cause.downcast_ref::<StoreError>(), Some(StoreError::Unreachable(_))))
}

fn to_wgs84(extent: Extent) -> Extent {
    Extent::new(crs::mercator_to_wgs84(extent.min), crs::mercator_to_wgs84(extent.max))
}

impl Layered for LayerIndex {
    type Change = (Vec<FeatureId>, Vec<Feature>);

    fn needs_merge(&self) -> bool {
        self.needs_merge()
    }

    fn merged(&self) -> Self {
        self.merged()
    }

    fn changed(&self, (removed, upserted): Self::Change) -> Self {
        self.with_changes(&removed, upserted)
    }
}

impl Layered for Index {
    type Change = (Vec<FeatureId>, Vec<Entry>);

    fn needs_merge(&self) -> bool {
        self.needs_merge()
    }

    fn merged(&self) -> Self {
        self.merged()
    }

    fn changed(&self, (removed, upserted): Self::Change) -> Self {
        self.with_changes(&removed, upserted)
    }
}
