//! PostGIS: the only truth. A file per noun; returns domain types, keeps row shapes to itself.
//! Leaves out: every decision. What to write is decided by the caller, in one transaction.

mod accounts;
mod changes;
mod datasets;
mod decode;
mod earlier;
mod features;
mod geom;
mod held;
pub mod load;
mod records;
mod setup;
mod snapshot;

pub use accounts::{Account, Accounts, Role, UnknownRole};
pub use changes::{Changes, current_sequence, listener};
pub use datasets::{Dataset, latest_datasets};
pub use earlier::EarlierRow;
pub use features::{Found, FoundFeature, Moment, TimePoint, find, find_many};
pub use geom::Geom;
pub use held::{Interval, find_held, find_permit_footprints};
pub use records::{AsOf, ShapeCount};
pub use setup::{Installation, connect, installation, open, ping};
pub use snapshot::{Reading, SentRows, SnapshotRow, Texts};

use sqlx::PgPool;

/// The store, as handed to those who ask it.
pub type Pool = PgPool;

/// What the caller can do about it; "nothing found" is an `Option`.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the database cannot be reached")]
    Unreachable(#[source] sqlx::Error),
    #[error("the write conflicts with what is there: {0}")]
    Conflict(String),
    #[error(
        "数据库的工作坐标系为 {there}，城市包要求 {asked}；一个数据库只有一个工作坐标系，请换用另一数据目录或数据库 / the database is set up for {there}, but \
         the city pack asks for {asked}; one database holds one working system: use another data folder or database"
    )]
    WrongWorkingSystem { there: String, asked: String },
    #[error("the database did not accept the request")]
    Internal(#[source] sqlx::Error),
    #[error("a row cannot be read: {0}")]
    Unreadable(String),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Tls(_) | sqlx::Error::WorkerCrashed => {
                Self::Unreachable(error)
            }
            sqlx::Error::Database(database) => match database.code().as_deref() {
                // unique, exclusion, serialization failure, deadlock
                Some("23505" | "23P01" | "40001" | "40P01") => Self::Conflict(database.message().to_owned()),
                // admin shutdown, crash shutdown, cannot connect now; connection lost, out of resources such as connections
                Some(code) if ["57P", "08", "53"].iter().any(|class| code.starts_with(class)) => Self::Unreachable(error),
                _ => Self::Internal(error),
            },
            _ => Self::Internal(error),
        }
    }
}
