//! `yutu keeper`: the hidden command that owns the private database.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use crate::cluster::{self, Durability, Options};

#[derive(Args, Debug)]
pub struct KeeperArgs {
    #[arg(long, value_name = "DIR")]
    data_dir: PathBuf,
    /// No fsync, for tests
    #[arg(long)]
    throwaway: bool,
}

pub fn run(args: &KeeperArgs) -> Result<ExitCode> {
    let durability = if args.throwaway { Durability::Throwaway } else { Durability::Durable };
    cluster::keep(&Options { durability, ..Options::new(&args.data_dir)? })?;
    Ok(ExitCode::SUCCESS)
}
