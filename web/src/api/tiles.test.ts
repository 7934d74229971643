// A change elsewhere does not make the map ask again for what it shows.
import { afterEach, expect, test, vi } from 'vitest';
import type { Extent } from '../coordinates/point';
import { createTiles, joined } from './tiles';

const HERE: [number, number, number] = [14, 13652, 6750];
const box = (lon: number, lat: number): Extent => [lon, lat, lon + 0.0001, lat + 0.0001];

afterEach(() => vi.unstubAllGlobals());

test('only the touched tile of the touched layer is asked for again', async () => {
  const asked: string[] = [];
  vi.stubGlobal('document', { baseURI: 'http://here/' });
  vi.stubGlobal('fetch', (url: string | URL) => {
    asked.push(String(url));
    return Promise.resolve(new Response('{"type":"FeatureCollection","features":[]}', { headers: { 'content-type': 'application/geo+json', 'yutu-sequence': '7' } }));
  });
  const tiles = createTiles(() => {});
  tiles.want(['roads', 'zoning']);
  const show = async () => {
    await Promise.all(['roads', 'zoning'].flatMap((layer) => [tiles.get(layer, ...HERE), tiles.get(layer, HERE[0], HERE[1] + 5, HERE[2])]));
    return asked.splice(0).length;
  };
  // Two tiles, and zones by themselves.
  expect(await show()).toBe(4);
  tiles.touch('zoning', [box(10, 10)]);
  tiles.touch('zoning', []);
  expect(await show()).toBe(0);
  const lon = ((HERE[1] + 0.5) / 2 ** HERE[0]) * 360 - 180;
  const lat = (Math.atan(Math.sinh(Math.PI * (1 - (2 * (HERE[2] + 0.5)) / 2 ** HERE[0]))) * 180) / Math.PI;
  tiles.touch('zoning', [box(lon, lat)]);
  await show().then((count) => expect(count).toBe(1));
  // However many changes there were far away.
  for (let n = 0; n < 5000; n += 1) tiles.touch('roads', [box(lon + 5 + (n % 70) / 100, lat + (n % 90) / 100)]);
  expect(await show()).toBe(0);
  tiles.touch('roads', null);
  expect(await show()).toBe(2);
});

test('joined boxes cover what they join, and stay near it', () => {
  const changes = Array.from({ length: 3000 }, (_, n) => ({ at: n, extent: box(n % 2 === 0 ? 120 + (n % 50) / 1000 : 125, 30 + (n % 90) / 1000) }));
  const few = joined(changes);
  expect(few.length).toBeLessThanOrEqual(256);
  const inside = (a: Extent, b: Extent) => b[0] <= a[0] && b[1] <= a[1] && a[2] <= b[2] && a[3] <= b[3];
  for (const { at, extent } of changes) expect(few.some((one) => inside(extent, one.extent) && one.at >= at)).toBe(true);
  expect(few.every(({ extent }) => extent[2] - extent[0] < 0.5)).toBe(true);
});
