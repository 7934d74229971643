// The search box: suggestions while typing, results on Enter, coordinates at any time.
import { search, suggest } from '../../api';
import type { Place } from '../../api/types';
import { readCoordinates } from '../../coordinates/parse';
import { workingCrs } from '../../coordinates/working';
import type { Extent } from '../../coordinates/point';
import { NO_SEARCH, type SearchState } from '../state';
import type { Store } from '../store';
import type { InspectActions } from './inspect';
import type { ViewActions } from './view';

const PAUSE_MS = 120;
/** As many as a search asks for: a list of this length may have been cut, and says so. */
export const MOST_PLACES = 25;

/** Recent searches that are kept. */
export const MOST_RECENT = 8;

export type SearchActions = ReturnType<typeof searchActions>;

export function searchActions(store: Store, view: ViewActions, inspect: InspectActions) {
  let asking = new AbortController();
  let timer = 0;

  const put = (change: Partial<SearchState>): void => store.set({ search: { ...store.get().search, ...change } });

  const fetchPlaces = async (complete: boolean): Promise<boolean> => {
    asking.abort();
    asking = new AbortController();
    const { search: { query }, view: at, lang } = store.get();
    const text = query.trim();
    if (text === '') return false;
    try {
      const answer = await (complete ? search(text, MOST_PLACES, at, lang, asking.signal) : suggest(text, at, lang, asking.signal));
      if (!answer.ok) {
        put({ status: 'failed', problem: answer.problem, places: [], active: -1 });
        return false;
      }
      put({ status: 'ready', problem: null, places: answer.value.features, truncated: answer.value.geocoding?.truncated ?? false, answered: query, complete, active: -1 });
      return true;
    } catch {
      return false;
    }
  };

  /** A search that led somewhere is worth keeping; the same text in other case is the same search. */
  const keep = (query: string): void => {
    const text = query.trim();
    if (text === '') return;
    const others = store.get().recent.filter((known) => known.toLowerCase() !== text.toLowerCase());
    store.set({ recent: [text, ...others].slice(0, MOST_RECENT) });
  };

  const again = async (index: number): Promise<void> => {
    const query = store.get().recent[index];
    if (query === undefined) return;
    put({ ...NO_SEARCH, query, ...readText(query) });
    raise();
    await submit();
  };

  const choose = (index: number): Promise<void> => {
    const place = store.get().search.places[index];
    if (!place) return Promise.resolve();
    put({ active: index });
    keep(store.get().search.query);
    const { layer, id } = place.properties.geocoding;
    const at = positionOf(place);
    if (layer !== null && id !== null) return inspect.select({ layer, id }, at, true);
    if (!at) return Promise.resolve();
    const asked = inspect.identifyAt(at);
    view.lookAt(at, Math.max(store.get().view.zoom, 17));
    return asked;
  };

  const goToReading = (): Promise<void> => {
    const { readings, reading } = store.get().search;
    const point = (readings[reading] ?? readings[0])?.point;
    if (!point) return Promise.resolve();
    keep(store.get().search.query);
    const asked = inspect.identifyAt(point);
    view.lookAt(point, Math.max(store.get().view.zoom, 17));
    return asked;
  };

  const submit = async (): Promise<void> => {
    window.clearTimeout(timer);
    const { query, active, readings, answered, complete } = store.get().search;
    if (query.trim() === '') return again(active);
    if (readings.length > 0) return goToReading();
    if (active >= 0 && answered === query) return choose(active);
    if (!(complete && answered === query)) {
      put({ status: 'loading' });
      if (!(await fetchPlaces(true))) return;
    }
    const { places } = store.get().search;
    // Whoever asks by an old name, or for what is no more, is told so in the list before being led anywhere.
    const current = places.filter(({ properties: { geocoding } }) => !geocoding.former && geocoding.status !== 'cancelled');
    const exact = current.filter((place) => place.properties.geocoding.match?.kind === 'exact');
    const [only] = exact.length === 1 ? exact : places.length === 1 ? current : [];
    if (only) return choose(places.indexOf(only));
    if (places.length > 0) keep(query);
    const extent = extentOfPlaces(places);
    if (extent) view.fit(extent, 17);
    put({ active: places.length > 0 ? 0 : -1 });
  };

  /** On a small screen a list below the edge helps nobody. */
  const raise = (): void => {
    if (store.get().stop === 'peek') store.set({ stop: 'half' });
  };

  const readText = (query: string): Pick<SearchState, 'readings' | 'reading'> => {
    const { city } = store.get();
    const crs = city ? workingCrs(city.working_crs.proj4) : null;
    return { readings: readCoordinates(query, { extent: city?.extent ?? null, crs }), reading: 0 };
  };

  return {
    type: (query: string): void => {
      window.clearTimeout(timer);
      asking.abort();
      if (query.trim() === '') {
        store.set({ search: { ...NO_SEARCH, query } });
        return;
      }
      const reading = readText(query);
      put({ query, ...reading, problem: null, active: -1, ...(reading.readings.length > 0 ? { places: [], status: 'idle' as const, answered: '' } : { status: 'loading' as const }) });
      if (store.get().inspector) inspect.closeInspector();
      raise();
      if (reading.readings.length === 0) timer = window.setTimeout(() => void fetchPlaces(false), PAUSE_MS);
    },
    submit,
    choose,
    goToReading,
    again,
    forgetRecent: (): void => {
      put({ active: -1 });
      store.set({ recent: [] });
    },
    takeReading: (reading: number): Promise<void> => {
      put({ reading });
      return goToReading();
    },
    highlight: (active: number): void => put({ active }),
    /** Up or down the list; past an end comes the other end. */
    step: (by: 1 | -1): void => {
      const { recent, search: { places, active, query } } = store.get();
      const count = query.trim() === '' ? recent.length : places.length;
      if (count > 0) put({ active: active < 0 ? (by > 0 ? 0 : count - 1) : (active + by + count) % count });
    },
    clearSearch: (): void => {
      window.clearTimeout(timer);
      asking.abort();
      store.set({ search: NO_SEARCH, stop: store.get().inspector ? store.get().stop : 'peek' });
    },
    restoreSearch: async (query: string, reading: number): Promise<void> => {
      put({ query, ...readText(query), status: 'loading' });
      raise();
      const { readings } = store.get().search;
      if (readings.length > 0) put({ status: 'idle', reading: Math.min(reading, readings.length - 1) });
      else await fetchPlaces(true);
    },
    refreshSearch: async (): Promise<void> => {
      const { answered, query, status, complete, active } = store.get().search;
      if (status !== 'ready' || answered !== query) return;
      if (await fetchPlaces(complete)) put({ active: Math.min(active, store.get().search.places.length - 1) });
    },
  };
}

export function positionOf(place: Place): { lon: number; lat: number } | null {
  const [lon, lat] = place.geometry?.coordinates ?? [];
  return lon !== undefined && lat !== undefined ? { lon, lat } : null;
}

function extentOfPlaces(places: readonly Place[]): Extent | null {
  return places.reduce<Extent | null>((all, place) => {
    const at = positionOf(place);
    if (!at) return all;
    return all ? [Math.min(all[0], at.lon), Math.min(all[1], at.lat), Math.max(all[2], at.lon), Math.max(all[3], at.lat)] : [at.lon, at.lat, at.lon, at.lat];
  }, null);
}
