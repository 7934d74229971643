// The one plain object that says what the page shows. Nothing in it is a function or belongs to a library.
import type { City, Feature, Identified, Lang, LayerInfo, Place, Problem, Session } from '../api/types';
import type { Reading } from '../coordinates/parse';
import type { LonLat } from '../coordinates/point';
import { DEFAULT_SHOWN, type Shown } from './layers';

export type Tool = 'layers' | 'legend' | 'measure' | 'print';
export type Theme = 'auto' | 'light' | 'dark';
/** The public desk is what everybody sees; the others come with a login. */
export type Desk = 'public';
/** Where the bottom sheet of a small screen stands. */
export type Stop = 'peek' | 'half' | 'full';

export interface View {
  lon: number;
  lat: number;
  zoom: number;
}

export interface Ref {
  layer: string;
  id: string;
}

export interface SearchState {
  query: string;
  status: 'idle' | 'loading' | 'ready' | 'failed';
  /** The text that `places` answers. */
  answered: string;
  /** False while `places` are only suggestions. */
  complete: boolean;
  places: Place[];
  /** The server stopped looking before the end. */
  truncated: boolean;
  /** The highlighted one in list and map, or of the recent searches while nothing is typed; -1 = none. */
  active: number;
  readings: Reading[];
  reading: number;
  problem: Problem | null;
}

export interface InspectorState {
  point: LonLat | null;
  selection: Ref | null;
  status: 'loading' | 'ready' | 'failed';
  identified: Identified | null;
  feature: Feature | null;
  problem: Problem | null;
}

export interface MeasureState {
  kind: 'length' | 'area';
  points: LonLat[];
  /** The vertex being stepped through; -1 = none. */
  active: number;
}

export interface LiveState {
  status: 'connecting' | 'live' | 'reconnecting' | 'stale';
  sequence: number | null;
  since: string | null;
  /** The time the data stands at: of the last change. */
  changed_at: string | null;
}

/** What the map has drawn, as reported by it: layer -> legend value -> how many. */
export interface InView {
  counts: Record<string, Record<string, number>>;
  names: string[];
  loading: boolean;
  failed: boolean;
}

export interface PrintState {
  paper: 'a4' | 'a3';
  landscape: boolean;
  /** The n of 1:n. */
  scale: number;
  title: string;
  /** The finished picture; `null` while there is none. */
  picture: { url: string; width_mm: number; height_mm: number } | null;
  working: boolean;
}

export interface SessionState {
  who: Session | null;
  open: boolean;
  busy: boolean;
  problem: Problem | null;
}

export interface State {
  start: 'loading' | 'ready' | 'failed';
  /** Why the page could not open yet. */
  startProblem: Problem | null;
  city: City | null;
  layers: LayerInfo[];
  lang: Lang;
  theme: Theme;
  /** What `theme` comes to on this screen. */
  dark: boolean;
  desk: Desk;
  view: View;
  shown: Shown[];
  basemap: boolean;
  tool: Tool | null;
  stop: Stop;
  /** The day for which the inspector answers, `null` = now. */
  as_of: string | null;
  search: SearchState;
  /** Searches that led somewhere, newest first. Kept by the browser, never sent anywhere. */
  recent: string[];
  inspector: InspectorState | null;
  measure: MeasureState;
  print: PrintState;
  live: LiveState;
  inView: InView;
  pointer: LonLat | null;
  session: SessionState;
  /** Said aloud once and shown for a moment. */
  said: 'copied' | 'not_copied' | null;
  /** Rises when tiles of a layer have to be asked for again. */
  revisions: Record<string, number>;
  size: { width_px: number; height_px: number };
  /** How much of the map's lower edge the bottom sheet covers. */
  covered_px: number;
}

export const NO_SEARCH: SearchState = { query: '', status: 'idle', answered: '', complete: false, places: [], truncated: false, active: -1, readings: [], reading: 0, problem: null };

export const START: State = {
  start: 'loading',
  startProblem: null,
  city: null,
  layers: [],
  lang: 'zh',
  theme: 'auto',
  dark: false,
  desk: 'public',
  view: { lon: 0, lat: 0, zoom: 2 },
  shown: [...DEFAULT_SHOWN],
  basemap: false,
  tool: null,
  stop: 'peek',
  as_of: null,
  search: NO_SEARCH,
  recent: [],
  inspector: null,
  measure: { kind: 'length', points: [], active: -1 },
  print: { paper: 'a4', landscape: true, scale: 0, title: '', picture: null, working: false },
  live: { status: 'connecting', sequence: null, since: null, changed_at: null },
  inView: { counts: {}, names: [], loading: true, failed: false },
  pointer: null,
  session: { who: null, open: false, busy: false, problem: null },
  said: null,
  revisions: {},
  size: { width_px: 800, height_px: 600 },
  covered_px: 0,
};
