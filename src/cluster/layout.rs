//! The folders and files of a private cluster, and to which user they belong.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, chown, fchown};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use nix::unistd::{User, geteuid};
use sha2::{Digest, Sha256};

/// A socket's path holds 107 bytes; `/.s.PGSQL.5432` takes 14, the rest is left as a margin.
const LONGEST_SOCKET_FOLDER: usize = 90;

/// The user PostgreSQL runs as, who owns the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner {
    pub uid: u32,
    pub gid: u32,
    /// We are root and become this user for PostgreSQL.
    pub switch: bool,
}

/// Where the sockets of a running cluster are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SocketFolder(pub(super) PathBuf);

impl SocketFolder {
    pub fn path(&self) -> &Path {
        &self.0
    }

    pub(super) fn keeper(&self) -> PathBuf {
        self.0.join("keeper.sock")
    }
}

#[derive(Clone, Debug)]
pub struct Layout {
    /// `DATA_DIR/postgres`, absolute.
    root: PathBuf,
    pub owner: Owner,
}

impl Layout {
    /// Finds the cluster's folder below `data_dir`, making both where they are not there yet.
    pub fn prepare(data_dir: &Path) -> Result<Self> {
        std::fs::create_dir_all(data_dir)
            .with_context(|| format!("无法建立数据目录 {0} / the data folder {0} cannot be made", data_dir.display()))?;
        let data_dir = data_dir
            .canonicalize()
            .with_context(|| format!("无法进入数据目录 {0} / the data folder {0} cannot be entered", data_dir.display()))?;
        let root = data_dir.join("postgres");
        let existing = match std::fs::metadata(&root) {
            Ok(found) => Some((found.uid(), found.gid())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error).with_context(|| unreadable(&root)),
        };
        let owner = owner_of(&data_dir, existing)?;
        let layout = Self { root, owner };
        if existing.is_none_or(|(uid, _)| uid != owner.uid) {
            layout.make_folder(&layout.root)?;
        }
        Ok(layout)
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    pub fn pgdata(&self) -> PathBuf {
        self.root.join("pgdata")
    }

    pub fn pgdata_new(&self) -> PathBuf {
        self.root.join("pgdata.new")
    }

    pub fn owner_lock(&self) -> PathBuf {
        self.root.join("owner.lock")
    }

    pub fn keeper_log(&self) -> PathBuf {
        self.root.join("keeper.log")
    }

    pub fn server_log(&self) -> PathBuf {
        self.root.join("server.log")
    }

    /// Major version of the cluster that is there, if one is.
    pub fn major(&self) -> Result<Option<u32>> {
        let path = self.pgdata().join("PG_VERSION");
        match std::fs::read_to_string(&path) {
            Ok(text) => {
                let major = text.trim().parse().with_context(|| format!("{}: “{}” ?", path.display(), text.trim()))?;
                Ok(Some(major))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| unreadable(&path)),
        }
    }

    /// A folder only its owner may enter; an existing one is taken over when it is ours.
    pub fn make_folder(&self, path: &Path) -> Result<()> {
        let give = || chown(path, Some(self.owner.uid), Some(self.owner.gid)).with_context(|| unwritable(path));
        match DirBuilder::new().mode(0o700).create(path) {
            Ok(()) if self.owner.switch => give(),
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                // In a shared folder such as /tmp somebody else may have been there first: never use theirs.
                let found = std::fs::symlink_metadata(path).with_context(|| unreadable(path))?;
                let private = found.is_dir() && found.mode() & 0o077 == 0;
                if private && self.owner.switch && found.uid() == 0 {
                    // Another start made it and has not given it away yet, or was killed before it could: only root
                    // makes a folder of root's, and both starts name the same owner.
                    return give();
                }
                if !private || found.uid() != self.owner.uid {
                    bail!(
                        "{0} 已存在，但不是用户 {1} 的私有目录（0700）。请删除它。\n\
                         {0} exists but is not a private folder (0700) of user {1}. Remove it.",
                        path.display(),
                        self.owner.uid
                    );
                }
                Ok(())
            }
            Err(error) => Err(error).with_context(|| unwritable(path)),
        }
    }

    /// Opens a file of the cluster for appending, making it if need be.
    pub fn open(&self, path: &Path) -> Result<File> {
        let file = OpenOptions::new().append(true).create(true).read(true).mode(0o600).open(path).with_context(|| unwritable(path))?;
        if self.owner.switch {
            fchown(&file, Some(self.owner.uid), Some(self.owner.gid)).with_context(|| unwritable(path))?;
        }
        Ok(file)
    }

    /// The folder of the sockets as the last keeper wrote it down.
    pub fn recorded_sockets(&self) -> Option<SocketFolder> {
        let text = std::fs::read_to_string(self.root.join("run.path")).ok()?;
        let text = text.trim_end_matches('\n');
        (!text.is_empty()).then(|| SocketFolder(self.root.join(text)))
    }

    /// Chooses, makes and writes down the folder of the sockets: `run` beside the cluster, or a short path elsewhere
    /// when that one is too long for a socket or its parents are closed to the owner.
    pub fn choose_sockets(&self) -> Result<SocketFolder> {
        let near = self.root.join("run");
        let record = if near.as_os_str().len() <= LONGEST_SOCKET_FOLDER && self.reachable() {
            PathBuf::from("run")
        } else {
            let hash = hex::encode(&Sha256::digest(self.root.as_os_str().as_encoded_bytes())[..6]);
            let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|folder| !self.owner.switch && folder.is_dir());
            runtime.unwrap_or_else(|| PathBuf::from("/tmp")).join(format!("yutu-{}-{hash}", self.owner.uid))
        };
        let folder = self.root.join(&record);
        self.make_folder(&folder)?;
        if self.recorded_sockets().is_none_or(|known| known.0 != folder) {
            let path = self.root.join("run.path");
            let part = self.root.join("run.path.new");
            std::fs::write(&part, record.as_os_str().as_encoded_bytes())
                .and_then(|()| std::fs::rename(&part, &path))
                .with_context(|| unwritable(&path))?;
        }
        Ok(SocketFolder(folder))
    }

    /// Whether the owner may pass through every folder above the cluster, judged by the mode bits.
    pub fn reachable(&self) -> bool {
        !self.owner.switch
            || self.root.ancestors().skip(1).all(|folder| {
                std::fs::metadata(folder).is_ok_and(|found| {
                    let bit = if found.uid() == self.owner.uid {
                        0o100
                    } else if found.gid() == self.owner.gid {
                        0o010
                    } else {
                        0o001
                    };
                    found.mode() & bit != 0
                })
            })
    }
}

/// Path of the running program. After an upgrade the file of that name is gone; Linux still knows the old one.
pub fn own_program() -> Result<PathBuf> {
    let path = std::env::current_exe().context("the path of the running program")?;
    Ok(if path.exists() { path } else { PathBuf::from("/proc/self/exe") })
}

/// Root keeps the owner a cluster has; a new one belongs to the owner of the data folder, else to `postgres`, else `nobody`.
fn owner_of(data_dir: &Path, existing: Option<(u32, u32)>) -> Result<Owner> {
    let me = geteuid();
    if !me.is_root() {
        if let Some((uid, _)) = existing
            && uid != me.as_raw()
        {
            bail!(
                "数据目录 {0} 属于用户 {uid}，当前用户是 {me}。请用那个用户运行，或另选 --data-dir。\n\
                 The data folder {0} belongs to user {uid}; you are user {me}. Run as that user or choose another --data-dir.",
                data_dir.display()
            );
        }
        return Ok(Owner { uid: me.as_raw(), gid: nix::unistd::getegid().as_raw(), switch: false });
    }
    if let Some((uid, gid)) = existing
        && uid != 0
    {
        return Ok(Owner { uid, gid, switch: true });
    }
    let folder = std::fs::metadata(data_dir).with_context(|| unreadable(data_dir))?;
    if folder.uid() != 0 && User::from_uid(folder.uid().into()).is_ok_and(|user| user.is_some()) {
        return Ok(Owner { uid: folder.uid(), gid: folder.gid(), switch: true });
    }
    for name in ["postgres", "nobody"] {
        if let Ok(Some(user)) = User::from_name(name) {
            return Ok(Owner { uid: user.uid.as_raw(), gid: user.gid.as_raw(), switch: true });
        }
    }
    bail!(
        "PostgreSQL 不能以 root 运行，而本机既没有用户 postgres 也没有 nobody。请换一个普通用户运行。\n\
         PostgreSQL cannot run as root, and this machine has neither a user postgres nor nobody. Run as an ordinary user."
    )
}

fn unreadable(path: &Path) -> String {
    format!("无法读取 {0} / {0} cannot be read", path.display())
}

fn unwritable(path: &Path) -> String {
    format!("无法写入 {0} / {0} cannot be written", path.display())
}
