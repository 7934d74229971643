// MapLibre's decoder for the browser reads MapLibre Tiles of every layer: each must hold what the GeoJSON of the same tile holds.
//
// Usage: node BUNDLE URL. Prints what it compared; status 1 when something differs.

import { decodeTile } from "@maplibre/mlt";

const url = process.argv[2];
const ask = async (path) => {
  const answer = await fetch(url + path);
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer;
};
const TILE_UNITS = 4096;
const failures = [];

const collections = (await (await ask("/ogc/collections?f=json")).json()).collections.map((one) => one.id);
const layers = [...collections, ...collections.map((id) => `${id}_labels`)].join(",");
const limits = (await (await ask("/ogc/tiles/WebMercatorQuad?f=json")).json()).tileMatrixSetLimits;

/** Positions of nested GeoJSON coordinates, or of the decoder's points. */
const positions = (nested) => {
  if (typeof nested.x === "number") return [[nested.x, nested.y]];
  return typeof nested[0] === "number" ? [nested] : nested.flatMap(positions);
};
const box = (points) => {
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  return [xs, ys].flatMap((all) => [all.reduce((a, b) => Math.min(a, b)), all.reduce((a, b) => Math.max(a, b))]);
};
const inTile = (z, x, y) => ([lon, lat]) => {
  const units = TILE_UNITS * 2 ** z;
  const north = Math.log(Math.tan(Math.PI / 4 + (lat * Math.PI) / 360)) / (2 * Math.PI);
  return [(lon / 360 + 0.5) * units - x * TILE_UNITS, (0.5 - north) * units - y * TILE_UNITS];
};
// An object in a tile is a text; JavaScript reorders keys that look like numbers.
const sorted = (value) => JSON.stringify(Array.isArray(value) ? value : Object.entries(value).sort());
const same = (ours, theirs) => {
  if (ours === undefined || ours === null) return theirs === undefined || theirs === null;
  if (typeof ours === "object") return sorted(ours) === sorted(JSON.parse(theirs));
  return ours === (typeof theirs === "bigint" ? Number(theirs) : theirs);
};

let [tiles, features] = [0, 0];
for (const z of [9, 11, 13, 14, 16]) {
  const { minTileRow, maxTileRow, minTileCol, maxTileCol } = limits[z];
  const step = (low, high) => Math.max(1, Math.floor((high - low) / 4));
  for (let y = minTileRow; y <= maxTileRow; y += step(minTileRow, maxTileRow)) {
    for (let x = minTileCol; x <= maxTileCol; x += step(minTileCol, maxTileCol)) {
      const at = `/tiles/${layers}/${z}/${x}/${y}`;
      const expected = (await (await ask(`${at}.geojson`)).json()).features;
      const bytes = new Uint8Array(await (await ask(`${at}.mlt`)).arrayBuffer());
      const decoded = bytes.length ? decodeTile(bytes).flatMap((table) => table.getFeatures()) : [];
      tiles += 1;
      if (decoded.length !== expected.length) failures.push(`${z}/${x}/${y}: ${decoded.length} features of ${expected.length}`);
      decoded.slice(0, expected.length).forEach((theirs, index) => {
        features += 1;
        const ours = expected[index];
        const properties = { ...ours.properties, id: ours.id };
        for (const name of new Set([...Object.keys(properties), ...Object.keys(theirs.properties)])) {
          if (!same(properties[name], theirs.properties[name])) failures.push(`${z}/${x}/${y} ${ours.id}: ${name} is ${theirs.properties[name]}`);
        }
        const wanted = box(positions(ours.geometry.coordinates).map(inTile(z, x, y)));
        const found = box(positions(theirs.geometry.coordinates));
        if (!wanted.every((side, one) => Math.abs(side - found[one]) < 0.6)) failures.push(`${z}/${x}/${y} ${ours.id}: ${found} is not ${wanted}`);
      });
    }
  }
}
for (const failure of failures.slice(0, 20)) console.log(`FAIL ${failure}`);
console.log(`MapLibre Tiles: ${features} features of ${tiles} tiles, ${failures.length} failures`);
process.exit(failures.length || !features ? 1 : 0);
