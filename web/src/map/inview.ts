// Counts what is drawn in the window, for the legend and for the description in words.
import type OlMap from 'ol/Map';
import type { InView } from '../state/state';
import { LEGEND_FIELD } from '../symbols/symbols';
import type { Drawn } from './sources';
import { namesOf, type Look } from './style';

const NAMED = new Set(['divisions', 'place_names', 'roads']);
const NAMES = 8;

export function inViewOf(map: OlMap, drawn: readonly Drawn[], look: Look): Pick<InView, 'counts' | 'names'> {
  const extent = map.getView().calculateExtent(map.getSize());
  const zoom = map.getView().getZoom() ?? 0;
  const counts: Record<string, Record<string, number>> = {};
  for (const { id, features } of drawn) {
    if (!features.getVisible() || zoom <= features.getMinZoom()) continue;
    const seen = new Set<string>();
    const counted: Record<string, number> = {};
    const field = LEGEND_FIELD[id];
    for (const feature of features.getFeaturesInExtent(extent)) {
      const key = String(feature.getId());
      if (seen.has(key)) continue;
      seen.add(key);
      const count = feature.get('count');
      // Areas and lines that were merged are painted by their main kind.
      const isGroup = typeof count === 'number' && feature.getGeometry()?.getType() === 'Point';
      const value = isGroup ? 'count' : field ? String(feature.get(field) ?? '') : '';
      counted[value] = (counted[value] ?? 0) + (typeof count === 'number' ? count : 1);
    }
    if (seen.size > 0) counts[id] = counted;
  }
  return { counts, names: namesInView(extent, zoom, drawn, look) };
}

function namesInView(extent: number[], zoom: number, drawn: readonly Drawn[], look: Look): string[] {
  const names = new Set<string>();
  for (const { id, labels } of drawn) {
    if (!NAMED.has(id) || !labels?.getVisible() || zoom <= labels.getMinZoom()) continue;
    for (const feature of labels.getFeaturesInExtent(extent)) {
      const { name } = namesOf(feature, look);
      if (name && names.size < NAMES) names.add(name);
    }
  }
  return [...names];
}
