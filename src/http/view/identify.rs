//! Everything at a point.

use serde::Serialize;
use utoipa::ToSchema;

use super::feature::FeatureView;
use crate::app::{Bilingual, Identified, Outcome};

#[derive(Debug, Serialize, ToSchema)]
pub struct IdentifyView {
    point: PointView,
    sequence: u64,
    layers: Vec<LayerAnswerView>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PointView {
    lon: f64,
    lat: f64,
    /// In the working coordinate system; null where it does not reach.
    working: Option<WorkingPoint>,
}

/// East and north, metres.
#[derive(Debug, Serialize, ToSchema)]
pub struct WorkingPoint {
    x: f64,
    y: f64,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct LayerAnswerView {
    layer: &'static str,
    title: Bilingual,
    /// `found`, `none` (there is data, and nothing of it here) or `no_data` (the layer cannot answer).
    outcome: &'static str,
    features: Vec<FeatureView>,
    /// How many more there are than are listed.
    more: usize,
}

impl IdentifyView {
    pub fn new(answer: &Identified) -> Self {
        Self {
            point: PointView { lon: answer.longitude, lat: answer.latitude, working: answer.working.map(|[x, y]| WorkingPoint { x, y }) },
            sequence: answer.sequence,
            layers: answer
                .layers
                .iter()
                .map(|layer| LayerAnswerView {
                    layer: layer.layer.id(),
                    title: layer.layer.title().into(),
                    outcome: match layer.outcome {
                        Outcome::Found => "found",
                        Outcome::None => "none",
                        Outcome::NoData => "no_data",
                    },
                    features: layer.features.iter().map(FeatureView::new).collect(),
                    more: layer.more,
                })
                .collect(),
        }
    }
}
