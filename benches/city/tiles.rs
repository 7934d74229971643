//! The same tiles from memory, from PostGIS and over HTTP.

use std::hint::black_box;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use anyhow::Result;
use rand::{Rng, SeedableRng, rngs::StdRng};
use sqlx::{AssertSqlSafe, PgPool, Row};
use yutu::domain::Layer;
use yutu::spatial::Snapshot;
use yutu::tiles::{TileId, TileLayer, mvt};

use crate::Report;
use crate::program::Server;

const TILES_A_ZOOM: usize = 34;
/// Below z16 our tiles count points that lie too dense; PostGIS writes them all, which no page could draw.
const BANDS: [(u8, u8); 3] = [(10, 12), (13, 15), (16, 18)];
const MANY: usize = 4;

/// Tiles in which features picked at random lie, each once: dense quarters come as often as they are looked at.
pub fn chosen(snapshot: &Snapshot, layers: &[Layer], z: u8, seed: u64, count: usize) -> Vec<TileId> {
    let mut random = StdRng::seed_from_u64(seed + u64::from(z));
    let middles: Vec<Vec<[f64; 2]>> = layers
        .iter()
        .map(|layer| {
            let extents = snapshot.layer(*layer).iter().filter_map(|feature| feature.mercator.extent());
            extents.map(|extent| [(extent.min[0] + extent.max[0]) / 2.0, (extent.min[1] + extent.max[1]) / 2.0]).collect()
        })
        .filter(|middles: &Vec<_>| !middles.is_empty())
        .collect();
    let mut tiles = Vec::new();
    for _ in 0..count {
        let layer = &middles[random.random_range(0..middles.len())];
        let [x, y] = layer[random.random_range(0..layer.len())];
        let half = yutu::spatial::MERCATOR_HALF_M;
        let side = 2.0 * half / f64::from(1u32 << z);
        let tile = TileId::new(z, ((x + half) / side) as u32, ((half - y) / side) as u32);
        tiles.extend(tile.filter(|tile| !tiles.contains(tile)));
    }
    tiles
}

/// Uncached, by one and by four at a time, in bands of zoom.
pub async fn compare(pool: &PgPool, snapshot: &Snapshot, layers: &[Layer], report: &mut Report) -> Result<()> {
    let ours: Vec<TileLayer> = layers.iter().map(|layer| TileLayer::Features(*layer)).collect();
    let statement: Arc<str> = super::postgis::tile_statement(layers).into();
    for (low, high) in BANDS {
        let tiles: Arc<Vec<TileId>> = Arc::new((low..=high).flat_map(|z| chosen(snapshot, layers, z, 5, TILES_A_ZOOM)).collect());
        // Once each before anything is timed: PROJ objects, plans, pages in memory.
        black_box(mvt(snapshot, tiles[0], &ours).len());
        from_postgis(pool, &statement, Made::Mvt, &tiles[..1].to_vec().into(), MANY).await?;
        for at_once in [1, MANY] {
            let (our_rate, our_bytes) = tokio::task::block_in_place(|| from_memory(snapshot, &ours, &tiles, at_once));
            let (their_rate, their_bytes) = from_postgis(pool, &statement, Made::Mvt, &tiles, at_once).await?;
            report.line(format!(
                "| {} tiles z{low}-{high}, {at_once} at a time | {our_rate:.0}/s of {} KB, ST_AsMVT {their_rate:.1}/s of {} KB: **{:.1} times** |",
                tiles.len(),
                our_bytes / tiles.len() / 1000,
                their_bytes / tiles.len() / 1000,
                our_rate / their_rate
            ));
        }
    }
    Ok(())
}

/// Tiles a second and bytes of all.
fn from_memory(snapshot: &Snapshot, layers: &[TileLayer], tiles: &[TileId], at_once: usize) -> (f64, usize) {
    let (next, bytes) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let began = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..at_once {
            scope.spawn(|| {
                while let Some(tile) = tiles.get(next.fetch_add(1, Ordering::Relaxed)) {
                    bytes.fetch_add(mvt(snapshot, *tile, layers).len(), Ordering::Relaxed);
                }
            });
        }
    });
    (tiles.len() as f64 / began.elapsed().as_secs_f64(), bytes.into_inner())
}

/// What a statement of PostGIS makes.
#[derive(Clone, Copy, Debug)]
pub enum Made {
    Mvt,
    GeoJson,
}

/// Tiles a second and bytes of all.
pub async fn from_postgis(
    pool: &PgPool,
    statement: &Arc<str>,
    made: Made,
    tiles: &Arc<Vec<TileId>>,
    at_once: usize,
) -> Result<(f64, usize)> {
    let next = Arc::new(AtomicUsize::new(0));
    let mut connections = Vec::new();
    for _ in 0..at_once {
        connections.push(pool.acquire().await?);
    }
    let began = Instant::now();
    let workers: Vec<_> = connections
        .into_iter()
        .map(|mut connection| {
            let (next, tiles, statement) = (Arc::clone(&next), Arc::clone(tiles), Arc::clone(statement));
            tokio::spawn(async move {
                let mut bytes = 0;
                while let Some(tile) = tiles.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let [x, y] = [tile.x(), tile.y()].map(u32::cast_signed);
                    let query = sqlx::query(AssertSqlSafe(&*statement)).bind(i32::from(tile.z())).bind(x).bind(y);
                    let row = query.fetch_one(&mut *connection).await?;
                    bytes += match made {
                        Made::Mvt => row.get::<Option<Vec<u8>>, _>(0).map_or(0, |made| made.len()),
                        Made::GeoJson => row.get::<Option<String>, _>(0).map_or(0, |made| made.len()),
                    };
                }
                Ok::<usize, sqlx::Error>(bytes)
            })
        })
        .collect();
    let mut bytes = 0;
    for worker in workers {
        bytes += worker.await??;
    }
    Ok((tiles.len() as f64 / began.elapsed().as_secs_f64(), bytes))
}

/// Through the server, compressed: each tile for the first time, then again from its cache, then one tile by wrk.
pub async fn over_http(server: &Server, snapshot: &Snapshot, layers: &[Layer], report: &mut Report) -> Result<()> {
    let names: Vec<&str> = layers.iter().map(|layer| layer.id()).collect();
    for at_once in [1, MANY] {
        // Other tiles each time, because the server keeps what it made.
        let tiles: Vec<TileId> = (10..=18).flat_map(|z| chosen(snapshot, layers, z, 100 * at_once as u64, TILES_A_ZOOM)).collect();
        let url = |tile: &TileId| format!("http://{}/tiles/{}/{}/{}/{}.mvt", server.address, names.join(","), tile.z(), tile.x(), tile.y());
        let urls: Arc<Vec<String>> = Arc::new(tiles.iter().map(url).collect());
        let first = fetch(&urls, at_once).await?;
        let again = fetch(&urls, at_once).await?;
        report.line(format!(
            "| {} tiles z10-18 over HTTP, gzip, {at_once} at a time | {first:.0}/s the first time, {again:.0}/s from the cache (client on the same cores) |",
            urls.len()
        ));
        if at_once == MANY {
            let middle = &urls[urls.len() / 2];
            match Command::new("wrk").args(["-t1", "-c4", "-d5s", "-H", "accept-encoding: gzip", middle]).output() {
                Ok(said) => {
                    let said = String::from_utf8_lossy(&said.stdout).into_owned();
                    let rate = said.lines().find_map(|line| line.strip_prefix("Requests/sec:")).map_or("?", str::trim);
                    report.line(format!("| a cached tile by wrk, 4 connections | {rate}/s |"));
                }
                Err(_) => report.line("| a cached tile by wrk | not measured: wrk is not installed |"),
            }
        }
    }
    Ok(())
}

async fn fetch(urls: &Arc<Vec<String>>, at_once: usize) -> Result<f64> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let next = Arc::new(AtomicUsize::new(0));
    let began = Instant::now();
    let workers: Vec<_> = (0..at_once)
        .map(|_| {
            let (client, next, urls) = (client.clone(), Arc::clone(&next), Arc::clone(urls));
            tokio::spawn(async move {
                while let Some(url) = urls.get(next.fetch_add(1, Ordering::Relaxed)) {
                    client.get(url).header("accept-encoding", "gzip").send().await?.error_for_status()?.bytes().await?;
                }
                Ok::<(), reqwest::Error>(())
            })
        })
        .collect();
    for worker in workers {
        worker.await??;
    }
    Ok(urls.len() as f64 / began.elapsed().as_secs_f64())
}
