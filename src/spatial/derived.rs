//! What readers derive from the frozen part of a layer and want to find again: made block by block when first asked for, shared by
//! all pictures with that part, and gone with it.

use std::any::Any;
use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many different things may be kept of each block.
pub const SLOTS: usize = 32;

type Kept = Box<dyn Any + Send + Sync>;

pub(super) struct Derived {
    slots: [OnceLock<Box<[OnceLock<Kept>]>>; SLOTS],
    bytes: AtomicUsize,
}

impl Default for Derived {
    fn default() -> Self {
        Self { slots: [const { OnceLock::new() }; SLOTS], bytes: AtomicUsize::new(0) }
    }
}

impl fmt::Debug for Derived {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Derived").field("bytes", &self.bytes()).finish_non_exhaustive()
    }
}

impl Derived {
    /// What a slot holds of a block, of so many; `make` says how many bytes beside itself it takes. Nothing where the slot does not
    /// exist or holds something of another type.
    pub(super) fn get<T: Any + Send + Sync>(
        &self,
        slot: usize,
        block: usize,
        blocks: usize,
        make: impl FnOnce() -> (T, usize),
    ) -> Option<&T> {
        let all = self.slots.get(slot)?.get_or_init(|| {
            self.bytes.fetch_add(blocks * size_of::<OnceLock<Kept>>(), Ordering::Relaxed);
            (0..blocks).map(|_| OnceLock::new()).collect()
        });
        let kept = all.get(block)?.get_or_init(|| {
            let (made, bytes) = make();
            self.bytes.fetch_add(bytes + size_of::<T>(), Ordering::Relaxed);
            Box::new(made)
        });
        kept.downcast_ref()
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }
}
