//! addok and Nominatim, filled and served as their manuals say, on as many workers as there are cores.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value as Json;
use yutu::cluster::{self, Durability, Lease, Options};

use crate::client::Dialect;
use crate::program;
use crate::questions::Found;

/// A database that is large when it is filled by two cores takes minutes, not hours.
const LONGEST_START: Duration = Duration::from_secs(60);

/// Processes that end with it, the last one first.
#[derive(Debug)]
pub struct Peer {
    pub address: String,
    children: Vec<Child>,
    _database: Option<Lease>,
}

impl Drop for Peer {
    fn drop(&mut self) {
        for mut child in self.children.drain(..).rev() {
            // Masters end their workers when they are asked.
            let _ = kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGTERM);
            let _ = child.wait();
        }
    }
}

pub const YUTU: Dialect = Dialect {
    search: |text, unfinished, limit| format!("/api/{}?q={text}&limit={limit}", if unfinished { "suggest" } else { "search" }),
    reverse: |[lon, lat]| format!("/api/reverse?lon={lon:.6}&lat={lat:.6}"),
    found: |answer| {
        features(answer, |properties| {
            let hit = &properties["geocoding"];
            // Landstrasse 12a, Vaduz
            let house = hit["address"].as_str().and_then(|address| address.split(',').next());
            let number = house.and_then(|house| Some(house[house.find(|sign: char| sign.is_ascii_digit())?..].to_owned()));
            (text(&hit["name"]), number)
        })
    },
};

pub const ADDOK: Dialect = Dialect {
    search: |text, unfinished, limit| format!("/search/?q={text}&limit={limit}&autocomplete={}", u8::from(unfinished)),
    reverse: |[lon, lat]| format!("/reverse/?lon={lon:.6}&lat={lat:.6}&limit=1"),
    found: |answer| features(answer, |properties| (text(&properties["name"]), text(&properties["housenumber"]))),
};

pub const NOMINATIM: Dialect = Dialect {
    search: |text, _, limit| format!("/search?q={text}&limit={limit}&format=jsonv2&addressdetails=1"),
    reverse: |[lon, lat]| format!("/reverse?lon={lon:.6}&lat={lat:.6}&format=jsonv2"),
    found: |answer| {
        answer
            .as_array()?
            .iter()
            .map(|hit| {
                let degrees = |axis: &str| hit[axis].as_str()?.parse::<f64>().ok();
                Some(Found {
                    name: text(&hit["name"]),
                    number: text(&hit["address"]["house_number"]),
                    position: [degrees("lon")?, degrees("lat")?],
                })
            })
            .collect()
    },
};

fn text(value: &Json) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn features(answer: &Json, read: fn(&Json) -> (Option<String>, Option<String>)) -> Option<Vec<Found>> {
    let hit = |feature: &Json| {
        let (name, number) = read(&feature["properties"]);
        let position = &feature["geometry"]["coordinates"];
        // A road that is known but not where has no geometry; it is nowhere near.
        Found { name, number, position: [0, 1].map(|axis| position[axis].as_f64().unwrap_or(f64::NAN)) }
    };
    Some(answer["features"].as_array()?.iter().map(hit).collect())
}

/// `tools`: the folder of the virtual environment.
pub fn addok(tools: &Path, room: &Path, streets: &str) -> Result<Peer> {
    let room = room.join("addok");
    std::fs::create_dir(&room)?;
    let settings = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/geocoders/addok_settings.py");
    std::fs::copy(settings, room.join("addok_settings.py"))?;
    std::fs::write(room.join("streets.ndjson"), streets)?;
    let socket = room.join("redis.sock");
    let log = || Log::of(&room, "log");
    let mut redis = Command::new("redis-server");
    redis.args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket"]).arg(&socket).current_dir(&room);
    let redis = log()?.of_command(&mut redis).spawn().context("redis-server")?;
    let address = free_address()?;
    let mut peer = Peer { address, children: vec![redis], _database: None };
    wait_until("Redis", &mut peer, |_| socket.exists())?;
    let program = |name: &str| -> Result<Command> {
        let mut command = Command::new(tools.join("bin").join(name));
        command.current_dir(&room).env("REDIS_SOCKET", &socket).env("ADDOK_LOG_DIR", &room).env("PYTHONPATH", &room);
        command.env("ADDOK_CONFIG_MODULE", room.join("addok_settings.py"));
        log()?.of_command(&mut command);
        Ok(command)
    };
    for arguments in [&["batch", "streets.ndjson"][..], &["ngrams"]] {
        done(program("addok")?.args(arguments), &room)?;
    }
    let server = program("gunicorn")?.args(["--workers", &workers(), "--bind", &peer.address, "addok.http.wsgi"]).spawn()?;
    peer.children.push(server);
    wait_until("addok", &mut peer, |address| std::net::TcpStream::connect(address).is_ok())?;
    Ok(peer)
}

pub fn nominatim(tools: &Path, room: &Path, extract: &Path) -> Result<Peer> {
    let room = room.join("nominatim");
    std::fs::create_dir(&room)?;
    let database =
        cluster::acquire_with(&Options { data_dir: room.join("var"), keeper: program::yutu(), durability: Durability::Durable })?;
    let extract = extract.canonicalize()?;
    let program = |name: &str| -> Result<Command> {
        let mut command = Command::new(tools.join("bin").join(name));
        command.current_dir(&room);
        command.env("NOMINATIM_DATABASE_DSN", format!("pgsql:host={};user=yutu;dbname=nominatim", database.socket_folder().display()));
        command.env("NOMINATIM_DATABASE_WEBUSER", cluster::DATABASE).env("PYTHONWARNINGS", "ignore");
        Log::of(&room, "log")?.of_command(&mut command);
        Ok(command)
    };
    done(program("nominatim")?.args(["import", "--threads", &workers(), "--osm-file"]).arg(&extract), &room)?;
    let address = free_address()?;
    let server = program("gunicorn")?
        .args(["--workers", &workers(), "--bind", &address, "--worker-class", "uvicorn.workers.UvicornWorker"])
        .arg("nominatim_api.server.falcon.server:run_wsgi()")
        .spawn()?;
    let mut peer = Peer { address, children: vec![server], _database: Some(database) };
    wait_until("Nominatim", &mut peer, |address| std::net::TcpStream::connect(address).is_ok())?;
    Ok(peer)
}

fn workers() -> String {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get).to_string()
}

fn free_address() -> Result<String> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string())
}

fn wait_until(what: &str, peer: &mut Peer, is_there: impl Fn(&str) -> bool) -> Result<()> {
    let began = std::time::Instant::now();
    while !is_there(&peer.address) {
        for child in &mut peer.children {
            ensure!(child.try_wait()?.is_none(), "{what} ended before it was ready");
        }
        ensure!(began.elapsed() < LONGEST_START, "{what} is not ready after {LONGEST_START:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

/// Runs to its end. The error has the end of what was printed.
fn done(command: &mut Command, room: &Path) -> Result<()> {
    let status = command.status().with_context(|| format!("{command:?}"))?;
    if !status.success() {
        let log = std::fs::read_to_string(room.join("log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        anyhow::bail!("{:?}: {status}: {}", command.get_program(), lines[lines.len().saturating_sub(8)..].join(" / "));
    }
    Ok(())
}

/// Where what a program prints is kept.
struct Log(std::fs::File);

impl Log {
    fn of(room: &Path, name: &str) -> Result<Self> {
        let path: PathBuf = room.join(name);
        Ok(Self(std::fs::OpenOptions::new().create(true).append(true).open(path)?))
    }

    fn of_command(self, command: &mut Command) -> &mut Command {
        if let Ok(again) = self.0.try_clone() {
            command.stderr(Stdio::from(again));
        }
        command.stdin(Stdio::null()).stdout(Stdio::from(self.0))
    }
}
