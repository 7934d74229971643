//! Makes the tiles that everybody sees first before anybody asks: the low zooms, as the page asks for them.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::broadcast::error::RecvError;

use super::cache::Part;
use super::form::Coding;
use super::key::{LayerSet, TileFormat, TileKey};
use super::{finish, packed_by};
use crate::app::App;
use crate::domain::{Extent, Layer};
use crate::tiles::{TileId, TileLayer, tiles_reached};

/// Zooms up to this one, while the city takes no more tiles than that.
const DEEPEST: u8 = 13;
const MOST_TILES: u64 = 64;
/// After changes, until this long nothing more has changed.
const QUIET: Duration = Duration::from_secs(2);

/// The layers that the page has switched on at first: from which zoom it asks for features, from which for labels.
/// See web/src/state/layers.ts.
const PAGE: [(Layer, u8, Option<u8>); 10] = [
    (Layer::Divisions, 0, Some(8)),
    (Layer::Zoning, 0, Some(15)),
    (Layer::ControlAreas, 0, Some(15)),
    (Layer::Roads, 0, Some(13)),
    (Layer::Buildings, 16, Some(17)),
    (Layer::Permits, 0, Some(16)),
    (Layer::BoundaryLines, 0, None),
    (Layer::BoundaryMarkers, 0, None),
    (Layer::PlaceNames, 0, Some(11)),
    (Layer::DoorPlates, 17, None),
];

/// Layers that the page asks for by themselves, see web/src/api/tiles.ts.
const ALONE: [Layer; 4] = [Layer::Zoning, Layer::Parcels, Layer::Buildings, Layer::ControlAreas];

/// Keeps the low zooms in the cache for ever, whenever nobody else needs the calculation threads.
pub async fn keep_warm(app: Arc<App>) {
    let mut events = app.live.subscribe();
    app.live.built().await;
    loop {
        warm(&app).await;
        // What the bound has pushed out is not made again and again: only a change takes tiles away.
        if let Err(RecvError::Closed) = events.recv().await {
            return;
        }
        while tokio::time::timeout(QUIET, events.recv()).await.is_ok() {}
    }
}

async fn warm(app: &Arc<App>) {
    for key in missing(app).collect::<Vec<_>>() {
        if let Part::Make(flight, waiting) = app.tiles.join(key) {
            let turn = app.calculations.idle_turn().await;
            finish(app, &flight, turn, Coding::Brotli).await;
            drop(waiting);
        }
        if let Some(tile) = app.tiles.held(&key) {
            // Who cannot have it in one form gets it in the other; a failure shows when somebody asks.
            let _ = packed_by(app, key, &tile, tile.coding(Coding::Gzip), app.calculations.idle_turn()).await;
        }
    }
}

/// What should be in the cache and is not, low zooms first.
fn missing(app: &App) -> impl Iterator<Item = TileKey> + use<'_> {
    let state = app.live.state();
    let city = state.snapshot.layers.iter().filter_map(|layer| layer.extent_mercator()).reduce(Extent::union);
    let ranges = city.into_iter().flat_map(|city| (0..=DEEPEST).map(move |z| tiles_reached(&city, z)));
    let tiles = ranges.take_while(|range| range.count() <= MOST_TILES).flat_map(|range| range.iter());
    tiles.flat_map(wanted).filter(|key| app.tiles.held(key).is_none())
}

/// What the page asks for at first.
fn wanted(tile: TileId) -> impl Iterator<Item = TileKey> {
    let shown: Vec<Layer> = PAGE.iter().filter(|(_, from, _)| *from <= tile.z()).map(|(layer, ..)| *layer).collect();
    let alone = shown.iter().filter(|layer| ALONE.contains(layer)).map(|layer| LayerSet::default().with(TileLayer::Features(*layer)));
    let together = shown.iter().filter(|layer| !ALONE.contains(layer)).map(|layer| TileLayer::Features(*layer)).collect();
    let labels = PAGE.iter().filter(|(.., from)| from.is_some_and(|from| from <= tile.z())).map(|(layer, ..)| TileLayer::Labels(*layer));
    let sets: Vec<LayerSet> = alone.chain([together, labels.collect()]).filter(|layers| !layers.is_empty()).collect();
    sets.into_iter().map(move |layers| TileKey { tile, layers, format: TileFormat::GeoJson })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_asks_for_these_layers_at_first() {
        let source = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/web/src/state/layers.ts")).unwrap();
        let designs = source.lines().filter(|line| line.starts_with("  { id: '") && line.contains("on: true"));
        let listed: Vec<(Layer, u8, Option<u8>)> = designs
            .map(|line| {
                let of = |name: &str| line.split(&format!("{name}: ")).nth(1).unwrap().split([',', ' ']).next().unwrap();
                (of("id").trim_matches('\'').parse().unwrap(), of("minZoom").parse().unwrap(), of("labelZoom").parse().ok())
            })
            .collect();
        assert_eq!(listed, PAGE);
    }
}
