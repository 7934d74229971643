//! Backup and restore while serving, proved by counts and hashes.
//!
//! A backup is a tar of `database.dump` (pg_dump, custom format), `manifest.json` (what must be found in it) and
//! `SHA256SUMS`. Dump and manifest see the same snapshot of the database. A restore fills a fresh database, counts and
//! hashes it anew, and only then takes the place of the present one.
//!
//! Left out: which database is meant and how its client programs are started; the caller says so with [`Server`].

mod archive;
mod content;
mod manifest;
mod restore;
mod swap;

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, anyhow, bail};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, PgConnection};

pub use manifest::{Manifest, SequenceContent, TableContent};
pub use restore::{Former, Restored, restore};

/// The database to back up or to replace, and how to start a PostgreSQL client program on a database of that server.
pub struct Server<'a> {
    pub connect: PgConnectOptions,
    /// (program such as `pg_dump`, database or `None` for the one in use) -> a command that connects to it.
    pub client: &'a (dyn Fn(&str, Option<&str>) -> Result<Command> + Sync),
}

impl std::fmt::Debug for Server<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").finish_non_exhaustive()
    }
}

/// Writes a backup to `file`, which appears (or is replaced) only when it is complete and has been read back.
///
/// # Errors
/// The database cannot be read, pg_dump fails, the disk is full, or what was written reads back differently.
pub async fn write(server: &Server<'_>, file: &Path) -> Result<Manifest> {
    // A device or a folder of that name must not give way to a file.
    if std::fs::symlink_metadata(file).is_ok_and(|found| !found.is_file()) {
        bail!("{0} 不是普通文件 / {0} is not an ordinary file", file.display());
    }
    let part = part_of(file);
    let outcome = write_part(server, &part).await;
    let outcome = match outcome {
        Ok(_) => archive::open(&part).map(|archive| archive.manifest).context("reading the new backup back"),
        Err(error) => Err(error),
    };
    let outcome = outcome.and_then(|manifest| {
        std::fs::rename(&part, file).with_context(|| format!("无法写入 {0} / {0} cannot be written", file.display()))?;
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder)?.sync_all()?;
        Ok(manifest)
    });
    if outcome.is_err() {
        let _ = std::fs::remove_file(&part);
    }
    outcome
}

async fn write_part(server: &Server<'_>, part: &Path) -> Result<()> {
    let mut connection = content::snapshot(&server.connect).await?;
    let snapshot: String = sqlx::query_scalar("SELECT pg_export_snapshot()").fetch_one(&mut connection).await?;
    let command = dump_command(server, &snapshot)?;
    let target = part.to_path_buf();
    let dump = tokio::task::spawn_blocking(move || dump_into(command, &target));
    // Counting and dumping go on side by side in the one snapshot.
    let described = content::describe(&mut connection).await;
    let (mut writer, dump) = dump.await.context("pg_dump")??;
    let manifest = Manifest { dump, ..described? };
    connection.close().await?;
    writer.finish(&manifest)
}

fn dump_command(server: &Server<'_>, snapshot: &str) -> Result<Command> {
    let mut command = (server.client)("pg_dump", None)?;
    command.args(["--format=custom", "--no-password"]).arg(format!("--snapshot={snapshot}"));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    Ok(command)
}

fn dump_into(mut command: Command, part: &Path) -> Result<(archive::Writer, manifest::Dump)> {
    let mut child =
        command.spawn().context("pg_dump 无法启动，请安装 postgresql-client / pg_dump cannot be started: install postgresql-client")?;
    let said = read_aside(child.stderr.take());
    let mut output = child.stdout.take().ok_or_else(|| anyhow!("pg_dump has no output"))?;
    let mut writer = archive::Writer::create(part)?;
    let written = writer.add_dump(&mut output);
    drop(output);
    let status = child.wait()?;
    let said = said();
    let dump =
        written.with_context(|| format!("无法写入 {0}，磁盘是否已满？ / {0} cannot be written: is the disk full?", part.display()))?;
    if !status.success() {
        bail!("pg_dump: {status}: {}", said.trim());
    }
    Ok((writer, dump))
}

/// Reads what a program says on stderr while its other pipe is being served; the answer waits for its end.
fn read_aside(pipe: Option<std::process::ChildStderr>) -> impl FnOnce() -> String {
    let reader = pipe.map(|mut pipe| {
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            let _ = pipe.read_to_end(&mut bytes);
            String::from_utf8_lossy(&bytes).into_owned()
        })
    });
    move || reader.and_then(|reader| reader.join().ok()).unwrap_or_default()
}

fn part_of(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".part");
    name.into()
}

async fn connect(options: &PgConnectOptions) -> Result<PgConnection> {
    options.connect().await.context("无法连接数据库 / the database cannot be reached")
}
