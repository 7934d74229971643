//! The program itself, run as an operator runs it.

use std::collections::HashMap;
use std::io::Read;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

const LONGEST_START: Duration = Duration::from_secs(300);
/// Clock ticks of /proc a second: the same on every Linux that Rust runs on.
const TICKS: f64 = 100.0;

#[derive(Debug)]
pub struct Import {
    pub rows: u64,
    /// As the report says: from reading the plan to the commit.
    pub seconds: f64,
    /// Of the program alone; the database's comes on top.
    pub cpu_seconds: f64,
}

/// The program of this build, or the one that `YUTU_BENCH_PROGRAM` names, to compare two builds.
pub fn yutu() -> PathBuf {
    std::env::var_os("YUTU_BENCH_PROGRAM").map_or_else(|| PathBuf::from(env!("CARGO_BIN_EXE_yutu")), PathBuf::from)
}

pub fn demo(folder: &Path, scale: &str) -> Result<()> {
    let done = Command::new(yutu()).arg("demo").arg(folder).args(["--scale", scale]).stdout(Stdio::null()).status()?;
    ensure!(done.success(), "yutu demo: {done}");
    Ok(())
}

pub fn import(source: &Path, pack: &Path, profile: Option<&str>, data_dir: &Path) -> Result<Import> {
    let mut command = Command::new(yutu());
    command.arg("import").arg(source).arg("--city").arg(pack).arg("--data-dir").arg(data_dir).arg("--json");
    if let Some(profile) = profile {
        command.args(["--profile", profile]);
    }
    let before = children_cpu_s();
    let done = command.stderr(Stdio::inherit()).output()?;
    ensure!(done.status.success(), "yutu import: {}", done.status);
    let report: serde_json::Value = serde_json::from_slice(&done.stdout)?;
    Ok(Import {
        rows: report["totals"]["read"].as_u64().context("totals.read")?,
        seconds: report["seconds"].as_f64().context("seconds")?,
        cpu_seconds: children_cpu_s() - before,
    })
}

/// A `yutu serve` that is ready; stopped when dropped.
#[derive(Debug)]
pub struct Server {
    child: Child,
    pub address: SocketAddr,
    pub ready_s: f64,
}

impl Server {
    /// Starts and waits until `/readyz` answers 200.
    pub fn start(pack: &Path, data_dir: &Path) -> Result<Self> {
        Self::start_with(pack, data_dir, &[])
    }

    pub fn start_with(pack: &Path, data_dir: &Path, more: &[&str]) -> Result<Self> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let began = Instant::now();
        let child = Command::new(yutu())
            .arg("serve")
            .arg("--city")
            .arg(pack)
            .arg("--data-dir")
            .arg(data_dir)
            .arg("--listen")
            .arg(address.to_string())
            .args(more)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let mut server = Self { child, address, ready_s: 0.0 };
        while server.get("/readyz").is_none() {
            ensure!(began.elapsed() < LONGEST_START, "not ready after {LONGEST_START:?}");
            ensure!(server.child.try_wait()?.is_none(), "yutu serve ended");
            std::thread::sleep(Duration::from_millis(20));
        }
        server.ready_s = began.elapsed().as_secs_f64();
        Ok(server)
    }

    /// Name with labels to value.
    pub fn metrics(&self) -> Result<HashMap<String, f64>> {
        let text = self.get("/metrics").context("/metrics")?;
        Ok(text
            .lines()
            .filter_map(|line| line.rsplit_once(' '))
            .filter_map(|(name, value)| Some((name.to_owned(), value.parse().ok()?)))
            .collect())
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn cpu_s(&self) -> f64 {
        cpu_s(&format!("/proc/{}/stat", self.child.id()), 13)
    }

    /// The body of a 200; anything else is `None`.
    fn get(&self, path: &str) -> Option<String> {
        use std::io::Write;
        let mut stream = TcpStream::connect(self.address).ok()?;
        write!(stream, "GET {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n", self.address).ok()?;
        let mut text = String::new();
        stream.read_to_string(&mut text).ok()?;
        let (head, body) = text.split_once("\r\n\r\n")?;
        head.starts_with("HTTP/1.1 200").then(|| body.to_owned())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(self.child.id().cast_signed()), nix::sys::signal::Signal::SIGTERM);
        let _ = self.child.wait();
    }
}

/// What a process holds in memory.
pub fn resident_mb(process: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let kilobytes = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")?.trim().parse::<f64>().ok());
    kilobytes.unwrap_or_default() / 1000.0
}

/// Of all children that have ended.
fn children_cpu_s() -> f64 {
    cpu_s("/proc/self/stat", 15)
}

/// The sum of two neighbouring fields of a stat file, counted from 0.
fn cpu_s(path: &str, field: usize) -> f64 {
    let stat = std::fs::read_to_string(path).unwrap_or_default();
    // The second field, the name, may hold blanks.
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    after_name.split_whitespace().skip(field - 2).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / TICKS
}
