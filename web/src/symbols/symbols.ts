// What a feature looks like, as plain data: the map turns it into styles, the legend into small pictures.
import { CONTROL, LAND_USE, paletteOf, withAlpha } from './palette';

export interface Line {
  colour: string;
  width: number;
  dash?: number[];
  /** A wider line below. */
  casing?: { colour: string; width: number };
}

export interface Hatch {
  colour: string;
  /** Lines from lower left to upper right, upper left to lower right, both, or dots. */
  kind: 'rising' | 'falling' | 'cross' | 'dots' | 'level';
  gap: number;
}

export interface Mark {
  shape: 'circle' | 'square' | 'triangle' | 'diamond';
  radius: number;
  fill: string;
  edge: string;
  edgeWidth: number;
}

export interface Symbol {
  /** What the legend tells apart: a class, kind, status or rank of the layer; '' where the layer has one look. */
  value: string;
  fill?: string;
  hatch?: Hatch;
  line?: Line;
  mark?: Mark;
}

export type Properties = Record<string, unknown>;

/** Which property the legend of a layer is ordered by. */
export const LEGEND_FIELD: Record<string, string> = {
  zoning: 'class',
  control_areas: 'kind',
  roads: 'class',
  permits: 'status',
  boundary_lines: 'rank',
  divisions: 'level',
};

export function symbolOf(layer: string, properties: Properties, dark: boolean): Symbol {
  const draw = DRAW[layer];
  return draw ? draw(properties, dark) : { value: '', line: { colour: paletteOf(dark).mutedText, width: 1 } };
}

const text = (properties: Properties, field: string, otherwise: string): string => {
  const value = properties[field];
  return typeof value === 'string' && value !== '' ? value : otherwise;
};

const DRAW: Record<string, (properties: Properties, dark: boolean) => Symbol> = {
  divisions: (properties, dark) => ({
    value: text(properties, 'level', ''),
    line: { colour: withAlpha(paletteOf(dark).division, 0.75), width: 1, dash: [2, 3] },
  }),
  zoning: zone,
  parcels: (_, dark) => ({ value: '', fill: 'rgba(0, 0, 0, 0)', line: { colour: paletteOf(dark).parcelEdge, width: 0.8 } }),
  control_areas: controlArea,
  roads: (properties, dark) => road(text(properties, 'class', 'local'), dark),
  buildings: (_, dark) => ({ value: '', fill: paletteOf(dark).buildingFill, line: { colour: paletteOf(dark).buildingEdge, width: 1 } }),
  permits: permit,
  boundary_lines: (properties, dark) => boundary(text(properties, 'rank', 'county'), dark),
  boundary_markers: (_, dark) => {
    const palette = paletteOf(dark);
    return { value: '', mark: { shape: 'square', radius: 5.5, fill: palette.disc, edge: palette.boundary, edgeWidth: 2 } };
  },
  place_names: (properties, dark) => {
    const palette = paletteOf(dark);
    const kind = text(properties, 'class', 'other');
    const fill = kind === 'water' ? withAlpha(palette.water, 0.75) : kind === 'park' || kind === 'square' ? withAlpha(palette.green, 0.45) : withAlpha(palette.place, 0.05);
    return {
      value: '',
      fill,
      line: { colour: withAlpha(palette.place, 0.5), width: 1, dash: [3, 3] },
      mark: { shape: 'diamond', radius: 4, fill: palette.place, edge: palette.halo, edgeWidth: 1.25 },
    };
  },
  door_plates: (_, dark) => {
    const palette = paletteOf(dark);
    return { value: '', mark: { shape: 'circle', radius: 2.5, fill: palette.door, edge: palette.halo, edgeWidth: 1 } };
  },
};

function zone(properties: Properties, dark: boolean): Symbol {
  const kind = text(properties, 'class', 'mixed');
  const status = text(properties, 'status', 'in_force');
  const hue = LAND_USE[kind] ?? '#c8c4bc';
  const line: Line = { colour: dark ? 'rgba(236, 234, 228, 0.4)' : 'rgba(60, 52, 40, 0.45)', width: 0.8 };
  if (status !== 'in_force') line.dash = [6, 4];
  const symbol: Symbol = { value: kind, fill: withAlpha(hue, dark ? 0.42 : 0.55), line };
  if (kind === 'reserved') symbol.hatch = { colour: dark ? '#8b8f94' : '#a8a49b', kind: 'rising', gap: 9 };
  if (kind === 'mixed') symbol.hatch = { colour: withAlpha('#dd4d46', 0.5), kind: 'falling', gap: 10 };
  return symbol;
}

function controlArea(properties: Properties, dark: boolean): Symbol {
  const kind = text(properties, 'kind', 'other');
  const colours = CONTROL[kind] ?? CONTROL.other!;
  const colour = dark ? colours.dark : colours.light;
  const hatches: Record<string, Hatch['kind']> = { green_line: 'falling', blue_line: 'level', flood: 'level', wetland: 'dots', purple_line: 'cross', historic: 'cross', farmland: 'dots', ecology: 'falling' };
  const line: Line = { colour, width: kind === 'urban_boundary' ? 2.6 : 1.6 };
  if (text(properties, 'status', 'in_force') !== 'in_force') line.dash = [8, 5];
  // The urban boundary holds the whole city: a hatch would lie over everything and say nothing.
  if (kind === 'urban_boundary') return { value: kind, line: { ...line, dash: line.dash ?? [14, 5] } };
  return { value: kind, line, hatch: { colour: withAlpha(colour, dark ? 0.42 : 0.34), kind: hatches[kind] ?? 'rising', gap: 11 } };
}

/** Width in pixels at zoom 16; the map scales it. */
export const ROAD_WIDTH: Record<string, number> = {
  expressway: 13, trunk: 12, arterial: 10.5, collector: 8.5, local: 6.5, lane: 4.5, service: 3.5, path: 1.6, rail: 2.4,
};

function road(kind: string, dark: boolean): Symbol {
  const palette = paletteOf(dark);
  const width = ROAD_WIDTH[kind] ?? 5;
  if (kind === 'rail') return { value: kind, line: { colour: palette.ground, width: 1.4, dash: [7, 7], casing: { colour: palette.rail, width: 3.4 } } };
  if (kind === 'path') return { value: kind, line: { colour: palette.rail, width, dash: [4, 3] } };
  const fill = !dark && kind === 'expressway' ? '#fbeecb' : palette.roadFill;
  return { value: kind, line: { colour: fill, width, casing: { colour: palette.roadCasing, width: width + 2 } } };
}

const WITHOUT_FORCE = new Set(['lapsed', 'withdrawn', 'refused', 'superseded']);

function permit(properties: Properties, dark: boolean): Symbol {
  const palette = paletteOf(dark);
  const status = text(properties, 'status', 'unknown');
  const mark = (fill: string, edge: string): Mark => ({ shape: 'triangle', radius: 7, fill, edge, edgeWidth: 2 });
  const soft = withAlpha(palette.permit, 0.12);
  if (status === 'breach') {
    return {
      value: status, fill: withAlpha(palette.breach, 0.16), hatch: { colour: palette.breach, kind: 'rising', gap: 7 },
      line: { colour: palette.breach, width: 2.6 }, mark: mark(palette.breach, palette.halo),
    };
  }
  if (WITHOUT_FORCE.has(status)) {
    const dash = status === 'superseded' ? [2, 3] : [6, 3];
    return { value: status, fill: withAlpha(palette.permitGrey, 0.14), line: { colour: palette.permitGrey, width: 1.6, dash }, mark: mark(palette.disc, palette.permitGrey) };
  }
  if (status === 'applied') return { value: status, fill: soft, line: { colour: palette.permit, width: 2, dash: [1.5, 4] }, mark: mark(palette.disc, palette.permit) };
  if (status === 'approved') return { value: status, fill: soft, line: { colour: palette.permit, width: 2.2 }, mark: mark(palette.disc, palette.permit) };
  if (status === 'building') {
    return { value: status, fill: soft, hatch: { colour: withAlpha(palette.permit, 0.55), kind: 'falling', gap: 8 }, line: { colour: palette.permit, width: 2.2 }, mark: mark(palette.disc, palette.permit) };
  }
  if (status === 'built') return { value: status, fill: withAlpha(palette.permit, 0.36), line: { colour: palette.permit, width: 1.6 }, mark: mark(palette.permit, palette.halo) };
  return { value: status, fill: withAlpha(palette.permitGrey, 0.08), line: { colour: palette.permitGrey, width: 1.4, dash: [1.5, 3] }, mark: mark(palette.disc, palette.permitGrey) };
}

const RANKS: Record<string, { width: number; dash?: number[] }> = {
  country: { width: 3.4, dash: [16, 5, 3, 5] },
  province: { width: 2.8, dash: [14, 5, 2.5, 5] },
  city: { width: 2.4, dash: [12, 4, 2, 4, 2, 4] },
  county: { width: 2, dash: [11, 4, 2, 4] },
  town: { width: 1.5, dash: [8, 5] },
  village: { width: 1.2, dash: [2, 4] },
};

function boundary(rank: string, dark: boolean): Symbol {
  const colour = paletteOf(dark).boundary;
  const pattern = RANKS[rank] ?? RANKS.county!;
  return { value: rank, line: { colour, ...pattern, casing: { colour: withAlpha(colour, 0.16), width: pattern.width + 4 } } };
}

/** Lines grow from half their width far out (zoom 12) to the whole at zoom 16. */
export function thinned(symbol: Symbol, zoom: number): Symbol {
  const factor = Math.max(0.5, Math.min(1, 0.5 + (zoom - 12) / 8));
  return symbol.line && factor < 1 ? { ...symbol, line: { ...symbol.line, width: symbol.line.width * factor } } : symbol;
}
