//! The keeper: a process of its own that owns the cluster, starts PostgreSQL, restarts it when it dies and stops it
//! when the last lease has ended. Clients connect to its socket, are told `ready` or `failed` with the reason, and
//! keep the connection for as long as they need the database.

use std::fs::{File, TryLockError};
use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::Pid;

use super::layout::{Layout, SocketFolder};
use super::postmaster::{self, Postmaster};
use super::programs::{self, Programs};
use super::{Durability, Options, create};

/// How long the database stays up without a lease: the next command often follows at once.
const GRACE: Duration = Duration::from_secs(2);
/// Between attempts to bring back a server that died and does not start.
const RETRY: Duration = Duration::from_secs(2);

enum Event {
    Joined(UnixStream),
    Left,
    Died,
}

/// Runs the keeper in the calling thread, which must be the main one, until the last lease has ended.
/// Returns at once when another keeper owns the cluster.
///
/// # Errors
/// The cluster cannot be made or started; the waiting clients have been told the same.
pub fn keep(options: &Options) -> Result<()> {
    // Out of the caller's session: neither its Ctrl-C nor its end may reach the database others use.
    let _ = nix::unistd::setsid();
    let layout = Layout::prepare(&options.data_dir)?;
    // Absolute paths from here on; the folder it was started in shall not be kept busy.
    std::env::set_current_dir("/")?;
    let lock = layout.open(&layout.owner_lock())?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(()),
        Err(TryLockError::Error(error)) => return Err(error).context("locking owner.lock"),
    }
    // For people and tests who look for the keeper.
    lock.set_len(0)?;
    writeln!(&lock, "{}", std::process::id())?;
    let sockets = layout.choose_sockets()?;
    let _ = std::fs::remove_file(sockets.keeper());
    let listener = UnixListener::bind(sockets.keeper()).with_context(|| format!("listening on {}", sockets.keeper().display()))?;
    let (sender, events) = mpsc::channel();
    let joined = sender.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            if joined.send(Event::Joined(stream)).is_err() {
                return;
            }
        }
    });
    let keeper = Keeper { layout, sockets, durability: options.durability, sender, events, _lock: lock };
    let outcome = keeper.run();
    if let Err(error) = &outcome {
        // Whoever connects in the next moment came for the same attempt.
        keeper.refuse(&format!("{error:#}"), Duration::from_millis(300));
    }
    let _ = std::fs::remove_file(keeper.sockets.keeper());
    outcome
}

struct Keeper {
    layout: Layout,
    sockets: SocketFolder,
    durability: Durability,
    sender: Sender<Event>,
    events: Receiver<Event>,
    _lock: File,
}

impl Keeper {
    fn run(&self) -> Result<()> {
        let programs = programs::find(self.layout.major()?)?;
        if self.layout.major()?.is_none() {
            postmaster::initialise(&self.layout, &programs, self.durability)?;
        }
        let mut server = Some(self.start(&programs)?);
        let mut leases = 0usize;
        let mut idle_since = Some(Instant::now());
        loop {
            let patience = match (&server, idle_since) {
                (_, Some(since)) => GRACE.saturating_sub(since.elapsed()),
                (None, None) => RETRY,
                (Some(_), None) => Duration::MAX,
            };
            match self.next(patience) {
                Some(Event::Joined(stream)) => match &server {
                    Some(_) => {
                        match runtime()?.block_on(create::answers(self.sockets.path())) {
                            Ok(()) => leases += usize::from(self.admit(stream)),
                            Err(error) => tell(&stream, &format!("failed\n{error:#}\n")),
                        }
                        idle_since = if leases == 0 { Some(Instant::now()) } else { None };
                    }
                    None => {
                        tell(&stream, "failed\nPostgreSQL 正在恢复，请稍后再试 / PostgreSQL is being brought back: try again in a moment\n")
                    }
                },
                Some(Event::Left) => {
                    leases = leases.saturating_sub(1);
                    if leases == 0 {
                        idle_since = Some(Instant::now());
                    }
                }
                Some(Event::Died) => {
                    let status = server.take().map(Postmaster::reap).unwrap_or_default();
                    note(&format!("PostgreSQL died ({status}); starting it again"));
                    server = self.start_again(&programs);
                }
                None if idle_since.is_some() => break,
                None if server.is_none() => server = self.start_again(&programs),
                None => {}
            }
        }
        // From here on nobody is admitted: whoever connects finds the line cut and starts the next keeper.
        let _ = std::fs::remove_file(self.sockets.keeper());
        let stopped = server.map_or(Ok(()), Postmaster::stop);
        if !self.sockets.path().starts_with(self.layout.root()) {
            // Nobody would look for it in /tmp.
            let _ = std::fs::remove_dir(self.sockets.path());
        }
        stopped
    }

    fn next(&self, patience: Duration) -> Option<Event> {
        if patience == Duration::MAX {
            return self.events.recv().ok();
        }
        self.events.recv_timeout(patience).ok()
    }

    fn start(&self, programs: &Programs) -> Result<Postmaster> {
        let server = postmaster::start(&self.layout, programs, &self.sockets, self.durability)?;
        if let Err(error) = runtime()?.block_on(create::database_and_extensions(self.sockets.path())) {
            server.stop()?;
            return Err(error);
        }
        watch(server.pid(), self.sender.clone());
        Ok(server)
    }

    fn start_again(&self, programs: &Programs) -> Option<Postmaster> {
        match self.start(programs) {
            Ok(server) => Some(server),
            Err(error) => {
                note(&format!("PostgreSQL does not start: {error:#}"));
                None
            }
        }
    }

    /// Tells a client that the database is ready and listens for its end. False when it has gone already.
    fn admit(&self, stream: UnixStream) -> bool {
        if (&stream).write_all(b"ready\n").is_err() {
            return false;
        }
        let sender = self.sender.clone();
        std::thread::spawn(move || {
            let mut byte = [0u8; 1];
            while (&stream).read(&mut byte).is_ok_and(|count| count > 0) {}
            let _ = sender.send(Event::Left);
        });
        true
    }

    fn refuse(&self, reason: &str, patience: Duration) {
        let deadline = Instant::now() + patience;
        while let Ok(event) = self.events.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            if let Event::Joined(stream) = event {
                tell(&stream, &format!("failed\n{reason}\n"));
            }
        }
    }
}

/// Reports the death of `pid` without collecting it, so that its number cannot be reused before the keeper knows.
fn watch(pid: Pid, sender: Sender<Event>) {
    std::thread::spawn(move || {
        let _ = waitid(Id::Pid(pid), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT);
        let _ = sender.send(Event::Died);
    });
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?)
}

fn tell(mut stream: &UnixStream, text: &str) {
    let _ = stream.write_all(text.as_bytes());
}

/// The keeper's stderr is its log file.
fn note(text: &str) {
    let _ = writeln!(std::io::stderr(), "{} {text}", chrono::Utc::now().format("%Y-%m-%d %H:%M:%S"));
}
