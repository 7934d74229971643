// 行政区划: a faint outline and a wide label; the legal line itself is drawn by the boundary lines.
import { paletteOf } from '../../symbols/palette';
import { symbolOf } from '../../symbols/symbols';
import { areaStyles, speckStyle, keep, labelStyle, namesOf, type StyleMaker } from '../style';

const SHOWN_TO: Record<string, number> = { country: 6, province: 9, city: 12, county: 14, town: 16, village: 18 };
const SIZE: Record<string, number> = { province: 18, city: 17, county: 16, town: 14, village: 12 };

export const features: StyleMaker = (feature, _, look) =>
  speckStyle(feature, look) ?? keep(`divisions ${look.dark}`, () => areaStyles(symbolOf('divisions', {}, look.dark)));

export const labels: StyleMaker = (feature, zoom, look) => {
  const level = String(feature.get('level') ?? 'town');
  const { name, other } = namesOf(feature, look);
  if (!name || zoom > (SHOWN_TO[level] ?? 18)) return undefined;
  if (level === 'village' && zoom < 13) return undefined;
  return labelStyle(name, look, { size: SIZE[level] ?? 13, weight: 600, colour: paletteOf(look.dark).division, second: zoom >= 14 ? other : null, priority: level === 'village' ? 5 : 20 });
};
