//! Databases as a whole: making, dropping, and exchanging one for another in a single transaction.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

use super::connect;

/// PostgreSQL cuts longer names silently.
const LONGEST_NAME: usize = 63;
/// To the millisecond, so that two restores in a row do not meet.
const TIME: &str = "%Y%m%dT%H%M%S%3f";

/// A connection to a database that is not the one in question, from which others can be renamed and dropped.
pub async fn maintenance(options: &PgConnectOptions) -> Result<PgConnection> {
    match connect(&options.clone().database("postgres")).await {
        Ok(connection) => Ok(connection),
        Err(first) => connect(&options.clone().database("template1")).await.map_err(|_| first),
    }
}

pub async fn exists(connection: &mut PgConnection, name: &str) -> Result<bool> {
    Ok(sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)").bind(name).fetch_one(connection).await?)
}

/// A name beside `name`, such as `yutu_before_20260102T030405678`.
pub fn relative(name: &str, role: &str) -> String {
    format!("{}{}", prefix(name, role), chrono::Utc::now().format(TIME))
}

/// The databases that [`relative`] named, oldest first.
pub async fn relatives(connection: &mut PgConnection, name: &str, role: &str) -> Result<Vec<String>> {
    let prefix = prefix(name, role);
    let names: Vec<String> = sqlx::query_scalar("SELECT datname::text FROM pg_database WHERE starts_with(datname, $1) ORDER BY datname")
        .bind(&prefix)
        .fetch_all(connection)
        .await?;
    // Another database may happen to begin like that; ours end in a time.
    Ok(names.into_iter().filter(|found| chrono::NaiveDateTime::parse_from_str(&found[prefix.len()..], TIME).is_ok()).collect())
}

fn prefix(name: &str, role: &str) -> String {
    let tail = format!("_{role}_");
    let mut end = name.len().min(LONGEST_NAME - tail.len() - "20260102T030405678".len());
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{tail}", &name[..end])
}

/// Makes an empty database, with the locale of `like` when there is one.
pub async fn create(connection: &mut PgConnection, name: &str, like: Option<&str>) -> Result<()> {
    let statement: String = sqlx::query_scalar(
        "SELECT format('CREATE DATABASE %I TEMPLATE template0 ENCODING ''UTF8'' LC_COLLATE %L LC_CTYPE %L', $1,
                       coalesce(max(datcollate), 'C.UTF-8'), coalesce(max(datctype), 'C.UTF-8'))
         FROM pg_database WHERE datname = $2",
    )
    .bind(name)
    .bind(like)
    .fetch_one(&mut *connection)
    .await?;
    connection
        .execute(AssertSqlSafe(statement))
        .await
        .context("无法新建数据库，账户需要 CREATEDB 权限 / no database can be created: the account needs CREATEDB")?;
    Ok(())
}

pub async fn drop_database(connection: &mut PgConnection, name: &str) -> Result<()> {
    connection
        .execute(AssertSqlSafe(format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", quoted(name))))
        .await
        .with_context(|| format!("DROP DATABASE {name}"))?;
    Ok(())
}

/// Gives `fresh` the name `name`; what had it before gets the name that is answered. One transaction.
/// The first renaming locks the database against new sessions and waits up to 5 s for the present ones, which the other
/// connection ends meanwhile, again and again, because a session may just have been starting.
pub async fn exchange(
    options: &PgConnectOptions,
    keeper: &mut PgConnection,
    name: &str,
    fresh: &str,
    replaced: bool,
) -> Result<Option<String>> {
    let former = replaced.then(|| relative(name, "before"));
    let mut renamer = maintenance(options).await?;
    let outcome = {
        let steps = rename(&mut renamer, former.as_deref().map(|former| (name, former)), (fresh, name));
        tokio::pin!(steps);
        loop {
            tokio::select! {
                outcome = &mut steps => break outcome,
                () = tokio::time::sleep(Duration::from_millis(20)) => end_sessions(keeper, &[name, fresh]).await?,
            }
        }
    };
    if let Err(error) = outcome {
        bail!("无法换上恢复的数据库（仍在 {fresh}）/ the restored database cannot take its place (it is still there as {fresh}): {error}");
    }
    renamer.close().await?;
    Ok(former)
}

async fn rename(connection: &mut PgConnection, aside: Option<(&str, &str)>, into_place: (&str, &str)) -> Result<(), sqlx::Error> {
    let mut transaction = connection.begin().await?;
    for (from, to) in aside.into_iter().chain([into_place]) {
        transaction.execute(AssertSqlSafe(format!("ALTER DATABASE {} RENAME TO {}", quoted(from), quoted(to)))).await?;
    }
    transaction.commit().await
}

/// Ends the sessions this account may end.
async fn end_sessions(connection: &mut PgConnection, databases: &[&str]) -> Result<()> {
    sqlx::query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = ANY($1) AND pid <> pg_backend_pid() AND pg_has_role(usesysid, 'MEMBER')",
    )
    .bind(databases)
    .execute(connection)
    .await?;
    Ok(())
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_beside_a_long_name_stay_within_what_postgresql_keeps() {
        for name in ["yutu", &"x".repeat(63), &"舆图".repeat(10)] {
            for role in ["before", "restoring"] {
                assert!(relative(name, role).len() <= LONGEST_NAME, "{name}");
                assert!(relative(name, role).starts_with(&prefix(name, role)));
            }
        }
    }

    #[test]
    fn a_quote_in_a_name_is_doubled() {
        assert_eq!(quoted("a\"b"), "\"a\"\"b\"");
    }
}
