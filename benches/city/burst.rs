//! What readers notice of ten thousand changes by another writer: how long tiles take to come before and meanwhile, and how
//! soon a change is announced. They read as the page does, each layer in tiles of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rand::{Rng, SeedableRng, rngs::StdRng};
use sqlx::{AssertSqlSafe, PgPool};
use yutu::domain::Layer;
use yutu::spatial::Snapshot;

use crate::Report;
use crate::program::Server;
use crate::tiles::chosen;

const CHANGES: usize = 10_000;
/// Transactions a second: a city's whole office at once. As fast as they go, the database alone takes most of two cores.
const PACED: f64 = 130.0;
const READERS: u64 = 4;
const IDLE: Duration = Duration::from_secs(8);
/// Between two requests of a reader: people look at a map, they do not drain it.
const PAUSE: Duration = Duration::from_millis(4);
const TILES_A_ZOOM: usize = 30;

pub async fn compare(server: &Server, pool: &PgPool, snapshot: &Snapshot, layers: &[Layer], report: &mut Report) -> Result<()> {
    let layer = *layers.iter().max_by_key(|layer| snapshot.layer(**layer).len()).context("a layer")?;
    let tiles = (12..=18).flat_map(|z| chosen(snapshot, layers, z, 3, TILES_A_ZOOM));
    let url = |layer: &Layer, z, x, y| format!("http://{}/tiles/{layer}/{z}/{x}/{y}.mvt", server.address);
    let urls: Arc<Vec<String>> =
        Arc::new(tiles.flat_map(|tile| layers.iter().map(move |layer| url(layer, tile.z(), tile.x(), tile.y()))).collect());

    // Once round before anything is timed.
    read(&urls, &Arc::new(AtomicBool::new(false)), Duration::from_secs(3)).await?;
    let idle = read(&urls, &Arc::new(AtomicBool::new(false)), IDLE).await?;

    report.line(format!(
        "| {READERS} readers of {} tiles, idle | p50 {:.2} ms, p99 **{:.2} ms** | |",
        urls.len(),
        idle.at(0.5),
        idle.at(0.99)
    ));
    let ids: Vec<String> = snapshot.layer(layer).iter().map(|feature| feature.id.to_string()).collect();
    for rate in [Some(PACED), None] {
        let written = Arc::new(AtomicBool::new(false));
        let readers = tokio::spawn({
            let (urls, written) = (Arc::clone(&urls), Arc::clone(&written));
            async move { read(&urls, &written, Duration::from_secs(600)).await }
        });
        let began = Instant::now();
        let mut random = StdRng::seed_from_u64(11);
        let mut connection = pool.acquire().await?;
        for number in 0..CHANGES {
            if let Some(rate) = rate {
                tokio::time::sleep_until((began + Duration::from_secs_f64(number as f64 / rate)).into()).await;
            }
            let id = &ids[random.random_range(0..ids.len())];
            let change = format!("UPDATE {layer} SET name = 'burst {number}' WHERE id = '{id}' AND valid_to = 'infinity'");
            sqlx::query(AssertSqlSafe(change)).execute(&mut *connection).await?;
        }
        let seconds = began.elapsed().as_secs_f64();
        let announced = announced_after(server, pool).await?;
        written.store(true, Ordering::Relaxed);
        let busy = readers.await??;
        report.line(format!(
            "| the same during {CHANGES} transactions of one row of {layer}, {} ({:.0} a second); the last announced after {:.0} ms | p50 {:.2} ms, p99 **{:.2} ms** | {:.1} times |",
            if rate.is_some() { "paced" } else { "as fast as they go" },
            CHANGES as f64 / seconds,
            announced.as_secs_f64() * 1e3,
            busy.at(0.5),
            busy.at(0.99),
            busy.at(0.99) / idle.at(0.99)
        ));
    }
    Ok(())
}

/// Until the server has said the number of the newest commit.
async fn announced_after(server: &Server, pool: &PgPool) -> Result<Duration> {
    let began = Instant::now();
    let newest: i64 = sqlx::query_scalar("SELECT max(sequence) FROM change_transaction").fetch_one(pool).await?;
    let client = reqwest::Client::builder().no_proxy().build()?;
    loop {
        let city: serde_json::Value = client.get(format!("http://{}/api/city", server.address)).send().await?.json().await?;
        if city["sequence"].as_i64() >= Some(newest) {
            return Ok(began.elapsed());
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// Milliseconds, ascending.
struct Waits(Vec<f64>);

impl Waits {
    fn at(&self, share: f64) -> f64 {
        self.0.get(((self.0.len() as f64 * share) as usize).min(self.0.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
    }
}

/// What each answer took, until told to stop or the time is over.
async fn read(urls: &Arc<Vec<String>>, stop: &Arc<AtomicBool>, longest: Duration) -> Result<Waits> {
    let readers: Vec<_> = (0..READERS)
        .map(|number| {
            let (urls, stop) = (Arc::clone(urls), Arc::clone(stop));
            tokio::spawn(async move {
                let client = reqwest::Client::builder().no_proxy().build()?;
                let mut random = StdRng::seed_from_u64(number);
                let (mut waits, began) = (Vec::new(), Instant::now());
                while !stop.load(Ordering::Relaxed) && began.elapsed() < longest {
                    let url = &urls[random.random_range(0..urls.len())];
                    let asked = Instant::now();
                    client.get(url).send().await?.error_for_status()?.bytes().await?;
                    waits.push(asked.elapsed().as_secs_f64() * 1e3);
                    tokio::time::sleep(PAUSE).await;
                }
                Ok::<_, reqwest::Error>(waits)
            })
        })
        .collect();
    let mut all = Vec::new();
    for reader in readers {
        all.extend(reader.await??);
    }
    all.sort_unstable_by(f64::total_cmp);
    Ok(Waits(all))
}
