//! Tiles from memory: made once, compressed once, kept until one of their layers changes.

use std::io::Write;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use moka::sync::Cache;
use sha2::{Digest, Sha256};

use super::compute::compute;
use super::{App, AppError, Message};
use crate::domain::Layer;
use crate::live::Health;
use crate::telemetry;
use crate::tiles::{self, TileId, TileLayer};

/// How a tile is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TileFormat {
    GeoJson,
    Mvt,
}

/// How a tile's bytes are packed on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    Identity,
    Gzip,
    Brotli,
}

/// A finished tile.
#[derive(Debug)]
pub struct Tile {
    pub plain: Bytes,
    gzip: OnceLock<Bytes>,
    brotli: OnceLock<Bytes>,
    /// Strong: the hash of the plain bytes.
    pub etag: String,
    /// The tile is right as of any sequence from the one it was made at; this is it.
    pub sequence: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    tile: TileId,
    layers: Vec<TileLayer>,
    format: TileFormat,
    /// The newest revision of any of the layers.
    revision: u64,
}

/// Finished tiles, bounded by bytes. A tile that two readers want at once is made once.
#[derive(Debug)]
pub struct TileCache {
    tiles: Cache<Key, Arc<Tile>>,
}

impl TileCache {
    pub fn new(bytes: u64) -> Self {
        let weigh = |key: &Key, tile: &Arc<Tile>| {
            // compressed forms come later; together they take about half as much again
            u32::try_from(tile.plain.len() * 3 / 2 + key.layers.len() + 200).unwrap_or(u32::MAX)
        };
        Self { tiles: Cache::builder().max_capacity(bytes).weigher(weigh).build() }
    }

    /// Bytes held, about.
    pub fn bytes(&self) -> u64 {
        self.tiles.weighted_size()
    }
}

impl Tile {
    fn new(plain: Vec<u8>, sequence: u64) -> Self {
        let hash = Sha256::digest(&plain);
        Self {
            etag: format!("\"{}\"", hex::encode(&hash[..12])),
            plain: plain.into(),
            gzip: OnceLock::new(),
            brotli: OnceLock::new(),
            sequence,
        }
    }

    /// The tile in this coding; the first reader that wants it so compresses it for all.
    pub fn coded(&self, coding: Coding) -> Bytes {
        match coding {
            Coding::Identity => self.plain.clone(),
            Coding::Gzip => self.gzip.get_or_init(|| gzip(&self.plain)).clone(),
            Coding::Brotli => self.brotli.get_or_init(|| brotli(&self.plain)).clone(),
        }
    }
}

// Writing to memory does not fail, and the levels are where more time stops buying much on tiles.
fn gzip(plain: &[u8]) -> Bytes {
    let mut encoder = flate2::write::GzEncoder::new(Vec::with_capacity(plain.len() / 3), flate2::Compression::new(6));
    let _ = encoder.write_all(plain);
    encoder.finish().unwrap_or_default().into()
}

fn brotli(plain: &[u8]) -> Bytes {
    let mut packed = Vec::with_capacity(plain.len() / 4);
    let mut encoder = brotli::CompressorWriter::new(&mut packed, 1 << 14, 5, 20);
    let _ = encoder.write_all(plain);
    drop(encoder);
    packed.into()
}

/// The tile of these layers, and the sequence at which the answer stands.
///
/// # Errors
/// `Unavailable` until the snapshots are built.
pub async fn tile(app: &Arc<App>, id: TileId, layers: Vec<TileLayer>, format: TileFormat) -> Result<(Arc<Tile>, u64), AppError> {
    if app.live.health() == Health::Starting {
        return Err(AppError::starting());
    }
    let state = app.live.state();
    let sequence = state.snapshot.sequence;
    let revision = layers.iter().map(|layer| state.revisions[layer.layer() as usize]).max().unwrap_or(0);
    let key = Key { tile: id, layers, format, revision };
    if let Some(tile) = app.tiles.tiles.get(&key) {
        metrics::counter!(telemetry::TILE_CACHE, "result" => "hit").increment(1);
        return Ok((tile, sequence));
    }
    metrics::counter!(telemetry::TILE_CACHE, "result" => "miss").increment(1);
    let app = Arc::clone(app);
    let tile = compute(move || {
        app.tiles.tiles.get_with_by_ref(&key, || {
            let started = std::time::Instant::now();
            let plain = match format {
                TileFormat::GeoJson => tiles::geojson(&state.snapshot, id, &key.layers),
                TileFormat::Mvt => tiles::mvt(&state.snapshot, id, &key.layers),
            };
            let name = if format == TileFormat::Mvt { "mvt" } else { "geojson" };
            metrics::histogram!(telemetry::TILE_SECONDS, "format" => name).record(started.elapsed().as_secs_f64());
            Arc::new(Tile::new(plain, sequence))
        })
    })
    .await?;
    Ok((tile, sequence))
}

impl TileFormat {
    pub fn media_type(self) -> &'static str {
        match self {
            TileFormat::GeoJson => "application/geo+json",
            TileFormat::Mvt => "application/vnd.mapbox-vector-tile",
        }
    }
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
