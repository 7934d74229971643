//! What is nearest to a point.

use std::sync::Arc;

use super::surroundings::{Surroundings, surroundings};
use super::{App, AppError};
use crate::crs::{self, Crs};
use crate::domain::{FeatureId, Layer};
use crate::gazetteer::Place;
use crate::live::Health;
use crate::spatial::Shape;

#[derive(Clone, Debug)]
pub struct ReverseQuestion {
    pub longitude: f64,
    pub latitude: f64,
    /// Empty: plates, place names and roads.
    pub layers: Vec<Layer>,
    pub radius_m: f64,
    pub limit: usize,
    /// BCP 47, for the labels.
    pub lang: &'static str,
}

/// A feature near the point.
#[derive(Clone, Debug)]
pub struct Nearest {
    pub layer: Layer,
    pub id: FeatureId,
    /// How it is shown in a list; `None`: it has neither name nor address.
    pub place: Option<Place>,
    pub distance_m: f64,
    /// Longitude and latitude of the feature itself, at a point inside or on it.
    pub position: Option<[f64; 2]>,
}

/// What was found.
#[derive(Clone, Debug)]
pub struct ReverseAnswer {
    pub nearest: Vec<Nearest>,
    pub surroundings: Surroundings,
    pub sequence: u64,
}

/// The nearest features, nearest first; of equally near ones the layers in drawing order from the top, then by the value of the id.
///
/// # Errors
/// `Unavailable` until the snapshots are built; `Invalid` for a point the working system does not reach.
pub async fn reverse(app: &Arc<App>, question: ReverseQuestion) -> Result<ReverseAnswer, AppError> {
    if app.live.health() == Health::Starting {
        return Err(AppError::starting());
    }
    let state = app.live.state();
    let sequence = state.snapshot.sequence;
    let working = app.working.clone();
    let (nearest, surroundings) = app
        .calculations
        .run(move || {
            let mut point = [[question.longitude, question.latitude]];
            crs::transform_points(&mut point, &Crs::wgs84(), &working)?;
            let layers: &[Layer] = match question.layers.as_slice() {
                [] => &[Layer::DoorPlates, Layer::PlaceNames, Layer::Roads],
                named => named,
            };
            let mut found = Vec::new();
            for layer in layers {
                for (feature, distance_m) in state.snapshot.layer(*layer).nearest(point[0], question.limit, question.radius_m) {
                    let position = match &feature.mercator {
                        Shape::Point(point) => Some(*point),
                        Shape::Geometry(geometry) => crate::geometry::inner_point(geometry),
                        Shape::None => None,
                    };
                    found.push(Nearest {
                        layer: *layer,
                        id: feature.id,
                        place: state.gazetteer.place(&feature.id, question.lang),
                        distance_m,
                        position: position.map(crs::mercator_to_wgs84),
                    });
                }
            }
            found.sort_by(|a, b| a.distance_m.total_cmp(&b.distance_m).then(b.layer.cmp(&a.layer)).then(a.id.cmp(&b.id)));
            found.truncate(question.limit);
            let surroundings = surroundings(&state.snapshot, point[0]);
            Ok::<_, crs::CrsError>((found, surroundings))
        })
        .await?
        .map_err(|error| AppError::invalid("lon", error.zh(), error.to_string()))?;
    Ok(ReverseAnswer { nearest, surroundings, sequence })
}
