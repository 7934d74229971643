//! Which layers there are and how much is in them.

use chrono::{DateTime, NaiveDate, Utc};

use super::{App, AppError};
use crate::crs;
use crate::domain::{Extent, Layer};
use crate::live::{Health, State};
use crate::spatial::Shape;
use crate::store::{self, Dataset};

/// A layer as it stands.
#[derive(Clone, Debug)]
pub struct LayerInfo {
    pub layer: Layer,
    pub count: usize,
    /// Of these, without a position.
    pub unlocated: usize,
    /// Longitude and latitude.
    pub extent: Option<Extent>,
    pub sequence: u64,
    /// The date of the newest edition, or the day of the newest import; `None`: nothing was imported, or the database is away.
    pub status_date: Option<NaiveDate>,
    pub changed_at: Option<DateTime<Utc>>,
}

/// All public layers, lowest first.
///
/// # Errors
/// `Unavailable` until the snapshots are built.
pub async fn layers(app: &App) -> Result<Vec<LayerInfo>, AppError> {
    let health = app.live.health();
    if health == Health::Starting {
        return Err(AppError::starting());
    }
    let state = app.live.state();
    // The date is an extra: without the database the rest still holds, and at once.
    let datasets = match health {
        Health::Following => store::latest_datasets(&app.pool).await.unwrap_or_else(|error| {
            tracing::debug!(%error, "status dates are unknown");
            Vec::new()
        }),
        _ => Vec::new(),
    };
    // Counting looks at every feature.
    app.calculations.run(move || describe(&state, &datasets)).await
}

fn describe(state: &State, datasets: &[Dataset]) -> Vec<LayerInfo> {
    Layer::public()
        .map(|layer| {
            let index = state.snapshot.layer(layer);
            LayerInfo {
                layer,
                count: index.len(),
                unlocated: index.iter().filter(|feature| matches!(feature.mercator, Shape::None)).count(),
                extent: index
                    .extent_mercator()
                    .map(|extent| Extent::new(crs::mercator_to_wgs84(extent.min), crs::mercator_to_wgs84(extent.max))),
                sequence: state.snapshot.sequence,
                status_date: datasets.iter().filter(|dataset| dataset.layer == layer.id()).filter_map(dated).max(),
                changed_at: state.changed_at,
            }
        })
        .collect()
}

fn dated(dataset: &Dataset) -> Option<NaiveDate> {
    dataset.valid_from.or(Some(dataset.imported_at.date_naive()))
}
