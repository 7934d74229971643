//! The same real tiles served by Yutu, by nginx from disk, by Martin and by PostGIS itself, all in one run: how many a second,
//! how long the slowest wait, how many bytes, how much memory. Clients run on the same cores as the servers, for all alike.

use std::fmt::Write as _;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use sqlx::PgPool;
use yutu::domain::Layer;
use yutu::spatial::Snapshot;
use yutu::tiles::TileId;

use crate::Report;
use crate::program::{Server, resident_mb};
use crate::tiles::{Made, chosen, from_postgis};

/// Over z8 to z18 together about 300.
const TILES_A_ZOOM: usize = 28;
const SECONDS: u32 = 6;
const CONNECTIONS: u32 = 8;
const PACED_CONNECTIONS: u32 = 16;

/// What is compared, and where it is found.
pub struct Stage<'a> {
    pub pool: &'a PgPool,
    pub snapshot: &'a Snapshot,
    pub layers: &'a [Layer],
    pub pack: &'a Path,
    pub data_dir: &'a Path,
    /// The folder of the database's socket.
    pub socket: &'a Path,
    /// For what nginx and wrk read.
    pub room: &'a Path,
}

/// What wrk says.
#[derive(Clone, Copy, Debug)]
struct Load {
    rate: f64,
    p50_ms: f64,
    p99_ms: f64,
    /// Of an answer, with its head.
    bytes: f64,
}

pub async fn compare(stage: &Stage<'_>, report: &mut Report) -> Result<()> {
    let tiles: Arc<Vec<TileId>> = Arc::new((8..=18).flat_map(|z| chosen(stage.snapshot, stage.layers, z, 7, TILES_A_ZOOM)).collect());
    let names: Vec<&str> = stage.layers.iter().map(|layer| layer.id()).collect();
    let paths = |prefix: &str, suffix: &str| -> Vec<String> {
        tiles.iter().map(|tile| format!("{prefix}/{}/{}/{}{suffix}", tile.z(), tile.x(), tile.y())).collect()
    };
    let ours = paths(&format!("/tiles/{}", names.join(",")), ".mvt");
    let ours_geojson = paths(&format!("/tiles/{}", names.join(",")), ".geojson");
    report.line(format!("\n### {} tiles of z8 to z18, {} layers\n\n| | a second | p50, ms | p99, ms | KB an answer | resident MB |\n|---|---|---|---|---|---|", tiles.len(), names.len()));

    // Nothing kept: each answer is made anew.
    let uncached = Server::start_with(stage.pack, stage.data_dir, &["--tile-cache-mb", "0"])?;
    for (what, paths) in [("MVT", &ours), ("GeoJSON", &ours_geojson)] {
        for connections in [1, 4] {
            let load = wrk(stage.room, &uncached.address.to_string(), paths, None, connections, None)?;
            line(report, &format!("Yutu, {what}, nothing cached, {connections} at a time"), load, Some(uncached.id()));
        }
    }
    drop(uncached);
    for made in [Made::Mvt, Made::GeoJson] {
        let statement: Arc<str> = match made {
            Made::Mvt => super::postgis::tile_statement(stage.layers),
            Made::GeoJson => super::postgis::geojson_statement(stage.layers),
        }
        .into();
        from_postgis(stage.pool, &statement, made, &tiles[..1].to_vec().into(), 4).await?;
        for at_once in [1, 4] {
            let (rate, bytes) = from_postgis(stage.pool, &statement, made, &tiles, at_once).await?;
            report.line(format!(
                "| {made:?} by PostGIS, pool of {at_once} | {rate:.1} | | | {:.1} | |",
                bytes as f64 / tiles.len() as f64 / 1000.0
            ));
        }
    }

    let server = Server::start(stage.pack, stage.data_dir)?;
    let address = server.address.to_string();
    let files = stage.room.join("files");
    for coding in [None, Some("gzip")] {
        save(&address, &ours, coding, &files).await?;
    }
    let kept = [("plain", None), ("gzip", Some("gzip"))];
    let mut half_rates = Vec::new();
    for (what, coding) in kept {
        // Once round before anything is timed.
        wrk(stage.room, &address, &ours, coding, CONNECTIONS, None)?;
        let load = wrk(stage.room, &address, &ours, coding, CONNECTIONS, None)?;
        line(report, &format!("Yutu, cached, {what}"), load, Some(server.id()));
        half_rates.push(load.rate / 2.0);
    }
    for ((what, coding), half) in kept.into_iter().zip(half_rates) {
        let load = wrk(stage.room, &address, &ours, coding, CONNECTIONS, Some(half))?;
        line(report, &format!("Yutu, cached, {what}, at half that load"), load, None);
    }
    drop(server);

    match Nginx::start(stage.room, &files) {
        Ok(nginx) => {
            for (what, coding) in kept {
                wrk(stage.room, &nginx.address, &ours, coding, CONNECTIONS, None)?;
                let load = wrk(stage.room, &nginx.address, &ours, coding, CONNECTIONS, None)?;
                line(report, &format!("nginx, the same files, {what}"), load, None);
            }
        }
        Err(error) => report.line(format!("| nginx | not measured: {error:#} | | | | |")),
    }
    let theirs = paths(&format!("/{}", stage.layers.iter().map(|layer| format!("bench_{layer}")).collect::<Vec<_>>().join(",")), "");
    for (what, cache_mb) in [("nothing cached", "0"), ("cached", "512")] {
        match Martin::start(stage.socket, cache_mb) {
            Ok(martin) => {
                for (coding_name, coding) in kept {
                    if cache_mb == "0" && coding.is_some() {
                        continue;
                    }
                    for connections in if cache_mb == "0" { vec![1, 4] } else { vec![CONNECTIONS] } {
                        if cache_mb != "0" {
                            wrk(stage.room, &martin.address, &theirs, coding, connections, None)?;
                        }
                        let load = wrk(stage.room, &martin.address, &theirs, coding, connections, None)?;
                        line(report, &format!("Martin, {what}, {coding_name}, {connections} at a time"), load, Some(martin.child.id()));
                    }
                }
            }
            Err(error) => report.line(format!("| Martin, {what} | not measured: {error:#} | | | | |")),
        }
    }
    Ok(())
}

fn line(report: &mut Report, what: &str, load: Load, process: Option<u32>) {
    let resident = process.map_or(String::new(), |process| format!("{:.0}", resident_mb(process)));
    report.line(format!(
        "| {what} | {:.0} | {:.2} | {:.2} | {:.1} | {resident} |",
        load.rate,
        load.p50_ms,
        load.p99_ms,
        load.bytes / 1000.0
    ));
}

/// Each path in turn over keep-alive connections, for some seconds. `rate`: about so many a second, by waiting between requests.
fn wrk(room: &Path, address: &str, paths: &[String], coding: Option<&str>, connections: u32, rate: Option<f64>) -> Result<Load> {
    let mut script = String::from("local paths = {\n");
    for path in paths {
        writeln!(script, "{path:?},")?;
    }
    script.push_str("}\nlocal at = 0\nlocal requests = {}\n");
    writeln!(
        script,
        "function init(args) for i, path in ipairs(paths) do requests[i] = wrk.format('GET', path, {{['accept-encoding'] = '{}'}}) end end",
        coding.unwrap_or("identity")
    )?;
    script.push_str("function request() at = at % #requests + 1 return requests[at] end\n");
    let mut connections = connections;
    if let Some(rate) = rate {
        // wrk can wait whole milliseconds only; that all connections wait for the same one would be a crowd every millisecond. So
        // each waits now and then, by chance, as often as makes the rate.
        connections = PACED_CONNECTIONS;
        let share = (f64::from(PACED_CONNECTIONS) / rate * 1e3 - 0.15).clamp(0.0, 1.1) / 1.1;
        writeln!(script, "function delay() return math.random() < {share:.3} and 1 or 0 end")?;
    }
    script.push_str(
        "function done(summary, latency, requests) io.write(string.format('RESULT %f %f %f %f %d\\n', summary.requests / summary.duration * 1e6, \
         latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, summary.bytes / summary.requests, \
         summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout)) end\n",
    );
    let file = room.join("load.lua");
    std::fs::write(&file, script)?;
    let said = Command::new("wrk")
        .args(["-t1", "--timeout", "30s", &format!("-c{connections}"), &format!("-d{SECONDS}s"), "-s"])
        .arg(&file)
        .arg(format!("http://{address}/"))
        .output()
        .context("wrk")?;
    let text = String::from_utf8_lossy(&said.stdout);
    let result = text.lines().find_map(|line| line.strip_prefix("RESULT ")).with_context(|| format!("wrk said: {text}"))?;
    let figures: Vec<f64> = result.split(' ').filter_map(|figure| figure.parse().ok()).collect();
    let [rate, p50_ms, p99_ms, bytes, errors] = figures[..] else { anyhow::bail!("wrk said: {result}") };
    ensure!(errors == 0.0, "{errors} requests failed at {address}, such as {}", paths[0]);
    Ok(Load { rate, p50_ms, p99_ms, bytes })
}

/// Writes the answers where nginx finds them: `x` for a plain one, `x.gz` for a packed one.
async fn save(address: &str, paths: &[String], coding: Option<&str>, files: &Path) -> Result<()> {
    let client = reqwest::Client::builder().no_proxy().no_gzip().no_brotli().build()?;
    for path in paths {
        let answer = client.get(format!("http://{address}{path}")).header("accept-encoding", coding.unwrap_or("identity")).send().await?;
        let packed = answer.headers().contains_key("content-encoding");
        let body = answer.error_for_status()?.bytes().await?;
        let mut file = files.join(path.trim_start_matches('/'));
        if coding.is_some() {
            if !packed {
                continue;
            }
            file.as_mut_os_string().push(".gz");
        }
        std::fs::create_dir_all(file.parent().context("a folder")?)?;
        std::fs::write(file, body)?;
    }
    Ok(())
}

fn free_address() -> Result<String> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string())
}

fn wait_for(address: &str, child: &mut Child) -> Result<()> {
    for _ in 0..600 {
        if std::net::TcpStream::connect(address).is_ok() {
            return Ok(());
        }
        if let Some(status) = child.try_wait()? {
            anyhow::bail!("it ended: {status}");
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    anyhow::bail!("it does not answer at {address}")
}

struct Nginx {
    address: String,
    child: Child,
}

impl Nginx {
    fn start(room: &Path, files: &Path) -> Result<Self> {
        // Its workers are another user.
        for folder in [room, files].into_iter().chain(room.ancestors().take(3)) {
            std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755))?;
        }
        let address = free_address()?;
        let config = room.join("nginx.conf");
        std::fs::write(
            &config,
            format!(
                "user root; worker_processes 2; daemon off; pid {0}/nginx.pid; error_log {0}/nginx.err;\nevents {{ worker_connections 1024; }}\nhttp {{ access_log off; \
                 sendfile on; tcp_nopush on; tcp_nodelay on; keepalive_requests 100000000; open_file_cache max=10000 inactive=60s; gzip_static on;\n\
                 server {{ listen {address}; root {1}; default_type application/vnd.mapbox-vector-tile; }} }}\n",
                room.display(),
                files.display()
            ),
        )?;
        let program = ["/usr/sbin/nginx", "/usr/bin/nginx"]
            .into_iter()
            .map(PathBuf::from)
            .find(|path| path.exists())
            .context("nginx is not installed")?;
        let mut child = Command::new(program).arg("-c").arg(&config).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        wait_for(&address, &mut child)?;
        Ok(Self { address, child })
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // The master ends its workers only when it is asked.
        let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(self.child.id().cast_signed()), nix::sys::signal::Signal::SIGTERM);
        let _ = self.child.wait();
    }
}

struct Martin {
    address: String,
    child: Child,
}

impl Martin {
    /// The program that `YUTU_BENCH_MARTIN` names, or `martin` of the path.
    fn start(socket: &Path, cache_mb: &str) -> Result<Self> {
        let address = free_address()?;
        let program = std::env::var_os("YUTU_BENCH_MARTIN").unwrap_or_else(|| "martin".into());
        let mut child = Command::new(program)
            .args(["--listen-addresses", &address, "--workers", "2", "--cache-size", cache_mb])
            .arg(format!("postgresql://yutu@/yutu?host={}", socket.display()))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("martin is not installed (cargo install martin --locked --no-default-features --features postgres)")?;
        wait_for(&address, &mut child)?;
        Ok(Self { address, child })
    }
}

impl Drop for Martin {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
