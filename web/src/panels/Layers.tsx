// Which layers are drawn, how strongly, in which order; and whose data they are.
import type { JSX } from 'preact';
import { scaleNumber } from '../coordinates/mercator';
import { designOf, type Shown } from '../state/layers';
import type { LayerInfo } from '../api/types';
import * as format from '../text/format';
import { useActions, useShown, useTexts } from './context';
import { Icon } from './icons';

export function Layers(): JSX.Element {
  const t = useTexts();
  const actions = useActions();
  const lang = useShown((state) => state.lang);
  const shown = useShown((state) => state.shown);
  const layers = useShown((state) => state.layers);
  const city = useShown((state) => state.city);
  const basemap = useShown((state) => state.basemap);
  const topFirst = [...shown].reverse();
  return (
    <>
      <p class="hint">{t.layers.hint}</p>
      <ul class="layers">
        {topFirst.map((layer, at) => {
          const info = layers.find(({ id }) => id === layer.id);
          return info ? <Row key={layer.id} layer={layer} info={info} first={at === 0} last={at === topFirst.length - 1} /> : null;
        })}
        {city?.basemap && (
          <li>
            <label class="switch"><input type="checkbox" checked={basemap} onChange={(event) => actions.setBasemap(event.currentTarget.checked)} /><span>{t.layers.basemap}</span></label>
            <small class="facts-line">{typeof city.basemap.attribution === 'string' ? city.basemap.attribution : city.basemap.attribution[lang]}</small>
          </li>
        )}
      </ul>
      <Sources />
    </>
  );
}

function Row({ layer, info, first, last }: { layer: Shown; info: LayerInfo; first: boolean; last: boolean }): JSX.Element {
  const t = useTexts();
  const actions = useActions();
  const lang = useShown((state) => state.lang);
  const view = useShown((state) => state.view);
  const { minZoom } = designOf(layer.id);
  const name = info.title[lang];
  const tooFar = layer.visible && view.zoom < minZoom;
  const facts = [info.count === 0 ? t.layers.empty : t.layers.count(format.integer(info.count)), info.unlocated > 0 ? t.layers.unlocated(format.integer(info.unlocated)) : null, tooFar ? t.layers.zoomIn(format.scale(scaleNumber(minZoom, view.lat))) : null];
  return (
    <li class={layer.visible ? '' : 'off'}>
      <div class="layer-line">
        <label class="switch"><input type="checkbox" checked={layer.visible} onChange={(event) => actions.showLayer(layer.id, event.currentTarget.checked)} /><span>{name}</span></label>
        <span class="order">
          <button type="button" class="quiet small" aria-label={t.layers.up(name)} title={t.layers.up(name)} disabled={first} onClick={() => actions.moveLayer(layer.id, 1)}><Icon name="up" /></button>
          <button type="button" class="quiet small" aria-label={t.layers.down(name)} title={t.layers.down(name)} disabled={last} onClick={() => actions.moveLayer(layer.id, -1)}><Icon name="down" /></button>
        </span>
      </div>
      <div class="layer-line">
        <small class="facts-line">{facts.filter(Boolean).join(' · ')}</small>
        {layer.visible && (
          <input type="range" min="10" max="100" step="5" value={Math.round(layer.opacity * 100)} aria-label={t.layers.opacity(name)} aria-valuetext={`${Math.round(layer.opacity * 100)} %`} onInput={(event) => actions.setOpacity(layer.id, Number(event.currentTarget.value) / 100)} />
        )}
      </div>
    </li>
  );
}

export function Sources(): JSX.Element {
  const t = useTexts();
  const lang = useShown((state) => state.lang);
  const shown = useShown((state) => state.shown);
  const layers = useShown((state) => state.layers);
  const visible = layers.filter(({ id, count }) => count > 0 && shown.some((layer) => layer.id === id && layer.visible));
  // Layers of one source stand on one line.
  const groups = new Map<string, string[]>();
  for (const { attribution, licence, title, status_date } of visible) {
    const parts = [attribution?.[lang] ?? t.layers.noSource, licence, status_date ? t.layers.status(format.date(status_date)) : null];
    const key = parts.filter(Boolean).join(' · ');
    groups.set(key, [...(groups.get(key) ?? []), title[lang]]);
  }
  return (
    <div class="sources">
      <h3>{t.layers.sources}</h3>
      <dl>
        {[...groups].map(([source, titles]) => <div key={source}><dt>{titles.join(lang === 'zh' ? '、' : ', ')}</dt><dd>{source}</dd></div>)}
      </dl>
    </div>
  );
}
