//! The coordinate systems in which the OGC API takes and gives coordinates, and the order that their authority writes them in.

use geo_types::Geometry;

use crate::app::App;
use crate::crs::{self, Crs};
use crate::domain::Extent;
use crate::spatial::{Feature, Shape};

/// A coordinate system of the OGC API.
#[derive(Clone, Debug)]
pub struct Frame {
    pub uri: String,
    crs: Crs,
    north_first: bool,
    system: System,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum System {
    Wgs84,
    Mercator,
    Working,
    Other,
}

/// Where the trees may be asked.
#[derive(Clone, Copy, Debug)]
pub(super) enum Window {
    Mercator(Extent),
    Working(Extent),
}

/// Points on each side of a box whose sides are curves in another system.
const SIDE_POINTS: u32 = 32;

/// All of them: CRS84 first, which is the default.
pub fn frames(app: &App) -> Vec<Frame> {
    let mut frames = vec![
        Frame {
            uri: "http://www.opengis.net/def/crs/OGC/1.3/CRS84".to_owned(),
            crs: Crs::wgs84(),
            north_first: false,
            system: System::Wgs84,
        },
        epsg(Crs::wgs84(), 4326, System::Wgs84),
        epsg(Crs::cgcs2000(), 4490, System::Other),
        epsg(Crs::mercator(), 3857, System::Mercator),
    ];
    frames.extend(storage_frame(app));
    frames
}

/// The working system, in which everything is stored. `None` when it has no code in the EPSG register and so no URI.
pub fn storage_frame(app: &App) -> Option<Frame> {
    app.working.epsg().map(|code| epsg(app.working.clone(), code, System::Working))
}

/// The frame of a URI.
pub fn frame(app: &App, uri: &str) -> Option<Frame> {
    frames(app).into_iter().find(|frame| frame.uri == uri)
}

fn epsg(crs: Crs, code: u32, system: System) -> Frame {
    Frame { uri: format!("http://www.opengis.net/def/crs/EPSG/0/{code}"), north_first: crs.is_north_first(), crs, system }
}

impl Frame {
    pub fn is_degrees(&self) -> bool {
        self.crs.is_geographic()
    }

    /// A number of decimals that keeps a millimetre.
    pub fn decimals(&self) -> i32 {
        if self.is_degrees() { 8 } else { 3 }
    }

    /// From the authority's order to x first, and back.
    pub fn turned(&self, [a, b]: [f64; 2]) -> [f64; 2] {
        if self.north_first { [b, a] } else { [a, b] }
    }

    /// The feature's geometry, x first. `None` without a position, or out of the system's reach.
    pub(super) fn geometry(&self, feature: &Feature, working: &Crs) -> Option<Geometry<f64>> {
        if self.system == System::Mercator
            && let Some(geometry) = owned(&feature.mercator)
        {
            return Some(geometry);
        }
        let mut geometry = owned(&feature.working)?;
        crs::transform(&mut geometry, working, &self.crs).ok()?;
        Some(geometry)
    }

    /// What holds everything that meets the box (x first); `None`: anything may.
    pub(super) fn window(&self, extent: &Extent) -> Option<Window> {
        match self.system {
            System::Working => Some(Window::Working(*extent)),
            System::Mercator => Some(Window::Mercator(*extent)),
            System::Wgs84 => Some(Window::Mercator(wgs84_to_mercator(extent).grown(MARGIN_M))),
            System::Other => {
                let mut border = Vec::with_capacity(4 * SIDE_POINTS as usize + 4);
                for step in 0..=SIDE_POINTS {
                    let part = f64::from(step) / f64::from(SIDE_POINTS);
                    let (x, y) = (extent.min[0] + part * extent.width(), extent.min[1] + part * extent.height());
                    border.extend([[x, extent.min[1]], [x, extent.max[1]], [extent.min[0], y], [extent.max[0], y]]);
                }
                crs::transform_points(&mut border, &self.crs, &Crs::mercator()).ok()?;
                let around = border.into_iter().map(|point| Extent { min: point, max: point }).reduce(Extent::union)?;
                Some(Window::Mercator(around.grown(MARGIN_M + around.width().max(around.height()) / 100.0)))
            }
        }
    }

    /// Whether a feature that has this box in web mercator lies wholly in a box of this system, as far as that can be told at once.
    pub(super) fn surely_inside(&self, feature_mercator: &Extent, extent: &Extent) -> bool {
        let window = match self.system {
            System::Wgs84 => wgs84_to_mercator(extent),
            System::Mercator => *extent,
            System::Working | System::Other => return false,
        };
        let inner = window.grown(-MARGIN_M);
        inner.contains_point(feature_mercator.min) && inner.contains_point(feature_mercator.max)
    }
}

/// What rounding may make of a position, with room to spare.
const MARGIN_M: f64 = 0.1;

/// Latitudes that web mercator does not have are as far north or south as there is anything.
fn wgs84_to_mercator(extent: &Extent) -> Extent {
    let corner = |[x, y]: [f64; 2]| crs::wgs84_to_mercator([x.clamp(-180.0, 180.0), y.clamp(-89.9, 89.9)]);
    Extent { min: corner(extent.min), max: corner(extent.max) }
}

fn owned(shape: &Shape) -> Option<Geometry<f64>> {
    match shape {
        Shape::Point([x, y]) => Some(Geometry::Point((*x, *y).into())),
        Shape::Geometry(geometry) => Some(geometry.as_ref().clone()),
        Shape::None => None,
    }
}
