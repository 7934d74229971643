// The shapes the server answers with, written by hand from the interface description.
import type { Extent } from '../coordinates/point';

export type Lang = 'zh' | 'en';
export type Bilingual = Record<Lang, string>;

export interface City {
  id: string;
  name: Bilingual;
  fictional: boolean;
  notice: Bilingual | null;
  working_crs: { definition: string; name: string; proj4: string };
  extent: Extent | null;
  sequence: number;
  time_zone: string;
  basemap: Basemap | null;
  version: string;
}

export interface Basemap {
  kind: 'xyz' | 'wmts';
  url: string;
  layer?: string;
  matrix_set?: string;
  attribution: string | Bilingual;
}

export interface LayerInfo {
  id: string;
  title: Bilingual;
  geometry: 'point' | 'line' | 'polygon' | 'any';
  count: number;
  unlocated: number;
  extent: Extent | null;
  sequence: number;
  status_date: string | null;
  /** When the layer last changed. */
  changed_at?: string | null;
  attribution: Bilingual | null;
  licence: string | null;
  fields: FieldInfo[];
}

export interface FieldInfo {
  name: string;
  kind: 'text' | 'int' | 'number' | 'date';
  title: Bilingual;
}

/** GeoJSON geometry, coordinates lon, lat. */
export type Geometry =
  | { type: 'Point'; coordinates: number[] }
  | { type: 'MultiPoint'; coordinates: number[][] }
  | { type: 'LineString'; coordinates: number[][] }
  | { type: 'MultiLineString'; coordinates: number[][][] }
  | { type: 'Polygon'; coordinates: number[][][] }
  | { type: 'MultiPolygon'; coordinates: number[][][][] }
  | { type: 'GeometryCollection'; geometries: Geometry[] };

export interface TileFeature {
  type: 'Feature';
  id?: string;
  geometry: Geometry | null;
  properties: Record<string, unknown> & { layer?: string };
}

/** A feature in full, as identify and `/api/features` give it. */
export interface Feature {
  type: 'Feature';
  id: string;
  geometry: Geometry | null;
  properties: FeatureProperties;
}

export interface FeatureProperties {
  layer: string;
  name?: string | null;
  name_en?: string | null;
  names?: OtherName[];
  source?: string | null;
  source_id?: string | null;
  valid_from?: string | null;
  valid_to?: string | null;
  recorded_from?: string | null;
  dataset?: { imported_at?: string | null; edition?: string | null } | null;
  attributes?: Record<string, unknown>;
  distance_m?: number;
  [field: string]: unknown;
}

export interface OtherName {
  text: string;
  lang?: string | null;
  kind?: string | null;
}

/** "No data" is an outcome of its own and never the same as "none". */
export type Outcome = 'found' | 'none' | 'no_data';

export interface Identified {
  point: { lon: number; lat: number; working: { x: number; y: number } | null };
  sequence: number;
  layers: IdentifiedLayer[];
}

export interface IdentifiedLayer {
  layer: string;
  title: Bilingual;
  outcome: Outcome;
  features: Feature[];
  /** How many more there are than are listed. */
  more?: number;
}

export interface Places {
  features: Place[];
  geocoding?: { query?: string; attribution?: string; sequence?: number; truncated?: boolean };
}

/** What one part of an address or name met, and how. */
export interface PartMatch {
  part: string;
  how: string;
  asked?: string;
  found?: string;
}

export interface Place {
  type: 'Feature';
  geometry: { type: 'Point'; coordinates: number[] } | null;
  properties: {
    geocoding: {
      label: string;
      name?: string | null;
      name_en?: string | null;
      /** Neither layer nor id: a point by its coordinates. */
      layer: string | null;
      id: string | null;
      kind?: string | null;
      match?: { kind: string; part?: string | null; parts?: PartMatch[] } | null;
      /** The earlier name or address that was met, and since when the present one is in force. */
      former?: { name: string; since?: string };
      /** historical, reserved or cancelled. */
      status?: string;
      cancelled_on?: string;
      /** What to know about the place before trusting it, in the language asked for. */
      note?: string;
      /** Metres within which an interpolated place lies. */
      error_m?: number;
      score?: number;
      address?: string | null;
      division?: string | null;
      /** How many features this one stands for, such as the pieces of a road. */
      features?: number;
      distance_m?: number;
    };
  };
}

export interface Session {
  name: string;
  display_name?: string;
  role: string;
}

/** RFC 9457. */
export interface Problem {
  type?: string;
  title: string;
  status: number;
  detail?: string;
  field?: string;
}
