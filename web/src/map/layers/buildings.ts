// 建筑物: light grey with a darker edge from zoom 16; storeys as a small number from zoom 18.
import { paletteOf } from '../../symbols/palette';
import { symbolOf } from '../../symbols/symbols';
import { areaStyles, speckStyle, keep, labelStyle, namesOf, textOf, type StyleMaker } from '../style';

export const features: StyleMaker = (feature, _, look) =>
  speckStyle(feature, look) ?? keep(`buildings ${look.dark}`, () => areaStyles(symbolOf('buildings', {}, look.dark)));

export const labels: StyleMaker = (feature, zoom, look) => {
  const { name } = namesOf(feature, look);
  const levels = textOf(feature.get('levels'));
  if (name) return labelStyle(name, look, { size: 11, colour: paletteOf(look.dark).mutedText, priority: 4 });
  return zoom >= 18 && levels ? labelStyle(`${levels}F`, look, { size: 10, weight: 400, colour: paletteOf(look.dark).mutedText, priority: 0 }) : undefined;
};
