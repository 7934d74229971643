//! Runs PostgreSQL for the keeper: makes the cluster, starts it, knows its dead relatives, stops it.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::os::fd::AsRawFd;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::Durability;
use super::layout::{Layout, SocketFolder};
use super::programs::Programs;

/// Recovery after a crash may have gigabytes of log to replay.
const LONGEST_START: Duration = Duration::from_secs(600);
/// How long the leftovers of a killed postmaster may hold on to its lock file or shared memory.
const LEFTOVERS: Duration = Duration::from_secs(10);
/// Parallel workers need shared memory that small containers (64 MB) do not have.
const ENOUGH_SHARED_MEMORY: u64 = 256 << 20;

/// A running postmaster, child of the thread that called [`start`].
#[derive(Debug)]
pub struct Postmaster {
    child: Child,
}

impl Postmaster {
    pub fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.id()).unwrap_or(i32::MAX))
    }

    /// Collects the postmaster after its death.
    pub fn reap(mut self) -> String {
        self.child.wait().map_or_else(|error| error.to_string(), |status| status.to_string())
    }

    /// Fast shutdown; after 20 s without it, an immediate one (the next start then recovers from the log).
    pub fn stop(mut self) -> Result<()> {
        for (signal, patience) in [(Signal::SIGINT, 20), (Signal::SIGQUIT, 10), (Signal::SIGKILL, 10)] {
            kill(self.pid(), signal)?;
            let deadline = Instant::now() + Duration::from_secs(patience);
            while Instant::now() < deadline {
                if self.child.try_wait()?.is_some() {
                    return Ok(());
                }
                std::thread::sleep(Duration::from_millis(10));
            }
        }
        bail!("PostgreSQL 没有停下 / PostgreSQL did not stop")
    }
}

/// Makes the cluster's files: into a folder of another name first, so that a killed attempt leaves no half cluster.
pub fn initialise(layout: &Layout, programs: &Programs, durability: Durability) -> Result<()> {
    let (new, done) = (layout.pgdata_new(), layout.pgdata());
    clear_leftovers(&new)?;
    if new.exists() {
        std::fs::remove_dir_all(&new).with_context(|| format!("removing {}", new.display()))?;
    }
    layout.make_folder(&new)?;
    let folder = DataFolder::open(layout, &new)?;
    let output = as_owner(layout, "KILL", &programs.folder.join("initdb"))
        .arg("-D")
        .arg(&folder.path)
        .args(["-U", super::DATABASE, "-E", "UTF8", "--locale=C.UTF-8", "-A", "trust"])
        .args(["--data-checksums", "--no-sync", "--no-instructions"])
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("initdb: {}", programs.folder.display()))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(anyhow!("initdb: {}", said.trim())).context(hint(&said).unwrap_or("数据库无法建立 / the database cannot be created"));
    }
    let mut own = std::fs::OpenOptions::new().append(true).open(new.join("postgresql.conf"))?;
    std::io::Write::write_all(
        &mut own,
        b"\n# Yutu's settings, written anew at every start. What stands below this line wins over them.\ninclude 'yutu.conf'\n",
    )?;
    if durability == Durability::Durable {
        // One sync of the file system instead of a thousand of single files.
        nix::unistd::syncfs(File::open(&new)?).context("syncing the new cluster")?;
    }
    std::fs::rename(&new, &done).with_context(|| format!("renaming {}", new.display()))?;
    File::open(layout.root())?.sync_all()?;
    Ok(())
}

/// Starts PostgreSQL and waits until it takes connections.
/// The calling thread must live as long as the server: PostgreSQL stops when it ends (`PR_SET_PDEATHSIG`).
pub fn start(layout: &Layout, programs: &Programs, sockets: &SocketFolder, durability: Durability) -> Result<Postmaster> {
    let patience = Instant::now() + LEFTOVERS;
    clear_leftovers(&layout.pgdata())?;
    for stale in ["postmaster.pid", "postmaster.opts"] {
        // Nobody lives in the folder and the lock is ours, so a pid written there belongs to some other program by now.
        remove_if_there(&layout.pgdata().join(stale))?;
    }
    remove_if_there(&sockets.path().join(".s.PGSQL.5432"))?;
    remove_if_there(&sockets.path().join(".s.PGSQL.5432.lock"))?;
    write_settings(layout)?;
    loop {
        match start_once(layout, programs, sockets, durability) {
            Ok(postmaster) => return Ok(postmaster),
            Err(error) => {
                let text = format!("{error:#}");
                let leftover =
                    text.contains("lock file \"postmaster.pid\" already exists") || text.contains("pre-existing shared memory block");
                if !leftover || Instant::now() > patience {
                    return Err(error);
                }
                std::thread::sleep(Duration::from_millis(200));
            }
        }
    }
}

fn start_once(layout: &Layout, programs: &Programs, sockets: &SocketFolder, durability: Durability) -> Result<Postmaster> {
    let log_path = layout.server_log();
    if std::fs::metadata(&log_path).is_ok_and(|found| found.len() > 10 << 20) {
        std::fs::rename(&log_path, log_path.with_extension("log.1"))?;
    }
    let mut log = layout.open(&log_path)?;
    let before = log.seek(SeekFrom::End(0))?;
    let folder = DataFolder::open(layout, &layout.pgdata())?;
    let mut command = as_owner(layout, "INT", &programs.folder.join("postgres"));
    command.arg("-D").arg(&folder.path);
    command.arg("-c").arg("listen_addresses=").arg("-c").arg("port=5432").arg("-c").arg("unix_socket_permissions=0700");
    let mut setting = std::ffi::OsString::from("unix_socket_directories=");
    setting.push(quoted(sockets.path()));
    command.arg("-c").arg(setting);
    if durability == Durability::Throwaway {
        for off in ["fsync=off", "synchronous_commit=off", "full_page_writes=off"] {
            command.arg("-c").arg(off);
        }
    }
    command.process_group(0).stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log.try_clone()?);
    let mut child = command.spawn().with_context(|| format!("starting {}", programs.folder.join("postgres").display()))?;
    let pid = child.id().to_string();
    let deadline = Instant::now() + LONGEST_START;
    loop {
        if let Some(status) = child.try_wait()? {
            let said = tail(&mut log, before);
            return Err(anyhow!("{said}"))
                .context(hint(&said).unwrap_or("PostgreSQL 没有启动 / PostgreSQL did not start"))
                .with_context(|| format!("postgres: {status}; {}", log_path.display()));
        }
        let state = std::fs::read_to_string(layout.pgdata().join("postmaster.pid")).unwrap_or_default();
        let mut lines = state.lines();
        if lines.next() == Some(pid.as_str()) && lines.nth(6).is_some_and(|line| line.trim() == "ready") {
            return Ok(Postmaster { child });
        }
        if Instant::now() > deadline {
            Postmaster { child }.stop()?;
            bail!("PostgreSQL 十分钟内没有就绪 / PostgreSQL was not ready within ten minutes: {}", log_path.display());
        }
        std::thread::sleep(Duration::from_millis(8));
    }
}

/// The data folder as PostgreSQL is told it: its path, or an open descriptor the program inherits when the folders
/// above it are closed to its user (a project under /root, say). Keep it until the program has been started.
struct DataFolder {
    path: PathBuf,
    _open: Option<File>,
}

impl DataFolder {
    fn open(layout: &Layout, path: &Path) -> Result<Self> {
        if layout.reachable() {
            return Ok(Self { path: path.to_path_buf(), _open: None });
        }
        let open = File::open(path).with_context(|| format!("opening {}", path.display()))?;
        fcntl(&open, FcntlArg::F_SETFD(FdFlag::empty()))?;
        Ok(Self { path: format!("/proc/self/fd/{}", open.as_raw_fd()).into(), _open: Some(open) })
    }
}

/// A command that runs as the cluster's owner and gets `signal` when this thread dies.
fn as_owner(layout: &Layout, signal: &str, program: &Path) -> Command {
    let owner = layout.owner;
    let mut command = if setpriv_can_signal() {
        let mut command = Command::new("setpriv");
        if owner.switch {
            command.args([format!("--reuid={}", owner.uid), format!("--regid={}", owner.gid), "--clear-groups".to_owned()]);
        }
        command.args(["--pdeathsig", signal, "--"]).arg(program);
        command
    } else {
        // Without it a killed keeper leaves PostgreSQL running; the next keeper then stops it first.
        let mut command = Command::new(program);
        if owner.switch {
            command.uid(owner.uid).gid(owner.gid);
        }
        command
    };
    for (name, _) in std::env::vars_os() {
        if name.as_encoded_bytes().starts_with(b"PG") {
            command.env_remove(name);
        }
    }
    command.current_dir("/");
    command
}

/// BusyBox has a `setpriv` without death signals.
pub fn setpriv_can_signal() -> bool {
    let help = Command::new("setpriv").arg("--help").stdin(Stdio::null()).output();
    help.is_ok_and(|output| output.stdout.windows(9).any(|word| word == b"pdeathsig"))
}

/// Ends what a killed keeper or postmaster left behind in `folder`, gently at first. The owner lock is ours, so
/// whoever works in that folder is a leftover.
fn clear_leftovers(folder: &Path) -> Result<()> {
    let begin = Instant::now();
    let mut sent = None;
    loop {
        let left = processes_in(folder);
        if left.is_empty() {
            return Ok(());
        }
        let state = std::fs::read_to_string(folder.join("postmaster.pid")).unwrap_or_default();
        let postmaster = state.lines().next().and_then(|pid| pid.parse().ok()).filter(|pid| left.contains(pid));
        // A living postmaster may finish its checkpoint; backends without one end by themselves within moments.
        let (signal, to) = match (begin.elapsed().as_secs(), postmaster) {
            (0..15, Some(pid)) => (Signal::SIGINT, vec![pid]),
            (0..3, None) => (Signal::SIGINT, Vec::new()),
            (0..25, _) => (Signal::SIGQUIT, left),
            (25..40, _) => (Signal::SIGKILL, left),
            _ => bail!("{0} 仍被进程 {left:?} 占用 / processes {left:?} still use {0}", folder.display()),
        };
        if sent != Some(signal) && !to.is_empty() {
            sent = Some(signal);
            for pid in to {
                let _ = kill(Pid::from_raw(pid), signal);
            }
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Processes whose working folder is `folder`: the postmaster and all its children go there.
pub fn processes_in(folder: &Path) -> Vec<i32> {
    let Ok(processes) = std::fs::read_dir("/proc") else { return Vec::new() };
    let mut found = Vec::new();
    for process in processes.flatten() {
        let Some(pid) = process.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        if std::fs::read_link(process.path().join("cwd")).is_ok_and(|cwd| cwd == folder) {
            found.push(pid);
        }
    }
    found
}

/// Modest settings for two cores and a map service; an office's own stand in postgresql.conf and win.
fn write_settings(layout: &Layout) -> Result<()> {
    let shared = nix::sys::statvfs::statvfs("/dev/shm").map_or(0, |found| found.blocks_available() * found.fragment_size());
    let workers = u32::from(shared >= ENOUGH_SHARED_MEMORY);
    let text = format!(
        "# Written by yutu at every start; put your own settings at the end of postgresql.conf.\n\
         max_connections = 64\n\
         shared_buffers = 256MB\n\
         effective_cache_size = 1GB\n\
         work_mem = 16MB\n\
         maintenance_work_mem = 256MB\n\
         wal_compression = on\n\
         max_wal_size = 2GB\n\
         checkpoint_timeout = 15min\n\
         random_page_cost = 1.1\n\
         jit = off\n\
         max_parallel_workers_per_gather = {workers}\n\
         max_parallel_maintenance_workers = {workers}\n\
         recovery_init_sync_method = syncfs\n\
         log_checkpoints = off\n\
         log_line_prefix = '%m [%p] '\n\
         log_timezone = 'UTC'\n\
         timezone = 'UTC'\n"
    );
    let path = layout.pgdata().join("yutu.conf");
    remove_if_there(&path)?;
    let mut file = layout.open(&path)?;
    std::io::Write::write_all(&mut file, text.as_bytes())
        .with_context(|| format!("无法写入 {0}，磁盘是否已满？ / {0} cannot be written: is the disk full?", path.display()))?;
    Ok(())
}

/// A name in a list setting, so that commas and blanks in a path stay part of it.
fn quoted(path: &Path) -> std::ffi::OsString {
    let mut text = std::ffi::OsString::from("\"");
    text.push(path);
    text.push("\"");
    text
}

fn remove_if_there(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error).with_context(|| format!("removing {}", path.display())),
        _ => Ok(()),
    }
}

/// What the server logged since `from`, at most the last 4 KB.
fn tail(log: &mut File, from: u64) -> String {
    let mut bytes = Vec::new();
    let end = log.seek(SeekFrom::End(0)).unwrap_or(from);
    let _ = log.seek(SeekFrom::Start(from.max(end.saturating_sub(4096)))).and_then(|_| log.read_to_end(&mut bytes));
    String::from_utf8_lossy(&bytes).trim().to_owned()
}

/// The cause in plain words, where PostgreSQL's words are known.
fn hint(said: &str) -> Option<&'static str> {
    let known = [
        (
            "No space left on device",
            "磁盘已满：请在数据目录所在的磁盘上腾出空间 / the disk is full: make room on the disk of the data folder",
        ),
        ("could not create shared memory segment", "共享内存不足 / not enough shared memory"),
        ("Cannot allocate memory", "内存不足：PostgreSQL 需要约 300 MB / not enough memory: PostgreSQL needs about 300 MB"),
        ("invalid locale name", "本机缺少 C.UTF-8 区域 / the locale C.UTF-8 is missing on this machine"),
        ("Permission denied", "没有权限：请检查数据目录及其上级目录 / permission denied: check the data folder and the folders above it"),
        ("Read-only file system", "文件系统是只读的 / the file system is read-only"),
    ];
    known.iter().find(|(words, _)| said.contains(words)).map(|(_, plain)| *plain)
}
