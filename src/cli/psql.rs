//! `yutu psql`: a shell on the database in use.

use std::process::ExitCode;

use anyhow::{Context, Result};
use tokio::signal::unix::{SignalKind, signal};

use super::{Database, PsqlArgs};

pub fn run(args: &PsqlArgs) -> Result<ExitCode> {
    let database = Database::open(&args.database)?;
    let mut command = database.client("psql", None)?;
    command.args(&args.args);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let status = runtime.block_on(async {
        // Ctrl-C is psql's: it cancels a query there. We must outlive it, for the lease.
        let _interrupts = signal(SignalKind::interrupt())?;
        let _quits = signal(SignalKind::quit())?;
        let mut child = tokio::process::Command::from(command)
            .spawn()
            .context("psql 无法启动，请安装 postgresql-client / psql cannot be started: install postgresql-client")?;
        child.wait().await.context("waiting for psql")
    })?;
    // psql's own statuses (2 broken connection, 3 script error) would look like wrong usage of ours.
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
