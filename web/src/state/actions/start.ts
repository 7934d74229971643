// Opening the page: what the address bar says, then the city and its layers, then the rest.
import { getCity, getLayers } from '../../api';
import type { LayerInfo } from '../../api/types';
import type { Address } from '../address';
import { reconcile } from '../layers';
import type { Store } from '../store';
import type { InspectActions } from './inspect';
import type { liveActions } from './live';
import type { SearchActions } from './search';
import type { sessionActions } from './session';
import type { ViewActions } from './view';

interface Others {
  view: ViewActions;
  inspect: InspectActions;
  search: SearchActions;
  live: ReturnType<typeof liveActions>;
  session: ReturnType<typeof sessionActions>;
}

export function startActions(store: Store, { view, inspect, search, live, session }: Others) {
  const start = async (address: Address): Promise<void> => {
    const [city, layers] = await Promise.all([getCity(), getLayers()]);
    if (!city.ok || !layers.ok) {
      store.set({ start: 'failed', startProblem: city.ok ? (layers.ok ? null : layers.problem) : city.problem });
      window.setTimeout(() => void start(address), 2000);
      return;
    }
    const shown = reconcile(address.shown ?? store.get().shown, layers.value.map(({ id }) => id));
    store.set({
      city: city.value, layers: layers.value, shown,
      basemap: address.basemap && city.value.basemap !== null,
      tool: address.tool, as_of: address.as_of,
      live: { ...store.get().live, sequence: city.value.sequence, changed_at: lastChange(layers.value) },
      ...(address.measure ? { measure: address.measure } : {}),
    });
    if (address.view) store.set({ view: address.view });
    else view.toCity();
    store.set({ start: 'ready' });
    live.followLive();
    void session.restoreSession();
    if (address.query !== '') void search.restoreSearch(address.query, address.reading);
    if (address.selection) void inspect.select(address.selection, address.point, address.view === null);
    else if (address.point) void inspect.identifyAt(address.point);
  };
  return { start };
}

function lastChange(layers: readonly LayerInfo[]): string | null {
  return layers.reduce<string | null>((latest, { changed_at }) => (changed_at && (!latest || changed_at > latest) ? changed_at : latest), null);
}
