// Into and out of the installation's working coordinate system, by its PROJ text from /api/city.
import proj4 from 'proj4';
import type { LonLat, Working } from './point';

export interface WorkingCrs {
  forward(point: LonLat): Working | null;
  inverse(point: Working): LonLat | null;
}

/** `null` when the text describes a system this page cannot compute; the page then shows WGS 84 only. */
export function workingCrs(proj4Text: string): WorkingCrs | null {
  try {
    const converter = proj4('WGS84', proj4Text);
    return {
      forward: ({ lon, lat }) => pair(() => converter.forward([lon, lat]), (x, y) => ({ x, y })),
      inverse: ({ x, y }) => pair(() => converter.inverse([x, y]), (lon, lat) => (Math.abs(lat) <= 90 && Math.abs(lon) <= 180 ? { lon, lat } : null)),
    };
  } catch {
    return null;
  }
}

function pair<T>(compute: () => number[], make: (a: number, b: number) => T | null): T | null {
  try {
    const [a, b] = compute();
    return a !== undefined && b !== undefined && Number.isFinite(a) && Number.isFinite(b) ? make(a, b) : null;
  } catch {
    return null;
  }
}
