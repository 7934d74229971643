// The legend of what is in view, and nothing else.
import type { JSX } from 'preact';
import { LEGEND_FIELD, symbolOf } from '../symbols/symbols';
import type { Lang } from '../api/types';
import { texts } from '../text';
import { codeName, layerTitle } from '../text/describe';
import * as format from '../text/format';
import { useShown, useTexts } from './context';
import { Swatch } from './Swatch';

const AREAS = new Set(['zoning', 'parcels', 'control_areas', 'buildings', 'permits', 'divisions']);

export function Legend(): JSX.Element {
  const t = useTexts();
  return (
    <>
      <p class="hint">{t.legend.hint}</p>
      <LegendList light={false} prefix="legend" />
    </>
  );
}

/** `light`: in the colours of the light map whatever the theme, for paper. */
export function LegendList({ light, prefix }: { light: boolean; prefix: string }): JSX.Element {
  const t = useTexts();
  const lang = useShown((state) => state.lang);
  const dark = useShown((state) => state.dark) && !light;
  const layers = useShown((state) => state.layers);
  const shown = useShown((state) => state.shown);
  const counts = useShown((state) => state.inView.counts);
  const inView = [...shown].reverse().filter(({ id }) => counts[id]);
  if (inView.length === 0) return <p class="message">{t.legend.empty}</p>;
  return (
    <div class="legend">
      {inView.map(({ id }) => {
        const field = LEGEND_FIELD[id];
        const values = Object.entries(counts[id] ?? {}).filter(([value]) => value !== 'count').sort(([a], [b]) => order(id, a, lang) - order(id, b, lang));
        const grouped = counts[id]?.count;
        return (
          <section key={id}>
            <h3>{layerTitle(id, layers, lang)}</h3>
            <ul>
              {values.map(([value, count]) => (
                <li key={value}>
                  <Swatch id={`${prefix}-${id}-${value}`} area={AREAS.has(id)} symbol={symbolOf(id, field ? { [field]: value } : {}, dark)} />
                  <span>{field && value !== '' ? codeName(id, field, value, lang) : layerTitle(id, layers, lang)}</span>
                  <small class="figures">{format.integer(count)}</small>
                </li>
              ))}
              {grouped && (
                <li>
                  <svg class="swatch" viewBox="0 0 34 20" width="34" height="20" aria-hidden="true"><circle cx="17" cy="10" r="8" class="disc" /><text x="17" y="13.5" text-anchor="middle" class="disc-text">12</text></svg>
                  <span>{t.legend.cluster}</span>
                  <small class="figures">{format.integer(grouped)}</small>
                </li>
              )}
            </ul>
          </section>
        );
      })}
    </div>
  );
}

/** In the order in which the texts name them, which is the order of the trade. */
function order(layer: string, value: string, lang: Lang): number {
  const at = Object.keys(texts(lang).codes[layer]?.[LEGEND_FIELD[layer] ?? ''] ?? {}).indexOf(value);
  return at < 0 ? 999 : at;
}
