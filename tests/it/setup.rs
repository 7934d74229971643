//! A database of its own for every test, cloned from a template that the real migrations made, on one cluster for the whole run.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgPool};
use yutu::cluster::{self, Durability, Lease, Options};
use yutu::crs::Crs;
use yutu::store;

struct Cluster {
    lease: Lease,
    templates: tokio::sync::Mutex<HashSet<String>>,
}

fn cluster() -> &'static Cluster {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    CLUSTER.get_or_init(|| {
        let options = Options {
            data_dir: folder_of_this_run(),
            keeper: PathBuf::from(env!("CARGO_BIN_EXE_yutu")),
            durability: Durability::Throwaway,
        };
        let lease = cluster::acquire_with(&options).expect("the tests need PostgreSQL and PostGIS: see `make help`");
        Cluster { lease, templates: tokio::sync::Mutex::default() }
    })
}

/// A static is never dropped, so each run removes what runs before it have left: gigabytes, by and by.
fn folder_of_this_run() -> PathBuf {
    let all = Path::new(env!("CARGO_TARGET_TMPDIR")).join("clusters");
    std::fs::create_dir_all(&all).unwrap();
    for other in std::fs::read_dir(&all).unwrap().flatten() {
        let process = other.file_name().to_string_lossy().into_owned();
        if !Path::new("/proc").join(process).exists() {
            let _ = std::fs::remove_dir_all(other.path());
        }
    }
    let folder = all.join(std::process::id().to_string());
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// A fresh database with the schema, for one test.
#[derive(Clone)]
pub struct Fresh {
    pub pool: PgPool,
    pub options: PgConnectOptions,
    pub working: Crs,
}

impl Fresh {
    pub async fn new(definition: &str) -> Self {
        let working = Crs::parse(definition).unwrap();
        let cluster = tokio::task::spawn_blocking(cluster).await.unwrap();
        let template = format!("template_{}", working.epsg().unwrap());
        let admin = cluster.lease.connect_options();
        // Making the template needs it to itself.
        let mut made = cluster.templates.lock().await;
        if made.insert(template.clone()) {
            run(&admin, &format!("CREATE DATABASE {template}")).await;
            let pool = store::connect(admin.clone().database(&template), "Asia/Shanghai", 1).await.unwrap();
            store::open(&pool, definition, working.epsg(), &working.wkt(), &working.proj4()).await.unwrap();
            pool.close().await;
        }
        drop(made);
        Self::cloned(cluster, &template, working).await
    }

    /// A database with the same content. Nobody may be connected to this one any more.
    pub async fn copy(&self) -> Self {
        Self::cloned(cluster(), self.options.get_database().unwrap(), self.working.clone()).await
    }

    async fn cloned(cluster: &Cluster, template: &str, working: Crs) -> Self {
        static SERIAL: AtomicU32 = AtomicU32::new(0);
        let admin = cluster.lease.connect_options();
        let name = format!("test_{}_{}", std::process::id(), SERIAL.fetch_add(1, Ordering::SeqCst));
        {
            // Cloning needs the template to itself.
            let _alone = cluster.templates.lock().await;
            run(&admin, &format!("CREATE DATABASE {name} TEMPLATE {template}")).await;
        }
        let options = admin.database(&name);
        let pool = PgPoolOptions::new().max_connections(8).connect_with(options.clone()).await.unwrap();
        Self { pool, options, working }
    }

    /// Runs statements as psql would: by a writer that knows nothing of the service.
    pub async fn psql(&self, statements: &str) {
        let mut connection = self.options.clone().connect().await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(statements.to_owned())).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }
}

async fn run(options: &PgConnectOptions, statement: &str) {
    let mut connection = options.connect().await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(statement.to_owned())).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

/// The folder of real data. `None`, with one loud line, when it is not there and was not asked for.
///
/// # Panics
/// When `YUTU_REAL_DATA` names a folder that is not there.
pub fn real_data(test: &str) -> Option<PathBuf> {
    let asked = std::env::var_os("YUTU_REAL_DATA");
    let folder = asked.as_ref().map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data"), PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(asked.is_none(), "YUTU_REAL_DATA = {} is not a folder", folder.display());
    eprintln!("REAL DATA NOT FOUND: {test} did not run (set YUTU_REAL_DATA)");
    None
}
