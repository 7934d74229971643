//! What is in a database: facts, and a count and a hash for every table, all in one snapshot.

use anyhow::{Context, Result};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Executor, PgConnection};

use super::manifest::{Dump, FORMAT, Manifest, Migration, SequenceContent, TableContent};

/// One question per table that is no extension's, composed and quoted by the server itself. Generated columns are left
/// out: they are computed anew on restore, perhaps by another version of PROJ.
const TABLE_QUESTIONS: &str = r"
SELECT n.nspname::text, c.relname::text,
       format('SELECT count(*), coalesce(sum(hashtextextended(ROW(%s)::text, 0)), 0)::text FROM ONLY %I.%I AS t',
              string_agg(format('t.%I', a.attname), ', ' ORDER BY a.attnum), n.nspname, c.relname)
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
GROUP BY n.nspname, c.relname
ORDER BY n.nspname, c.relname";

const SEQUENCES: &str = r"
SELECT schemaname::text, sequencename::text, last_value FROM pg_sequences
WHERE schemaname !~ '^pg_' ORDER BY schemaname, sequencename";

/// Connects and begins a transaction whose every statement sees the same state, with settings under which the same row
/// is written the same way on every server.
pub async fn snapshot(options: &PgConnectOptions) -> Result<PgConnection> {
    let mut connection = super::connect(options).await?;
    connection
        .execute(
            "SET TimeZone = 'UTC'; SET DateStyle = 'ISO'; SET IntervalStyle = 'postgres'; SET bytea_output = 'hex';
             SET extra_float_digits = 3; SET row_security = off; SET statement_timeout = 0; SET lock_timeout = 0;
             SET idle_in_transaction_session_timeout = 0;
             BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY",
        )
        .await?;
    Ok(connection)
}

/// Describes the database of `connection` (see [`snapshot`]); `dump` is left empty.
pub async fn describe(connection: &mut PgConnection) -> Result<Manifest> {
    let server: String = sqlx::query_scalar("SELECT current_setting('server_version')").fetch_one(&mut *connection).await?;
    let postgis: Option<String> =
        sqlx::query_scalar("SELECT extversion FROM pg_extension WHERE extname = 'postgis'").fetch_optional(&mut *connection).await?;
    let migrations = if exists(connection, "_sqlx_migrations").await? {
        let rows: Vec<(i64, Vec<u8>)> =
            sqlx::query_as("SELECT version, checksum FROM _sqlx_migrations ORDER BY version").fetch_all(&mut *connection).await?;
        rows.into_iter().map(|(version, checksum)| Migration { version, checksum: hex::encode(checksum) }).collect()
    } else {
        Vec::new()
    };
    let working_crs = working_crs(connection).await?;
    let sequence = if exists(connection, "change_transaction").await? {
        sqlx::query_scalar("SELECT coalesce(max(sequence), 0) FROM change_transaction").fetch_one(&mut *connection).await?
    } else {
        0
    };
    let questions: Vec<(String, String, String)> = sqlx::query_as(TABLE_QUESTIONS).fetch_all(&mut *connection).await?;
    let mut tables = Vec::with_capacity(questions.len());
    for (schema, table, question) in questions {
        let (rows, hash) = sqlx::query_as(AssertSqlSafe(question))
            .fetch_one(&mut *connection)
            .await
            .with_context(|| format!("counting {schema}.{table}"))?;
        tables.push(TableContent { schema, table, rows, hash });
    }
    let sequences: Vec<(String, String, Option<i64>)> = sqlx::query_as(SEQUENCES).fetch_all(&mut *connection).await?;
    Ok(Manifest {
        format: FORMAT,
        program: concat!("yutu ", env!("CARGO_PKG_VERSION")).to_owned(),
        created_at: chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
        server,
        postgis,
        migrations,
        working_crs,
        sequence,
        tables,
        sequences: sequences.into_iter().map(|(schema, sequence, last_value)| SequenceContent { schema, sequence, last_value }).collect(),
        dump: Dump::default(),
    })
}

/// The working coordinate system the database was made for; `None` when it has no Yutu schema yet.
pub async fn working_crs(connection: &mut PgConnection) -> Result<Option<String>> {
    if !exists(connection, "installation").await? {
        return Ok(None);
    }
    Ok(sqlx::query_scalar("SELECT working_definition FROM installation").fetch_optional(&mut *connection).await?)
}

/// Whether the default schema has a table of that name.
pub async fn exists(connection: &mut PgConnection, table: &str) -> Result<bool> {
    Ok(sqlx::query_scalar("SELECT to_regclass($1) IS NOT NULL").bind(table).fetch_one(&mut *connection).await?)
}
