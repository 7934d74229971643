//! Coordinate reference systems: reading a definition, and getting coordinates from one system into another.
//! Leaves out: reading files, and geometry operations. The only room that uses PROJ.
//!
//! Coordinates are always x first: east or longitude, then north or latitude, whatever the authority says.

mod china;
mod definition;
mod error;
mod mercator;
mod proj4;
mod transform;

use std::fmt;
use std::sync::{Arc, LazyLock};

use crate::domain::Extent;

pub use error::CrsError;
pub use mercator::{mercator_to_wgs84, wgs84_to_mercator};
pub use transform::{transform, transform_points};

use definition::Facts;

/// A coordinate reference system. Parsing costs 10 to 100 ms; a clone costs nothing.
#[derive(Clone)]
pub struct Crs(Arc<Inner>);

struct Inner {
    /// As given, without surrounding blanks; codes are written `EPSG:n`.
    definition: String,
    name: String,
    epsg: Option<u32>,
    wkt: String,
    proj4: String,
    system: System,
}

enum System {
    /// 火星坐标系: WGS 84 distorted by the published formula of [`china`].
    Gcj02,
    /// 百度坐标系: GCJ-02 distorted once more.
    Bd09,
    /// What PROJ knows; `text` is what PROJ is given.
    Known { text: String, facts: Facts },
}

static WGS84: LazyLock<Option<Crs>> = LazyLock::new(|| Crs::parse("EPSG:4326").ok());
static MERCATOR: LazyLock<Option<Crs>> = LazyLock::new(|| Crs::parse("EPSG:3857").ok());
static CGCS2000: LazyLock<Option<Crs>> = LazyLock::new(|| Crs::parse("EPSG:4490").ok());

impl Crs {
    /// Reads `EPSG:4549` (also `4549`, `urn:ogc:def:crs:EPSG::4549`, `CRS84`), WKT 1 or 2, ESRI WKT, PROJJSON,
    /// PROJ text (`+proj=...`), `GCJ-02` or `BD-09`.
    ///
    /// An old Chinese datum without parameters is read (so that it can be named) but not transformed.
    pub fn parse(definition: &str) -> Result<Crs, CrsError> {
        definition::parse(definition)
    }

    /// Longitude, latitude in degrees, EPSG:4326.
    ///
    /// # Panics
    /// When PROJ's database is missing: then nothing here can work.
    #[expect(clippy::expect_used, reason = "an installation without proj.db cannot answer anything")]
    pub fn wgs84() -> Crs {
        WGS84.clone().expect("PROJ's database (proj.db) is missing: install the package proj-data")
    }

    /// Web mercator, EPSG:3857, metres at the equator: for tiles, not for measuring.
    ///
    /// # Panics
    /// As [`Crs::wgs84`].
    #[expect(clippy::expect_used, reason = "an installation without proj.db cannot answer anything")]
    pub fn mercator() -> Crs {
        MERCATOR.clone().expect("PROJ's database (proj.db) is missing: install the package proj-data")
    }

    /// 2000国家大地坐标系: longitude, latitude in degrees, EPSG:4490.
    ///
    /// # Panics
    /// As [`Crs::wgs84`].
    #[expect(clippy::expect_used, reason = "an installation without proj.db cannot answer anything")]
    pub fn cgcs2000() -> Crs {
        CGCS2000.clone().expect("PROJ's database (proj.db) is missing: install the package proj-data")
    }

    pub fn definition(&self) -> &str {
        &self.0.definition
    }

    pub fn name(&self) -> &str {
        &self.0.name
    }

    pub fn epsg(&self) -> Option<u32> {
        self.0.epsg
    }

    /// WKT 2:2019; empty for GCJ-02 and BD-09, which have none.
    pub fn wkt(&self) -> String {
        self.0.wkt.clone()
    }

    /// PROJ text that proj4js understands, x east and y north; WKT where there is no such text (proj4js reads it
    /// too), empty for GCJ-02 and BD-09.
    pub fn proj4(&self) -> String {
        self.0.proj4.clone()
    }

    /// Projected, both axes in metres, pointing east and north.
    pub fn is_projected_metres(&self) -> bool {
        self.facts().is_some_and(|facts| facts.projected_metres)
    }

    pub fn is_geographic(&self) -> bool {
        self.facts().is_none_or(|facts| facts.geographic)
    }

    /// Whether the authority writes coordinates latitude or north first, as EPSG does for 4326, 4490 and 4549. Here they never are:
    /// this is for doors whose standard follows the authority.
    pub fn is_north_first(&self) -> bool {
        self.facts().is_some_and(|facts| facts.north_first)
    }

    /// Where the system is meant to be used: longitude, latitude in degrees. A box over the antimeridian has
    /// `max[0]` beyond 180.
    pub fn area_of_use(&self) -> Option<Extent> {
        match &self.0.system {
            System::Known { facts, .. } => facts.area_of_use,
            System::Gcj02 | System::Bd09 => Some(china::EXTENT),
        }
    }

    /// Whether everything may be kept and measured in this system: projected, metres, not web mercator, and
    /// transformable to WGS 84.
    pub fn check_working(&self) -> Result<(), CrsError> {
        self.check_parameters()?;
        let reason = match self.facts() {
            None => "it is not projected",
            Some(facts) if facts.geographic => "it is in degrees, not projected",
            Some(facts) if facts.pseudo_mercator => "web mercator does not measure areas and distances",
            Some(facts) if !facts.projected_metres => "its axes are not metres east and metres north",
            Some(_) => return Ok(()),
        };
        Err(CrsError::NotWorking { name: self.name().to_owned(), reason })
    }

    /// Refuses Xian 1980, Beijing 1954 and New Beijing, and systems on their ellipsoids with an unnamed datum,
    /// unless the definition carries its own parameters: PROJ would shift nothing, which is wrong by tens of metres.
    pub fn check_parameters(&self) -> Result<(), CrsError> {
        match self.facts() {
            Some(facts) if facts.lacks_parameters => {
                Err(CrsError::NeedsParameters { name: self.name().to_owned(), datum: facts.datum.clone(), proj4: self.proj4() })
            }
            _ => Ok(()),
        }
    }

    fn facts(&self) -> Option<&Facts> {
        match &self.0.system {
            System::Known { facts, .. } => Some(facts),
            System::Gcj02 | System::Bd09 => None,
        }
    }

    fn is_same(&self, other: &Crs) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.definition == other.0.definition || (self.0.epsg.is_some() && self.0.epsg == other.0.epsg)
    }
}

impl PartialEq for Crs {
    fn eq(&self, other: &Self) -> bool {
        self.is_same(other)
    }
}

impl fmt::Debug for Crs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Crs({}, {:?})", self.0.definition, self.0.name)
    }
}
