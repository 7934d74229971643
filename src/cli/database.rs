//! The database a command works on: the private cluster, or the server named by a URL.

use std::path::PathBuf;
use std::process::Command;
use std::str::FromStr;

use anyhow::{Context, Result};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sqlx::postgres::PgConnectOptions;

use super::DatabaseArgs;
use crate::cluster::{self, Lease};

/// Keep it for as long as the database is used: it holds the lease on the private cluster.
#[derive(Debug)]
pub struct Database {
    lease: Option<Lease>,
    url: Option<Url>,
}

#[derive(Debug)]
struct Url {
    options: PgConnectOptions,
    /// Without the password, which would show in the process list.
    shown: String,
    password: Option<String>,
}

impl Database {
    /// Starts or joins the private cluster, or reads the URL. Blocks; call it before any async runtime starts.
    ///
    /// # Errors
    /// As [`cluster::acquire`]; or the URL is not one.
    pub fn open(args: &DatabaseArgs) -> Result<Self> {
        let url = args.database_url.clone().or_else(|| std::env::var("DATABASE_URL").ok()).filter(|url| !url.is_empty());
        match url {
            Some(url) => Ok(Self { lease: None, url: Some(Url::parse(&url)?) }),
            None => Ok(Self { lease: Some(cluster::acquire(&args.data_dir)?), url: None }),
        }
    }

    pub fn connect_options(&self) -> PgConnectOptions {
        match (&self.lease, &self.url) {
            (Some(lease), _) => lease.connect_options(),
            (None, Some(url)) => url.options.clone(),
            (None, None) => PgConnectOptions::new(),
        }
    }

    /// The private cluster's lease, when that is what is used.
    pub fn lease(&self) -> Option<&Lease> {
        self.lease.as_ref()
    }

    /// A PostgreSQL client program (`psql`, `pg_dump`, `pg_restore`) that will connect to this database,
    /// or to the `other` one of the same server.
    ///
    /// # Errors
    /// The private cluster's programs are gone.
    pub fn client(&self, program: &str, other: Option<&str>) -> Result<Command> {
        let mut command = match &self.lease {
            Some(lease) => Command::new(lease.programs()?.folder.join(program)),
            // The newest client understands every older server.
            None => Command::new(cluster::find_programs(None).map_or_else(|_| PathBuf::from(program), |found| found.folder.join(program))),
        };
        if let Some(lease) = &self.lease {
            for (name, _) in std::env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"PG")) {
                command.env_remove(name);
            }
            command.env("PGHOST", lease.socket_folder()).env("PGPORT", "5432").env("PGUSER", cluster::DATABASE);
            command.arg(format!("--dbname={}", other.unwrap_or(cluster::DATABASE)));
        } else if let Some(url) = &self.url {
            let shown = other.map_or_else(|| url.shown.clone(), |other| with_database(&url.shown, other));
            command.arg(format!("--dbname={shown}"));
            if let Some(password) = &url.password {
                command.env("PGPASSWORD", password);
            }
        }
        Ok(command)
    }
}

impl Url {
    fn parse(text: &str) -> Result<Self> {
        // The text itself stays out of the error: it may hold a password.
        let options = PgConnectOptions::from_str(text).context(
            "数据库地址无法识别，应形如 postgres://user@host/name / the database URL is not understood; expected postgres://user@host/name",
        )?;
        let (shown, password) = without_password(text);
        Ok(Self { options, shown, password })
    }
}

fn without_password(url: &str) -> (String, Option<String>) {
    let Some((scheme, rest)) = url.split_once("://") else { return (url.to_owned(), None) };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let Some((login, host)) = rest[..end].rsplit_once('@') else { return (url.to_owned(), None) };
    let Some((user, password)) = login.split_once(':') else { return (url.to_owned(), None) };
    let password = percent_decode_str(password).decode_utf8_lossy().into_owned();
    (format!("{scheme}://{user}@{host}{}", &rest[end..]), Some(password))
}

/// The same URL for another database: its path is replaced, and a `dbname` parameter dropped.
fn with_database(url: &str, name: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
    let host = place.split('/').next().unwrap_or_default();
    let kept: Vec<&str> = query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("dbname=")).collect();
    let mark = if kept.is_empty() { "" } else { "?" };
    format!("{scheme}://{host}/{}{mark}{}", utf8_percent_encode(name, NON_ALPHANUMERIC), kept.join("&"))
}

#[cfg(test)]
mod tests {
    use super::{with_database, without_password};

    #[test]
    fn another_database_takes_the_place_of_the_one_in_the_url() {
        for (url, expected) in [
            ("postgres://me@db:5433/city?sslmode=require", "postgres://me@db:5433/a%5Fb?sslmode=require"),
            ("postgres:///city?host=/run&dbname=x&user=a", "postgres:///a%5Fb?host=/run&user=a"),
            ("postgres://me@%2Frun%2Fpg", "postgres://me@%2Frun%2Fpg/a%5Fb"),
        ] {
            assert_eq!(with_database(url, "a_b"), expected);
        }
    }

    #[test]
    fn a_password_leaves_the_url_and_is_decoded() {
        assert_eq!(
            without_password("postgres://me:p%40ss:w@db.example:5433/city?sslmode=require"),
            ("postgres://me@db.example:5433/city?sslmode=require".to_owned(), Some("p@ss:w".to_owned()))
        );
    }

    #[test]
    fn a_url_without_a_password_stays_as_it_is() {
        for url in ["postgres://me@%2Frun%2Fpg/city", "postgres:///city?user=a:b", "postgres://db/city@x:y"] {
            assert_eq!(without_password(url), (url.to_owned(), None));
        }
    }
}
