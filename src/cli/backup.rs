//! `yutu backup` and `yutu restore`.

use std::io::Write;
use std::process::ExitCode;

use anyhow::Result;

use super::{BackupArgs, Database, RestoreArgs};
use crate::backup::{self, Former, Server};

pub fn write(args: &BackupArgs) -> Result<ExitCode> {
    let database = Database::open(&args.database)?;
    let client = |program: &str, other: Option<&str>| database.client(program, other);
    let server = Server { connect: database.connect_options(), client: &client };
    let manifest = runtime()?.block_on(backup::write(&server, &args.file))?;
    writeln!(
        std::io::stdout(),
        "已备份 {0} 行，{1} 张表，序号 {2} / backed up {0} rows in {1} tables, sequence {2}: {3} ({4} bytes, read back and checked)",
        manifest.rows(),
        manifest.tables.len(),
        manifest.sequence,
        args.file.display(),
        manifest.dump.bytes
    )?;
    Ok(ExitCode::SUCCESS)
}

pub fn restore(args: &RestoreArgs) -> Result<ExitCode> {
    let database = Database::open(&args.database)?;
    let client = |program: &str, other: Option<&str>| database.client(program, other);
    let server = Server { connect: database.connect_options(), client: &client };
    let former = if args.drop_former { Former::Drop } else { Former::Keep };
    let known: Vec<i64> = sqlx::migrate!().iter().map(|migration| migration.version).collect();
    let restored = runtime()?.block_on(backup::restore(&server, &args.file, former, &known))?;
    let mut out = std::io::stdout();
    writeln!(
        out,
        "已恢复 {0} 行，{1} 张表，序号 {2}（{3} 的备份），逐表计数与校验一致 / restored {0} rows in {1} tables, sequence {2} (backup of {3}); every table counts and hashes the same",
        restored.manifest.rows(),
        restored.manifest.tables.len(),
        restored.manifest.sequence,
        restored.manifest.created_at
    )?;
    if let Some(former) = restored.former {
        writeln!(out, "原数据库保留为 {former}，下次恢复时删除 / the former database stays as {former} until the next restore")?;
    }
    Ok(ExitCode::SUCCESS)
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?)
}
