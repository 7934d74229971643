// The two kinds of point that travel through the page; axis order is always x (east) before y (north).

/** Degrees, WGS 84 (CGCS2000 is the same to within centimetres). */
export interface LonLat {
  lon: number;
  lat: number;
}

/** Metres in the working coordinate system: x = east, y = north. */
export interface Working {
  x: number;
  y: number;
}

/** West, south, east, north in degrees. */
export type Extent = [number, number, number, number];

export function inside(point: LonLat, extent: Extent): boolean {
  return point.lon >= extent[0] && point.lon <= extent[2] && point.lat >= extent[1] && point.lat <= extent[3];
}

/** How far a point lies outside an extent, in degrees; 0 inside. */
export function degreesOutside(point: LonLat, extent: Extent): number {
  const dx = Math.max(extent[0] - point.lon, 0, point.lon - extent[2]);
  const dy = Math.max(extent[1] - point.lat, 0, point.lat - extent[3]);
  return Math.hypot(dx, dy);
}
