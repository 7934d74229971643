// The map's frame: the element it is drawn into, its buttons, the notice, and the description in words.
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { Tool } from '../state/state';
import { layerTitle } from '../text/describe';
import * as format from '../text/format';
import { scaleNumber } from '../coordinates/mercator';
import { useActions, useShown, useTexts } from './context';
import { Icon } from './icons';

const TOOLS: readonly Tool[] = ['layers', 'legend', 'measure', 'print'];

export function MapFrame({ onMapElement }: { onMapElement: (element: HTMLElement) => void }): JSX.Element {
  const t = useTexts();
  const element = useRef<HTMLDivElement>(null);
  const loading = useShown((state) => state.start === 'loading' || state.inView.loading);
  const measuring = useShown((state) => state.tool === 'measure');
  useEffect(() => {
    if (element.current) onMapElement(element.current);
  }, [onMapElement]);
  return (
    <main class="map-frame" aria-label={t.app.map}>
      <div ref={element} id="map" class={`map${measuring ? ' measuring' : ''}`} tabIndex={0} role="application" aria-label={t.app.map} aria-describedby="map-words" />
      <div class="crosshair" aria-hidden="true" />
      <div class={`progress${loading ? ' on' : ''}`} aria-hidden="true" />
      <Notice />
      <Description />
      <TilesFailed />
      <Toolbar />
      <Attribution />
    </main>
  );
}

function Notice(): JSX.Element | null {
  const t = useTexts();
  const lang = useShown((state) => state.lang);
  const city = useShown((state) => state.city);
  if (!city || (!city.fictional && !city.notice)) return null;
  return <p class="notice" role="note"><Icon name="info" /><span>{city.notice?.[lang] ?? t.notice.fictional}</span></p>;
}

/** Whose data is on the map; all of it, with licences, in the layer panel. */
function Attribution(): JSX.Element | null {
  const t = useTexts();
  const actions = useActions();
  const lang = useShown((state) => state.lang);
  const layers = useShown((state) => state.layers);
  const shown = useShown((state) => state.shown);
  const basemap = useShown((state) => (state.basemap ? (state.city?.basemap?.attribution ?? null) : null));
  const open = useShown((state) => state.tool === 'layers');
  const visible = layers.filter(({ id, count }) => count > 0 && shown.some((layer) => layer.id === id && layer.visible));
  const base = typeof basemap === 'string' ? basemap : basemap?.[lang];
  const sources = new Set([...visible.flatMap(({ attribution, licence }) => (attribution ? [[attribution[lang], licence].filter(Boolean).join(', ')] : [])), ...(base ? [base] : [])]);
  if (sources.size === 0) return null;
  return (
    <button type="button" class="attribution" aria-label={`${t.layers.sources}: ${[...sources].join('; ')}`} aria-expanded={open} onClick={() => !open && actions.toggleTool('layers')}>
      <Icon name="info" /><span>{[...sources].join('; ')}</span>
    </button>
  );
}

function TilesFailed(): JSX.Element | null {
  const t = useTexts();
  const actions = useActions();
  const failed = useShown((state) => state.inView.failed);
  if (!failed) return null;
  return <p class="tiles-failed" role="alert"><Icon name="warning" /> {t.status.tilesFailed} <button type="button" onClick={() => actions.retryTiles()}>{t.status.retry}</button></p>;
}

function Toolbar(): JSX.Element {
  const t = useTexts();
  const actions = useActions();
  const tool = useShown((state) => state.tool);
  return (
    <div class="toolbar" role="group" aria-label={t.app.tools}>
      <div class="buttons">
        {TOOLS.map((name) => (
          <button key={name} type="button" class={tool === name ? 'on' : ''} aria-expanded={tool === name} aria-controls="tool-panel" onClick={() => actions.toggleTool(name)}>
            <Icon name={name} /><span>{t.tools[name]}</span>
          </button>
        ))}
      </div>
      <div class="buttons zoom">
        <button type="button" aria-label={t.tools.zoomIn} title={t.tools.zoomIn} onClick={() => actions.zoomBy(1)}><Icon name="plus" /></button>
        <button type="button" aria-label={t.tools.zoomOut} title={t.tools.zoomOut} onClick={() => actions.zoomBy(-1)}><Icon name="minus" /></button>
        <button type="button" aria-label={t.tools.home} title={t.tools.home} onClick={() => actions.toCity()}><Icon name="home" /></button>
      </div>
    </div>
  );
}

/** What a reader who does not see the map should know is on it. */
function Description(): JSX.Element {
  const t = useTexts();
  const lang = useShown((state) => state.lang);
  const { counts, names } = useShown((state) => state.inView);
  const layers = useShown((state) => state.layers);
  const view = useShown((state) => state.view);
  const comma = lang === 'zh' ? '，' : ', ';
  const listed = Object.entries(counts).map(([layer, values]) => `${layerTitle(layer, layers, lang)} ${format.integer(Object.values(values).reduce((sum, count) => sum + count, 0))}`);
  const words = [`${t.describe.inView} ${format.scale(scaleNumber(view.zoom, view.lat))}`, listed.length > 0 ? listed.join(comma) : t.describe.empty, names.join(comma)].filter((part) => part !== '');
  return <p id="map-words" class="hidden">{words.join(lang === 'zh' ? '；' : '; ')}{lang === 'zh' ? '。' : '. '}{t.describe.keys}</p>;
}
