// 地名: a small mark and the name, the other language below it close up. Areas such as lakes and parks are tinted.
import { paletteOf } from '../../symbols/palette';
import { symbolOf } from '../../symbols/symbols';
import { areaStyles, groupStyle, keep, labelStyle, markStyle, namesOf, type StyleMaker } from '../style';

const WATERY = new Set(['water', 'island']);
const FROM: Record<string, number> = { mountain: 11, water: 11, district: 11, island: 12, park: 13, station: 13, village: 13, estate: 14, hospital: 14, school: 15, government: 15, bridge: 15, square: 14 };

export const features: StyleMaker = (feature, zoom, look) => {
  const group = groupStyle(feature, look);
  if (group) return group;
  const kind = String(feature.get('class') ?? 'other');
  const type = feature.getGeometry()?.getType() ?? 'Point';
  if (type.endsWith('Point') && zoom < 14) return undefined;
  return keep(`places ${kind} ${type} ${look.dark}`, () => {
    const symbol = symbolOf('place_names', { class: kind }, look.dark);
    return type.endsWith('Point') && symbol.mark ? [markStyle(symbol.mark)] : areaStyles(symbol);
  });
};

export const labels: StyleMaker = (feature, zoom, look) => {
  const kind = String(feature.get('class') ?? 'other');
  const { name, other } = namesOf(feature, look);
  if (!name || zoom < (FROM[kind] ?? 15)) return undefined;
  const palette = paletteOf(look.dark);
  const water = look.dark ? '#8fc4e4' : '#1f5f86';
  const big = kind === 'district' || kind === 'mountain' || kind === 'water';
  return labelStyle(name, look, { size: big ? 13 : 12, weight: big ? 600 : 500, colour: WATERY.has(kind) ? water : palette.place, offsetY: zoom >= 14 ? 12 : 0, second: zoom >= 15.5 ? other : null, priority: 7 });
};
