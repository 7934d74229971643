//! All layers at one sequence number.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::LayerIndex;
use crate::domain::Layer;

/// What a reader sees from start to end: every layer as of one sequence number of the change log.
#[derive(Clone, Debug)]
pub struct Snapshot {
    pub sequence: u64,
    /// When the state of `sequence` was read from the store.
    pub status_time: DateTime<Utc>,
    /// One for each of [`Layer::ALL`], in that order.
    pub layers: [Arc<LayerIndex>; Layer::ALL.len()],
}

impl Snapshot {
    pub fn empty(status_time: DateTime<Utc>) -> Self {
        Self { sequence: 0, status_time, layers: Layer::ALL.map(|layer| Arc::new(LayerIndex::build(layer, Vec::new()))) }
    }

    pub fn layer(&self, layer: Layer) -> &LayerIndex {
        &self.layers[layer as usize]
    }

    /// The same snapshot with one layer replaced; the caller sets the sequence.
    #[must_use]
    pub fn with_layer(&self, index: LayerIndex) -> Self {
        let mut next = self.clone();
        let place = index.layer() as usize;
        next.layers[place] = Arc::new(index);
        next
    }

    pub fn memory_bytes(&self) -> usize {
        self.layers.iter().map(|layer| layer.memory_bytes()).sum()
    }
}
