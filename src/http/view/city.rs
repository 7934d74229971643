//! The city.

use serde::Serialize;
use utoipa::ToSchema;

use crate::app::{App, Bilingual};
use crate::config::BaseMap;
use crate::crs;
use crate::domain::Extent;

#[derive(Debug, Serialize, ToSchema)]
pub struct CityView {
    id: String,
    name: Bilingual,
    /// The city does not exist.
    fictional: bool,
    notice: Option<Bilingual>,
    working_crs: WorkingCrs,
    /// West, south, east, north of all features, degrees.
    extent: Option<[f64; 4]>,
    sequence: u64,
    time_zone: String,
    #[schema(value_type = Option<Object>)]
    basemap: Option<BaseMap>,
    version: &'static str,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct WorkingCrs {
    /// An EPSG code, or WKT or PROJ text.
    definition: String,
    name: String,
    /// For programs that project in the browser.
    proj4: String,
}

impl CityView {
    pub fn new(app: &App) -> Self {
        let state = app.live.state();
        let extent = state.snapshot.layers.iter().filter_map(|layer| layer.extent_mercator()).reduce(Extent::union);
        Self {
            id: app.city.id.clone(),
            name: (&app.city.name).into(),
            fictional: app.city.fictional,
            notice: app.city.notice.as_ref().map(Into::into),
            working_crs: WorkingCrs {
                definition: app.working.definition().to_owned(),
                name: app.working.name().to_owned(),
                proj4: app.working.proj4(),
            },
            extent: extent.map(degrees),
            sequence: state.snapshot.sequence,
            time_zone: app.city.time_zone.clone(),
            basemap: app.config.base_map.clone(),
            version: env!("CARGO_PKG_VERSION"),
        }
    }
}

/// West, south, east, north of a web mercator box.
fn degrees(extent: Extent) -> [f64; 4] {
    let [west, south] = crs::mercator_to_wgs84(extent.min);
    let [east, north] = crs::mercator_to_wgs84(extent.max);
    [west, south, east, north]
}
