//! A finished tile and its forms on the wire: plain, gzip, Brotli.

use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use sha2::{Digest, Sha256};
use tokio::sync::OnceCell;

/// Bytes under which packing saves nothing.
const WORTH_PACKING: usize = 256;

/// How a tile's bytes are packed on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    Identity,
    Gzip,
    Brotli,
}

/// A finished tile.
#[derive(Debug)]
pub struct Tile {
    plain: Bytes,
    gzip: OnceCell<Bytes>,
    brotli: OnceCell<Bytes>,
    /// Strong, one for each form.
    etags: [Bytes; 3],
    /// Whether anybody has asked for it since it was made.
    asked: AtomicBool,
}

impl Tile {
    /// With one of its packed forms made at once.
    pub(super) fn new(plain: Vec<u8>, coding: Coding) -> Self {
        let hash = hex::encode(&Sha256::digest(&plain)[..12]);
        let etags = ["", "-gz", "-br"].map(|form| Bytes::from(format!("\"{hash}{form}\"")));
        let tile = Self { plain: plain.into(), gzip: OnceCell::new(), brotli: OnceCell::new(), etags, asked: AtomicBool::new(false) };
        if let Some(cell) = tile.cell(tile.coding(coding)) {
            // The cell is new and ours alone.
            let _ = cell.set(pack(&tile.plain, coding));
        }
        tile
    }

    /// The same tile with other contents, ready in the forms in which this one has been wanted.
    pub(super) fn renewed(&self, plain: Vec<u8>) -> Self {
        let tile = Self::new(plain, Coding::Identity);
        for coding in [Coding::Gzip, Coding::Brotli] {
            if let Some(cell) = tile.cell(tile.coding(coding)).filter(|_| self.bytes_in(coding).is_some()) {
                let _ = cell.set(pack(&tile.plain, coding));
            }
        }
        tile
    }

    pub(super) fn ask(&self) {
        // Most are asked for again and again: they are only read.
        if !self.is_asked_for() {
            self.asked.store(true, Ordering::Relaxed);
        }
    }

    pub(super) fn is_asked_for(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }

    /// How the tile goes to someone who would like it in `wanted`: a small one is never packed.
    pub fn coding(&self, wanted: Coding) -> Coding {
        if self.plain.len() > WORTH_PACKING { wanted } else { Coding::Identity }
    }

    pub fn plain(&self) -> &Bytes {
        &self.plain
    }

    /// The bytes in this coding, if they were made already.
    pub fn bytes_in(&self, coding: Coding) -> Option<&Bytes> {
        self.cell(coding).map_or(Some(&self.plain), OnceCell::get)
    }

    /// Strong, with its quotes; a packed form is another representation and has another.
    pub fn etag(&self, coding: Coding) -> &Bytes {
        &self.etags[coding as usize]
    }

    /// Bytes of all forms there are.
    pub(super) fn bytes(&self) -> usize {
        let packed = [&self.gzip, &self.brotli].map(|cell| cell.get().map_or(0, Bytes::len));
        self.plain.len() + packed[0] + packed[1]
    }

    pub(super) fn cell(&self, coding: Coding) -> Option<&OnceCell<Bytes>> {
        match coding {
            Coding::Identity => None,
            Coding::Gzip => Some(&self.gzip),
            Coding::Brotli => Some(&self.brotli),
        }
    }
}

/// Levels beyond which more time buys little on tiles: see BENCHMARKS.md.
const GZIP_LEVEL: u32 = 5;
const BROTLI_LEVEL: u32 = 4;

// Writing to memory does not fail.
pub(super) fn pack(plain: &Bytes, coding: Coding) -> Bytes {
    match coding {
        Coding::Identity => plain.clone(),
        Coding::Gzip => {
            let mut encoder = flate2::write::GzEncoder::new(Vec::with_capacity(plain.len() / 3), flate2::Compression::new(GZIP_LEVEL));
            let _ = encoder.write_all(plain);
            encoder.finish().unwrap_or_default().into()
        }
        Coding::Brotli => {
            let mut packed = Vec::with_capacity(plain.len() / 4);
            let mut encoder = brotli::CompressorWriter::new(&mut packed, 1 << 14, BROTLI_LEVEL, 20);
            let _ = encoder.write_all(plain);
            drop(encoder);
            packed.into()
        }
    }
}
