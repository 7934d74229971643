// 控制线与控制区: outline and hatch in the colour of the line's own name; dashed while not in force.
import { CONTROL } from '../../symbols/palette';
import { symbolOf } from '../../symbols/symbols';
import { codeName } from '../../text/describe';
import { areaStyles, speckStyle, keep, labelStyle, namesOf, textOf, type StyleMaker } from '../style';

export const features: StyleMaker = (feature, _, look) => {
  const group = speckStyle(feature, look);
  if (group) return group;
  const properties = { kind: feature.get('kind'), status: feature.get('status') };
  return keep(`control ${properties.kind} ${properties.status} ${look.dark}`, () => areaStyles(symbolOf('control_areas', properties, look.dark)));
};

export const labels: StyleMaker = (feature, zoom, look) => {
  const kind = String(feature.get('kind') ?? 'other');
  const text = namesOf(feature, look).name ?? codeName('control_areas', 'kind', kind, look.lang);
  const colours = CONTROL[kind] ?? CONTROL.other;
  if (!text || !colours) return undefined;
  return labelStyle(text, look, { size: 11, weight: 600, colour: look.dark ? colours.dark : colours.light, second: zoom >= 17 ? textOf(feature.get('code')) : null, priority: 3 });
};
