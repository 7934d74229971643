// 宗地: thin outlines only, from zoom 16.
import { symbolOf } from '../../symbols/symbols';
import { areaStyles, groupStyle, keep, type StyleMaker } from '../style';

export const features: StyleMaker = (feature, _, look) =>
  groupStyle(feature, look) ?? keep(`parcels ${look.dark}`, () => areaStyles(symbolOf('parcels', {}, look.dark)));
