// 规划许可: drawn by state: applied dotted, approved solid, built filled, without force grey, in breach vermilion with hatch.
import { paletteOf } from '../../symbols/palette';
import { symbolOf, thinned } from '../../symbols/symbols';
import { codeName } from '../../text/describe';
import { areaStyles, groupStyle, keep, labelStyle, markStyle, textOf, type StyleMaker } from '../style';

export const features: StyleMaker = (feature, zoom, look) => {
  const group = groupStyle(feature, look, paletteOf(look.dark).permit);
  if (group) return group;
  const status = String(feature.get('status') ?? 'unknown');
  const isPoint = feature.getGeometry()?.getType().endsWith('Point') ?? false;
  const step = Math.min(16, Math.round(zoom));
  return keep(`permits ${status} ${isPoint} ${step} ${look.dark}`, () => {
    const symbol = thinned(symbolOf('permits', { status }, look.dark), step);
    return isPoint && symbol.mark ? [markStyle(symbol.mark)] : areaStyles(symbol);
  });
};

export const labels: StyleMaker = (feature, zoom, look) => {
  const status = String(feature.get('status') ?? 'unknown');
  const number = textOf(feature.get('case_no'));
  const palette = paletteOf(look.dark);
  const colour = status === 'breach' ? palette.breach : palette.permit;
  const state = codeName('permits', 'status', status, look.lang);
  if (!state || (zoom < 17 && status !== 'breach')) return undefined;
  return labelStyle(state, look, { size: 11, weight: 600, colour, offsetY: 14, second: zoom >= 18 ? number : null, priority: status === 'breach' ? 30 : 6 });
};
