// GCJ-02 and BD-09, the shifted coordinates of Chinese consumer maps, to and from WGS 84.
// GCJ-02 is the widely published polynomial on the Krasovsky ellipsoid; its inverse has no closed form and is iterated.
import type { LonLat } from './point';

const SEMI_MAJOR_M = 6378245.0;
const ECCENTRICITY_2 = 0.006693421622965943;
const BD_TURN = (Math.PI * 3000) / 180;

/** The box outside which neither system shifts anything. */
export function isShifted({ lon, lat }: LonLat): boolean {
  return lon >= 72.004 && lon <= 137.8347 && lat >= 0.8293 && lat <= 55.8271;
}

export function wgs84ToGcj02(point: LonLat): LonLat {
  if (!isShifted(point)) return point;
  const x = point.lon - 105;
  const y = point.lat - 35;
  const sines = (20 * Math.sin(6 * x * Math.PI) + 20 * Math.sin(2 * x * Math.PI)) * (2 / 3);
  const north =
    -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * Math.sqrt(Math.abs(x)) + sines
    + (20 * Math.sin(y * Math.PI) + 40 * Math.sin((y / 3) * Math.PI)) * (2 / 3)
    + (160 * Math.sin((y / 12) * Math.PI) + 320 * Math.sin((y * Math.PI) / 30)) * (2 / 3);
  const east =
    300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * Math.sqrt(Math.abs(x)) + sines
    + (20 * Math.sin(x * Math.PI) + 40 * Math.sin((x / 3) * Math.PI)) * (2 / 3)
    + (150 * Math.sin((x / 12) * Math.PI) + 300 * Math.sin((x / 30) * Math.PI)) * (2 / 3);
  const phi = (point.lat * Math.PI) / 180;
  const magic = 1 - ECCENTRICITY_2 * Math.sin(phi) ** 2;
  const meridian = (SEMI_MAJOR_M * (1 - ECCENTRICITY_2)) / (magic * Math.sqrt(magic));
  const parallel = (SEMI_MAJOR_M / Math.sqrt(magic)) * Math.cos(phi);
  return {
    lon: point.lon + ((east / parallel) * 180) / Math.PI,
    lat: point.lat + ((north / meridian) * 180) / Math.PI,
  };
}

/** Iterated until the forward shift returns to the input within a millimetre. */
export function gcj02ToWgs84(point: LonLat): LonLat {
  if (!isShifted(point)) return point;
  let guess = point;
  for (let round = 0; round < 30; round += 1) {
    const there = wgs84ToGcj02(guess);
    const dx = point.lon - there.lon;
    const dy = point.lat - there.lat;
    guess = { lon: guess.lon + dx, lat: guess.lat + dy };
    if (Math.abs(dx) < 1e-9 && Math.abs(dy) < 1e-9) break;
  }
  return guess;
}

export function gcj02ToBd09({ lon, lat }: LonLat): LonLat {
  const radius = Math.hypot(lon, lat) + 0.00002 * Math.sin(lat * BD_TURN);
  const angle = Math.atan2(lat, lon) + 0.000003 * Math.cos(lon * BD_TURN);
  return { lon: radius * Math.cos(angle) + 0.0065, lat: radius * Math.sin(angle) + 0.006 };
}

/** The published inverse is off by up to half a metre, so it only starts the iteration. */
export function bd09ToGcj02(point: LonLat): LonLat {
  let guess = { lon: point.lon - 0.0065, lat: point.lat - 0.006 };
  for (let round = 0; round < 30; round += 1) {
    const there = gcj02ToBd09(guess);
    const dx = point.lon - there.lon;
    const dy = point.lat - there.lat;
    guess = { lon: guess.lon + dx, lat: guess.lat + dy };
    if (Math.abs(dx) < 1e-10 && Math.abs(dy) < 1e-10) break;
  }
  return guess;
}

export const wgs84ToBd09 = (point: LonLat): LonLat => (isShifted(point) ? gcj02ToBd09(wgs84ToGcj02(point)) : point);
export const bd09ToWgs84 = (point: LonLat): LonLat => (isShifted(point) ? gcj02ToWgs84(bd09ToGcj02(point)) : point);
