// Tiles by layer, though asked for together: one request carries all wanted layers of a tile.
// Labels travel in a request of their own, because their features name the same layers.
import { mercatorTile } from '../coordinates/mercator';
import type { Extent } from '../coordinates/point';
import { ask } from './http';
import type { TileFeature } from './types';

export interface Tiles {
  /** The features of one layer (`roads`) or of its labels (`roads_labels`) in a tile. Rejects when the server does not answer. */
  get(layer: string, z: number, x: number, y: number): Promise<TileFeature[]>;
  /** Changes whenever a change touches the tile: part of its address. */
  revision(layer: string, z: number, x: number, y: number): number;
  /** The layers that are on: whoever asks for a tile first asks for all of them. */
  want(layers: readonly string[]): void;
  /** Something changed in these extents (degrees), or anywhere in the layer when `null`. */
  touch(layer: string, extents: Extent[] | null): void;
}

interface Change {
  /** When: the newest change in the box. */
  at: number;
  extent: Extent;
}

interface Held {
  layers: Map<string, { revision: number; features: Promise<TileFeature[]> }>;
}

const LABELS = '_labels';
const HELD_TILES = 400;
/** More changed boxes than this are joined by cells of a grid over them, so many on a side. */
const KEPT_CHANGES = 1000;
const CELLS = 16;

/** Layers of many areas are asked for by themselves: a tile that holds several would come to its limit of bytes and merge what need not be merged. */
const ALONE: ReadonlySet<string> = new Set(['zoning', 'parcels', 'buildings', 'control_areas']);

/** Layers of one request have the same. */
const group = (layer: string): string => (layer.endsWith(LABELS) ? LABELS : ALONE.has(layer) ? layer : '');

export function createTiles(onSequence: (sequence: number) => void): Tiles {
  const held = new Map<string, Held>();
  const touched = new Map<string, { since: number; changes: Change[] }>();
  let wanted: readonly string[] = [];
  let clock = 0;

  const revision = (layer: string, z: number, x: number, y: number): number => {
    const changes = touched.get(layer.replace(LABELS, ''));
    if (!changes) return 0;
    const box = mercatorTile(z, x, y);
    return changes.changes.reduce((latest, change) => (overlaps(box, change.extent) ? Math.max(latest, change.at) : latest), changes.since);
  };

  const get = (layer: string, z: number, x: number, y: number): Promise<TileFeature[]> => {
    const labels = layer.endsWith(LABELS);
    const key = `${labels ? 'l' : 'f'}/${z}/${x}/${y}`;
    const tile = held.get(key) ?? { layers: new Map() };
    held.delete(key);
    held.set(key, tile);
    if (held.size > HELD_TILES) held.delete(held.keys().next().value ?? '');

    const isCurrent = (id: string): boolean => tile.layers.get(id)?.revision === revision(id, z, x, y);
    if (!isCurrent(layer)) {
      const missing = [...new Set([layer, ...wanted.filter((id) => group(id) === group(layer))])].filter((id) => !isCurrent(id));
      const parts = fetchTile(missing, z, x, y, labels);
      for (const id of missing) {
        const part = parts.then((features) => features.get(id) ?? []);
        tile.layers.set(id, { revision: revision(id, z, x, y), features: part });
        part.catch(() => tile.layers.delete(id));
      }
    }
    return tile.layers.get(layer)?.features ?? Promise.resolve([]);
  };

  const fetchTile = async (layers: string[], z: number, x: number, y: number, labels: boolean): Promise<Map<string, TileFeature[]>> => {
    const fresh = layers.some((layer) => revision(layer, z, x, y) > 0);
    const answer = await ask<{ features: TileFeature[] }>(`tiles/${layers.join(',')}/${z}/${x}/${y}.geojson`, { fresh });
    if (!answer.ok) throw new Error(`tile ${z}/${x}/${y}: ${answer.problem.status}`);
    if (answer.sequence !== null) onSequence(answer.sequence);
    const parts = new Map<string, TileFeature[]>();
    for (const feature of answer.value?.features ?? []) {
      const named = String(feature.properties.layer ?? layers[0]).replace(LABELS, '');
      const id = labels ? named + LABELS : named;
      const part = parts.get(id);
      if (part) part.push(feature);
      else parts.set(id, [feature]);
    }
    return parts;
  };

  return {
    get,
    revision,
    want: (layers) => {
      wanted = layers;
    },
    touch: (layer, extents) => {
      clock += 1;
      const before = touched.get(layer) ?? { since: 0, changes: [] };
      const changes = [...before.changes, ...(extents ?? []).map((extent) => ({ at: clock, extent }))];
      touched.set(layer, extents === null ? { since: clock, changes: [] } : { since: before.since, changes: changes.length > KEPT_CHANGES ? joined(changes) : changes });
    },
  };
}

/** Fewer boxes that cover the same ground: a tile may be asked for once too often, but only near what changed. */
export function joined(changes: readonly Change[]): Change[] {
  const all = changes.map(({ extent }) => extent).reduce(union);
  const cell = (low: number, high: number, min: number, max: number): number => Math.min(CELLS - 1, Math.floor((CELLS * ((low + high) / 2 - min)) / (max - min || 1)));
  const cells = new Map<number, Change>();
  for (const { at, extent } of changes) {
    const key = cell(extent[0], extent[2], all[0], all[2]) * CELLS + cell(extent[1], extent[3], all[1], all[3]);
    const known = cells.get(key);
    cells.set(key, known ? { at: Math.max(at, known.at), extent: union(known.extent, extent) } : { at, extent });
  }
  return [...cells.values()];
}

function union(a: Extent, b: Extent): Extent {
  return [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[2], b[2]), Math.max(a[3], b[3])];
}

function overlaps(a: Extent, b: Extent): boolean {
  return a[0] <= b[2] && b[0] <= a[2] && a[1] <= b[3] && b[1] <= a[3];
}
