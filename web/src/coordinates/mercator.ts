// Web mercator as closed formulas: metres, tiles, resolution. Zoom counts tiles of 512 pixels, as the tile addresses do.
import type { Extent, LonLat } from './point';

const HALF_M = Math.PI * 6378137;
/** Metres on the ground that one CSS pixel of 96 dpi covers on paper. */
export const CSS_PIXEL_M = 0.0254 / 96;

export function toMercator({ lon, lat }: LonLat): [number, number] {
  const limited = Math.max(-85.06, Math.min(85.06, lat));
  return [(lon / 180) * HALF_M, (Math.log(Math.tan(((90 + limited) * Math.PI) / 360)) / Math.PI) * HALF_M];
}

export function fromMercator(x: number, y: number): LonLat {
  return { lon: (x / HALF_M) * 180, lat: (Math.atan(Math.exp((y / HALF_M) * Math.PI)) * 360) / Math.PI - 90 };
}

/** Mercator metres for one pixel. */
export function resolutionAt(zoom: number): number {
  return (2 * HALF_M) / 512 / 2 ** zoom;
}

/** Metres on the ground for one pixel. */
export function groundResolutionM(zoom: number, lat: number): number {
  return resolutionAt(zoom) * Math.cos((lat * Math.PI) / 180);
}

/** The n of a scale 1:n on a screen of 96 dpi. */
export function scaleNumber(zoom: number, lat: number): number {
  return groundResolutionM(zoom, lat) / CSS_PIXEL_M;
}

export function zoomForScale(scale: number, lat: number): number {
  return Math.log2(resolutionAt(0) / ((scale * CSS_PIXEL_M) / Math.cos((lat * Math.PI) / 180)));
}

/** The zoom at which an extent fills a window of this many pixels. */
export function zoomToFit(extent: Extent, width_px: number, height_px: number): number {
  const [west, south] = toMercator({ lon: extent[0], lat: extent[1] });
  const [east, north] = toMercator({ lon: extent[2], lat: extent[3] });
  const resolution = Math.max((east - west) / width_px, (north - south) / height_px, 1e-3);
  return Math.log2(resolutionAt(0) / resolution);
}

export function centre(extent: Extent): LonLat {
  const [west, south] = toMercator({ lon: extent[0], lat: extent[1] });
  const [east, north] = toMercator({ lon: extent[2], lat: extent[3] });
  return fromMercator((west + east) / 2, (south + north) / 2);
}

/** The box of a tile in degrees, a little larger, as tiles carry a buffer. */
export function mercatorTile(z: number, x: number, y: number): Extent {
  const size = (2 * HALF_M) / 2 ** z;
  const buffer = size / 16;
  const southWest = fromMercator(x * size - HALF_M - buffer, HALF_M - (y + 1) * size - buffer);
  const northEast = fromMercator((x + 1) * size - HALF_M + buffer, HALF_M - y * size + buffer);
  return [southWest.lon, southWest.lat, northEast.lon, northEast.lat];
}
