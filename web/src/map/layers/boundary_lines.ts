// 行政区域界线: the usual dash-dot pattern of the rank over a pale band.
import { symbolOf } from '../../symbols/symbols';
import { speckStyle, keep, lineStyles, type StyleMaker } from '../style';

const ORDER = ['village', 'town', 'county', 'city', 'province', 'country'];

export const features: StyleMaker = (feature, zoom, look) => {
  const group = speckStyle(feature, look);
  if (group) return group;
  const rank = String(feature.get('rank') ?? 'county');
  if (rank === 'village' && zoom < 12) return undefined;
  return keep(`boundary ${rank} ${look.dark}`, () => {
    const { line } = symbolOf('boundary_lines', { rank }, look.dark);
    return line ? lineStyles(line, ORDER.indexOf(rank)) : [];
  });
};
