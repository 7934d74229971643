// 规划用地: the hue of the class at 55 %, outlined from zoom 13, the code as text from zoom 15, its name from zoom 16.
import { symbolOf } from '../../symbols/symbols';
import { areaStyles, speckStyle, keep, labelStyle, textOf, type StyleMaker } from '../style';

/** Further out, outlines would be all that is seen of small zones. */
const OUTLINED_FROM = 13;

export const features: StyleMaker = (feature, zoom, look) => {
  const group = speckStyle(feature, look);
  if (group) return group;
  const properties = { class: feature.get('class'), status: feature.get('status') };
  const outlined = zoom >= OUTLINED_FROM;
  return keep(`zoning ${properties.class} ${properties.status} ${look.dark} ${outlined}`, () => {
    const { line, ...area } = symbolOf('zoning', properties, look.dark);
    return areaStyles(outlined && line ? { ...area, line } : area);
  });
};

export const labels: StyleMaker = (feature, zoom, look) => {
  const code = textOf(feature.get('land_use'));
  // The land under the streets: its code would stand in every street.
  if (!code || (code.startsWith('1207') && zoom < 17)) return undefined;
  const name = look.lang === 'zh' && zoom >= 16.5 ? textOf(feature.get('land_use_name')) : null;
  return labelStyle(code, look, { size: zoom >= 17 ? 12.5 : 11, weight: 500, second: name, priority: 2 });
};
