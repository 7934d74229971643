//! The whole map as one PMTiles archive (version 3): every tile as the server would serve it at one sequence, ready for a disk
//! that clients read by ranges.

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use flate2::Compression;
use flate2::write::GzEncoder;
use pmtiles::{PmTilesWriter, PmtError, TileCoord, TileType};
use rayon::prelude::*;
use serde_json::{Map, Value as Json, json};

use super::about::About;
use super::columns::Public;
use super::destination::Destination;
use super::{ExportedFile, Stop};
use crate::crs;
use crate::domain::{Extent, Layer};
use crate::formats::write::WriteError;
use crate::spatial::Snapshot;
use crate::tiles::{TileField, TileId, TileLayer, mvt, tilejson_fields};

/// From here on every point stands alone, and a unit of a tile is a hand's breadth: clients draw deeper zooms from it.
pub const DEFAULT_MAX_ZOOM: u8 = 16;

/// What is wanted.
#[derive(Debug)]
pub struct TilesRequest {
    pub file: PathBuf,
    pub force: bool,
    pub layers: Vec<TileLayer>,
    pub min_zoom: u8,
    pub max_zoom: u8,
    /// What the snapshot was made to hide: the description must not promise it.
    pub public: Vec<(Layer, Public)>,
    pub about: About,
}

/// What was made.
#[derive(Clone, Debug, serde::Serialize)]
pub struct TilesReport {
    pub sequence: u64,
    pub tiles: u64,
    /// Bytes of each tile before it was packed, added up.
    pub unpacked_bytes: u64,
    /// Zoom and tiles that hold something.
    pub zooms: Vec<(u8, u64)>,
    /// Longitude and latitude: west, south, east, north.
    pub bounds: Option<[f64; 4]>,
    pub files: Vec<ExportedFile>,
}

/// Tiles that are made at once: so many are in memory, packed.
const TOGETHER: usize = 256;

/// Writes the archive. Blocking, and long: makes tiles on the calculation threads. `progress` hears the zoom and how many tiles of
/// it are done of how many that may hold something.
///
/// # Errors
/// What is in the way, in both languages. Nothing is left behind.
pub fn tiles(snapshot: &Snapshot, request: &TilesRequest, stop: &Stop, progress: impl Fn(u8, u64, u64)) -> Result<TilesReport> {
    if request.min_zoom > request.max_zoom || request.max_zoom > TileId::MAX_Z {
        bail!("缩放级别须由小到大，在 0 至 {max} 之间 / zooms go from the smaller to the larger, within 0 to {max}", max = TileId::MAX_Z);
    }
    let destination = Destination::new(&request.file, request.force)?;
    let name = format!("{}.pmtiles", destination.stem());
    let path = destination.folder().join(&name);
    let failed = |error: PmtError| match error {
        PmtError::Reading(cause) => anyhow::Error::from(WriteError::of_io(&request.file, cause)),
        other => anyhow::Error::from(other).context(format!("无法写入 {0} / {0} cannot be written", request.file.display())),
    };
    let bounds = bounds(snapshot, &request.layers);
    let file = File::create(&path).map_err(|cause| WriteError::of_io(&path, cause))?;
    let mut writer = PmTilesWriter::new(TileType::Mvt)
        .precompressed(pmtiles::Compression::Gzip)
        .min_zoom(request.min_zoom)
        .max_zoom(request.max_zoom)
        .metadata(metadata(snapshot, request).to_string());
    if let Some([west, south, east, north]) = bounds {
        writer = writer.bounds(west, south, east, north).center((west + east) / 2.0, (south + north) / 2.0);
        writer = writer.center_zoom(whole_zoom([west, south, east, north]).clamp(request.min_zoom, request.max_zoom));
    }
    let mut writer = writer.create(&file).map_err(failed)?;

    let mut report = TilesReport { sequence: snapshot.sequence, tiles: 0, unpacked_bytes: 0, zooms: Vec::new(), bounds, files: Vec::new() };
    let layers: Vec<Layer> = Layer::ALL.into_iter().filter(|layer| request.layers.iter().any(|of| of.layer() == *layer)).collect();
    let mut candidates: Vec<TileId> = TileId::new(0, 0, 0).into_iter().filter(|tile| holds_something(snapshot, &layers, *tile)).collect();
    for z in 0..=request.max_zoom {
        if z > 0 {
            candidates = children(snapshot, &layers, &candidates);
        }
        stop.check()?;
        if z < request.min_zoom {
            continue;
        }
        let mut written = 0;
        let of = candidates.len() as u64;
        for (chunk, done) in in_archive_order(&candidates)?.chunks(TOGETHER).zip((0..).step_by(TOGETHER)) {
            stop.check()?;
            let made: Vec<(TileCoord, Packed)> = chunk
                .par_iter()
                .map(|(coord, tile)| Ok((*coord, packed(mvt(snapshot, *tile, &request.layers))?)))
                .collect::<Result<_>>()?;
            for (coord, tile) in made.iter().filter(|(_, tile)| tile.unpacked > 0) {
                writer.add_tile(*coord, &tile.bytes).map_err(failed)?;
                written += 1;
                report.unpacked_bytes += tile.unpacked;
            }
            progress(z, done, of);
        }
        report.tiles += written;
        report.zooms.push((z, written));
    }
    writer.finalize().map_err(failed)?;
    file.sync_all().map_err(|cause| WriteError::of_io(&request.file, cause))?;
    stop.check()?;
    report.files = destination.publish(&name, &[])?;
    Ok(report)
}

/// A tile as it lies in the archive.
struct Packed {
    bytes: Vec<u8>,
    unpacked: u64,
}

fn packed(plain: Vec<u8>) -> Result<Packed> {
    let unpacked = plain.len() as u64;
    if plain.is_empty() {
        return Ok(Packed { bytes: plain, unpacked });
    }
    let mut encoder = GzEncoder::new(Vec::with_capacity(plain.len() / 2), Compression::new(6));
    encoder.write_all(&plain).context("gzip")?;
    Ok(Packed { bytes: encoder.finish().context("gzip")?, unpacked })
}

/// Whether any feature's box lies within the reach of the tile; if none does, its parts have nothing either.
fn holds_something(snapshot: &Snapshot, layers: &[Layer], tile: TileId) -> bool {
    let reach = tile.reach_mercator();
    layers.iter().any(|layer| snapshot.layer(*layer).window_mercator(&reach).next().is_some())
}

fn children(snapshot: &Snapshot, layers: &[Layer], tiles: &[TileId]) -> Vec<TileId> {
    let parts =
        |tile: &TileId| [(0, 0), (1, 0), (0, 1), (1, 1)].map(|(x, y)| TileId::new(tile.z() + 1, tile.x() * 2 + x, tile.y() * 2 + y));
    tiles.par_iter().flat_map_iter(parts).flatten().filter(|tile| holds_something(snapshot, layers, *tile)).collect()
}

/// In the order of the archive's numbers, a Hilbert curve at each zoom: neighbours lie together in the file.
fn in_archive_order(tiles: &[TileId]) -> Result<Vec<(TileCoord, TileId)>> {
    let mut ordered =
        tiles.iter().map(|tile| Ok((TileCoord::new(tile.z(), tile.x(), tile.y())?, *tile))).collect::<Result<Vec<_>, PmtError>>()?;
    ordered.par_sort_by_cached_key(|(coord, _)| pmtiles::TileId::from(*coord));
    Ok(ordered)
}

fn bounds(snapshot: &Snapshot, layers: &[TileLayer]) -> Option<[f64; 4]> {
    let all = layers.iter().filter_map(|layer| snapshot.layer(layer.layer()).extent_mercator()).reduce(Extent::union)?;
    let ([west, south], [east, north]) = (crs::mercator_to_wgs84(all.min), crs::mercator_to_wgs84(all.max));
    Some([west, south, east, north])
}

/// The zoom at which all of it is about as wide as a tile.
fn whole_zoom([west, _, east, _]: [f64; 4]) -> u8 {
    (0..TileId::MAX_Z).find(|z| (east - west) * f64::from(1u32 << (z + 1)) > 360.0).unwrap_or(TileId::MAX_Z)
}

/// As TileJSON 3.0 says it, with what it has no word for.
fn metadata(snapshot: &Snapshot, request: &TilesRequest) -> Json {
    let about = &request.about;
    let mut metadata = Map::new();
    let mut put = |name: &str, value: Json| {
        if value.as_str() != Some("") {
            metadata.insert(name.to_owned(), value);
        }
    };
    put("name", about.city.joined().into());
    put("description", about.notice.as_ref().map(super::Bilingual::joined).unwrap_or_default().into());
    put("attribution", about.attribution().into());
    put("licence", about.licence().into());
    put("type", "overlay".into());
    put("format", "pbf".into());
    put("version", snapshot.sequence.to_string().into());
    put("sequence", snapshot.sequence.into());
    put("status_time", snapshot.status_time.to_rfc3339().into());
    put("generator", concat!("yutu ", env!("CARGO_PKG_VERSION")).into());
    let layers = request.layers.iter().map(|layer| {
        let hidden =
            |field: &TileField| request.public.iter().any(|(of, public)| *of == layer.layer() && public.hidden.contains(field.name));
        let fields: Map<String, Json> = tilejson_fields(*layer)
            .into_iter()
            .filter(|field| !hidden(field))
            .map(|field| (field.name.to_owned(), field.kind.into()))
            .collect();
        let title = layer.layer().title();
        json!({
            "id": layer.to_string(),
            "description": format!("{} / {}", title.zh, title.en),
            "minzoom": request.min_zoom,
            "maxzoom": request.max_zoom,
            "fields": fields,
        })
    });
    put("vector_layers", layers.collect());
    Json::Object(metadata)
}
