//! A feature as a filter sees it: its properties by name, and its geometry in the filter's system, made when it is first asked for.

use std::cell::OnceCell;

use geo::{Intersects, Rect};
use geo_types::{Geometry, Line, Point};

use super::frame::Frame;
use super::properties::Property;
use crate::cql2::{Answer, Asked};
use crate::crs::Crs;
use crate::domain::Extent;
use crate::spatial::Feature;

pub(super) struct Candidate<'a> {
    pub feature: &'a Feature,
    pub properties: &'a [Property],
    pub frame: &'a Frame,
    pub working: &'a Crs,
    made: OnceCell<Option<Geometry<f64>>>,
}

impl<'a> Candidate<'a> {
    pub(super) fn new(feature: &'a Feature, properties: &'a [Property], frame: &'a Frame, working: &'a Crs) -> Self {
        Self { feature, properties, frame, working, made: OnceCell::new() }
    }

    /// Whether the feature has a point in one of the boxes (x first), their borders included.
    pub(super) fn meets(&self, boxes: &[Extent]) -> bool {
        if let Some(extent) = self.feature.mercator.extent()
            && boxes.iter().any(|one| self.frame.surely_inside(&extent, one))
        {
            return true;
        }
        self.geometry().is_some_and(|geometry| boxes.iter().any(|one| meets(geometry, one)))
    }
}

impl Asked for Candidate<'_> {
    fn value(&self, property: &str) -> Option<Answer<'_>> {
        self.properties.iter().find(|known| known.name == property)?.of(self.feature)
    }

    fn geometry(&self) -> Option<&Geometry<f64>> {
        self.made.get_or_init(|| self.frame.geometry(self.feature, self.working)).as_ref()
    }
}

fn meets(geometry: &Geometry<f64>, extent: &Extent) -> bool {
    let flat = (extent.width() <= 0.0, extent.height() <= 0.0);
    match flat {
        (true, true) => geometry.intersects(&Point::from(extent.min)),
        (false, false) => geometry.intersects(&Rect::new(extent.min, extent.max)),
        // A box without width or height is a line.
        _ => geometry.intersects(&Line::new(extent.min, extent.max)),
    }
}
