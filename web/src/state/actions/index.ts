// Everything that can happen on the page. Events become actions, actions change the state, the state is drawn.
import type { Tiles } from '../../api/tiles';
import type { Store } from '../store';
import { inspectActions } from './inspect';
import { liveActions } from './live';
import { measureActions } from './measure';
import { printActions } from './print';
import { searchActions } from './search';
import { sessionActions } from './session';
import { settingActions } from './settings';
import { startActions } from './start';
import { viewActions } from './view';

export type Actions = ReturnType<typeof createActions>;

export function createActions(store: Store, tiles: Tiles) {
  const view = viewActions(store);
  const settings = settingActions(store);
  const inspect = inspectActions(store, view);
  const search = searchActions(store, view, inspect);
  const live = liveActions(store, tiles, view, inspect, search);
  const session = sessionActions(store);
  const measure = measureActions(store);
  const print = printActions(store);
  const start = startActions(store, { view, inspect, search, live, session });
  return { ...view, ...settings, ...inspect, ...search, ...live, ...session, ...measure, ...print, ...start };
}
