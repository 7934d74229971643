// Lengths and areas on the WGS 84 ellipsoid, and plane ones in the working system beside them.
// Length: T. Vincenty, Survey Review 23 (1975). Area: the authalic (equal-area) integral of J. P. Snyder,
// Map Projections: A Working Manual (1987), eq. 3-12, along edges cut into pieces of at most 500 m.
import type { LonLat, Working } from './point';

const A = 6378137.0;
const F = 1 / 298.257223563;
const B = A * (1 - F);
const E2 = F * (2 - F);
const E = Math.sqrt(E2);
const RAD = Math.PI / 180;

/** Metres along the ellipsoid. Points nearly opposite each other on the globe, where the series does not settle, get the sphere's distance. */
export function geodesicDistanceM(from: LonLat, to: LonLat): number {
  if (from.lon === to.lon && from.lat === to.lat) return 0;
  const l = (to.lon - from.lon) * RAD;
  const u1 = Math.atan((1 - F) * Math.tan(from.lat * RAD));
  const u2 = Math.atan((1 - F) * Math.tan(to.lat * RAD));
  const [sinU1, cosU1, sinU2, cosU2] = [Math.sin(u1), Math.cos(u1), Math.sin(u2), Math.cos(u2)];
  let lambda = l;
  for (let round = 0; round < 100; round += 1) {
    const sinL = Math.sin(lambda);
    const cosL = Math.cos(lambda);
    const sinS = Math.hypot(cosU2 * sinL, cosU1 * sinU2 - sinU1 * cosU2 * cosL);
    if (sinS === 0) return 0;
    const cosS = sinU1 * sinU2 + cosU1 * cosU2 * cosL;
    const sigma = Math.atan2(sinS, cosS);
    const sinAlpha = (cosU1 * cosU2 * sinL) / sinS;
    const cos2Alpha = 1 - sinAlpha * sinAlpha;
    const cos2M = cos2Alpha === 0 ? 0 : cosS - (2 * sinU1 * sinU2) / cos2Alpha;
    const c = (F / 16) * cos2Alpha * (4 + F * (4 - 3 * cos2Alpha));
    const before = lambda;
    lambda = l + (1 - c) * F * sinAlpha * (sigma + c * sinS * (cos2M + c * cosS * (-1 + 2 * cos2M * cos2M)));
    if (Math.abs(lambda - before) > 1e-12) continue;
    const u = (cos2Alpha * (A * A - B * B)) / (B * B);
    const bigA = 1 + (u / 16384) * (4096 + u * (-768 + u * (320 - 175 * u)));
    const bigB = (u / 1024) * (256 + u * (-128 + u * (74 - 47 * u)));
    const delta =
      bigB * sinS * (cos2M + (bigB / 4) * (cosS * (-1 + 2 * cos2M * cos2M) - (bigB / 6) * cos2M * (-3 + 4 * sinS * sinS) * (-3 + 4 * cos2M * cos2M)));
    return B * bigA * (sigma - delta);
  }
  const half = Math.sin(((to.lat - from.lat) * RAD) / 2) ** 2 + Math.cos(from.lat * RAD) * Math.cos(to.lat * RAD) * Math.sin(l / 2) ** 2;
  return 2 * 6371008.8 * Math.asin(Math.min(1, Math.sqrt(half)));
}

export function geodesicLengthM(points: readonly LonLat[]): number {
  return sumOverEdges(points, false, geodesicDistanceM);
}

/** Square metres on the ellipsoid of the ring through the points (closed by itself). */
export function geodesicAreaM2(points: readonly LonLat[]): number {
  if (points.length < 3) return 0;
  const twice = sumOverEdges(points, true, (from, to) => {
    const pieces = Math.max(1, Math.ceil(geodesicDistanceM(from, to) / 500));
    let sum = 0;
    for (let piece = 0; piece < pieces; piece += 1) {
      const lat1 = from.lat + ((to.lat - from.lat) * piece) / pieces;
      const lat2 = from.lat + ((to.lat - from.lat) * (piece + 1)) / pieces;
      sum += (((to.lon - from.lon) * RAD) / pieces) * (authalic(lat1) + authalic(lat2));
    }
    return sum;
  });
  return Math.abs((twice * A * A) / 4);
}

export function planeLengthM(points: readonly Working[]): number {
  return sumOverEdges(points, false, (from, to) => Math.hypot(to.x - from.x, to.y - from.y));
}

/** Taken relative to the first point: full coordinates multiplied would lose the last digits of a small area. */
export function planeAreaM2(points: readonly Working[]): number {
  const origin = points[0];
  if (!origin || points.length < 3) return 0;
  const twice = sumOverEdges(points, true, (from, to) => (from.x - origin.x) * (to.y - origin.y) - (to.x - origin.x) * (from.y - origin.y));
  return Math.abs(twice / 2);
}

function authalic(lat: number): number {
  const sin = Math.sin(lat * RAD);
  return (1 - E2) * (sin / (1 - E2 * sin * sin) - (1 / (2 * E)) * Math.log((1 - E * sin) / (1 + E * sin)));
}

function sumOverEdges<P>(points: readonly P[], closed: boolean, measure: (from: P, to: P) => number): number {
  let sum = 0;
  points.forEach((from, at) => {
    const to = at + 1 < points.length ? points[at + 1] : closed ? points[0] : undefined;
    if (to !== undefined) sum += measure(from, to);
  });
  return sum;
}
