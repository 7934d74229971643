//! Everything at a point, layer by layer, each with its source; and what cannot be told.

use std::sync::Arc;

use super::feature::prepare;
use super::{App, AppError, FeatureAnswer};
use crate::crs::{self, Crs};
use crate::domain::{FeatureId, GeometryKind, Layer};
use crate::live::Health;
use crate::spatial::Snapshot;
use crate::store;

/// What a layer answers about a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Found,
    /// The layer has data, and none of it is here.
    None,
    /// The layer holds nothing at all: it cannot answer.
    NoData,
}

/// One layer's answer.
#[derive(Debug)]
pub struct LayerAnswer {
    pub layer: Layer,
    pub outcome: Outcome,
    /// Nearest first.
    pub features: Vec<FeatureAnswer>,
    /// There were more than are listed.
    pub more: usize,
}

/// The answer about a point.
#[derive(Debug)]
pub struct Identified {
    pub longitude: f64,
    pub latitude: f64,
    /// East and north in the working system, metres; `None` where it cannot be used.
    pub working: Option<[f64; 2]>,
    pub sequence: u64,
    pub layers: Vec<LayerAnswer>,
}

/// Layers that are asked, in the order in which people read: address and name first.
const ASKED: [Layer; 11] = [
    Layer::DoorPlates,
    Layer::PlaceNames,
    Layer::Buildings,
    Layer::Roads,
    Layer::Permits,
    Layer::Zoning,
    Layer::ControlAreas,
    Layer::Parcels,
    Layer::BoundaryMarkers,
    Layer::BoundaryLines,
    Layer::Divisions,
];

/// What lies at the point: areas that cover it, and points and lines within `radius_m`.
///
/// # Errors
/// `Unavailable` until the snapshots are built or while the database is away.
pub async fn identify(app: &Arc<App>, longitude: f64, latitude: f64, radius_m: f64) -> Result<Identified, AppError> {
    if app.live.health() == Health::Starting {
        return Err(AppError::starting());
    }
    let state = app.live.state();
    let most = app.config.limits.listed_features;
    let (working, candidates) = {
        let (state, to) = (Arc::clone(&state), app.working.clone());
        app.calculations
            .run(move || {
                let mut point = [[longitude, latitude]];
                let working = crs::transform_points(&mut point, &Crs::wgs84(), &to).ok().map(|()| point[0]);
                let found = working.map(|point| ASKED.map(|layer| candidates(&state.snapshot, layer, point, radius_m)));
                (working, found)
            })
            .await?
    };
    let mut layers = Vec::with_capacity(ASKED.len());
    for (layer, mut found) in ASKED.into_iter().zip(candidates.unwrap_or_default()) {
        let more = found.len().saturating_sub(most);
        found.truncate(most);
        let ids: Vec<FeatureId> = found.iter().map(|(id, _)| *id).collect();
        let mut features = prepare(app, store::find_many(&app.pool, layer, &ids).await?, None).await?;
        for feature in &mut features {
            feature.distance_m = found.iter().find(|(id, _)| *id == feature.found.record.id).map(|(_, distance)| *distance);
        }
        let outcome = if !features.is_empty() {
            Outcome::Found
        } else if state.snapshot.layer(layer).is_empty() || working.is_none() {
            Outcome::NoData
        } else {
            Outcome::None
        };
        layers.push(LayerAnswer { layer, outcome, features, more });
    }
    Ok(Identified { longitude, latitude, working, sequence: state.snapshot.sequence, layers })
}

fn candidates(snapshot: &Snapshot, layer: Layer, point: [f64; 2], radius_m: f64) -> Vec<(FeatureId, f64)> {
    let index = snapshot.layer(layer);
    let mut found: Vec<(FeatureId, f64)> = match layer.geometry() {
        GeometryKind::Polygon => index.covering(point).into_iter().map(|feature| (feature.id, 0.0)).collect(),
        _ => index.nearest(point, index.len(), radius_m).into_iter().map(|(feature, distance)| (feature.id, distance)).collect(),
    };
    found.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
    found
}
