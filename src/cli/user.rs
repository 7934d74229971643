//! `yutu user`

use std::io::{BufRead, IsTerminal, Write};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use super::{Database, UserArgs, UserCommand, store};
use crate::app::{self, AppError};
use crate::store::{Accounts, Role};

pub(super) fn run(args: &UserArgs) -> Result<ExitCode> {
    let database = Database::open(&args.database)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let pool = store::connect(&database, "UTC", 1).await?;
        if crate::store::installation(&pool).await?.is_none() {
            bail!("数据库是空的：请先导入或启动一次服务 / the database is empty: import something or start the server once");
        }
        let accounts = Accounts(pool);
        let mut out = std::io::stdout().lock();
        match &args.command {
            UserCommand::Add { name, role } => {
                let role: Role = role.parse()?;
                let password = read_password()?;
                app::add_account(&accounts, name, "", role, &password).await.map_err(|error| told(error, name))?;
                writeln!(out, "已添加 / added {name} ({role})")?;
            }
            UserCommand::List => {
                for account in accounts.list().await? {
                    let state = if account.disabled_at.is_some() { "停用 / disabled" } else { "启用 / open" };
                    writeln!(out, "{}\t{}\t{state}\t{}", account.name, account.role, account.created_at.format("%Y-%m-%d"))?;
                }
            }
            UserCommand::Disable { name } => {
                if !accounts.disable(name).await? {
                    bail!("没有启用的用户 {name} / there is no open account {name}");
                }
                writeln!(out, "已停用 / disabled {name}")?;
            }
        }
        Ok(ExitCode::SUCCESS)
    })
}

fn told(error: AppError, name: &str) -> anyhow::Error {
    match error {
        AppError::Invalid { message, .. } => anyhow::anyhow!("{} / {}", message.zh, message.en),
        AppError::Conflict(_) => anyhow::anyhow!("用户 {name} 已存在 / the name {name} is taken"),
        AppError::Internal(error) => error,
        _ => anyhow::anyhow!("数据库无法访问 / the database cannot be reached"),
    }
}

/// One line from standard input, so that the password is in no process list and no shell history.
fn read_password() -> Result<String> {
    let input = std::io::stdin();
    if input.is_terminal() {
        write!(std::io::stderr(), "密码（会显示在屏幕上）/ Password (shown as you type): ")?;
    }
    let mut line = String::new();
    input.lock().read_line(&mut line).context("无法读取密码 / the password cannot be read")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
