// 道路: white with a grey casing, width by class; names along the line.
import { ROAD_WIDTH, symbolOf } from '../../symbols/symbols';
import { speckStyle, keep, labelStyle, lineStyles, namesOf, type StyleMaker } from '../style';

const ORDER = ['path', 'service', 'lane', 'local', 'collector', 'arterial', 'trunk', 'expressway', 'rail'];
const NAMED_FROM: Record<string, number> = { expressway: 12, trunk: 12, arterial: 13, collector: 14, local: 15, lane: 16, service: 16.5, path: 17, rail: 14 };

export const features: StyleMaker = (feature, zoom, look) => {
  const group = speckStyle(feature, look);
  if (group) return group;
  const kind = String(feature.get('class') ?? 'local');
  const step = Math.round(zoom * 4) / 4;
  return keep(`roads ${kind} ${step} ${look.dark}`, () => {
    const symbol = symbolOf('roads', { class: kind }, look.dark);
    if (!symbol.line) return [];
    // Slower than the map far out, so that minor roads stay visible; with it close by, as a road has a width.
    const factor = Math.min(9, step <= 17 ? 2 ** ((step - 16) * 0.62) : 1.54 * 2 ** (step - 17));
    const width = Math.max(symbol.line.casing ? 0.9 : 0.7, symbol.line.width * (kind === 'rail' ? Math.min(1, factor) : factor));
    const edge = step < 13 ? 0.9 : 1.8;
    const line = { ...symbol.line, width, ...(symbol.line.casing ? { casing: { colour: symbol.line.casing.colour, width: kind === 'rail' ? width + 2 : width + edge } } : {}) };
    return lineStyles(line, Math.max(0, ORDER.indexOf(kind)));
  });
};

export const labels: StyleMaker = (feature, zoom, look) => {
  const kind = String(feature.get('class') ?? 'local');
  const { name } = namesOf(feature, look);
  if (!name || zoom < (NAMED_FROM[kind] ?? 15)) return undefined;
  const along = feature.getGeometry()?.getType() !== 'Point';
  return labelStyle(name, look, { size: (ROAD_WIDTH[kind] ?? 5) > 9 ? 12.5 : 11.5, weight: 500, along, priority: 10 + ORDER.indexOf(kind) });
};
