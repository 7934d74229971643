// Changes made by others arrive here: what they touch is asked for again, nothing else.
import { getCity, getLayers, openLive } from '../../api';
import type { LiveChange } from '../../api/live';
import type { Tiles } from '../../api/tiles';
import type { Extent } from '../../coordinates/point';
import type { Store } from '../store';
import type { InspectActions } from './inspect';
import type { SearchActions } from './search';
import type { ViewActions } from './view';

export function liveActions(store: Store, tiles: Tiles, view: ViewActions, inspect: InspectActions, search: SearchActions) {
  let refreshing = 0;

  const touch = (changes: { layer: string; extents: Extent[] | null }[]): void => {
    const revisions = { ...store.get().revisions };
    for (const { layer, extents } of changes) {
      tiles.touch(layer, extents);
      revisions[layer] = (revisions[layer] ?? 0) + 1;
    }
    store.set({ revisions });
    void search.refreshSearch();
    const { inspector } = store.get();
    if (inspector?.status === 'ready') void inspect.refreshInspector();
  };

  /** Counts, extents and dates of the layers, after a change of many features. */
  const refreshLayers = async (): Promise<void> => {
    const { city, layers } = store.get();
    const wasEmpty = layers.every(({ count }) => count === 0);
    const [nextCity, nextLayers] = await Promise.all([getCity(), getLayers()]);
    if (!nextCity.ok || !nextLayers.ok || !city) return;
    store.set({ city: { ...city, extent: nextCity.value.extent }, layers: nextLayers.value });
    if (wasEmpty) view.toCity();
  };

  const standAt = (sequence: number): void => {
    const { live } = store.get();
    store.set({ live: { ...live, sequence: Math.max(sequence, live.sequence ?? 0) } });
  };

  return {
    followLive: (): (() => void) =>
      openLive({
        hello: (sequence) => {
          const before = store.get().live.sequence;
          store.set({ live: { ...store.get().live, status: 'live', sequence, since: null } });
          // While we were away anything may have changed.
          if (before !== null && sequence !== before) touch(store.get().layers.map(({ id }) => ({ layer: id, extents: null })));
        },
        change: (change: LiveChange) => {
          store.set({ live: { ...store.get().live, status: 'live', sequence: change.sequence, since: null, changed_at: new Date().toISOString() } });
          touch(change.layers);
          window.clearTimeout(refreshing);
          refreshing = window.setTimeout(() => void refreshLayers(), 1000);
        },
        stale: (sequence, since) => store.set({ live: { ...store.get().live, status: 'stale', sequence, since } }),
        fresh: (sequence) => store.set({ live: { ...store.get().live, status: 'live', sequence, since: null } }),
        lost: () => {
          if (store.get().live.status !== 'stale') store.set({ live: { ...store.get().live, status: 'reconnecting' } });
        },
      }),
    tileSequence: (sequence: number): void => {
      if (sequence > (store.get().live.sequence ?? -1)) standAt(sequence);
    },
    retryTiles: (): void => touch(store.get().layers.map(({ id }) => ({ layer: id, extents: null }))),
  };
}
