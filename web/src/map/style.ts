// Symbols as OpenLayers styles, and the few styles all layers share. Styles are kept and reused: a tile asks thousands of times.
import type { FeatureLike } from 'ol/Feature';
import { Circle, Fill, RegularShape, Stroke, Style, Text } from 'ol/style';
import { paletteOf } from '../symbols/palette';
import type { Hatch, Line, Mark, Symbol } from '../symbols/symbols';
import type { Lang } from '../api/types';
import { fromMercator } from '../coordinates/mercator';
import type { Extent } from '../coordinates/point';

/** What styles depend on besides the feature. */
export interface Look {
  dark: boolean;
  lang: Lang;
}

/** Zoom counts tiles of 512 pixels. */
export type StyleMaker = (feature: FeatureLike, zoom: number, look: Look) => Style | Style[] | undefined;

export const FONT = 'system-ui, "Noto Sans", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Source Han Sans SC", sans-serif';

const kept = new Map<string, unknown>();

export function keep<T>(key: string, make: () => T): T {
  const found = kept.get(key);
  if (found !== undefined) return found as T;
  if (kept.size > 4000) kept.clear();
  const made = make();
  kept.set(key, made);
  return made;
}

export function areaStyles(symbol: Symbol): Style[] {
  const fill = symbol.hatch ? hatched(symbol.fill, symbol.hatch) : symbol.fill;
  const style = new Style({ ...(fill ? { fill: new Fill({ color: fill }) } : {}), ...(symbol.line ? { stroke: stroke(symbol.line) } : {}) });
  return [style];
}

export function stroke(line: Line): Stroke {
  return new Stroke({ color: line.colour, width: line.width, lineCap: line.dash ? 'butt' : 'round', lineJoin: 'round', ...(line.dash ? { lineDash: line.dash } : {}) });
}

export function lineStyles(line: Line, order: number): Style[] {
  const top = new Style({ stroke: stroke(line), zIndex: order + 100 });
  if (!line.casing) return [top];
  return [new Style({ stroke: new Stroke({ color: line.casing.colour, width: line.casing.width, lineCap: 'butt', lineJoin: 'round' }), zIndex: order }), top];
}

export function markStyle(mark: Mark): Style {
  const paint = { fill: new Fill({ color: mark.fill }), stroke: new Stroke({ color: mark.edge, width: mark.edgeWidth }) };
  if (mark.shape === 'circle') return new Style({ image: new Circle({ radius: mark.radius, ...paint }) });
  const points = mark.shape === 'triangle' ? 3 : 4;
  const angle = mark.shape === 'square' ? Math.PI / 4 : 0;
  return new Style({ image: new RegularShape({ points, radius: mark.radius, angle, ...paint }) });
}

/** Shapes too small for this zoom: a speck, so that nothing vanishes without a sign. Discs with numbers would bury the map. */
export function speckStyle(feature: FeatureLike, look: Look): Style | undefined {
  if (countAt(feature) === null) return undefined;
  return keep(`speck ${look.dark}`, () => new Style({ image: new Circle({ radius: 1.25, fill: new Fill({ color: paletteOf(look.dark).permitGrey }) }) }));
}

/** How many features a point stands for; `null` for a feature of its own, and for areas and lines that were merged: those are painted as what they are. */
function countAt(feature: FeatureLike): number | null {
  const count: unknown = feature.get('count');
  return typeof count === 'number' && feature.getGeometry()?.getType() === 'Point' ? count : null;
}

/** Several features drawn as one: a disc that says how many. */
export function groupStyle(feature: FeatureLike, look: Look, edge?: string): Style | undefined {
  const count = countAt(feature);
  if (count === null) return undefined;
  const label = count >= 10_000 ? `${Math.round(count / 1000)}k` : String(count);
  return keep(`group ${label} ${look.dark} ${edge}`, () => {
    const palette = paletteOf(look.dark);
    const radius = 6.5 + label.length * 2.5;
    return new Style({
      image: new Circle({ radius, fill: new Fill({ color: palette.disc }), stroke: new Stroke({ color: edge ?? palette.mutedText, width: 1.75 }) }),
      text: new Text({ text: label, font: `600 10.5px ${FONT}`, fill: new Fill({ color: palette.discText }), offsetY: 0.5 }),
      zIndex: 500,
    });
  });
}

/** Where the features of a group lie, degrees; `null` for a feature that is none. */
export function groupExtent(feature: FeatureLike): Extent | null {
  if (countAt(feature) === null) return null;
  const extent: unknown = feature.get('extent');
  if (Array.isArray(extent) && extent.length === 4) return extent.map(Number) as Extent;
  const [x = 0, y = 0] = feature.getGeometry()?.getExtent() ?? [];
  const { lon, lat } = fromMercator(x, y);
  return [lon, lat, lon, lat];
}

export interface LabelLook {
  size: number;
  weight?: 400 | 500 | 600 | 700;
  colour?: string;
  /** Pixels below the point; negative above. */
  offsetY?: number;
  offsetX?: number;
  align?: 'left' | 'center';
  along?: boolean;
  priority?: number;
  /** A second, smaller line. */
  second?: string | null;
}

export function labelStyle(text: string, look: Look, label: LabelLook): Style {
  return keep(`label ${text} ${look.dark} ${JSON.stringify(label)}`, () => {
    const palette = paletteOf(look.dark);
    const font = `${label.weight ?? 500} ${label.size}px ${FONT}`;
    const small = `400 ${Math.max(10, label.size - 2.5)}px ${FONT}`;
    return new Style({
      text: new Text({
        text: label.second ? [text, font, '\n', small, label.second, small] : text,
        font,
        fill: new Fill({ color: label.colour ?? palette.text }),
        stroke: new Stroke({ color: palette.halo, width: 3.2 }),
        placement: label.along ? 'line' : 'point',
        maxAngle: Math.PI / 5,
        offsetY: label.offsetY ?? 0,
        offsetX: label.offsetX ?? 0,
        textAlign: label.along ? 'center' : (label.align ?? 'center'),
        padding: label.along ? [1, 4, 1, 4] : [2, 3, 2, 3],
        ...(label.along ? { repeat: 480 } : {}),
      }),
      zIndex: label.priority ?? 0,
    });
  });
}

/** The feature's name in the language, and the other one. */
export function namesOf(feature: FeatureLike, look: Look): { name: string | null; other: string | null } {
  const zh = textOf(feature.get('name'));
  const en = textOf(feature.get('name_en'));
  const [name, other] = look.lang === 'en' ? [en ?? zh, zh] : [zh ?? en, en];
  return { name, other: other === name ? null : other };
}

export function textOf(value: unknown): string | null {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value : null;
}

/** Tiles are drawn on canvases of 512 pixels, so hatches repeat every 8 or 16 pixels and meet at the seams. */
function hatched(fill: string | undefined, hatch: Hatch): CanvasPattern | string {
  return keep(`hatch ${fill} ${hatch.kind} ${hatch.colour} ${hatch.gap}`, () => {
    const size = hatch.gap <= 8 ? 8 : 16;
    const canvas = document.createElement('canvas');
    canvas.width = size;
    canvas.height = size;
    const context = canvas.getContext('2d');
    if (!context) return fill ?? 'transparent';
    if (fill) {
      context.fillStyle = fill;
      context.fillRect(0, 0, size, size);
    }
    context.strokeStyle = hatch.colour;
    context.fillStyle = hatch.colour;
    context.lineWidth = size === 8 ? 1.6 : 1.3;
    if (hatch.kind === 'dots') {
      context.beginPath();
      context.arc(size / 4, size / 4, 1.3, 0, 7);
      context.arc((size * 3) / 4, (size * 3) / 4, 1.3, 0, 7);
      context.fill();
    } else {
      context.beginPath();
      for (const shift of [-size, 0, size]) {
        if (hatch.kind === 'rising' || hatch.kind === 'cross') {
          context.moveTo(shift - 1, size + 1);
          context.lineTo(shift + size + 1, -1);
        }
        if (hatch.kind === 'falling' || hatch.kind === 'cross') {
          context.moveTo(shift - 1, -1);
          context.lineTo(shift + size + 1, size + 1);
        }
      }
      if (hatch.kind === 'level') {
        context.moveTo(0, size / 2);
        context.lineTo(size, size / 2);
      }
      context.stroke();
    }
    return context.createPattern(canvas, 'repeat') ?? fill ?? 'transparent';
  });
}
