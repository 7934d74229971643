// 宗地: thin outlines only, from zoom 16.
import { symbolOf } from '../../symbols/symbols';
import { areaStyles, speckStyle, keep, type StyleMaker } from '../style';

export const features: StyleMaker = (feature, _, look) =>
  speckStyle(feature, look) ?? keep(`parcels ${look.dark}`, () => areaStyles(symbolOf('parcels', {}, look.dark)));
