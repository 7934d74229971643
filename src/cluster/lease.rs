//! A process's hold on the running database, and how it finds or starts the keeper.

use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use sqlx::postgres::PgConnectOptions;

use super::layout::Layout;
use super::programs::{self, Programs};
use super::{DATABASE, Durability, Options, create};

/// A start with recovery may take minutes; beyond this something is wrong.
const LONGEST_WAIT: Duration = Duration::from_secs(660);
const POLL: Duration = Duration::from_millis(10);

/// While a lease is held the database runs; dropping it lets go.
/// When the keeper dies (and PostgreSQL with it), the lease starts a new one by itself; connections made before are
/// broken and a pool makes new ones.
#[derive(Debug)]
pub struct Lease {
    held: Arc<Held>,
}

#[derive(Debug)]
struct Held {
    options: Options,
    layout: Layout,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    line: UnixStream,
    folder: PathBuf,
    released: bool,
}

struct Joined {
    line: UnixStream,
    folder: PathBuf,
    /// The keeper, when we started it: to be collected when it ends.
    child: Option<Child>,
}

impl Lease {
    /// How to reach the database: Unix socket only, no password, database [`DATABASE`].
    pub fn connect_options(&self) -> PgConnectOptions {
        create::connect_options(&self.socket_folder(), DATABASE)
    }

    /// The folder of the server's socket, which libpq takes as a host.
    pub fn socket_folder(&self) -> PathBuf {
        self.held.lock().folder.clone()
    }

    /// The client programs that belong to the server in use.
    ///
    /// # Errors
    /// They were removed meanwhile.
    pub fn programs(&self) -> Result<Programs> {
        programs::find(self.held.layout.major()?)
    }

    /// Makes sure that the database runs and blocks until it does: starts a new keeper when ours has died.
    /// The lease does so by itself too; call this to wait for it.
    ///
    /// # Errors
    /// As [`super::acquire`].
    pub fn revive(&self) -> Result<()> {
        self.held.revive().map(drop)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let mut state = self.held.lock();
        state.released = true;
        let _ = state.line.shutdown(Shutdown::Both);
    }
}

pub fn acquire(options: &Options) -> Result<Lease> {
    let layout = Layout::prepare(&options.data_dir)?;
    let joined = join(options, &layout)?;
    let watched = joined.line.try_clone()?;
    let state = State { line: joined.line, folder: joined.folder, released: false };
    let held = Arc::new(Held { options: options.clone(), layout, state: Mutex::new(state) });
    let watcher = Arc::clone(&held);
    std::thread::Builder::new().name("lease".to_owned()).spawn(move || watcher.watch(watched, joined.child))?;
    Ok(Lease { held })
}

impl Held {
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the end of the line; brings the database back unless the lease was released.
    fn watch(&self, mut line: UnixStream, mut child: Option<Child>) {
        loop {
            let mut byte = [0u8; 1];
            while line.read(&mut byte).is_ok_and(|count| count > 0) {}
            if self.lock().released {
                return;
            }
            if let Some(mut child) = child.take() {
                let _ = child.wait();
            }
            tracing::warn!("the keeper of the private database died; starting another");
            loop {
                match self.revive() {
                    Ok(Some(revived)) => {
                        (line, child) = revived;
                        break;
                    }
                    Ok(None) => match self.lock().line.try_clone() {
                        Ok(clone) => {
                            line = clone;
                            break;
                        }
                        Err(error) => tracing::error!("{error}"),
                    },
                    Err(error) => tracing::error!("the private database cannot be brought back: {error:#}"),
                }
                if self.lock().released {
                    return;
                }
                std::thread::sleep(Duration::from_secs(1));
            }
        }
    }

    /// A new line and the keeper started for it; `None` when the present one is alive or the lease was released.
    fn revive(&self) -> Result<Option<(UnixStream, Option<Child>)>> {
        // Held all the while, so that a caller and the watcher do not both start one.
        let mut state = self.lock();
        if state.released || alive(&state.line) {
            return Ok(None);
        }
        let joined = join(&self.options, &self.layout)?;
        let clone = joined.line.try_clone()?;
        state.line = joined.line;
        state.folder = joined.folder;
        Ok(Some((clone, joined.child)))
    }
}

/// The keeper never writes after `ready`: an end of file means it is gone, "would block" that it is there.
fn alive(line: &UnixStream) -> bool {
    let mut byte = [0u8; 1];
    line.set_nonblocking(true).is_ok() && {
        let seen = (&*line).read(&mut byte);
        let restored = line.set_nonblocking(false).is_ok();
        restored && seen.is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock)
    }
}

/// Connects to the keeper, starting one when there is none, and waits for its word.
fn join(options: &Options, layout: &Layout) -> Result<Joined> {
    let deadline = Instant::now() + LONGEST_WAIT;
    let mut child: Option<Child> = None;
    while Instant::now() < deadline {
        if let Some(sockets) = layout.recorded_sockets()
            && let Ok(line) = UnixStream::connect(sockets.keeper())
        {
            line.set_read_timeout(Some(deadline.saturating_duration_since(Instant::now()).max(POLL)))?;
            let mut reader = BufReader::new(&line);
            let mut word = String::new();
            // An end of file here means that the keeper is stopping or was killed: try again.
            if reader.read_line(&mut word).is_ok() && word == "ready\n" {
                line.set_read_timeout(None)?;
                return Ok(Joined { line, folder: sockets.path().to_path_buf(), child });
            }
            if word == "failed\n" {
                let mut reason = String::new();
                let _ = reader.read_to_string(&mut reason);
                bail!("{}", reason.trim());
            }
        }
        match child.as_mut().map(Child::try_wait).transpose()?.flatten() {
            // Zero: another keeper owns the cluster. It is starting, or stopping and then ours must try again.
            Some(status) if status.success() => child = Some(spawn(options, layout)?),
            Some(status) => bail!("yutu keeper: {status}\n{}", log_tail(&layout.keeper_log())),
            None if child.is_none() => child = Some(spawn(options, layout)?),
            None => {}
        }
        std::thread::sleep(POLL);
    }
    bail!(
        "数据库没有在 {0} 秒内就绪，见 {1} / the database was not ready within {0} s, see {1}",
        LONGEST_WAIT.as_secs(),
        layout.server_log().display()
    )
}

fn spawn(options: &Options, layout: &Layout) -> Result<Child> {
    let log = layout.open(&layout.keeper_log())?;
    let mut command = Command::new(&options.keeper);
    command.arg("keeper").arg("--data-dir").arg(&options.data_dir.canonicalize()?);
    if options.durability == Durability::Throwaway {
        command.arg("--throwaway");
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
    command.spawn().with_context(|| format!("starting {}", options.keeper.display()))
}

fn log_tail(path: &Path) -> String {
    let mut text = String::new();
    let read = std::fs::File::open(path).and_then(|mut file| {
        let end = file.seek(SeekFrom::End(0))?;
        file.seek(SeekFrom::Start(end.saturating_sub(2000)))?;
        file.read_to_string(&mut text)
    });
    match read {
        Ok(_) => text.trim().to_owned(),
        Err(error) => format!("{}: {error}", path.display()),
    }
}
