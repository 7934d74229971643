//! Finds the distribution's PostgreSQL server programs and whether PostGIS is installed for them.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

/// One installed PostgreSQL server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Programs {
    /// Folder with `initdb`, `postgres`, `pg_dump`, `psql` ...
    pub folder: PathBuf,
    /// Major version, such as 15.
    pub major: u32,
    /// Those of [`super::EXTENSIONS`] that are not installed for it. Empty also when their folder could not be told.
    pub missing: Vec<&'static str>,
}

/// All servers found on this machine, best first: those with PostGIS, then the newest.
/// `YUTU_PG_BINDIR` names one folder and is then the only place looked at.
pub fn installed() -> Vec<Programs> {
    let folders = match std::env::var_os("YUTU_PG_BINDIR") {
        Some(folder) => vec![PathBuf::from(folder)],
        None => usual_folders(),
    };
    let mut found: Vec<Programs> = Vec::new();
    for folder in folders {
        let Ok(folder) = folder.canonicalize() else { continue };
        if found.iter().any(|one| one.folder == folder) {
            continue;
        }
        if let Some(major) = major_version(&folder) {
            let share = share_folder(&folder, major);
            let there = |name: &str| share.as_ref().is_none_or(|share| share.join(format!("extension/{name}.control")).exists());
            let missing = super::EXTENSIONS.into_iter().filter(|name| !there(name)).collect();
            found.push(Programs { folder, major, missing });
        }
    }
    found.sort_by_key(|one| (one.missing.len(), std::cmp::Reverse(one.major)));
    found
}

/// The server to use: the one of `major` when a cluster of that version exists already, else the best.
///
/// # Errors
/// None is installed, PostGIS is missing, or none has the cluster's version; says which package to install.
pub fn find(major: Option<u32>) -> Result<Programs> {
    let all = installed();
    let Some(best) = all.iter().find(|one| major.is_none_or(|major| one.major == major)).cloned() else {
        if let (Some(major), false) = (major, all.is_empty()) {
            bail!(wrong_version(major, &all));
        }
        bail!(
            "找不到 PostgreSQL 服务程序（initdb、postgres）。请安装：apt-get install postgresql-postgis；yutu doctor 会列出所缺。\n\
             PostgreSQL's server programs (initdb, postgres) were not found. Install them: apt-get install postgresql-postgis; \
             `yutu doctor` lists what is missing. YUTU_PG_BINDIR can name their folder."
        );
    };
    if !best.missing.is_empty() {
        bail!(
            "PostgreSQL {0}（{1}）缺少扩展 {2}。请安装：apt-get install postgresql-{0}-postgis-3（其他系统见 yutu doctor）\n\
             PostgreSQL {0} ({1}) lacks the extensions {2}. Install them: apt-get install postgresql-{0}-postgis-3 (elsewhere see `yutu doctor`)",
            best.major,
            best.folder.display(),
            best.missing.join(", ")
        );
    }
    Ok(best)
}

fn wrong_version(major: u32, all: &[Programs]) -> String {
    let have = all.iter().map(|one| one.major.to_string()).collect::<Vec<_>>().join(", ");
    format!(
        "数据目录里的数据库属于 PostgreSQL {major}，本机装有：{have}。请安装 postgresql-{major} 与 postgresql-{major}-postgis-3；\
         要换版本，请先在旧版本下 yutu backup，再在新目录里 yutu restore。\n\
         The database in the data folder belongs to PostgreSQL {major}; installed here: {have}. Install postgresql-{major} and \
         postgresql-{major}-postgis-3. To move to another version, run `yutu backup` with the old one and `yutu restore` into a new folder."
    )
}

/// Debian and Ubuntu, the PostgreSQL project's RPMs, Alpine, then whatever is on the PATH (Fedora).
fn usual_folders() -> Vec<PathBuf> {
    let mut folders = Vec::new();
    for (parent, prefix, suffix) in
        [("/usr/lib/postgresql", "", "bin"), ("/usr", "pgsql-", "bin"), ("/usr/libexec", "postgresql", ""), ("/usr/local", "pgsql", "bin")]
    {
        let Ok(entries) = std::fs::read_dir(parent) else { continue };
        for entry in entries.flatten() {
            if entry.file_name().to_string_lossy().starts_with(prefix) {
                folders.push(if suffix.is_empty() { entry.path() } else { entry.path().join(suffix) });
            }
        }
    }
    if let Some(path) = std::env::var_os("PATH") {
        folders.extend(std::env::split_paths(&path));
    }
    folders.retain(|folder| folder.join("initdb").exists() && folder.join("postgres").exists());
    folders
}

/// From `postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)`.
fn major_version(folder: &Path) -> Option<u32> {
    let output = Command::new(folder.join("postgres")).arg("--version").output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let version = text.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
    let digits: String = version.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

fn share_folder(folder: &Path, major: u32) -> Option<PathBuf> {
    let debian = PathBuf::from(format!("/usr/share/postgresql/{major}"));
    if folder.starts_with("/usr/lib/postgresql") && debian.join("extension").exists() {
        return Some(debian);
    }
    let output = Command::new(folder.join("pg_config")).arg("--sharedir").output().ok()?;
    let share = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    // A pg_config of other packages may answer for another server.
    (output.status.success() && share.join("extension/plpgsql.control").exists()).then_some(share)
}
