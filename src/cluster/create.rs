//! Makes the database and its extensions in a cluster that has just started.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::{ConnectOptions, Connection, Executor, PgConnection};

use super::{DATABASE, EXTENSIONS};

/// How to reach `database` in the cluster whose socket is in `folder`.
pub fn connect_options(folder: &Path, database: &str) -> PgConnectOptions {
    PgConnectOptions::new_without_pgpass()
        .socket(folder)
        .port(5432)
        .ssl_mode(PgSslMode::Disable)
        .username(DATABASE)
        .database(database)
        .application_name("yutu")
}

/// How long a server that recovers from a crashed session is waited for before a client is turned away.
const RECOVERY: Duration = Duration::from_secs(60);

/// Waits until the database takes connections: a postmaster that runs may still be recovering.
pub async fn answers(folder: &Path) -> Result<()> {
    let deadline = Instant::now() + RECOVERY;
    loop {
        match connect_options(folder, DATABASE).connect().await {
            Ok(connection) => return Ok(connection.close().await?),
            // cannot_connect_now
            Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("57P03") && Instant::now() < deadline => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Err(error) => return Err(error).context("数据库没有应答 / the database does not answer"),
        }
    }
}

/// Makes what is missing; a second call changes nothing.
pub async fn database_and_extensions(folder: &Path) -> Result<()> {
    let mut server = connect_options(folder, "postgres").connect().await.context("connecting to the new cluster")?;
    let there: Option<i32> =
        sqlx::query_scalar("SELECT 1 FROM pg_database WHERE datname = $1").bind(DATABASE).fetch_optional(&mut server).await?;
    if there.is_none() {
        server.execute(sqlx::AssertSqlSafe(format!("CREATE DATABASE {DATABASE}"))).await.context("creating the database")?;
    }
    server.close().await?;
    let mut database: PgConnection = connect_options(folder, DATABASE).connect().await?;
    let known: Vec<String> = sqlx::query_scalar("SELECT extname::text FROM pg_extension").fetch_all(&mut database).await?;
    for extension in EXTENSIONS.iter().filter(|name| !known.iter().any(|one| one == *name)) {
        database.execute(sqlx::AssertSqlSafe(format!("CREATE EXTENSION IF NOT EXISTS {extension}"))).await.with_context(|| {
            format!("扩展 {extension} 无法建立，请安装 PostGIS 与 contrib / the extension {extension} cannot be created: install PostGIS and contrib")
        })?;
    }
    database.close().await?;
    Ok(())
}
