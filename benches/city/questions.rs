//! Windows and nearest features, from memory and from PostGIS, over the same places of the largest layer.

use std::hint::black_box;
use std::time::Instant;

use anyhow::Result;
use rand::{Rng, SeedableRng, rngs::StdRng};
use sqlx::{AssertSqlSafe, PgPool};
use yutu::domain::{Extent, Layer};
use yutu::spatial::{LayerIndex, Snapshot};

use crate::Report;

const PLACES: usize = 2_000;
/// Half the side of a window, metres.
const HALF_M: f64 = 100.0;
const NEIGHBOURS: usize = 10;

pub async fn compare(pool: &PgPool, snapshot: &Snapshot, report: &mut Report) -> Result<()> {
    let Some(layer) = Layer::ALL.into_iter().max_by_key(|layer| snapshot.layer(*layer).len()) else { return Ok(()) };
    let index = snapshot.layer(layer);
    let places = places(index);
    if places.is_empty() {
        return Ok(());
    }
    let srid: i32 = sqlx::query_scalar("SELECT working_srid FROM installation").fetch_one(pool).await?;

    let began = Instant::now();
    let mut found = 0;
    for [x, y] in &places {
        found += black_box(index.window(&Extent { min: [x - HALF_M, y - HALF_M], max: [x + HALF_M, y + HALF_M] }).count());
    }
    let ours = began.elapsed().as_secs_f64() / places.len() as f64;
    // The operator alone compares boxes rounded to single precision, a quarter of a metre here, and finds a few more.
    let window = format!(
        "SELECT id FROM {layer} WHERE geom && ST_MakeEnvelope($1, $2, $3, $4, {srid}) \
         AND ST_XMax(geom) >= $1 AND ST_YMax(geom) >= $2 AND ST_XMin(geom) <= $3 AND ST_YMin(geom) <= $4"
    );
    let began = Instant::now();
    let mut theirs_found = 0;
    for [x, y] in &places {
        let ids: Vec<String> = sqlx::query_scalar(AssertSqlSafe(window.as_str()))
            .bind(x - HALF_M)
            .bind(y - HALF_M)
            .bind(x + HALF_M)
            .bind(y + HALF_M)
            .fetch_all(pool)
            .await?;
        theirs_found += ids.len();
    }
    let theirs = began.elapsed().as_secs_f64() / places.len() as f64;
    anyhow::ensure!(found == theirs_found, "windows of {layer}: {found} features from memory, {theirs_found} from PostGIS");
    report.line(format!(
        "| {layer} in a window of 200 m (on average {}) | {:.1} µs, PostGIS {:.0} µs: **{:.0} times** |",
        found / places.len(),
        ours * 1e6,
        theirs * 1e6,
        theirs / ours
    ));

    let began = Instant::now();
    for place in &places {
        black_box(index.nearest(*place, NEIGHBOURS, f64::INFINITY).len());
    }
    let ours = began.elapsed().as_secs_f64() / places.len() as f64;
    let nearest = format!("SELECT id FROM {layer} ORDER BY geom <-> ST_SetSRID(ST_MakePoint($1, $2), {srid}) LIMIT {NEIGHBOURS}");
    let began = Instant::now();
    for [x, y] in &places {
        let ids: Vec<String> = sqlx::query_scalar(AssertSqlSafe(nearest.as_str())).bind(x).bind(y).fetch_all(pool).await?;
        black_box(ids.len());
    }
    let theirs = began.elapsed().as_secs_f64() / places.len() as f64;
    report.line(format!(
        "| {NEIGHBOURS} nearest {layer} | {:.1} µs, PostGIS {:.0} µs: **{:.0} times** |",
        ours * 1e6,
        theirs * 1e6,
        theirs / ours
    ));
    Ok(())
}

/// Places up to 50 m from features picked at random: where people click.
fn places(index: &LayerIndex) -> Vec<[f64; 2]> {
    let mut random = StdRng::seed_from_u64(3);
    let features: Vec<[f64; 2]> = index.iter().filter_map(|feature| feature.working.extent()).map(|extent| extent.min).collect();
    if features.is_empty() {
        return Vec::new();
    }
    (0..PLACES)
        .map(|_| {
            let [x, y] = features[random.random_range(0..features.len())];
            [x + random.random_range(-50.0..50.0), y + random.random_range(-50.0..50.0)]
        })
        .collect()
}
