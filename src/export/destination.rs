//! Where a file will lie. It is made in a hidden folder beside its place and moved when it is complete, so that no one ever
//! opens half of it; what a killed export left behind is cleared away by the next one to the same folder.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use super::ExportedFile;

const PREFIX: &str = ".yutu-export-";
/// Held locked while an export works in its folder.
const LOCK: &str = "lock";
const FILES: &str = "files";
/// What other programs leave beside files of these endings, and what would be wrong beside a new one.
const LEFT_BESIDE: [(&str, &[&str]); 2] = [
    ("shp", &["shp", "shx", "dbf", "prj", "cpg", "qix", "qpj", "sbn", "sbx", "shp.xml"]),
    ("gpkg", &["gpkg-wal", "gpkg-shm", "gpkg-journal"]),
];

/// A place for a file, and the folder in which it is made.
#[derive(Debug)]
pub struct Destination {
    target: PathBuf,
    parent: PathBuf,
    folder: TempDir,
    _lock: File,
    force: bool,
}

impl Destination {
    /// # Errors
    /// There is a file already and it is not to be replaced, or there is no place to write to.
    pub fn new(target: &Path, force: bool) -> Result<Self> {
        let shown = target.display();
        if target.is_dir() {
            bail!("{shown} 是文件夹，请给出文件名 / {shown} is a folder: name a file");
        }
        let Some(_) = target.file_name().and_then(|name| name.to_str()) else {
            bail!("{shown} 不是可用的文件名 / {shown} is not a file name that can be used");
        };
        let parent = match target.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
            _ => PathBuf::from("."),
        };
        if !parent.is_dir() {
            bail!("文件夹 {0} 不存在，请先建立 / the folder {0} does not exist: make it first", parent.display());
        }
        clear(&parent);
        let unwritable = || format!("无法写入文件夹 {0} / the folder {0} cannot be written to", parent.display());
        let folder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(&parent).with_context(unwritable)?;
        // Locked before it has its name: whoever clears up takes one that is not locked for left behind.
        let unnamed = folder.path().join("unnamed");
        let lock = File::create(&unnamed).with_context(unwritable)?;
        lock.lock().and_then(|()| std::fs::rename(&unnamed, folder.path().join(LOCK))).with_context(unwritable)?;
        std::fs::create_dir(folder.path().join(FILES)).with_context(unwritable)?;
        let destination = Self { target: target.to_owned(), parent, folder, _lock: lock, force };
        destination.check(&destination.target)?;
        Ok(destination)
    }

    /// The folder to write into; it holds nothing else.
    pub fn folder(&self) -> PathBuf {
        self.folder.path().join(FILES)
    }

    /// The file's name without its ending: what files beside it are called by.
    pub fn stem(&self) -> String {
        self.target.file_stem().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// # Errors
    /// One of these, made as `main` or beside it, would replace a file that is there.
    pub fn check_all<'a>(&self, names: impl IntoIterator<Item = &'a String>, main: &str) -> Result<()> {
        names.into_iter().try_for_each(|name| self.check(&self.place_of(name, main)))
    }

    /// # Errors
    /// A file of this ending lies there under the same name: its coordinate system would be taken for that of the new one.
    pub fn check_stranger(&self, ending: &str) -> Result<()> {
        let stranger = self.target.with_extension(ending);
        if stranger.exists() && stranger != self.target {
            bail!(
                "{0} 与新文件会共用同一个 .prj，请另取文件名 / {0} and the new file would share one .prj: choose another name",
                stranger.display()
            );
        }
        Ok(())
    }

    fn check(&self, place: &Path) -> Result<()> {
        if !self.force && place.symlink_metadata().is_ok() {
            bail!("{0} 已存在；要覆盖请加 --force / {0} is there already; add --force to replace it", place.display());
        }
        Ok(())
    }

    /// `main` gets the name that was asked for, whatever its ending.
    fn place_of(&self, name: &str, main: &str) -> PathBuf {
        if name == main { self.target.clone() } else { self.parent.join(name) }
    }

    /// Moves everything that was made to its place. `features`: of the files that can be opened by themselves.
    ///
    /// # Errors
    /// A file has come to lie there meanwhile, or the system refuses.
    pub fn publish(self, main: &str, features: &[(String, u64)]) -> Result<Vec<ExportedFile>> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(self.folder())? {
            names.push(entry?.file_name());
        }
        // The files that people open come last: when they are there, everything is.
        let opened = |name: &OsString| features.iter().any(|(opened, _)| opened.as_str() == name);
        names.sort_by_key(|name| (opened(name), name.clone()));
        let moves: Vec<(PathBuf, PathBuf, Option<u64>)> = names
            .iter()
            .map(|name| {
                let count = features.iter().find(|(opened, _)| opened.as_str() == name).map(|(_, count)| *count);
                (self.folder().join(name), self.place_of(&name.to_string_lossy(), main), count)
            })
            .collect();
        moves.iter().try_for_each(|(_, place, _)| self.check(place))?;
        if self.force {
            for (_, place, _) in moves.iter().filter(|(_, _, count)| count.is_some()) {
                remove_left_beside(place, &moves)?;
            }
        }
        let mut files = Vec::new();
        for (made, place, features) in moves {
            let refused = || format!("无法写到 {0} / {0} cannot be written", place.display());
            let bytes = made.metadata().with_context(refused)?.len();
            std::fs::rename(&made, &place).with_context(refused)?;
            files.push(ExportedFile { path: place, bytes, features });
        }
        // A crash of the machine must not undo the move.
        File::open(&self.parent).and_then(|folder| folder.sync_all()).ok();
        files.reverse();
        Ok(files)
    }
}

/// An index or a log of the file that was there would be taken for one of the new file.
fn remove_left_beside(place: &Path, moves: &[(PathBuf, PathBuf, Option<u64>)]) -> Result<()> {
    let ending = place.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let Some((_, endings)) = LEFT_BESIDE.iter().find(|(main, _)| *main == ending) else { return Ok(()) };
    for old in endings.iter().map(|ending| place.with_extension(ending)) {
        if moves.iter().any(|(_, place, _)| *place == old) {
            continue;
        }
        match std::fs::remove_file(&old) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("无法删除旧文件 {0} / the old file {0} cannot be removed", old.display()));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Removes the folders of exports that are no more. What cannot be removed is in nobody's way.
fn clear(parent: &Path) {
    let Ok(entries) = std::fs::read_dir(parent) else { return };
    for entry in entries.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with(PREFIX)) {
        let folder = entry.path();
        if File::open(folder.join(LOCK)).is_ok_and(|lock| lock.try_lock().is_ok()) {
            let removed = std::fs::remove_dir_all(&folder);
            tracing::debug!(folder = %folder.display(), ?removed, "an export that was killed left this behind");
        }
    }
}
