//! Keeps the snapshots in memory in step with the store: builds them at start, follows the change log, swaps them whole,
//! and tells open maps what changed. Readers never wait, and see one sequence from start to end.
//! Leaves out: every question asked of a snapshot.

mod boxes;
mod build;
mod follow;
mod merge;
mod once;
mod past;
mod read;

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use arc_swap::ArcSwap;
use chrono::{DateTime, Utc};
use tokio::sync::{broadcast, watch};

use crate::crs::Crs;
use crate::domain::{Extent, Layer};
use crate::gazetteer;
use crate::spatial::Snapshot;

pub use build::{Footprints, assemble, collect_footprints, english, ground, rounded};
pub use follow::follow;
pub use once::snapshot;

/// What a reader sees: everything at one sequence.
#[derive(Debug)]
pub struct State {
    /// Which database this is; another after a restore.
    pub epoch: String,
    pub snapshot: Snapshot,
    pub gazetteer: Arc<gazetteer::Index>,
    /// When the last change was committed.
    pub changed_at: Option<DateTime<Utc>>,
}

/// How the follower is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// Building the snapshots for the first time.
    Starting,
    Following,
    /// The database is away; answers come from memory, as of the sequence of the state.
    Stale {
        since: DateTime<Utc>,
    },
}

/// What open maps are told.
#[derive(Clone, Debug)]
pub enum Event {
    Changed {
        sequence: u64,
        layers: Vec<LayerChange>,
    },
    Stale {
        sequence: u64,
        since: DateTime<Utc>,
    },
    /// Following again.
    Fresh {
        sequence: u64,
    },
}

/// Where what readers see of a layer changed: the boxes (web mercator) of every changed feature as it was and as it is; `None`:
/// anywhere. A layer with no box changed in nothing that is drawn.
pub type Touched = BTreeMap<Layer, Option<Vec<Extent>>>;

/// Where a layer changed: boxes in longitude and latitude, a few hundred at most; `None`: anywhere.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerChange {
    pub layer: Layer,
    pub extents: Option<Vec<Extent>>,
}

/// What the city lets the public see of a layer, applied when the snapshot is made and so before any cache.
#[derive(Clone, Debug, Default)]
pub struct Publicity {
    /// Metres of the working system to which positions are rounded; 0 is exact.
    pub precision_m: f64,
    /// Fields that are left out.
    pub hidden: HashSet<String>,
}

/// What the builder needs to know of the city.
#[derive(Clone, Debug)]
pub struct Settings {
    pub working: Crs,
    pub publicity: BTreeMap<Layer, Publicity>,
}

/// The handle that questions hold.
#[derive(Debug)]
pub struct Live {
    state: ArcSwap<State>,
    caches: OnceLock<Cache>,
    announced: AtomicU64,
    health: watch::Sender<Health>,
    sequence: watch::Sender<u64>,
    events: broadcast::Sender<Event>,
}

/// What is made from the state and kept: told what changed after the state has, and before anyone else is.
struct Cache(Box<Renew>);

type Renew = dyn Fn(&Touched, &Arc<State>) + Send + Sync;

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cache")
    }
}

impl Default for Live {
    fn default() -> Self {
        Self::new()
    }
}

impl Live {
    /// With nothing in it.
    pub fn new() -> Self {
        let state = State {
            epoch: String::new(),
            snapshot: Snapshot::empty(DateTime::UNIX_EPOCH),
            gazetteer: Arc::new(gazetteer::Index::build(Vec::new())),
            changed_at: None,
        };
        Self {
            state: ArcSwap::from_pointee(state),
            caches: OnceLock::new(),
            announced: AtomicU64::new(0),
            health: watch::Sender::new(Health::Starting),
            sequence: watch::Sender::new(0),
            events: broadcast::Sender::new(256),
        }
    }

    /// What is known now. Hold it for one answer, not longer.
    pub fn state(&self) -> Arc<State> {
        self.state.load_full()
    }

    /// Whoever keeps what it makes from the state names here how to renew it. It is called with every change and the new state, when
    /// that can be read and before its sequence is told to anyone: what is kept after the call holds for that sequence. The change
    /// waits for it. Once only.
    pub fn before_announcing(&self, renew: impl Fn(&Touched, &Arc<State>) + Send + Sync + 'static) {
        if self.caches.set(Cache(Box::new(renew))).is_err() {
            tracing::error!("a second cache follows the changes; it is not told of them");
        }
    }

    /// The last sequence that everything kept from the state has reached. Read it first, then what is kept: that holds for it.
    pub fn announced(&self) -> u64 {
        self.announced.load(Ordering::Acquire)
    }

    /// Makes a new state known, in the order that [`Live::announced`] relies on.
    fn publish(&self, state: State, touched: &Touched, event: Event) {
        let sequence = state.snapshot.sequence;
        let state = Arc::new(state);
        self.state.store(Arc::clone(&state));
        if let Some(Cache(renew)) = self.caches.get() {
            renew(touched, &state);
        }
        self.announced.store(sequence, Ordering::Release);
        self.sequence.send_replace(sequence);
        let _ = self.events.send(event);
    }

    pub fn health(&self) -> Health {
        self.health.borrow().clone()
    }

    pub fn subscribe(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }

    /// Waits until the state has reached `sequence`; `false` when it did not in time.
    pub async fn reached(&self, sequence: u64, timeout: Duration) -> bool {
        let mut watch = self.sequence.subscribe();
        tokio::time::timeout(timeout, watch.wait_for(|reached| *reached >= sequence)).await.is_ok_and(|result| result.is_ok())
    }

    /// Waits until the snapshots have been built once.
    pub async fn built(&self) {
        let mut watch = self.health.subscribe();
        // The sender lives in `self`.
        let _ = watch.wait_for(|health| *health != Health::Starting).await;
    }
}
