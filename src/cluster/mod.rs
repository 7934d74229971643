//! The private PostGIS that starts when no database is named.
//!
//! A small keeper process (`yutu keeper`) owns the cluster in the data folder; every yutu process holds a [`Lease`],
//! and when the last lease has ended the keeper stops PostgreSQL. So an import and a server share one database,
//! whichever came first, and nothing is left running. The server's programs are the distribution's; nothing is
//! downloaded, nothing listens on TCP, and PostgreSQL never runs as root.
//!
//! Layout of `DATA_DIR/postgres`: `pgdata/` the cluster, `run/` the sockets, `owner.lock` held by the keeper,
//! `run.path` where the sockets are, `keeper.log` and `server.log`.
//! Left out: migrations and everything about the schema (room `store`), and a database named by the user.

mod create;
mod keeper;
mod layout;
mod lease;
mod postmaster;
mod programs;

use std::path::{Path, PathBuf};

use anyhow::Result;

pub use keeper::keep;
pub use lease::Lease;
pub use postmaster::setpriv_can_signal;
pub use programs::{Programs, find as find_programs, installed as installed_programs};

/// Name of the database and of its superuser in a private cluster.
pub const DATABASE: &str = "yutu";

/// What the database of every installation needs; created in a private cluster.
pub const EXTENSIONS: [&str; 3] = ["postgis", "pg_trgm", "btree_gist"];

/// How hard PostgreSQL tries to keep what it acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// An acknowledged commit survives a crash of the program and of the machine.
    Durable,
    /// No fsync: for tests, where the cluster is thrown away. A crash of the machine may ruin it.
    Throwaway,
}

/// Where the cluster is and who keeps it.
#[derive(Clone, Debug)]
pub struct Options {
    /// The data folder; the cluster lives in `postgres` below it.
    pub data_dir: PathBuf,
    /// The `yutu` program, started as `yutu keeper` when no keeper runs.
    pub keeper: PathBuf,
    pub durability: Durability,
}

impl Options {
    /// A durable cluster in `data_dir`, kept by the running program itself.
    ///
    /// # Errors
    /// When the path of the running program cannot be told.
    pub fn new(data_dir: &Path) -> Result<Self> {
        Ok(Self { data_dir: data_dir.to_path_buf(), keeper: layout::own_program()?, durability: Durability::Durable })
    }
}

/// Takes a lease on the cluster in `data_dir`: makes and starts it when nobody else has.
/// Blocks until the database answers (about a second for a new folder, 0.1 s for an old one);
/// from async code call it in `spawn_blocking`.
///
/// # Errors
/// A chain that says in both languages what is wrong and what to do: programs missing, folder not ours, other
/// major version, disk full, or what PostgreSQL logged.
pub fn acquire(data_dir: &Path) -> Result<Lease> {
    acquire_with(&Options::new(data_dir)?)
}

/// As [`acquire`], with the keeper's program and the durability chosen by the caller (tests).
///
/// # Errors
/// As [`acquire`].
pub fn acquire_with(options: &Options) -> Result<Lease> {
    lease::acquire(options)
}
