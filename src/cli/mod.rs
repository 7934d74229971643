//! The command line: what can be asked for, and the exit status.
//!
//! Exit status: 0 done, 1 refused or failed with the reason on stderr, 2 wrong usage. Every option can be given as an
//! environment variable `YUTU_<OPTION>`. A file per command; this one only parses and hands on.

mod args;
mod backup;
mod database;
mod demo;
mod doctor;
mod export;
mod geocode;
mod import;
mod keeper;
mod psql;
mod serve;
mod store;
mod user;

use std::io::Write;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

pub use args::{
    BackupArgs, DatabaseArgs, DemoArgs, ExportArgs, GeocodeArgs, ImportArgs, PsqlArgs, RestoreArgs, ServeArgs, UserArgs, UserCommand,
};
pub use database::Database;

#[derive(Debug, Parser)]
#[command(name = "yutu", version, about = "舆图：地名、地址与规划许可地图服务 / Place names, addresses and planning-permit maps", long_about = None)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// 提供地图、查询与瓦片服务 / Serve the page, the answers and the tiles
    Serve(ServeArgs),
    /// 按城市包导入数据 / Import data by a city pack
    Import(ImportArgs),
    /// 导出一个图层，或整套瓦片（tiles） / Write a layer to a file, or the whole map as tiles
    Export(Box<ExportArgs>),
    /// 为表格中的地址逐行查找位置 / Find the place of every address of a table
    Geocode(Box<GeocodeArgs>),
    /// 生成虚构的演示城市 / Generate the fictional demo city
    Demo(DemoArgs),
    /// 管理用户 / Manage the accounts
    User(UserArgs),
    /// 备份到一个文件，服务不停 / Back up into a file while serving
    Backup(BackupArgs),
    /// 从备份恢复，服务不停 / Restore a backup while serving
    Restore(RestoreArgs),
    /// 打开正在使用的数据库 / A shell on the database in use
    Psql(PsqlArgs),
    /// 检查本机缺少什么，如何安装 / What is missing on this machine and how to get it
    Doctor,
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
        Command::Serve(args) => serve::run(&args),
        Command::Import(args) => import::run(&args),
        Command::Export(args) => export::run(&args),
        Command::Geocode(args) => geocode::run(&args),
        Command::Demo(args) => demo::run(&args),
        Command::User(args) => user::run(&args),
        Command::Backup(args) => backup::write(&args),
        Command::Restore(args) => backup::restore(&args),
        Command::Psql(args) => psql::run(&args),
        Command::Doctor => doctor::run(),
        Command::Keeper(args) => keeper::run(&args),
    }
}
