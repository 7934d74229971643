//! The real binary as an operator runs it: a data folder of its own, commands to their end, a server to its stop.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures::StreamExt;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value as Json;

use super::cluster::{pid_in, wait_until};
use super::live::tile_of;

const YUTU: &str = env!("CARGO_BIN_EXE_yutu");
/// A debug build on a busy machine.
const PATIENCE: Duration = Duration::from_secs(300);

/// The folder of a pack that comes with the project.
pub fn shipped(pack: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data/cities").join(pack)
}

/// A data folder, and the commands on it.
pub struct Program {
    folder: tempfile::TempDir,
}

/// `yutu serve`, started; killed when dropped.
pub struct Server {
    pub base: String,
    pub client: reqwest::Client,
    child: Child,
    log: Arc<Mutex<Vec<String>>>,
}

/// What the tiles of one zoom show of a layer.
#[derive(Debug, Default)]
pub struct Drawn {
    /// The kinds of geometry under each id.
    pub features: BTreeMap<String, BTreeSet<String>>,
    /// Features that are counted instead of drawn.
    pub counted: u64,
    /// Whether some tile was so heavy that it merges more than usual: what lies on its border its neighbour may draw all the same.
    pub heavy: bool,
}

impl Program {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub fn data_dir(&self) -> &Path {
        self.folder.path()
    }

    pub fn command(&self, name: &str) -> Command {
        let mut command = Command::new(YUTU);
        for (variable, _) in std::env::vars_os().filter(|(variable, _)| variable.as_encoded_bytes().starts_with(b"YUTU_")) {
            command.env_remove(variable);
        }
        command.env_remove("DATABASE_URL");
        command.arg(name).arg("--data-dir").arg(self.data_dir());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub fn import(&self, source: &Path, pack: &Path, more: &[&str]) -> Output {
        self.command("import").arg(source).arg("--city").arg(pack).args(more).output().unwrap()
    }

    /// An import that must succeed, with its machine-readable report.
    pub fn imported(&self, source: &Path, pack: &Path, more: &[&str]) -> Json {
        let output = self.import(source, pack, &[more, &["--json"]].concat());
        assert!(output.status.success(), "{}: {}", output.status, String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// What psql says to a statement, unaligned and without headings.
    pub fn psql(&self, statement: &str) -> String {
        let output = self.command("psql").args(["--", "-XAtqc", statement]).output().unwrap();
        assert!(output.status.success(), "{statement}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    pub fn keeper(&self) -> Option<Pid> {
        pid_in(&self.data_dir().join("postgres/owner.lock")).map(Pid::from_raw)
    }

    pub fn postmaster(&self) -> Option<Pid> {
        pid_in(&self.data_dir().join("postgres/pgdata/postmaster.pid")).map(Pid::from_raw)
    }

    /// A server that listens; it may not be ready yet.
    pub fn serve(&self, pack: &Path) -> Server {
        let mut child = self.command("serve").arg("--city").arg(pack).args(["--listen", "127.0.0.1:0"]).spawn().unwrap();
        let log = Arc::new(Mutex::new(Vec::new()));
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let writer = Arc::clone(&log);
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(|line| writer.lock().unwrap().push(line)));
        let mut server = Server { base: String::new(), client: reqwest::Client::new(), child, log };
        let started = Instant::now();
        while server.base.is_empty() {
            assert!(started.elapsed() < PATIENCE, "it does not listen: {:#?}", server.log());
            if let Some(status) = server.child.try_wait().unwrap() {
                panic!("yutu serve: {status}: {:#?}", server.log());
            }
            std::thread::sleep(Duration::from_millis(5));
            if let Some(line) = server.log().iter().find(|line| line.contains("listening on http://")) {
                let from = line.find("http://").unwrap();
                server.base = line[from..].split_whitespace().next().unwrap().to_owned();
            }
        }
        server
    }
}

impl Drop for Program {
    /// Leaves no database behind in a folder that goes.
    fn drop(&mut self) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while self.postmaster().is_some() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Server {
    pub fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    /// Lines that tell of trouble, but for those that contain one of `expected`.
    pub fn trouble(&self, expected: &[&str]) -> Vec<String> {
        let bad = |line: &String| [" WARN ", " ERROR ", "panicked"].iter().any(|word| line.contains(word));
        self.log().into_iter().filter(bad).filter(|line| !expected.iter().any(|known| line.contains(known))).collect()
    }

    pub async fn get(&self, path: &str) -> reqwest::Response {
        self.client.get(format!("{}{path}", self.base)).send().await.unwrap_or_else(|error| panic!("{path}: {error}: {:#?}", self.log()))
    }

    pub async fn json(&self, path: &str) -> Json {
        let response = self.get(path).await;
        let status = response.status();
        let text = response.text().await.unwrap();
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}: {text}"))
    }

    pub async fn until_ready(&self) {
        let started = Instant::now();
        while self.get("/readyz").await.status() != 200 {
            assert!(started.elapsed() < PATIENCE, "not ready: {:#?}", self.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub async fn sequence(&self) -> u64 {
        self.json("/readyz").await["sequence"].as_u64().unwrap()
    }

    /// A layer as `/api/layers` describes it.
    pub async fn layer(&self, id: &str) -> Json {
        let layers = self.json("/api/layers").await;
        layers.as_array().unwrap().iter().find(|layer| layer["id"] == id).unwrap_or_else(|| panic!("{id}: {layers}")).clone()
    }

    /// Everything that the GeoJSON tiles of a zoom hold of a layer.
    pub async fn drawn(&self, layer: &str, z: u32) -> Drawn {
        let extent: Vec<f64> =
            self.layer(layer).await["extent"].as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect();
        let ((west, north), (east, south)) = (tile_of(extent[0], extent[3], z), tile_of(extent[2], extent[1], z));
        let tiles = (north..=south).flat_map(|y| (west..=east).map(move |x| format!("/tiles/{layer}/{z}/{x}/{y}.geojson")));
        let mut answers = futures::stream::iter(tiles).map(async |path: String| self.json(&path).await).buffer_unordered(4);
        let mut drawn = Drawn::default();
        while let Some(tile) = answers.next().await {
            drawn.heavy |=
                tile["aggregated"].as_array().is_some_and(|layers| layers.iter().any(|layer| layer["level"].as_u64() >= Some(1)));
            for feature in tile["features"].as_array().unwrap() {
                let id = feature["id"].as_str().unwrap();
                if feature["properties"]["merged"] == true {
                    assert!(id.starts_with("cluster:"), "{feature}");
                    drawn.counted += feature["properties"]["count"].as_u64().unwrap();
                } else {
                    let kind = feature["geometry"]["type"].as_str().unwrap().trim_start_matches("Multi").to_owned();
                    drawn.features.entry(id.to_owned()).or_default().insert(kind);
                }
            }
        }
        drawn
    }

    /// Stops it as systemd does, and gives the exit status.
    pub fn terminate(&mut self) -> ExitStatus {
        kill(self.pid(), Signal::SIGTERM).unwrap();
        let child = &mut self.child;
        wait_until("it stops after SIGTERM", || child.try_wait().unwrap().is_some());
        self.child.wait().unwrap()
    }

    /// kill -9
    pub fn murder(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.id()).unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drawn {
    /// Each feature once, drawn or counted.
    pub fn total(&self) -> u64 {
        self.features.len() as u64 + self.counted
    }
}
