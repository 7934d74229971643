//! Keeps the snapshots in memory in step with the store: builds them at start, follows the change log, swaps them whole,
//! and tells open maps what changed. Readers never wait, and see one sequence from start to end.
//! Leaves out: every question asked of a snapshot.

mod build;
mod follow;
mod merge;

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use chrono::{DateTime, Utc};
use tokio::sync::{broadcast, watch};

use crate::crs::Crs;
use crate::domain::{Extent, Layer};
use crate::gazetteer;
use crate::spatial::Snapshot;

pub use build::{Footprints, assemble, collect_footprints, english, rounded};
pub use follow::follow;

/// What a reader sees: everything at one sequence.
#[derive(Debug)]
pub struct State {
    /// Which database this is; another after a restore.
    pub epoch: String,
    pub snapshot: Snapshot,
    pub gazetteer: Arc<gazetteer::Index>,
    /// For each layer, by [`Layer`] number, a number that is new whenever the layer's features are: what caches key on.
    pub revisions: [u64; Layer::ALL.len()],
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

/// Where a layer changed: boxes in longitude and latitude; `None`: anywhere.
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
    health: watch::Sender<Health>,
    sequence: watch::Sender<u64>,
    events: broadcast::Sender<Event>,
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
            revisions: [0; Layer::ALL.len()],
            changed_at: None,
        };
        Self {
            state: ArcSwap::from_pointee(state),
            health: watch::Sender::new(Health::Starting),
            sequence: watch::Sender::new(0),
            events: broadcast::Sender::new(256),
        }
    }

    /// What is known now. Hold it for one answer, not longer.
    pub fn state(&self) -> Arc<State> {
        self.state.load_full()
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
