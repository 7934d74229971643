// 门牌: dots from zoom 17, numbers where they fit from zoom 18.
import { paletteOf } from '../../symbols/palette';
import { symbolOf } from '../../symbols/symbols';
import { groupStyle, keep, labelStyle, markStyle, textOf, type StyleMaker } from '../style';

export const features: StyleMaker = (feature, zoom, look) => {
  const colour = paletteOf(look.dark).door;
  const group = groupStyle(feature, look, colour);
  if (group) return group;
  const mark = keep(`plates ${look.dark}`, () => {
    const symbol = symbolOf('door_plates', {}, look.dark);
    return symbol.mark ? markStyle(symbol.mark) : undefined;
  });
  const number = textOf(feature.get('number'));
  if (!mark || !number || zoom < 18) return mark;
  return [mark, labelStyle(number, look, { size: zoom >= 19 ? 12 : 11, weight: 600, colour, offsetY: -9, priority: 1 })];
};
