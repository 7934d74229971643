// Every test gets a page that may not fail quietly: errors in the console, requests to other hosts and refused content fail it.
// Places are taken from the server under test, so that the tests run against any city.
import { execFileSync } from 'node:child_process';
import { expect, plainTest, type APIRequestContext, type Page } from '../../web/browser';

export { AxeBuilder, expect } from '../../web/browser';
export type { Page } from '../../web/browser';

export const test = plainTest.extend<{ noise: string[] }>({
  noise: [
    async ({ page, baseURL }, use) => {
      const noise: string[] = [];
      const own = new URL(baseURL ?? '').origin;
      page.on('console', (message) => {
        if (message.type() === 'error') noise.push(`console: ${message.text()}`);
      });
      page.on('pageerror', (error) => noise.push(`error: ${error.message}`));
      page.on('request', (request) => {
        const { origin, protocol } = new URL(request.url());
        if (protocol.startsWith('http') && origin !== own) noise.push(`request to another host: ${request.url()}`);
      });
      await use(noise);
      expect(noise).toEqual([]);
    },
    { auto: true },
  ],
});

export interface Named {
  id: string;
  name: string;
  lon: number;
  lat: number;
}

/** Opens the page and waits until the map stands still. */
export async function open(page: Page, address = '/'): Promise<void> {
  await page.goto(address);
  await settled(page);
}

export async function settled(page: Page): Promise<void> {
  await expect(page.locator('.progress')).not.toHaveClass(/\bon\b/, { timeout: 15_000 });
}

/** A named road near the middle of the city, in hanzi or Latin, with a point on it. */
export async function someRoad(request: APIRequestContext): Promise<Named> {
  const city = await (await request.get('/api/city')).json();
  const [west, south, east, north] = city.extent as [number, number, number, number];
  const z = 14;
  const { x, y } = tileAt((west + east) / 2, (south + north) / 2, z);
  const around = [0, 1, -1, 2, -2].flatMap((dx) => [0, 1, -1, 2, -2].map((dy) => ({ dx, dy }))).sort((a, b) => Math.hypot(a.dx, a.dy) - Math.hypot(b.dx, b.dy));
  for (const { dx, dy } of around) {
    const tile = await (await request.get(`/tiles/roads_labels/${z}/${x + dx}/${y + dy}.geojson`)).json();
    const named = (tile.features as { id: string; properties: { name?: string }; geometry: { type: string; coordinates: number[][] } }[]).filter(
      (feature) => feature.properties.name && feature.geometry.type === 'LineString',
    );
    const road = [...named].sort((a, b) => b.geometry.coordinates.length - a.geometry.coordinates.length || a.id.localeCompare(b.id))[0];
    if (!road) continue;
    const [from = [0, 0], to = [0, 0]] = road.geometry.coordinates;
    return { id: road.id, name: String(road.properties.name), lon: (from[0]! + to[0]!) / 2, lat: (from[1]! + to[1]!) / 2 };
  }
  throw new Error('the city has no named road near its middle');
}

/** Runs SQL on the database of the server under test. */
export function sql(statement: string): string {
  const [program, ...args] = (process.env.YUTU_PSQL ?? '').split(' ').filter((part) => part !== '');
  if (!program) throw new Error('YUTU_PSQL says how to run SQL, such as "yutu psql --data-dir var --"');
  return execFileSync(program, [...args, '-v', 'ON_ERROR_STOP=1', '-qAt', '-c', statement], { encoding: 'utf8' });
}

function tileAt(lon: number, lat: number, z: number): { x: number; y: number } {
  const n = 2 ** z;
  const phi = (lat * Math.PI) / 180;
  return { x: Math.floor(((lon + 180) / 360) * n), y: Math.floor(((1 - Math.log(Math.tan(phi) + 1 / Math.cos(phi)) / Math.PI) / 2) * n) };
}
