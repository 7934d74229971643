// 界桩: a framed square, its number beside it from zoom 16.
import { paletteOf } from '../../symbols/palette';
import { symbolOf } from '../../symbols/symbols';
import { groupStyle, keep, labelStyle, markStyle, textOf, type StyleMaker } from '../style';

export const features: StyleMaker = (feature, zoom, look) => {
  const colour = paletteOf(look.dark).boundary;
  const group = groupStyle(feature, look, colour);
  if (group) return group;
  const mark = keep(`markers ${look.dark}`, () => {
    const symbol = symbolOf('boundary_markers', {}, look.dark);
    return symbol.mark ? markStyle(symbol.mark) : undefined;
  });
  const number = textOf(feature.get('number'));
  if (!mark || !number || zoom < 16) return mark;
  return [mark, labelStyle(number, look, { size: 11, weight: 600, colour, offsetX: 9, align: 'left', priority: 8 })];
};
