//! The command line: what can be asked for, and the exit status.
//!
//! Exit status: 0 done, 1 refused or failed with the reason on stderr, 2 wrong usage. Every option can be given as an
//! environment variable `YUTU_<OPTION>`. A file per command; this one only parses and hands on.

mod args;
mod backup;
mod database;
mod keeper;
mod psql;

use std::io::Write;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

pub use args::{BackupArgs, DatabaseArgs, DemoArgs, ImportArgs, PsqlArgs, RestoreArgs, ServeArgs, UserArgs, UserCommand};
pub use database::Database;

#[derive(Debug, Parser)]
#[command(name = "yutu", version, about = "舆图：地名、地址与规划许可地图服务 / Place names, addresses and planning-permit maps", long_about = None)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// 备份到一个文件，服务不停 / Back up into a file while serving
    Backup(BackupArgs),
    /// 从备份恢复，服务不停 / Restore a backup while serving
    Restore(RestoreArgs),
    /// 打开正在使用的数据库 / A shell on the database in use
    Psql(PsqlArgs),
    /// The process that owns the private database; started by the other commands
    #[command(hide = true)]
    Keeper(keeper::KeeperArgs),
}

/// Runs the command of the process's arguments.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli.command) {
        Ok(status) => status,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "yutu: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<ExitCode> {
    match command {
        Command::Backup(args) => backup::write(&args),
        Command::Restore(args) => backup::restore(&args),
        Command::Psql(args) => psql::run(&args),
        Command::Keeper(args) => keeper::run(&args),
    }
}
