//! Tiles from memory: made once, packed once, kept until a change reaches them.

mod cache;
mod form;
mod key;
mod reach;
mod warm;

use std::sync::Arc;
use std::time::Instant;

pub use cache::TileCache;
pub use form::{Coding, Tile};
pub use key::{LayerSet, TileFormat, TileKey};
pub use warm::keep_warm;

use tokio::sync::OwnedSemaphorePermit;

use super::compute::run;
use super::{App, AppError, Message};
use crate::domain::Layer;
use crate::live::{Health, State};
use crate::telemetry;
use crate::tiles::{self, TileLayer};
use cache::{Flight, Outcome, Part};

/// A tile, ready in the wanted coding, and a sequence for which it holds (it may show later changes too).
///
/// # Errors
/// `Unavailable` until the snapshots are built, and when too much waits to be calculated.
pub async fn tile(app: &Arc<App>, key: TileKey, wanted: Coding) -> Result<(Arc<Tile>, u64), AppError> {
    if app.live.health() == Health::Starting {
        return Err(AppError::starting());
    }
    // Read before the tile is: see `Live::announced`.
    let sequence = app.live.announced();
    let tile = match app.tiles.held(&key) {
        Some(tile) => {
            metrics::counter!(telemetry::TILE_CACHE, "result" => "hit").increment(1);
            tile
        }
        None => {
            metrics::counter!(telemetry::TILE_CACHE, "result" => "miss").increment(1);
            made(app, key, wanted).await?
        }
    };
    packed(app, key, &tile, tile.coding(wanted)).await?;
    Ok((tile, sequence))
}

/// Makes the tile, or waits for whoever is making it.
async fn made(app: &Arc<App>, key: TileKey, wanted: Coding) -> Result<Arc<Tile>, AppError> {
    let waiting = match app.tiles.join(key) {
        Part::Wait(waiting) => waiting,
        Part::Make(flight, waiting) => {
            // A task of its own: others may wait for the tile when this request has gone.
            tokio::spawn(make(Arc::clone(app), flight, wanted));
            waiting
        }
    };
    match waiting.outcome().await {
        Outcome::Made(tile) => Ok(tile),
        Outcome::Busy => Err(AppError::busy()),
        Outcome::Failed => Err(AppError::Internal(anyhow::anyhow!("tile {key:?} could not be made"))),
    }
}

async fn make(app: Arc<App>, flight: Arc<Flight>, wanted: Coding) {
    let turn = app.calculations.turn().await;
    finish(&app, &flight, turn, wanted).await;
}

async fn finish(app: &Arc<App>, flight: &Arc<Flight>, turn: Result<OwnedSemaphorePermit, AppError>, wanted: Coding) {
    let Ok(turn) = turn else {
        return app.tiles.end(flight, Outcome::Busy);
    };
    let (maker, taken) = (Arc::clone(app), Arc::clone(flight));
    let made = run(turn, move || {
        maker.tiles.begin(&taken).then(|| fresh(&maker.live.state(), taken.key).map(|plain| Arc::new(Tile::new(plain, wanted))))
    })
    .await;
    match made {
        Ok(Some(Ok(tile))) => app.tiles.end(flight, Outcome::Made(tile)),
        Ok(Some(Err(error))) => {
            tracing::error!(error = format!("{:#}", anyhow::Error::from(error)), tile = ?flight.key, "a tile cannot be encoded");
            app.tiles.end(flight, Outcome::Failed);
        }
        // Nobody waits any more.
        Ok(None) => {}
        Err(_) => app.tiles.end(flight, Outcome::Failed),
    }
}

fn fresh(state: &State, key: TileKey) -> Result<Vec<u8>, tiles::Unencodable> {
    let started = Instant::now();
    let layers: Vec<TileLayer> = key.layers.iter().collect();
    let plain = match key.format {
        TileFormat::GeoJson => tiles::geojson(&state.snapshot, key.tile, &layers),
        TileFormat::Mvt => tiles::mvt(&state.snapshot, key.tile, &layers),
        TileFormat::Mlt => tiles::mlt(&state.snapshot, key.tile, &layers)?,
    };
    metrics::histogram!(telemetry::TILE_SECONDS, "format" => key.format.ending()).record(started.elapsed().as_secs_f64());
    Ok(plain)
}

/// Sees to it that the tile is there in this coding: the first who wants it so has it packed for all.
async fn packed(app: &Arc<App>, key: TileKey, tile: &Arc<Tile>, coding: Coding) -> Result<(), AppError> {
    packed_by(app, key, tile, coding, app.calculations.turn()).await
}

async fn packed_by(
    app: &Arc<App>,
    key: TileKey,
    tile: &Arc<Tile>,
    coding: Coding,
    turn: impl Future<Output = Result<OwnedSemaphorePermit, AppError>>,
) -> Result<(), AppError> {
    let Some(cell) = tile.cell(coding).filter(|cell| !cell.initialized()) else { return Ok(()) };
    cell.get_or_try_init(async || {
        let plain = tile.plain().clone();
        run(turn.await?, move || form::pack(&plain, coding)).await
    })
    .await?;
    app.tiles.weigh_again(key, tile);
    Ok(())
}

/// The layers that a URL names.
///
/// # Errors
/// `NotFound` for a layer that there is not; `Invalid` for one named twice.
pub fn named_layers(text: &str) -> Result<Vec<TileLayer>, AppError> {
    let mut layers = Vec::new();
    for name in text.split(',') {
        let unknown = || AppError::NotFound(Message::new(format!("没有名为 {name:?} 的图层。"), format!("There is no layer {name:?}.")));
        let layer: TileLayer = name.parse().map_err(|_| unknown())?;
        if layer.layer() == Layer::PermitFootprints {
            return Err(unknown());
        }
        if layers.contains(&layer) {
            return Err(AppError::invalid("layers", format!("图层 {name} 重复。"), format!("The layer {name} is named twice.")));
        }
        layers.push(layer);
    }
    Ok(layers)
}
