//! Opens the database: pool, migrations, and the one working coordinate system it was made for.

use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool};

use super::StoreError;
use crate::domain::Layer;

/// What the database was made for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installation {
    /// New for every database and every restore.
    pub epoch: String,
    pub working_srid: i32,
    pub working_definition: String,
}

/// The SRID under which a working system without an EPSG code is registered.
const OWN_SRID: i32 = 910_001;

/// A pool whose sessions count days in the city's time zone.
pub async fn connect(options: PgConnectOptions, time_zone: &str, size: u32) -> Result<PgPool, StoreError> {
    let zone: Arc<str> = time_zone.into();
    let pool = PgPoolOptions::new()
        .max_connections(size)
        .acquire_timeout(Duration::from_secs(5))
        // Not an option of the connection: sqlx asks for UTC itself, and that comes later and wins.
        .after_connect(move |connection, _| {
            let zone = Arc::clone(&zone);
            Box::pin(async move {
                sqlx::query("SELECT set_config('TimeZone', $1, false)").bind(&*zone).execute(connection).await?;
                Ok(())
            })
        })
        .connect_lazy_with(options.application_name("yutu"));
    Ok(pool)
}

/// Brings the schema up to date and answers what the database is for. A database is created for one working system;
/// asking for another is refused, naming both.
///
/// `definition`: the city pack's words for its working system; `epsg`, `wkt`, `proj4`: what they mean.
pub async fn open(pool: &PgPool, definition: &str, epsg: Option<u32>, wkt: &str, proj4: &str) -> Result<Installation, StoreError> {
    let mut connection = pool.acquire().await?.detach();
    let srid = match epsg {
        Some(code) => i32::try_from(code).map_err(|_| StoreError::Unreadable(format!("EPSG:{code} is out of range")))?,
        None => OWN_SRID,
    };
    let migrated: bool = sqlx::query_scalar("SELECT to_regclass('installation') IS NOT NULL").fetch_one(&mut connection).await?;
    if !migrated && epsg.is_none() {
        register_own_system(&mut connection, wkt, proj4).await?;
    }
    sqlx::query("SELECT set_config('yutu.srid', $1, false), set_config('yutu.definition', $2, false)")
        .bind(srid.to_string())
        .bind(definition)
        .execute(&mut connection)
        .await?;
    sqlx::migrate!().run(&mut connection).await.map_err(|error| match error {
        sqlx::migrate::MigrateError::Execute(error) => StoreError::from(error),
        other => StoreError::Unreadable(other.to_string()),
    })?;
    let found = read_installation(&mut connection).await?;
    // Rows that were not imported: written by hand, or restored.
    let mut transaction = connection.begin().await?;
    index_places(&mut transaction, Layer::ALL).await?;
    transaction.commit().await?;
    connection.close().await?;
    let same = found.working_srid == srid && (epsg.is_some() || found.working_definition == definition);
    if !same {
        return Err(StoreError::WrongWorkingSystem { there: found.working_definition, asked: definition.to_owned() });
    }
    Ok(found)
}

/// Gives those of the layers that have rows and no spatial index one, within the transaction that is open. Writers of such a layer
/// wait until that ends, readers do not.
pub(super) async fn index_places(connection: &mut PgConnection, layers: impl IntoIterator<Item = Layer>) -> Result<(), StoreError> {
    for layer in layers {
        let missing = format!("SELECT to_regclass('{layer}_geom_idx') IS NULL AND EXISTS (SELECT FROM {layer})");
        if sqlx::query_scalar(AssertSqlSafe(missing)).fetch_one(&mut *connection).await? {
            // Two at once would both find it missing.
            sqlx::query("SELECT pg_advisory_xact_lock(7903361284503)").execute(&mut *connection).await?;
            let statement = format!("CREATE INDEX IF NOT EXISTS {layer}_geom_idx ON {layer} USING gist (geom)");
            sqlx::query(AssertSqlSafe(statement)).execute(&mut *connection).await?;
        }
    }
    Ok(())
}

async fn register_own_system(connection: &mut PgConnection, wkt: &str, proj4: &str) -> Result<(), StoreError> {
    sqlx::query("CREATE EXTENSION IF NOT EXISTS postgis").execute(&mut *connection).await?;
    sqlx::query(
        "INSERT INTO spatial_ref_sys (srid, auth_name, auth_srid, srtext, proj4text) VALUES ($1, 'city', $1, $2, $3)
         ON CONFLICT (srid) DO NOTHING",
    )
    .bind(OWN_SRID)
    .bind(wkt)
    .bind(proj4)
    .execute(connection)
    .await?;
    Ok(())
}

/// What an already prepared database is for; `None` when it holds no Yutu schema.
pub async fn installation(pool: &PgPool) -> Result<Option<Installation>, StoreError> {
    let mut connection = pool.acquire().await?;
    let migrated: bool = sqlx::query_scalar("SELECT to_regclass('installation') IS NOT NULL").fetch_one(&mut *connection).await?;
    if !migrated {
        return Ok(None);
    }
    read_installation(&mut connection).await.map(Some)
}

async fn read_installation(connection: &mut PgConnection) -> Result<Installation, StoreError> {
    let (epoch, working_srid, working_definition) =
        sqlx::query_as("SELECT epoch::text, working_srid, working_definition FROM installation").fetch_one(connection).await?;
    Ok(Installation { epoch, working_srid, working_definition })
}

/// Whether the database answers.
pub async fn ping(pool: &PgPool) -> Result<(), StoreError> {
    sqlx::query("SELECT 1").execute(pool).await?;
    Ok(())
}
