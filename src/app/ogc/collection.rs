//! The collections: the public layers.

use crate::app::{App, AppError, Message};
use crate::crs;
use crate::domain::{Extent, Layer};
use crate::live::Health;

/// A public layer as a collection.
#[derive(Clone, Debug)]
pub struct Collection {
    pub layer: Layer,
    pub count: usize,
    /// Longitude and latitude.
    pub extent: Option<Extent>,
    pub extent_mercator: Option<Extent>,
    pub sequence: u64,
}

/// All of them, lowest first.
///
/// # Errors
/// `Unavailable` until the snapshots are built.
pub fn collections(app: &App) -> Result<Vec<Collection>, AppError> {
    if app.live.health() == Health::Starting {
        return Err(AppError::starting());
    }
    let state = app.live.state();
    let describe = |layer| {
        let index = state.snapshot.layer(layer);
        let extent_mercator = index.extent_mercator();
        let extent = extent_mercator.map(|extent| Extent::new(crs::mercator_to_wgs84(extent.min), crs::mercator_to_wgs84(extent.max)));
        Collection { layer, count: index.len(), extent, extent_mercator, sequence: state.snapshot.sequence }
    };
    Ok(Layer::public().map(describe).collect())
}

/// The collection of this name.
///
/// # Errors
/// `NotFound`; `Unavailable` until the snapshots are built.
pub fn collection(app: &App, id: &str) -> Result<Collection, AppError> {
    let unknown = || AppError::NotFound(Message::new(format!("没有集合 {id:?}。"), format!("There is no collection {id:?}.")));
    collections(app)?.into_iter().find(|collection| collection.layer.id() == id).ok_or_else(unknown)
}
