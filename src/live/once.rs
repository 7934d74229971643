//! The spatial snapshot without following: for commands that want what the public sees, and no server.

use std::sync::Arc;

use anyhow::Result;
use chrono::Utc;

use super::Settings;
use super::read::{ORDER, read_layer};
use crate::domain::Layer;
use crate::spatial::{LayerIndex, Snapshot};
use crate::store::{Pool, Reading};

/// These layers as a server would hold them, at one sequence; the others are empty.
///
/// # Errors
/// The database does not answer, or holds what cannot be read.
pub async fn snapshot(pool: &Pool, settings: Settings, layers: &[Layer]) -> Result<Snapshot> {
    let settings = Arc::new(settings);
    let mut reading = Reading::begin(pool).await?;
    let mut snapshot = Snapshot::empty(reading.status_time.unwrap_or_else(Utc::now));
    snapshot.sequence = reading.sequence;
    // A case is drawn by its footprints.
    let wanted = |layer: &Layer| layers.contains(layer) || (*layer == Layer::PermitFootprints && layers.contains(&Layer::Permits));
    for layer in ORDER.into_iter().filter(wanted) {
        let (features, _) = read_layer(&settings, &mut reading, layer, &snapshot, false).await?;
        snapshot = snapshot.with_layer(tokio::task::spawn_blocking(move || LayerIndex::build(layer, features)).await?);
    }
    Ok(snapshot)
}
