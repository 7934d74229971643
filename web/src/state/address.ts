// The state in the address bar and back, so that a link reproduces what its sender saw.
// Only what differs from the start is written; what cannot be read is ignored.
import type { Lang } from '../api/types';
import { DEFAULT_SHOWN, type Shown } from './layers';
import type { Ref, State, Theme, Tool, View } from './state';

export interface Address {
  view: View | null;
  shown: Shown[] | null;
  basemap: boolean;
  point: { lon: number; lat: number } | null;
  selection: Ref | null;
  query: string;
  reading: number;
  lang: Lang | null;
  theme: Theme;
  tool: Tool | null;
  as_of: string | null;
  measure: State['measure'] | null;
}

const TOOLS: readonly Tool[] = ['layers', 'legend', 'measure', 'print'];
const THEMES: readonly Theme[] = ['auto', 'light', 'dark'];

export function addressOf(state: State): Address {
  return {
    view: state.start === 'ready' ? state.view : null,
    shown: state.shown,
    basemap: state.basemap,
    point: state.inspector?.point ?? null,
    selection: state.inspector?.selection ?? null,
    query: state.search.query,
    reading: state.search.reading,
    lang: state.lang,
    theme: state.theme,
    tool: state.tool,
    as_of: state.as_of,
    measure: state.tool === 'measure' && state.measure.points.length > 0 ? state.measure : null,
  };
}

export function writeAddress(address: Address): string {
  const parts: [string, string][] = [];
  const add = (name: string, value: string): void => void parts.push([name, value]);
  if (address.view) add('map', `${round(address.view.zoom, 2)}/${round(address.view.lat, 6)}/${round(address.view.lon, 6)}`);
  if (address.shown) {
    const layers = writeShown(address.shown);
    if (layers !== writeShown(DEFAULT_SHOWN.filter(({ id }) => address.shown?.some((layer) => layer.id === id)))) add('layers', layers);
  }
  if (address.basemap) add('base', '1');
  if (address.point) add('at', `${round(address.point.lat, 7)},${round(address.point.lon, 7)}`);
  if (address.selection) add('sel', `${address.selection.layer}/${address.selection.id}`);
  if (address.query !== '') add('q', address.query);
  if (address.reading > 0) add('reading', String(address.reading));
  if (address.tool) add('tool', address.tool);
  if (address.measure) add('measure', `${address.measure.kind}:${address.measure.points.map(({ lon, lat }) => `${round(lat, 7)},${round(lon, 7)}`).join(';')}`);
  if (address.as_of) add('on', address.as_of);
  if (address.theme !== 'auto') add('theme', address.theme);
  if (address.lang) add('lang', address.lang);
  // Slashes, commas, colons and semicolons may stand in a query as they are, and the link stays readable.
  const text = parts.map(([name, value]) => `${name}=${encodeURIComponent(value).replace(/%2F/g, '/').replace(/%2C/g, ',').replace(/%3A/g, ':').replace(/%3B/g, ';')}`);
  return text.length > 0 ? `?${text.join('&')}` : '';
}

export function readAddress(search: string): Address {
  const query = new URLSearchParams(search);
  const reading = Number(query.get('reading') ?? 0);
  const tool = query.get('tool');
  const theme = query.get('theme');
  const lang = query.get('lang');
  return {
    view: readView(query.get('map')),
    shown: readShown(query.get('layers')),
    basemap: query.get('base') === '1',
    point: readPoint(query.get('at')),
    selection: readRef(query.get('sel')),
    query: query.get('q') ?? '',
    reading: Number.isInteger(reading) && reading > 0 && reading < 8 ? reading : 0,
    lang: lang === 'zh' || lang === 'en' ? lang : null,
    theme: THEMES.find((known) => known === theme) ?? 'auto',
    tool: TOOLS.find((known) => known === tool) ?? null,
    as_of: /^\d{4}-\d{2}-\d{2}$/.test(query.get('on') ?? '') ? query.get('on') : null,
    measure: readMeasure(query.get('measure')),
  };
}

/** `-roads` is switched off, `zoning:60` is drawn at 60 %; lowest first. */
function writeShown(shown: readonly Shown[]): string {
  return shown.map(({ id, visible, opacity }) => `${visible ? '' : '-'}${id}${opacity < 1 ? `:${Math.round(opacity * 100)}` : ''}`).join(',');
}

function readShown(text: string | null): Shown[] | null {
  if (!text) return null;
  const shown = text.split(',').flatMap((part) => {
    const match = /^(-?)([a-z_]{1,40})(?::(\d{1,3}))?$/.exec(part);
    return match?.[2] ? [{ id: match[2], visible: match[1] === '', opacity: Math.min(100, Number(match[3] ?? 100)) / 100 }] : [];
  });
  return shown.length > 0 ? shown.filter((layer, at) => shown.findIndex(({ id }) => id === layer.id) === at) : null;
}

function readView(text: string | null): View | null {
  const [zoom, lat, lon] = numbers(text, '/');
  const point = valid(lon, lat);
  return zoom !== undefined && zoom >= 0 && zoom <= 24 && point ? { ...point, zoom } : null;
}

function readPoint(text: string | null): { lon: number; lat: number } | null {
  const [lat, lon] = numbers(text, ',');
  return valid(lon, lat);
}

function readRef(text: string | null): Ref | null {
  const cut = text?.indexOf('/') ?? -1;
  if (!text || cut < 1 || cut === text.length - 1) return null;
  return { layer: text.slice(0, cut), id: text.slice(cut + 1) };
}

function readMeasure(text: string | null): State['measure'] | null {
  const [kind, list] = text?.split(':') ?? [];
  if ((kind !== 'length' && kind !== 'area') || !list) return null;
  const points = list.split(';').flatMap((pair) => readPoint(pair) ?? []);
  return points.length > 0 ? { kind, points: points.slice(0, 500), active: -1 } : null;
}

function numbers(text: string | null, separator: string): number[] {
  const values = (text ?? '').split(separator).map((part) => (part === '' ? Number.NaN : Number(part)));
  return values.every(Number.isFinite) ? values : [];
}

function valid(lon: number | undefined, lat: number | undefined): { lon: number; lat: number } | null {
  return lon !== undefined && lat !== undefined && Math.abs(lon) <= 180 && Math.abs(lat) <= 90 ? { lon, lat } : null;
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
