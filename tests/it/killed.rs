//! kill -9 of an import in the middle and of the server, twenty times each: an edition is there whole or not at all, nothing
//! acknowledged is lost, and the next one works.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use rand::{Rng, SeedableRng};
use serde_json::json;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use yutu::cluster::{self, Durability};

use super::cluster::options;
use super::program::Program;

const TIMES: usize = 20;
const PLATES: usize = 600;
const ZONES: usize = 150;

const CITY: &str = r#"
name = { zh = "试验市", en = "Trial City" }
code = "330199"
crs = "EPSG:4549"
time_zone = "Asia/Shanghai"
"#;
const PLATES_PROFILE: &str = r#"
layer = "door_plates"
order = 1
[source]
files = ["plates.csv"]
crs = "EPSG:4549"
[source.csv]
x = "x"
y = "y"
[identity]
match = ["no"]
[fields]
number = "{no}"
address = "{address}"
"#;
const ZONES_PROFILE: &str = r#"
layer = "zoning"
order = 2
[source]
files = ["zones.geojson"]
[identity]
match = ["id"]
[fields]
name = "{name}"
"#;

struct Trial {
    program: Program,
    files: tempfile::TempDir,
}

/// What holds of one layer: the editions to which its rows belong, and how many rows there are.
type Held = (Vec<String>, i64);

impl Trial {
    fn new() -> Self {
        let files = tempfile::tempdir().unwrap();
        let trial = Self { program: Program::new(), files };
        for (name, text) in [("city.toml", CITY), ("profiles/plates.toml", PLATES_PROFILE), ("profiles/zones.toml", ZONES_PROFILE)] {
            trial.write(&format!("pack/{name}"), text);
        }
        trial
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.files.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn pack(&self) -> PathBuf {
        self.files.path().join("pack")
    }

    fn source(&self) -> PathBuf {
        self.files.path().join("data")
    }

    /// Edition `n` of both files: other contents in every row, `n` rows more than edition 0, the first `n` keys gone.
    fn deliver(&self, n: usize) {
        let mut plates = "no,address,x,y\n".to_owned();
        for row in n..2 * n + PLATES {
            let _ = writeln!(plates, "{row}号,第{n}版 {row}号,{},{}", 520_000 + row * 7 % 1000, 3_353_000 + row * 13 % 900);
        }
        let zones: Vec<String> = (n..2 * n + ZONES)
            .map(|row| {
                let (west, south) = (120.21 + (row % 50) as f64 * 0.002, 30.28 + (row / 50) as f64 * 0.002);
                let (east, north) = (west + 0.0015, south + 0.0015);
                json!({"type": "Feature", "properties": {"id": row, "name": format!("第{n}版")},
                    "geometry": {"type": "Polygon", "coordinates": [[[west, south], [east, south], [east, north], [west, north], [west, south]]]}})
                .to_string()
            })
            .collect();
        self.write("data/plates.csv", &plates);
        self.write("data/zones.geojson", &format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, zones.join(",")));
    }
}

fn day(n: usize) -> String {
    format!("2020-01-{:02}", n + 1)
}

/// What holds on the day of an edition.
async fn held(pool: &PgPool, n: usize) -> [Held; 2] {
    let plates = "SELECT array_agg(DISTINCT split_part(address, ' ', 1)), count(*) FROM door_plates WHERE valid_from <= $1::date AND valid_to > $1::date";
    let zones = "SELECT array_agg(DISTINCT name), count(*) FROM zoning WHERE valid_from <= $1::date AND valid_to > $1::date";
    let plates: (Option<Vec<String>>, i64) = sqlx::query_as(plates).bind(day(n)).fetch_one(pool).await.unwrap();
    let zones: (Option<Vec<String>>, i64) = sqlx::query_as(zones).bind(day(n)).fetch_one(pool).await.unwrap();
    [plates, zones].map(|(editions, rows)| (editions.unwrap_or_default(), rows))
}

fn whole(n: usize) -> [Held; 2] {
    [PLATES, ZONES].map(|rows| (vec![format!("第{n}版")], (rows + n) as i64))
}

/// The datasets and the numbered transactions, which go with the rows or not at all.
async fn records(pool: &PgPool) -> (i64, i64) {
    let unnumbered: i64 = sqlx::query_scalar(
        "SELECT (SELECT count(*) FROM change_transaction WHERE sequence IS NULL) + (SELECT count(*) FROM change LEFT JOIN change_transaction USING (xid) WHERE sequence IS NULL)",
    )
    .fetch_one(pool)
    .await
    .unwrap();
    assert_eq!(unnumbered, 0, "changes without their place in the order");
    sqlx::query_as("SELECT (SELECT count(*) FROM dataset), (SELECT count(*) FROM change_transaction)").fetch_one(pool).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_import_leaves_an_edition_whole_or_not_at_all_and_the_next_completes() {
    let trial = Trial::new();
    let dir = trial.program.data_dir().to_owned();
    let lease = tokio::task::spawn_blocking(move || cluster::acquire_with(&options(&dir, Durability::Durable)).unwrap()).await.unwrap();
    trial.deliver(0);
    trial.program.imported(&trial.source(), &trial.pack(), &["--valid-from", &day(0)]);
    let pool = PgPoolOptions::new().max_connections(2).connect_with(lease.connect_options()).await.unwrap();
    assert_eq!(held(&pool, 0).await, whole(0));

    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(20);
    let mut usual = Duration::from_millis(1500);
    let mut interrupted = 0;
    for n in 1..=TIMES {
        trial.deliver(n);
        let mut import = trial.program.command("import");
        import.arg(trial.source()).arg("--city").arg(trial.pack()).args(["--allow-ends", "--valid-from", &day(n)]);
        let mut import = import.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn().unwrap();
        tokio::time::sleep(usual.mul_f64(random.random_range(0.0..1.0))).await;
        let acknowledged = import.try_wait().unwrap().is_some_and(|status| status.success());
        import.kill().unwrap();
        import.wait().unwrap();

        let found = held(&pool, n).await;
        assert!(found == whole(n) || (found == whole(n - 1) && !acknowledged), "kill {n}, acknowledged: {acknowledged}: {found:?}");
        let started = Instant::now();
        let report = trial.program.imported(&trial.source(), &trial.pack(), &["--allow-ends", "--valid-from", &day(n)]);
        if report["editions"][0]["outcome"] == "read" {
            assert!(found != whole(n), "kill {n}: what was there was read again");
            usual = started.elapsed();
            interrupted += 1;
        }
        assert_eq!(held(&pool, n).await, whole(n), "the import after kill {n}");
        let editions = (n + 1) as i64;
        assert_eq!(records(&pool).await, (2 * editions, editions), "kill {n}");
    }
    for n in 0..=TIMES {
        assert_eq!(held(&pool, n).await, whole(n), "edition {n} in the history");
    }
    assert!(interrupted >= TIMES / 4, "only {interrupted} of {TIMES} kills came before the end");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_starts_again_and_knows_what_was_acknowledged() {
    let trial = Trial::new();
    trial.deliver(0);
    let report = trial.program.imported(&trial.source(), &trial.pack(), &["--valid-from", &day(0)]);
    let mut sequence = report["sequence"].as_u64().unwrap();
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(9);
    for time in 1..=TIMES {
        // Half of them die while they start, half while they serve.
        let mut server = trial.program.serve(&trial.pack());
        if time % 2 == 0 {
            tokio::time::sleep(Duration::from_millis(random.random_range(0..200))).await;
            server.murder();
            continue;
        }
        server.until_ready().await;
        assert_eq!(server.sequence().await, sequence, "start {time}");
        assert_eq!(server.layer("door_plates").await["count"], PLATES, "start {time}");
        if time > 1 {
            let before = server.json(&format!("/api/search?q=第{}次", time - 2)).await;
            assert_eq!(
                before["features"][0]["properties"]["geocoding"]["match"]["kind"], "exact",
                "start {time} knows the change before it"
            );
        }
        let name = format!("第{time}次");
        trial.program.psql(&format!("UPDATE zoning SET name = '{name}' WHERE id = (SELECT min(id) FROM zoning)"));
        sequence += 1;
        tokio::time::sleep(Duration::from_millis(random.random_range(0..50))).await;
        server.murder();
    }
    let mut server = trial.program.serve(&trial.pack());
    server.until_ready().await;
    assert_eq!(server.sequence().await, sequence);
    assert_eq!(server.terminate().code(), Some(0));
    assert_eq!(server.trouble(&[]), Vec::<String>::new());
}
