// 控制线与控制区: outline and hatch in the colour of the line's own name; dashed while not in force.
import { CONTROL } from '../../symbols/palette';
import { symbolOf, thinned } from '../../symbols/symbols';
import { codeName } from '../../text/describe';
import { areaStyles, speckStyle, keep, labelStyle, namesOf, textOf, type StyleMaker } from '../style';

export const features: StyleMaker = (feature, zoom, look) => {
  const group = speckStyle(feature, look);
  if (group) return group;
  const properties = { kind: feature.get('kind'), status: feature.get('status') };
  const step = Math.min(16, Math.round(zoom));
  return keep(`control ${properties.kind} ${properties.status} ${step} ${look.dark}`, () => areaStyles(thinned(symbolOf('control_areas', properties, look.dark), step)));
};

export const labels: StyleMaker = (feature, zoom, look) => {
  const kind = String(feature.get('kind') ?? 'other');
  // In English the name of the kind says more than a name in hanzi.
  const name = look.lang === 'en' ? textOf(feature.get('name_en')) : namesOf(feature, look).name;
  const text = name ?? codeName('control_areas', 'kind', kind, look.lang);
  const colours = CONTROL[kind] ?? CONTROL.other;
  // Every street has its red lines; named far out they would hide the streets.
  if (!text || !colours || (kind === 'road_red_line' && zoom < 17)) return undefined;
  return labelStyle(text, look, { size: 11, weight: 600, colour: look.dark ? colours.dark : colours.light, second: zoom >= 17 ? textOf(feature.get('code')) : null, priority: 3 });
};
