//! The private cluster: it starts, is shared by several processes, stops after the last, and says what is wrong.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use sqlx::{ConnectOptions, Connection};
use yutu::cluster::{self, Durability, Lease, Options};

const YUTU: &str = env!("CARGO_BIN_EXE_yutu");
const STARTED: &str = "SELECT pg_postmaster_start_time()::text";

pub fn options(data_dir: &Path, durability: Durability) -> Options {
    Options { data_dir: data_dir.to_path_buf(), keeper: PathBuf::from(YUTU), durability }
}

pub fn ask(lease: &Lease, question: &'static str) -> Result<String, sqlx::Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut connection = lease.connect_options().connect().await?;
        let answer = sqlx::query_scalar(question).fetch_one(&mut connection).await;
        connection.close().await?;
        answer
    })
}

pub fn pid_in(path: &Path) -> Option<i32> {
    std::fs::read_to_string(path).ok()?.lines().next()?.trim().parse().ok()
}

pub fn wait_until(what: &str, mut happened: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !happened() {
        assert!(Instant::now() < deadline, "not within 30 s: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn throwaway(data_dir: &Path) -> Options {
    options(data_dir, Durability::Throwaway)
}

fn stopped(data_dir: &Path) -> bool {
    let keeper = pid_in(&data_dir.join("postgres/owner.lock"));
    !data_dir.join("postgres/pgdata/postmaster.pid").exists() && keeper.is_none_or(|pid| !Path::new(&format!("/proc/{pid}/exe")).exists())
}

fn psql(data_dir: &Path, question: &str) -> Command {
    let mut command = Command::new(YUTU);
    command.env_remove("DATABASE_URL").env_remove("YUTU_DATABASE_URL");
    command.args(["psql", "--data-dir"]).arg(data_dir).args(["--", "-XAtc", question]).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn said(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

#[test]
fn an_empty_folder_becomes_a_postgis_that_finds_chinese_and_listens_on_no_port() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
    let lease = cluster::acquire_with(&options(folder.path(), Durability::Durable)).unwrap();
    assert!(ask(&lease, "SELECT postgis_version()").unwrap().starts_with('3'));
    assert!(ask(&lease, "SELECT show_trgm('人民路')::text").unwrap().len() > 4, "trigrams need the locale C.UTF-8");
    for (setting, expected) in
        [("listen_addresses", ""), ("data_checksums", "on"), ("fsync", "on"), ("synchronous_commit", "on"), ("wal_compression", "pglz")]
    {
        let question = match setting {
            "listen_addresses" => "SHOW listen_addresses",
            "data_checksums" => "SHOW data_checksums",
            "fsync" => "SHOW fsync",
            "synchronous_commit" => "SHOW synchronous_commit",
            _ => "SELECT replace(current_setting('wal_compression'), 'on', 'pglz')",
        };
        assert_eq!(ask(&lease, question).unwrap(), expected, "{setting}");
    }
    let pid = pid_in(&folder.path().join("postgres/pgdata/postmaster.pid")).unwrap();
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let uids = status.lines().find_map(|line| line.strip_prefix("Uid:")).unwrap();
    assert!(uids.split_whitespace().all(|uid| uid != "0"), "PostgreSQL runs as root: {uids}");
    let groups = status.lines().find_map(|line| line.strip_prefix("Groups:")).unwrap();
    assert!(groups.split_whitespace().all(|group| group != "0"), "PostgreSQL is in root's group: {groups}");
    let mode = std::fs::metadata(folder.path().join("postgres")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700, "nobody else may reach the socket");
}

#[test]
fn processes_that_start_at_once_share_one_server_and_the_last_one_stops_it() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
    let children: Vec<_> = (0..4).map(|_| psql(folder.path(), STARTED).spawn().unwrap()).collect();
    let answers: Vec<String> = children.into_iter().map(|child| said(&child.wait_with_output().unwrap())).collect();
    assert!(!answers[0].is_empty() && answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    wait_until("the server stops after the last", || stopped(folder.path()));
    assert_ne!(said(&psql(folder.path(), STARTED).output().unwrap()), answers[0], "a new server");
}

#[test]
fn the_server_stays_for_a_lease_and_whoever_comes_later_joins_it() {
    let folder = tempfile::tempdir().unwrap();
    let lease = cluster::acquire_with(&throwaway(folder.path())).unwrap();
    let started = ask(&lease, STARTED).unwrap();
    assert_eq!(said(&psql(folder.path(), STARTED).output().unwrap()), started);
    std::thread::sleep(Duration::from_millis(2600));
    assert_eq!(ask(&lease, STARTED).unwrap(), started, "longer than the keeper's grace");
    drop(lease);
    wait_until("the server stops", || stopped(folder.path()));
}

#[test]
fn leases_taken_and_dropped_around_the_moment_of_stopping_all_get_a_server() {
    let folder = tempfile::tempdir().unwrap();
    for pause in [0u64, 1900, 1980, 2000, 2010, 2030, 2060, 2100] {
        let lease = cluster::acquire_with(&throwaway(folder.path())).unwrap();
        assert_eq!(ask(&lease, "SELECT 'ok'").unwrap(), "ok", "after {pause} ms");
        drop(lease);
        std::thread::sleep(Duration::from_millis(pause));
    }
}

#[test]
fn what_a_killed_start_left_behind_does_not_stop_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("postgres");
    drop(cluster::acquire_with(&throwaway(folder.path())).unwrap());
    wait_until("the server stops", || stopped(folder.path()));
    // Killed between making the folder and giving it to the server's user.
    let early = tempfile::tempdir().unwrap();
    std::fs::set_permissions(early.path(), PermissionsExt::from_mode(0o755)).unwrap();
    std::fs::create_dir(early.path().join("postgres")).unwrap();
    std::fs::set_permissions(early.path().join("postgres"), PermissionsExt::from_mode(0o700)).unwrap();
    drop(cluster::acquire_with(&throwaway(early.path())).unwrap());
    // A pid that lives, but is none of PostgreSQL's; stale sockets; half a cluster.
    std::fs::write(root.join("pgdata/postmaster.pid"), format!("{}\n/x\n1\n5432\n/x\n\n 1 1\nready\n", std::process::id())).unwrap();
    std::fs::write(root.join("run/.s.PGSQL.5432.lock"), format!("{}\n", std::process::id())).unwrap();
    for socket in ["keeper.sock", ".s.PGSQL.5432"] {
        drop(std::os::unix::net::UnixListener::bind(root.join("run").join(socket)).unwrap());
    }
    std::fs::create_dir_all(root.join("pgdata.new/base")).unwrap();
    let lease = cluster::acquire_with(&throwaway(folder.path())).unwrap();
    assert_eq!(ask(&lease, "SELECT 'ok'").unwrap(), "ok");

    drop(lease);
    wait_until("the server stops", || stopped(folder.path()));
    std::fs::remove_dir_all(root.join("pgdata")).unwrap();
    std::fs::create_dir_all(root.join("pgdata.new/base/1")).unwrap();
    std::fs::write(root.join("pgdata.new/PG_VERSION"), "15\n").unwrap();
    let lease = cluster::acquire_with(&throwaway(folder.path())).unwrap();
    assert_eq!(ask(&lease, "SELECT 'ok'").unwrap(), "ok");
}

#[test]
fn a_cluster_of_another_major_version_is_refused_in_both_languages() {
    let folder = tempfile::tempdir().unwrap();
    drop(cluster::acquire_with(&throwaway(folder.path())).unwrap());
    wait_until("the server stops", || stopped(folder.path()));
    std::fs::write(folder.path().join("postgres/pgdata/PG_VERSION"), "9\n").unwrap();
    let output = psql(folder.path(), STARTED).output().unwrap();
    let reason = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(reason.contains("属于 PostgreSQL 9") && reason.contains("belongs to PostgreSQL 9"), "{reason}");
    assert!(reason.contains("yutu backup"), "says what to do: {reason}");
}

#[test]
fn a_path_too_long_for_a_socket_and_folders_closed_to_others_still_work() {
    let folder = tempfile::tempdir().unwrap();
    // tempfile makes folders of mode 0700: when the tests run as root, PostgreSQL's user cannot pass through it.
    let deep = folder.path().join("街道".repeat(12)).join("with, comma and \"quote\"").join("x".repeat(100));
    for data_dir in [folder.path().join("var"), deep] {
        std::fs::create_dir_all(&data_dir).unwrap();
        let lease = cluster::acquire_with(&throwaway(&data_dir)).unwrap();
        assert_eq!(ask(&lease, "SELECT 'ok'").unwrap(), "ok");
        let sockets = lease.socket_folder();
        assert!(sockets.as_os_str().len() <= 90, "{}", sockets.display());
        drop(lease);
        wait_until("the server stops", || stopped(&data_dir) && (sockets.starts_with(&data_dir) || !sockets.exists()));
    }
}

#[test]
fn a_data_folder_that_is_a_file_is_refused_with_its_path() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("var");
    std::fs::write(&file, "").unwrap();
    let reason = format!("{:#}", cluster::acquire_with(&throwaway(&file)).unwrap_err());
    assert!(reason.contains(&file.display().to_string()) && reason.contains("数据目录"), "{reason}");
}

#[test]
fn missing_server_programs_are_named_with_the_package_that_brings_them() {
    let folder = tempfile::tempdir().unwrap();
    let output = psql(folder.path(), STARTED).env("YUTU_PG_BINDIR", folder.path()).output().unwrap();
    let reason = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(reason.contains("postgresql-postgis") && reason.contains("找不到"), "{reason}");
}
