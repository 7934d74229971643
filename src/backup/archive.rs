//! The backup file: a plain tar of three files, written in one pass and read so strictly that no byte can change unseen.

use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};
use tar::Header;

use super::manifest::{Dump, FORMAT, Manifest};

const BLOCK: u64 = 512;
const DUMP: &str = "database.dump";
const MANIFEST: &str = "manifest.json";
const SUMS: &str = "SHA256SUMS";
/// A manifest lists tables, not rows: far below this.
const LONGEST_TEXT: u64 = 16 << 20;

/// Writes the dump first, as it comes, then the manifest, then the checksums of both.
#[derive(Debug)]
pub struct Writer {
    file: File,
}

impl Writer {
    pub fn create(path: &Path) -> Result<Self> {
        // The dump holds password hashes: readable by its owner only.
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(path)
            .with_context(|| format!("无法写入 {0} / {0} cannot be written", path.display()))?;
        Ok(Self { file })
    }

    pub fn add_dump(&mut self, source: &mut dyn Read) -> Result<Dump> {
        let begin = self.file.stream_position()?;
        self.file.write_all(&[0; BLOCK as usize])?;
        let mut hash = Sha256::new();
        let mut buffer = vec![0; 1 << 18];
        let mut bytes = 0;
        loop {
            let count = source.read(&mut buffer)?;
            if count == 0 {
                break;
            }
            self.file.write_all(&buffer[..count])?;
            hash.update(&buffer[..count]);
            bytes += count as u64;
        }
        self.file.write_all(&vec![0; padding(bytes)])?;
        // Only now is the size known that stands in front.
        self.file.seek(SeekFrom::Start(begin))?;
        self.file.write_all(header(DUMP, bytes)?.as_bytes())?;
        self.file.seek(SeekFrom::End(0))?;
        Ok(Dump { bytes, sha256: hex::encode(hash.finalize()) })
    }

    pub fn finish(&mut self, manifest: &Manifest) -> Result<()> {
        let text = serde_json::to_vec_pretty(manifest)?;
        let sums = sums(&manifest.dump.sha256, &text);
        for (name, content) in [(MANIFEST, text.as_slice()), (SUMS, sums.as_bytes())] {
            self.file.write_all(header(name, content.len() as u64)?.as_bytes())?;
            self.file.write_all(content)?;
            self.file.write_all(&vec![0; padding(content.len() as u64)])?;
        }
        self.file.write_all(&[0; 2 * BLOCK as usize])?;
        self.file.sync_all()?;
        Ok(())
    }
}

/// A backup whose every byte was checked.
#[derive(Debug)]
pub struct Archive {
    pub manifest: Manifest,
    file: File,
    dump_at: u64,
}

impl Archive {
    /// The dump, from its beginning.
    pub fn into_dump(mut self) -> Result<io::Take<File>> {
        self.file.seek(SeekFrom::Start(self.dump_at))?;
        Ok(self.file.take(self.manifest.dump.bytes))
    }
}

/// Opens and checks a backup.
///
/// # Errors
/// It is not a backup, of a later format, incomplete, or a byte of it has changed.
pub fn open(path: &Path) -> Result<Archive> {
    let file = File::open(path).with_context(|| format!("无法读取 {0} / {0} cannot be read", path.display()))?;
    check(file)
        .with_context(|| format!("{0} 不是完好的备份，未作任何改动 / {0} is not an intact backup; nothing was changed", path.display()))
}

fn check(file: File) -> Result<Archive> {
    let mut reader = BufReader::with_capacity(1 << 18, file);
    let bytes = entry(&mut reader, DUMP)?;
    let dump_at = reader.stream_position()?;
    let mut hash = Sha256::new();
    if io::copy(&mut (&mut reader).take(bytes), &mut hash)? != bytes {
        bail!("文件不完整 / the file is incomplete");
    }
    let sha256 = hex::encode(hash.finalize());
    zeros(&mut reader, padding(bytes))?;
    let text = small(&mut reader, MANIFEST)?;
    let found = small(&mut reader, SUMS)?;
    zeros(&mut reader, 2 * BLOCK as usize)?;
    if reader.read(&mut [0])? != 0 {
        bail!("文件末尾有多余内容 / there is something after the end");
    }
    if found != sums(&sha256, &text).as_bytes() {
        bail!("校验和不符 / the checksums do not match");
    }
    let format = serde_json::from_slice::<serde_json::Value>(&text)?.get("format").and_then(serde_json::Value::as_u64);
    if format != Some(u64::from(FORMAT)) {
        bail!("备份格式 {format:?} 属于另一版本的 yutu / backup format {format:?} belongs to another version of yutu");
    }
    let manifest: Manifest = serde_json::from_slice(&text)?;
    if manifest.dump != (Dump { bytes, sha256 }) {
        bail!("清单与内容不符 / the manifest does not match the dump");
    }
    Ok(Archive { manifest, file: reader.into_inner(), dump_at })
}

/// Reads a header that must be, byte for byte, the one the writer writes; answers the size.
fn entry(reader: &mut impl Read, name: &str) -> Result<u64> {
    let mut bytes = [0; BLOCK as usize];
    reader.read_exact(&mut bytes).context("文件不完整 / the file is incomplete")?;
    let size = Header::from_byte_slice(&bytes).entry_size().context("无法识别的内容 / not a tar of ours")?;
    if header(name, size)?.as_bytes() != &bytes {
        bail!("此处应为 {name} / expected {name} here");
    }
    Ok(size)
}

fn small(reader: &mut impl Read, name: &str) -> Result<Vec<u8>> {
    let size = entry(reader, name)?;
    if size > LONGEST_TEXT {
        bail!("{name}: {size} bytes");
    }
    let mut content = Vec::new();
    if reader.by_ref().take(size).read_to_end(&mut content)? as u64 != size {
        bail!("文件不完整 / the file is incomplete");
    }
    zeros(reader, padding(size))?;
    Ok(content)
}

fn zeros(reader: &mut impl Read, count: usize) -> Result<()> {
    let mut bytes = vec![0; count];
    reader.read_exact(&mut bytes).context("文件不完整 / the file is incomplete")?;
    if bytes.iter().any(|byte| *byte != 0) {
        bail!("空白处有内容 / something stands where nothing should");
    }
    Ok(())
}

fn header(name: &str, size: u64) -> Result<Header> {
    let mut header = Header::new_gnu();
    header.set_path(name)?;
    header.set_size(size);
    header.set_mode(0o600);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_entry_type(tar::EntryType::Regular);
    header.set_cksum();
    Ok(header)
}

fn padding(size: u64) -> usize {
    ((BLOCK - size % BLOCK) % BLOCK) as usize
}

/// As `sha256sum` writes it, so that `sha256sum -c SHA256SUMS` checks an unpacked backup.
fn sums(dump_sha256: &str, manifest: &[u8]) -> String {
    format!("{dump_sha256}  {DUMP}\n{}  {MANIFEST}\n", hex::encode(Sha256::digest(manifest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn backup(content: &[u8]) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("backup");
        let mut writer = Writer::create(&path).unwrap();
        let dump = writer.add_dump(&mut &content[..]).unwrap();
        let manifest = Manifest {
            format: FORMAT,
            program: "yutu".into(),
            created_at: String::new(),
            server: "15".into(),
            postgis: None,
            migrations: Vec::new(),
            working_crs: Some("EPSG:4549".into()),
            sequence: 3,
            tables: Vec::new(),
            sequences: Vec::new(),
            dump,
        };
        writer.finish(&manifest).unwrap();
        (folder, path)
    }

    #[test]
    fn the_dump_comes_back_as_it_was() {
        for size in [0, 1, 511, 512, 513, 700_000] {
            let content: Vec<u8> = (0..size).map(|n| (n % 251) as u8).collect();
            let (_folder, path) = backup(&content);
            let mut read = Vec::new();
            open(&path).unwrap().into_dump().unwrap().read_to_end(&mut read).unwrap();
            assert!(read == content, "{size} bytes");
        }
    }

    #[test]
    fn every_single_flipped_byte_and_every_cut_is_refused() {
        let (_folder, path) = backup(b"place names and planning permits");
        let good = std::fs::read(&path).unwrap();
        open(&path).unwrap();
        for at in 0..good.len() {
            for flip in [0x01, 0x20, 0xff] {
                let mut bad = good.clone();
                bad[at] ^= flip;
                std::fs::write(&path, &bad).unwrap();
                assert!(open(&path).is_err(), "byte {at} of {} flipped by {flip:#x}", good.len());
            }
            if at % 97 == 0 {
                std::fs::write(&path, &good[..at]).unwrap();
                assert!(open(&path).is_err(), "cut at {at}");
            }
        }
    }

    #[test]
    fn another_tar_and_a_text_are_no_backups() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        for content in [Vec::new(), b"hello".to_vec(), vec![0; 4096]] {
            std::fs::write(&path, content).unwrap();
            let reason = format!("{:#}", open(&path).unwrap_err());
            assert!(reason.contains("nothing was changed"), "{reason}");
        }
    }
}
