//! Finished tiles, bounded by bytes, each made by one for all who ask at once; a change renews or takes away exactly what it
//! reaches.

use std::collections::{BTreeMap, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::{Duration, Instant};

use moka::notification::RemovalCause;
use moka::sync::Cache;
use tokio::sync::watch;

use super::form::Tile;
use super::fresh;
use super::key::{LayerSet, TileKey};
use super::reach::{Change, Place, reached};
use crate::live::{Live, State, Touched};

/// What a tile takes beside its bytes: its key in three places, its tags.
const OVERHEAD_BYTES: usize = 600;

/// A change is not announced before the tiles that readers hold on to have been made anew, but no later than this.
const RENEWING: Duration = Duration::from_millis(60);
/// A change that reaches more of them takes them away: they are made when they are asked for.
const MOST_RENEWED: usize = 64;

/// How the making of a tile ended.
#[derive(Clone, Debug)]
pub(super) enum Outcome {
    Made(Arc<Tile>),
    Busy,
    Failed,
}

/// A tile that is being made, and who waits for it.
#[derive(Debug)]
pub(super) struct Flight {
    pub key: TileKey,
    done: watch::Sender<Option<Outcome>>,
}

/// What someone who asks for a tile that is not kept must do.
pub(super) enum Part {
    /// Make it, then wait like all others.
    Make(Arc<Flight>, Waiting),
    Wait(Waiting),
}

pub(super) struct Waiting(watch::Receiver<Option<Outcome>>);

/// Finished tiles. Reading one takes no lock.
#[derive(Debug)]
pub struct TileCache {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    tiles: Cache<TileKey, Arc<Tile>>,
    /// Everything that writes to `tiles` holds this.
    book: Mutex<Book>,
    /// Keys that the bound has pushed out and that the book may still list.
    evicted: Arc<Mutex<Vec<TileKey>>>,
}

/// What is kept or being made, by where it lies.
#[derive(Debug, Default)]
struct Book {
    places: BTreeMap<Place, Vec<TileKey>>,
    flights: HashMap<TileKey, Started>,
}

#[derive(Debug)]
struct Started {
    flight: Arc<Flight>,
    /// It has looked at the state: a change from now on may be one that it does not know of.
    looked: bool,
}

impl Waiting {
    pub async fn outcome(mut self) -> Outcome {
        match self.0.wait_for(Option::is_some).await {
            Ok(outcome) => outcome.clone().unwrap_or(Outcome::Failed),
            Err(_) => Outcome::Failed,
        }
    }
}

impl TileCache {
    /// Holds at most `bytes` of tiles made from what `live` shows.
    pub fn new(bytes: u64, live: &Live) -> Self {
        let evicted: Arc<Mutex<Vec<TileKey>>> = Arc::default();
        let out = Arc::clone(&evicted);
        let tiles = Cache::builder()
            .max_capacity(bytes)
            .weigher(|_, tile: &Arc<Tile>| u32::try_from(tile.bytes() + OVERHEAD_BYTES).unwrap_or(u32::MAX))
            .eviction_listener(move |key: Arc<TileKey>, _, cause| {
                if cause == RemovalCause::Size {
                    lock(&out).push(*key);
                }
            })
            .build();
        let shared = Arc::new(Shared { tiles, book: Mutex::default(), evicted });
        let renewing = Arc::clone(&shared);
        live.before_announcing(move |touched, state| {
            let due = renewing.forget(touched);
            renewing.renew(due, state);
        });
        Self { shared }
    }

    /// Bytes held, about.
    pub fn bytes(&self) -> u64 {
        self.shared.tiles.run_pending_tasks();
        self.shared.tiles.weighted_size()
    }

    /// A finished tile. It holds for the sequence that was announced before this call.
    pub fn held(&self, key: &TileKey) -> Option<Arc<Tile>> {
        self.shared.tiles.get(key).inspect(|tile| tile.ask())
    }

    /// Joins those who wait for a tile, as the one who makes it if there is none yet.
    pub(super) fn join(&self, key: TileKey) -> Part {
        let mut book = self.shared.book();
        if let Some(Started { flight, .. }) = book.flights.get(&key) {
            return Part::Wait(Waiting(flight.done.subscribe()));
        }
        let (done, waiting) = watch::channel(None);
        if let Some(tile) = self.shared.tiles.get(&key) {
            done.send_replace(Some(Outcome::Made(tile)));
            return Part::Wait(Waiting(waiting));
        }
        let flight = Arc::new(Flight { key, done });
        book.flights.insert(key, Started { flight: Arc::clone(&flight), looked: false });
        book.list(key);
        Part::Make(flight, Waiting(waiting))
    }

    /// The making begins: the state is to be looked at after this. `false` when nobody waits for it any more.
    pub(super) fn begin(&self, flight: &Arc<Flight>) -> bool {
        let mut book = self.shared.book();
        let Some(started) = book.flights.get_mut(&flight.key).filter(|started| Arc::ptr_eq(&started.flight, flight)) else { return false };
        if flight.done.receiver_count() > 0 {
            started.looked = true;
            return true;
        }
        book.flights.remove(&flight.key);
        book.unlist(&flight.key);
        false
    }

    pub(super) fn end(&self, flight: &Arc<Flight>, outcome: Outcome) {
        if let Outcome::Made(tile) = &outcome {
            tile.ask();
        }
        self.shared.end(flight, outcome);
    }

    /// A kept tile has grown by a form.
    pub(super) fn weigh_again(&self, key: TileKey, tile: &Arc<Tile>) {
        let _book = self.shared.book();
        if self.shared.tiles.get(&key).is_some_and(|held| Arc::ptr_eq(&held, tile)) {
            self.shared.tiles.insert(key, Arc::clone(tile));
        }
    }
}

impl Shared {
    /// The book, without what was pushed out since it was last open.
    fn book(&self) -> MutexGuard<'_, Book> {
        let mut book = lock(&self.book);
        for key in std::mem::take(&mut *lock(&self.evicted)) {
            if !self.tiles.contains_key(&key) && !book.flights.contains_key(&key) {
                book.unlist(&key);
            }
        }
        book
    }

    /// Keeps what was made, unless a change has reached the tile since it began, and hands it to all who wait.
    fn end(&self, flight: &Arc<Flight>, outcome: Outcome) {
        let mut book = self.book();
        if book.flights.get(&flight.key).is_some_and(|started| Arc::ptr_eq(&started.flight, flight)) {
            book.flights.remove(&flight.key);
            match &outcome {
                Outcome::Made(tile) => self.tiles.insert(flight.key, Arc::clone(tile)),
                Outcome::Busy | Outcome::Failed => {
                    // One that was to be renewed.
                    self.tiles.invalidate(&flight.key);
                    book.unlist(&flight.key);
                }
            }
        }
        drop(book);
        flight.done.send_replace(Some(outcome));
    }

    /// Takes away what a change reaches, but for tiles that were asked for since they were made: those are left and returned, with
    /// a flight for each.
    fn forget(&self, touched: &Touched) -> Vec<(Arc<Flight>, Arc<Tile>)> {
        let mut due = Vec::new();
        let mut everywhere = LayerSet::default();
        let mut changes = Vec::new();
        for (layer, boxes) in touched {
            let layers = LayerSet::made_from(*layer);
            match boxes {
                None => everywhere = everywhere.and(layers),
                Some(boxes) => changes.extend(boxes.iter().map(|extent| Change { extent: *extent, layers })),
            }
        }
        if everywhere.is_empty() && changes.is_empty() {
            return due;
        }
        let mut book = self.book();
        let Book { places, flights } = &mut *book;
        let mut gone = Vec::new();
        reached(places, everywhere, &changes, &mut |place, layers| gone.push((place, layers)));
        for (place, layers) in gone {
            let Some(keys) = places.get_mut(&place) else { continue };
            keys.retain(|key| {
                if !key.layers.meets(layers) {
                    return true;
                }
                // Who waits for a flight that has looked gets what it makes; who comes from now on begins another.
                if flights.get(key).is_some_and(|started| started.looked) {
                    flights.remove(key);
                }
                let held = self.tiles.get(key).filter(|tile| tile.is_asked_for() && due.len() < MOST_RENEWED);
                match held {
                    Some(tile) if !flights.contains_key(key) => {
                        let flight = Arc::new(Flight { key: *key, done: watch::Sender::new(None) });
                        flights.insert(*key, Started { flight: Arc::clone(&flight), looked: true });
                        due.push((flight, tile));
                    }
                    _ => self.tiles.invalidate(key),
                }
                flights.contains_key(key)
            });
            if keys.is_empty() {
                places.remove(&place);
            }
        }
        due
    }

    /// Makes tiles anew while readers still get the old ones, whose sequence is the one that is announced until this returns. What
    /// is not ready in time is taken away like the rest; who asks for it waits for it.
    fn renew(self: &Arc<Self>, due: Vec<(Arc<Flight>, Arc<Tile>)>, state: &Arc<State>) {
        let began = Instant::now();
        let (done, ready) = mpsc::channel();
        let flights: Vec<Arc<Flight>> = due.iter().map(|(flight, _)| Arc::clone(flight)).collect();
        for (flight, old) in due {
            let (shared, state, done) = (Arc::clone(self), Arc::clone(state), done.clone());
            // Not through the queue of what readers ask for: it would be shed there when it is needed most.
            rayon::spawn(move || {
                let made = catch_unwind(AssertUnwindSafe(|| fresh(&state, flight.key).map(|plain| old.renewed(plain))));
                let outcome = match made {
                    Ok(Ok(tile)) => Outcome::Made(Arc::new(tile)),
                    Ok(Err(_)) | Err(_) => Outcome::Failed,
                };
                shared.end(&flight, outcome);
                // Nobody may wait any more.
                let _ = done.send(());
            });
        }
        drop(done);
        for _ in &flights {
            if ready.recv_timeout(RENEWING.saturating_sub(began.elapsed())).is_err() {
                break;
            }
        }
        let book = self.book();
        for flight in flights {
            if book.flights.get(&flight.key).is_some_and(|started| Arc::ptr_eq(&started.flight, &flight)) {
                self.tiles.invalidate(&flight.key);
            }
        }
    }
}

impl Book {
    fn list(&mut self, key: TileKey) {
        let keys = self.places.entry(Place::of(key.tile)).or_default();
        if !keys.contains(&key) {
            keys.push(key);
        }
    }

    fn unlist(&mut self, key: &TileKey) {
        let place = Place::of(key.tile);
        if let Some(keys) = self.places.get_mut(&place) {
            keys.retain(|other| other != key);
            if keys.is_empty() {
                self.places.remove(&place);
            }
        }
    }
}

/// What a panic elsewhere may have left is whole: every change to the book is.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::tile::form::Coding;
    use crate::app::tile::key::TileFormat;
    use crate::domain::{Extent, Layer};
    use crate::tiles::{TileId, TileLayer};

    fn key(z: u8, layer: Layer) -> TileKey {
        let layers = LayerSet::default().with(TileLayer::Features(layer));
        TileKey { tile: TileId::new(z, 0, 0).unwrap(), layers, format: TileFormat::Mvt }
    }

    fn tile(text: &str) -> Arc<Tile> {
        Arc::new(Tile::new(text.as_bytes().to_vec(), Coding::Identity))
    }

    fn changed(layer: Layer) -> Touched {
        Touched::from([(layer, Some(vec![Extent { min: [-2e7, 2e7 - 1.0], max: [-2e7 + 1.0, 2e7] }]))])
    }

    fn make(cache: &TileCache, key: TileKey) -> (Arc<Flight>, Waiting) {
        match cache.join(key) {
            Part::Make(flight, waiting) => (flight, waiting),
            Part::Wait(_) => panic!("someone makes it already"),
        }
    }

    async fn plain(waiting: Waiting) -> String {
        match waiting.outcome().await {
            Outcome::Made(tile) => String::from_utf8(tile.plain().to_vec()).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn what_a_change_has_overtaken_is_handed_out_but_not_kept() {
        let cache = TileCache::new(1 << 20, &Live::new());
        let key = key(3, Layer::Roads);
        let (old, asked_before) = make(&cache, key);
        let Part::Wait(joined_before) = cache.join(key) else { panic!("one makes it for both") };
        assert!(cache.begin(&old));
        cache.shared.forget(&changed(Layer::Roads));
        let (new, asked_after) = make(&cache, key);
        assert!(cache.begin(&new));
        cache.end(&old, Outcome::Made(tile("old")));
        assert!(cache.held(&key).is_none());
        cache.end(&new, Outcome::Made(tile("new")));
        assert_eq!((plain(asked_before).await.as_str(), plain(joined_before).await.as_str()), ("old", "old"));
        assert_eq!(plain(asked_after).await, "new");
        assert_eq!(cache.held(&key).unwrap().plain(), "new");
        let Part::Wait(kept) = cache.join(key) else { panic!("it is there") };
        assert_eq!(plain(kept).await, "new");
    }

    #[tokio::test]
    async fn one_that_had_not_begun_and_one_that_was_not_reached_are_kept() {
        let cache = TileCache::new(1 << 20, &Live::new());
        let (waits, elsewhere) = (key(5, Layer::Roads), key(5, Layer::Zoning));
        let ((one, _asked), (other, _too)) = (make(&cache, waits), make(&cache, elsewhere));
        assert!(cache.begin(&other));
        cache.shared.forget(&changed(Layer::Roads));
        assert!(matches!(cache.join(waits), Part::Wait(_)), "it will look at the new state");
        assert!(cache.begin(&one));
        cache.end(&one, Outcome::Made(tile("one")));
        cache.end(&other, Outcome::Made(tile("other")));
        assert!(cache.held(&waits).is_some() && cache.held(&elsewhere).is_some());
        drop(cache.shared.forget(&Touched::from([(Layer::Zoning, None)])));
        assert!(cache.shared.tiles.contains_key(&waits));
    }

    #[tokio::test]
    async fn a_change_renews_what_was_asked_for_and_takes_away_the_rest() {
        let live = Live::new();
        let (cache, state) = (TileCache::new(1 << 20, &live), live.state());
        let change = |layer| cache.shared.renew(cache.shared.forget(&changed(layer)), &state);
        let (roads, zoning) = (key(5, Layer::Roads), key(5, Layer::Zoning));
        for key in [roads, zoning] {
            let (flight, _asked) = make(&cache, key);
            assert!(cache.begin(&flight));
            let made = tile(&"x".repeat(1000));
            made.cell(Coding::Gzip).unwrap().set(vec![0; 10].into()).unwrap();
            cache.end(&flight, Outcome::Made(made));
        }
        change(Layer::Roads);
        let renewed = cache.shared.tiles.get(&roads).unwrap();
        assert!(renewed.plain().is_empty() && !renewed.is_asked_for(), "there is nothing in this city");
        assert_eq!(cache.held(&zoning).unwrap().plain().len(), 1000, "the change did not reach it");
        assert!(renewed.bytes_in(renewed.coding(Coding::Gzip)).is_some(), "ready in the form in which the old one was wanted");
        change(Layer::Zoning);
        // Nobody has asked since.
        change(Layer::Roads);
        assert!(!cache.shared.tiles.contains_key(&roads) && cache.shared.tiles.contains_key(&zoning));
        change(Layer::Zoning);
        assert!(cache.shared.book().places.is_empty() && cache.shared.book().flights.is_empty(), "nothing is listed that is not there");
    }

    #[tokio::test]
    async fn one_that_cannot_be_renewed_in_time_is_not_kept() {
        let live = Live::new();
        let (cache, state) = (TileCache::new(1 << 20, &live), live.state());
        let key = key(5, Layer::Roads);
        let (flight, _asked) = make(&cache, key);
        assert!(cache.begin(&flight));
        cache.end(&flight, Outcome::Made(tile("old")));
        // Every calculation thread is busy for longer than a change waits.
        let (free, held) = mpsc::channel::<()>();
        let held = Arc::new(Mutex::new(held));
        for _ in 0..rayon::current_num_threads() {
            let held = Arc::clone(&held);
            rayon::spawn(move || {
                let _ = lock(&held).recv_timeout(Duration::from_secs(20));
            });
        }
        cache.shared.renew(cache.shared.forget(&changed(Layer::Roads)), &state);
        assert!(cache.held(&key).is_none(), "the old one would be wrong now");
        let Part::Wait(coming) = cache.join(key) else { panic!("it is being made") };
        drop(free);
        assert_eq!(plain(coming).await, "");
        assert_eq!(cache.held(&key).unwrap().plain(), "");
    }

    #[tokio::test]
    async fn a_tile_that_nobody_waits_for_is_not_made_and_a_failure_is_not_kept() {
        let cache = TileCache::new(1 << 20, &Live::new());
        let key = key(5, Layer::Roads);
        let (flight, waiting) = make(&cache, key);
        drop(waiting);
        assert!(!cache.begin(&flight));
        let (flight, waiting) = make(&cache, key);
        assert!(cache.begin(&flight));
        cache.end(&flight, Outcome::Failed);
        assert!(matches!(waiting.outcome().await, Outcome::Failed));
        assert!(cache.held(&key).is_none() && cache.shared.book().places.is_empty());
    }

    #[test]
    fn the_bound_holds_with_packed_forms_and_the_book_follows() {
        let cache = TileCache::new(100_000, &Live::new());
        for z in 0..=22 {
            let key = TileKey { tile: TileId::new(z, 0, 0).unwrap(), ..key(0, Layer::Roads) };
            let (flight, _waiting) = make(&cache, key);
            assert!(cache.begin(&flight));
            let made = tile(&"x".repeat(10_000));
            cache.end(&flight, Outcome::Made(Arc::clone(&made)));
            made.cell(Coding::Gzip).unwrap().set(vec![0; 10_000].into()).unwrap();
            cache.weigh_again(key, &made);
            assert!(cache.bytes() <= 100_000);
        }
        let held =
            (0..=22).filter(|z| cache.held(&TileKey { tile: TileId::new(*z, 0, 0).unwrap(), ..key(0, Layer::Roads) }).is_some()).count();
        assert!((1..=4).contains(&held), "{held} tiles of 20 kB");
        assert_eq!(cache.shared.book().places.len(), held);
    }
}
