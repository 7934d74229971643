//! kill -9 of the keeper and of the postmaster, twenty times each: acknowledged rows survive and the next start works.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, Executor};
use yutu::cluster::{self, Durability};

use super::cluster::{ask, options, pid_in, wait_until};

const TIMES: usize = 20;

/// Inserts 1, 2, 3 ... as fast as the server acknowledges; the last acknowledged number is in `acknowledged`.
async fn write(options: PgConnectOptions, acknowledged: &AtomicI64, stop: &AtomicBool) {
    while !stop.load(Ordering::SeqCst) {
        let Ok(mut connection) = options.connect().await else {
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        // An insert whose answer was lost may be there: go on above it.
        let Ok(last) = sqlx::query_scalar::<_, i64>("SELECT coalesce(max(n), 0) FROM written").fetch_one(&mut connection).await else {
            continue;
        };
        let mut n = last + 1;
        while !stop.load(Ordering::SeqCst) && sqlx::query("INSERT INTO written VALUES ($1)").bind(n).execute(&mut connection).await.is_ok()
        {
            acknowledged.store(n, Ordering::SeqCst);
            n += 1;
        }
    }
}

fn kill_again_and_again(victim: &dyn Fn(&Path) -> Option<i32>) {
    let folder = tempfile::tempdir().unwrap();
    let lease = cluster::acquire_with(&options(folder.path(), Durability::Durable)).unwrap();
    let connect = lease.connect_options();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let mut connection = connect.connect().await.unwrap();
        connection.execute("CREATE TABLE written (n bigint PRIMARY KEY)").await.unwrap();
        connection.close().await.unwrap();
    });
    let (acknowledged, stop) = (AtomicI64::new(0), AtomicBool::new(false));
    std::thread::scope(|scope| {
        scope.spawn(|| runtime.block_on(write(connect, &acknowledged, &stop)));
        for time in 1..=TIMES {
            let before = acknowledged.load(Ordering::SeqCst);
            wait_until("rows are written", || acknowledged.load(Ordering::SeqCst) > before + 5);
            let pid = victim(folder.path()).unwrap();
            kill(Pid::from_raw(pid), Signal::SIGKILL).unwrap();
            let promised = acknowledged.load(Ordering::SeqCst);
            wait_until("the database is back by itself", || ask(&lease, "SELECT 'ok'").is_ok() && victim(folder.path()) != Some(pid));
            let missing = "SELECT (max(n) - count(*))::text || ' ' || max(n)::text FROM written";
            let mut answer = ask(&lease, missing);
            wait_until("it answers", || {
                answer = ask(&lease, missing);
                answer.is_ok()
            });
            let answer = answer.unwrap();
            let (gaps, last) = answer.split_once(' ').unwrap();
            assert_eq!(gaps, "0", "kill {time}: rows are missing");
            assert!(last.parse::<i64>().unwrap() >= promised, "kill {time}: {promised} was acknowledged, {last} is there");
        }
        stop.store(true, Ordering::SeqCst);
    });
}

#[test]
fn a_killed_keeper_loses_no_acknowledged_row_and_the_lease_brings_the_database_back() {
    kill_again_and_again(&|data_dir| pid_in(&data_dir.join("postgres/owner.lock")));
}

#[test]
fn a_killed_postmaster_loses_no_acknowledged_row_and_is_started_again() {
    kill_again_and_again(&|data_dir| pid_in(&data_dir.join("postgres/pgdata/postmaster.pid")));
}

#[test]
fn keeper_and_postmaster_killed_together_leave_a_folder_that_starts() {
    let folder = tempfile::tempdir().unwrap();
    for time in 1..=5 {
        let lease = cluster::acquire_with(&options(folder.path(), Durability::Durable)).unwrap();
        assert_eq!(ask(&lease, "SELECT 'ok'").unwrap(), "ok", "start {time}");
        for file in ["postgres/owner.lock", "postgres/pgdata/postmaster.pid"] {
            kill(Pid::from_raw(pid_in(&folder.path().join(file)).unwrap()), Signal::SIGKILL).unwrap();
        }
        drop(lease);
    }
}

#[test]
fn a_killed_session_makes_the_server_recover_and_whoever_comes_then_waits_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let lease = cluster::acquire_with(&options(folder.path(), Durability::Durable)).unwrap();
    for time in 1..=5 {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut connection = lease.connect_options().connect().await.unwrap();
            let pid: i32 = sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(&mut connection).await.unwrap();
            kill(Pid::from_raw(pid), Signal::SIGKILL).unwrap();
            assert!(connection.execute("SELECT 1").await.is_err());
        });
        // The postmaster hears of the death a moment later; until then it takes connections.
        let log = folder.path().join("postgres/server.log");
        wait_until("the recovery begins", || {
            std::fs::read_to_string(&log).unwrap().matches("all server processes terminated; reinitializing").count() == time
        });
        let late = cluster::acquire_with(&options(folder.path(), Durability::Durable)).unwrap();
        assert_eq!(ask(&late, "SELECT 'ok'").unwrap(), "ok", "kill {time}");
    }
}
