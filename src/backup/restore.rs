//! Fills a fresh database from a backup, proves it, and lets it take the place of the present one.

use std::io;
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection, Executor, PgConnection};

use super::archive::{self, Archive};
use super::manifest::Manifest;
use super::{Server, connect, content, read_aside, swap};

/// What becomes of the database that was replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Former {
    /// It stays beside the new one, under another name, until the next restore.
    Keep,
    Drop,
}

/// What a restore did.
#[derive(Clone, Debug)]
pub struct Restored {
    pub manifest: Manifest,
    /// The name under which the replaced database stays.
    pub former: Option<String>,
}

/// Any number, the same in all processes: one restore at a time on a server.
const RESTORE_LOCK: i64 = 7_903_361_284_502;

/// Replaces the database in use by the one in `file`. Connections to it are cut at the moment of the exchange, which is
/// one transaction: there is always a database of its name. `known_migrations` are those of this program.
///
/// # Errors
/// The file is not an intact backup, was made by a later version or for another working coordinate system, or what was
/// restored does not count and hash as it should. The present database is then left as it is.
pub async fn restore(server: &Server<'_>, file: &Path, former: Former, known_migrations: &[i64]) -> Result<Restored> {
    let archive = archive::open(file)?;
    let name = server.connect.get_database().context("数据库地址中没有库名 / the database URL names no database")?.to_owned();
    let mut keeper = swap::maintenance(&server.connect).await?;
    let locked: bool = sqlx::query_scalar("SELECT pg_try_advisory_lock($1)").bind(RESTORE_LOCK).fetch_one(&mut keeper).await?;
    if !locked {
        bail!("另一个恢复正在进行 / another restore is running");
    }
    let replaced = swap::exists(&mut keeper, &name).await?;
    refuse_what_does_not_fit(server, &archive.manifest, known_migrations, replaced).await?;
    for stale in swap::relatives(&mut keeper, &name, "restoring").await? {
        swap::drop_database(&mut keeper, &stale).await?;
    }
    let fresh = swap::relative(&name, "restoring");
    swap::create(&mut keeper, &fresh, replaced.then_some(name.as_str())).await?;
    let filled = fill(server, archive, &fresh).await;
    let manifest = match filled {
        Ok(manifest) => manifest,
        Err(error) => {
            let _ = swap::drop_database(&mut keeper, &fresh).await;
            return Err(error.context("原数据库未作改动 / the present database was left as it is"));
        }
    };
    let earlier = swap::relatives(&mut keeper, &name, "before").await?;
    let kept = swap::exchange(&server.connect, &mut keeper, &name, &fresh, replaced).await?;
    for old in earlier {
        swap::drop_database(&mut keeper, &old).await?;
    }
    let former = match (former, kept) {
        (Former::Drop, Some(kept)) => {
            swap::drop_database(&mut keeper, &kept).await?;
            None
        }
        (_, kept) => kept,
    };
    keeper.close().await?;
    Ok(Restored { manifest, former })
}

async fn refuse_what_does_not_fit(server: &Server<'_>, manifest: &Manifest, known_migrations: &[i64], replaced: bool) -> Result<()> {
    if let Some(later) = manifest.migrations.iter().find(|migration| !known_migrations.contains(&migration.version)) {
        bail!(
            "备份由更新的版本（{0}，迁移 {1}）写成，请用那个版本恢复 / the backup was written by a later version ({0}, migration {1}): restore it with that one",
            manifest.program,
            later.version
        );
    }
    if !replaced {
        return Ok(());
    }
    let mut connection = connect(&server.connect).await?;
    let present = content::working_crs(&mut connection).await?;
    connection.close().await?;
    match (&present, &manifest.working_crs) {
        (Some(present), Some(backed_up)) if present != backed_up => bail!(
            "备份的工作坐标系是 {backed_up}，现有数据库是 {present}；请恢复到另一个数据目录或数据库 / \
             the backup's working coordinate system is {backed_up}, the present database's is {present}: restore into another data folder or database"
        ),
        _ => Ok(()),
    }
}

async fn fill(server: &Server<'_>, archive: Archive, fresh: &str) -> Result<Manifest> {
    let expected = archive.manifest.clone();
    let mut command = (server.client)("pg_restore", Some(fresh))?;
    command.args(["--no-owner", "--no-privileges", "--exit-on-error", "--no-password"]);
    // Nobody relies on the fresh database yet; the exchange at the end makes all of it durable.
    command.env("PGOPTIONS", "-c synchronous_commit=off");
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    tokio::task::spawn_blocking(move || run(command, archive)).await.context("pg_restore")??;
    let options = server.connect.clone().database(fresh);
    let mut connection = content::snapshot(&options).await?;
    let found = content::describe(&mut connection).await?;
    connection.close().await?;
    let differences = expected.differences(&found);
    if !differences.is_empty() {
        bail!("恢复后的内容与备份不符 / what was restored differs from the backup: {}", differences.join("; "));
    }
    let mut connection = connect(&options).await?;
    settle(&mut connection, &options).await?;
    connection.close().await?;
    Ok(expected)
}

fn run(mut command: std::process::Command, archive: Archive) -> Result<()> {
    let mut child = command
        .spawn()
        .context("pg_restore 无法启动，请安装 postgresql-client / pg_restore cannot be started: install postgresql-client")?;
    let said = read_aside(child.stderr.take());
    let mut dump = archive.into_dump()?;
    // When pg_restore ends early the pipe breaks; its own words say why.
    let fed = child.stdin.take().map_or(Ok(0), |mut pipe| io::copy(&mut dump, &mut pipe));
    let status = child.wait()?;
    let said = said();
    if !status.success() {
        bail!("pg_restore: {status}: {}", said.trim());
    }
    fed.context("feeding pg_restore")?;
    Ok(())
}

/// Makes the copy a database of its own: readers that knew the former one must notice, and transaction numbers of
/// another server must not meet those of this one.
async fn settle(connection: &mut PgConnection, options: &PgConnectOptions) -> Result<()> {
    if content::exists(connection, "installation").await? {
        connection.execute("UPDATE installation SET epoch = gen_random_uuid()").await.context("epoch")?;
    }
    if content::exists(connection, "change_transaction").await? {
        // Beyond every number a server will ever reach, and by the sequence, which is unique.
        connection
            .execute(
                "BEGIN;
                 UPDATE change c SET xid = (9223372036854775808 + t.sequence)::text::xid8 FROM change_transaction t WHERE t.xid = c.xid;
                 UPDATE change_transaction SET xid = (9223372036854775808 + sequence)::text::xid8;
                 COMMIT",
            )
            .await
            .context("change_transaction")?;
    }
    connection.execute("ANALYZE").await.with_context(|| format!("ANALYZE {}", options.get_database().unwrap_or_default()))?;
    Ok(())
}
