//! A sorted sequence that is cheap to change: the new one shares every chunk with the old but those that changed.

use std::fmt::Debug;
use std::sync::Arc;

/// Items in a chunk at most. A change copies one chunk and a pointer for each of the others: with 10,000 items both are some
/// kilobytes.
const MOST: usize = 96;
/// Chunks this small are joined to the one before.
const FEW: usize = MOST / 4;

pub(super) trait Item: Clone {
    type Key: Ord + Copy + Debug;
    /// What decides whether a reader passes a chunk over.
    type Sum: Clone + Debug;

    fn key(&self) -> Self::Key;
    fn sum(items: &[Self]) -> Self::Sum;
}

/// Each key once.
#[derive(Clone, Debug)]
pub(super) struct Sorted<T: Item> {
    chunks: Vec<Chunk<T>>,
    len: usize,
}

/// Never empty.
#[derive(Clone, Debug)]
pub(super) struct Chunk<T: Item> {
    pub(super) sum: T::Sum,
    first: T::Key,
    pub(super) items: Arc<[T]>,
}

impl<T: Item> Default for Sorted<T> {
    fn default() -> Self {
        Self { chunks: Vec::new(), len: 0 }
    }
}

impl<T: Item> Sorted<T> {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn get(&self, key: T::Key) -> Option<&T> {
        let chunk = self.chunks[..self.chunks.partition_point(|chunk| chunk.first <= key)].last()?;
        chunk.items.binary_search_by_key(&key, T::key).ok().map(|found| &chunk.items[found])
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.chunks.iter().flat_map(|chunk| chunk.items.iter())
    }

    pub(super) fn chunks(&self) -> &[Chunk<T>] {
        &self.chunks
    }

    /// The items with keys from `first` to `last`, both included.
    pub(super) fn between(&self, first: T::Key, last: T::Key) -> impl Iterator<Item = &T> {
        // The chunk before the first that begins in the range may reach into it.
        let from = self.chunks.partition_point(|chunk| chunk.first < first).saturating_sub(1);
        let until = self.chunks.partition_point(|chunk| chunk.first <= last).max(from);
        self.chunks[from..until].iter().flat_map(|chunk| chunk.items.iter()).filter(move |item| (first..=last).contains(&item.key()))
    }

    /// With each key of `changes`, which come in the order of their keys, holding what is given there, or nothing.
    pub(super) fn changed(&self, changes: impl IntoIterator<Item = (T::Key, Option<T>)>) -> Self {
        let mut changes = changes.into_iter().peekable();
        let mut next = Self { chunks: Vec::with_capacity(self.chunks.len() + 4), len: 0 };
        for (place, chunk) in self.chunks.iter().enumerate() {
            let end = self.chunks.get(place + 1).map(|after| after.first);
            let here = |(key, _): &(T::Key, Option<T>)| end.is_none_or(|end| *key < end);
            if !changes.peek().is_some_and(here) {
                next.len += chunk.items.len();
                next.chunks.push(chunk.clone());
                continue;
            }
            let mut items = Vec::with_capacity(chunk.items.len() + 1);
            let mut old = chunk.items.iter().peekable();
            while let Some((key, item)) = changes.next_if(here) {
                while let Some(kept) = old.next_if(|old| old.key() < key) {
                    items.push(kept.clone());
                }
                old.next_if(|old| old.key() == key);
                items.extend(item);
            }
            items.extend(old.cloned());
            next.put(items);
        }
        next.put(changes.filter_map(|(_, item)| item).collect());
        next
    }

    /// Puts items behind all others.
    fn put(&mut self, mut items: Vec<T>) {
        let room = |last: &Chunk<T>| items.len() <= FEW && last.items.len() + items.len() <= MOST;
        if !items.is_empty()
            && let Some(last) = self.chunks.pop_if(|last| room(last))
        {
            self.len -= last.items.len();
            items = last.items.iter().cloned().chain(items).collect();
        }
        self.len += items.len();
        // What is cut is cut with room to grow.
        let pieces = if items.len() <= MOST { 1 } else { items.len().div_ceil(MOST * 3 / 4) };
        for piece in items.chunks(items.len().div_ceil(pieces).max(1)) {
            self.chunks.push(Chunk { sum: T::sum(piece), first: piece[0].key(), items: piece.into() });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    impl Item for (u16, u32) {
        type Key = u16;
        type Sum = u32;

        fn key(&self) -> u16 {
            self.0
        }

        fn sum(items: &[Self]) -> u32 {
            items.iter().map(|(_, value)| value).sum()
        }
    }

    proptest! {
        #[test]
        fn it_holds_what_a_map_would(
            steps in prop::collection::vec((prop::collection::btree_map(0u16..2000, prop::option::weighted(0.6, 0u32..1000), 0..900), any::<bool>()), 0..12),
            (a, b) in (0u16..2000, 0u16..2000),
        ) {
            let mut truth = BTreeMap::new();
            let mut sorted = Sorted::<(u16, u32)>::default();
            for (changes, few) in steps {
                let changes: BTreeMap<_, _> = if few { changes.into_iter().take(3).collect() } else { changes };
                let before: Vec<(u16, u32)> = sorted.iter().copied().collect();
                let next = sorted.changed(changes.iter().map(|(key, value)| (*key, value.map(|value| (*key, value)))));
                prop_assert_eq!(sorted.iter().copied().collect::<Vec<_>>(), before, "the older one changed");
                sorted = next;
                for (key, value) in changes {
                    match value {
                        Some(value) => truth.insert(key, value),
                        None => truth.remove(&key),
                    };
                }
                prop_assert_eq!(sorted.len(), truth.len());
                prop_assert!(sorted.chunks().iter().all(|chunk| !chunk.items.is_empty() && chunk.items.len() <= MOST && chunk.sum == Item::sum(&chunk.items)));
            }
            prop_assert_eq!(sorted.iter().copied().collect::<Vec<_>>(), truth.iter().map(|(key, value)| (*key, *value)).collect::<Vec<_>>());
            for key in 0..2000 {
                prop_assert_eq!(sorted.get(key).map(|found| found.1), truth.get(&key).copied());
            }
            let expected: Vec<u16> = truth.keys().copied().filter(|key| (a..=b).contains(key)).collect();
            prop_assert_eq!(sorted.between(a, b).map(|found| found.0).collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn one_change_leaves_all_other_chunks_shared() {
        let all = Sorted::default().changed((0..5000).map(|key| (key, Some((key, 1)))));
        let next = all.changed([(2500, Some((2500, 2)))]);
        let own = next.chunks().iter().filter(|chunk| !all.chunks().iter().any(|old| Arc::ptr_eq(&old.items, &chunk.items))).count();
        assert_eq!((own, next.chunks().len()), (1, all.chunks().len()));
    }
}
