//! `yutu demo`

use std::io::Write;
use std::process::ExitCode;

use anyhow::{Context, Result};

use super::DemoArgs;
use crate::demo;

pub(super) fn run(args: &DemoArgs) -> Result<ExitCode> {
    let folder = args.out_dir.display();
    let summary =
        demo::write(&args.out_dir, args.seed, args.scale).with_context(|| format!("无法写入 / cannot write the demo city to {folder}"))?;
    let mut out = std::io::stdout().lock();
    for (layer, count) in &summary.features {
        writeln!(out, "{layer}\t{count}")?;
    }
    writeln!(out, "{} 个区 / district(s) -> {folder}", summary.districts)?;
    Ok(ExitCode::SUCCESS)
}
