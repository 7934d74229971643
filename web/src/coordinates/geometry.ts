// The box and a point of a GeoJSON geometry.
import type { Geometry } from '../api/types';
import type { Extent, LonLat } from './point';

export function extentOf(geometry: Geometry | null): Extent | null {
  let extent: Extent | null = null;
  for (const [lon, lat] of positions(geometry)) {
    extent = extent ? [Math.min(extent[0], lon), Math.min(extent[1], lat), Math.max(extent[2], lon), Math.max(extent[3], lat)] : [lon, lat, lon, lat];
  }
  return extent;
}

/** A point on the geometry itself where that is easy: a line's middle vertex; for areas the first vertex stays on the edge, so the middle of the widest crossing at mid-height is taken. */
export function pointOf(geometry: Geometry | null): LonLat | null {
  if (!geometry) return null;
  if (geometry.type === 'Polygon' || geometry.type === 'MultiPolygon') {
    const polygons = geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates;
    const largest = [...polygons].sort((one, other) => ringArea(other[0] ?? []) - ringArea(one[0] ?? []))[0];
    return largest ? insideOf(largest) : null;
  }
  const all = [...positions(geometry)];
  const middle = all[Math.floor(all.length / 2)];
  return middle ? { lon: middle[0], lat: middle[1] } : null;
}

function* positions(geometry: Geometry | null): Generator<[number, number]> {
  if (!geometry) return;
  if (geometry.type === 'GeometryCollection') {
    for (const part of geometry.geometries) yield* positions(part);
    return;
  }
  yield* flatten(geometry.coordinates);
}

function* flatten(coordinates: unknown): Generator<[number, number]> {
  if (!Array.isArray(coordinates)) return;
  if (typeof coordinates[0] === 'number') yield [coordinates[0], Number(coordinates[1])];
  else for (const part of coordinates) yield* flatten(part);
}

function insideOf(rings: number[][][]): LonLat | null {
  const box = extentOf({ type: 'Polygon', coordinates: rings });
  if (!box) return null;
  // A hair off the middle, so that the line rarely runs through a vertex.
  const lat = box[1] + (box[3] - box[1]) * 0.5037;
  const crossings = rings.flatMap((ring) =>
    ring.slice(1).flatMap((end, at) => {
      const from = ring[at] ?? end;
      const [x1 = 0, y1 = 0] = from;
      const [x2 = 0, y2 = 0] = end;
      return y1 > lat !== y2 > lat ? [x1 + ((lat - y1) / (y2 - y1)) * (x2 - x1)] : [];
    }),
  ).sort((one, other) => one - other);
  let best: [number, number] = [box[0], box[2]];
  let width = -1;
  for (let at = 0; at + 1 < crossings.length; at += 2) {
    const [from = 0, to = 0] = [crossings[at], crossings[at + 1]];
    if (to - from > width) {
      width = to - from;
      best = [from, to];
    }
  }
  return { lon: (best[0] + best[1]) / 2, lat };
}

function ringArea(ring: number[][]): number {
  let twice = 0;
  for (let at = 0; at + 1 < ring.length; at += 1) twice += (ring[at]?.[0] ?? 0) * (ring[at + 1]?.[1] ?? 0) - (ring[at + 1]?.[0] ?? 0) * (ring[at]?.[1] ?? 0);
  return Math.abs(twice);
}
