//! Opens the store for a command: the database, its schema, and the working system it is for.

use anyhow::{Context, Result, bail};

use super::Database;
use crate::crs::Crs;
use crate::import::{Pack, WorkingCrs};
use crate::store::{self, Installation, Pool};

/// Connections for a command that does one thing at a time.
const FEW: u32 = 4;

/// A pool on the database, its schema not looked at yet.
pub(super) async fn connect(database: &Database, time_zone: &str, size: u32) -> Result<Pool> {
    store::connect(database.connect_options(), time_zone, size).await.context("无法连接数据库 / the database cannot be reached")
}

/// A small pool on a database whose schema is up to date for this working system.
pub(super) async fn open(database: &Database, time_zone: &str, working: &Crs) -> Result<Pool> {
    let pool = connect(database, time_zone, FEW).await?;
    prepare(&pool, working).await?;
    Ok(pool)
}

/// Brings the schema up to date.
pub(super) async fn prepare(pool: &Pool, working: &Crs) -> Result<Installation, store::StoreError> {
    store::open(pool, working.definition(), working.epsg(), &working.wkt(), &working.proj4()).await
}

/// The working system to use with what is already there: the pack's own, or the database's when the pack leaves it open.
pub(super) async fn working_of(pool: &Pool, pack: &Pack) -> Result<Crs> {
    match &pack.city.crs {
        WorkingCrs::Given(crs) => Ok((**crs).clone()),
        WorkingCrs::FromExtent => match store::installation(pool).await? {
            Some(installation) => Ok(Crs::parse(&installation.working_definition)?),
            None => bail!(
                "城市包 {0} 的坐标系由数据决定：请先导入 / the pack {0} takes its working system from the data: import first",
                pack.city.id
            ),
        },
    }
}
