//! In which regions a feature lies, for a pack that spans several.

use geo::{PreparedGeometry, Relate};
use geo_types::Geometry;

use crate::domain::{Extent, Record};
use crate::geometry;

/// The regions' areas in the working system; none when the pack has one region only.
#[derive(Debug, Default)]
pub struct Regions {
    areas: Vec<Area>,
}

struct Area {
    code: String,
    bounds: Extent,
    shape: Geometry<f64>,
}

impl std::fmt::Debug for Area {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.code)
    }
}

impl Regions {
    /// From divisions with a code.
    pub fn new(divisions: impl IntoIterator<Item = Record>) -> Self {
        let mut areas: Vec<Area> = divisions
            .into_iter()
            .filter_map(|record| {
                let code = record.fields.text("code")?.to_owned();
                let shape = record.geometry?;
                Some(Area { code, bounds: geometry::extent(&shape)?, shape })
            })
            .collect();
        areas.sort_by(|a, b| a.code.cmp(&b.code));
        Self { areas }
    }

    /// The codes of all regions that the geometry enters, in order; touching a border from outside is not entering.
    /// When it enters none, those that it touches, so that a point on a border has a region.
    pub fn of(&self, shape: &Geometry<f64>) -> Vec<String> {
        let Some(bounds) = geometry::extent(shape) else { return Vec::new() };
        let near: Vec<_> = self.areas.iter().filter(|area| area.bounds.intersects(&bounds)).collect();
        if near.is_empty() {
            return Vec::new();
        }
        let prepared = PreparedGeometry::from(shape);
        let mut entered = Vec::new();
        let mut touched = Vec::new();
        for area in near {
            let relation = prepared.relate(&area.shape);
            if relation.is_touches() {
                touched.push(area.code.clone());
            } else if relation.is_intersects() {
                entered.push(area.code.clone());
            }
        }
        let mut codes = if entered.is_empty() { touched } else { entered };
        codes.dedup();
        codes
    }
}
