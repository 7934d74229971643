// What is here: words first, then facts with their source and date, then what else lies here, then what can be done.
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { Feature, IdentifiedLayer } from '../api/types';
import { workingCrs } from '../coordinates/working';
import { describe, layerTitle } from '../text/describe';
import * as format from '../text/format';
import { problemText } from '../text';
import { copy } from './clipboard';
import { useActions, useShown, useTexts } from './context';
import { Facts } from './Facts';
import { Icon } from './icons';
import { Skeleton } from './Results';

export function Inspector(): JSX.Element | null {
  const t = useTexts();
  const actions = useActions();
  const inspector = useShown((state) => state.inspector);
  const lang = useShown((state) => state.lang);
  const hasResults = useShown((state) => state.search.places.length > 0);
  const asOf = useShown((state) => state.as_of);
  const top = useRef<HTMLDivElement>(null);
  const key = inspector ? `${inspector.selection?.layer}/${inspector.selection?.id}` : '';
  useEffect(() => top.current?.closest('.sheet-body')?.scrollTo({ top: 0 }), [key]);
  if (!inspector) return null;
  const { status, feature, identified, problem, point } = inspector;
  const subject = feature && status !== 'failed' ? feature : null;
  return (
    <section class="inspector" aria-label={t.inspector.title} aria-busy={status === 'loading'}>
      <div ref={top} class="inspector-top">
        {hasResults ? (
          <button type="button" class="quiet back" onClick={() => actions.closeInspector()}><Icon name="back" /> {t.search.back}</button>
        ) : (
          <span class="eyebrow">{t.inspector.title}</span>
        )}
        <button type="button" class="quiet" aria-label={t.inspector.close} title={t.inspector.close} onClick={() => actions.closeInspector()}><Icon name="close" /></button>
      </div>
      {status === 'loading' && !feature && <Skeleton label={t.inspector.loading} />}
      {status === 'failed' && problem && (
        <div class="message problem">
          <h2>{t.inspector.failed}</h2>
          <p>{problemText(problem, lang)}</p>
          <button type="button" onClick={() => void actions.refreshInspector()}>{t.inspector.retry}</button>
        </div>
      )}
      {status === 'ready' && problem && <p class="hint warn"><Icon name="warning" /> {problem.status === 404 || problem.status === 410 ? t.inspector.gone : problemText(problem, lang)}</p>}
      {subject && <Subject feature={subject} asOf={asOf} />}
      {status === 'ready' && !subject && identified && <Nothing layers={identified.layers} />}
      {(subject || point) && <Doings />}
      {subject && <Facts feature={subject} />}
      {status === 'ready' && identified && <Here layers={identified.layers} subject={subject} />}
      {point && <Position />}
      {subject && <AsOf />}
    </section>
  );
}

function Subject({ feature, asOf }: { feature: Feature; asOf: string | null }): JSX.Element {
  const t = useTexts();
  const layers = useShown((state) => state.layers);
  const lang = useShown((state) => state.lang);
  const words = describe(feature, layers, lang);
  return (
    <div class={`subject${words.alarm ? ' alarm' : ''}`}>
      <h2>{words.title}</h2>
      {words.other && <p class="other">{words.other}</p>}
      <p class="summary">{words.alarm && <Icon name="warning" />}{words.summary}</p>
      {asOf && <p class="hint warn">{t.inspector.asOfShown(asOf)}</p>}
      {feature.geometry === null && <p class="hint">{t.inspector.noPosition}</p>}
    </div>
  );
}

function Nothing({ layers }: { layers: IdentifiedLayer[] }): JSX.Element {
  const t = useTexts();
  const anyMissing = layers.some(({ outcome }) => outcome === 'no_data');
  return (
    <div class="subject">
      <h2>{t.inspector.nothing}</h2>
      {anyMissing && <p class="hint">{t.inspector.noDataHint}</p>}
    </div>
  );
}

/** The other things found here, then what was looked for in vain, then what could not be looked for. */
function Here({ layers, subject }: { layers: IdentifiedLayer[]; subject: Feature | null }): JSX.Element {
  const t = useTexts();
  const actions = useActions();
  const lang = useShown((state) => state.lang);
  const known = useShown((state) => state.layers);
  const others = layers.map((layer) => ({ ...layer, features: layer.features.filter(({ id, properties }) => !(id === subject?.id && properties.layer === subject.properties.layer)) })).filter(({ features }) => features.length > 0);
  const titles = (outcome: string): string => layers.filter((layer) => layer.outcome === outcome).map((layer) => layer.title?.[lang] ?? layerTitle(layer.layer, known, lang)).join(lang === 'zh' ? '、' : ', ');
  const [none, missing] = [titles('none'), titles('no_data')];
  return (
    <div class="here">
      {others.length > 0 && <h3>{t.inspector.here}</h3>}
      {others.map((layer) => (
        <div key={layer.layer} class="here-layer">
          <h4>{layer.title?.[lang] ?? layer.layer}</h4>
          <ul>
            {layer.features.map((feature) => {
              const words = describe(feature, known, lang);
              const distance = feature.properties.distance_m;
              return (
                <li key={feature.id}>
                  <button type="button" class={`row${words.alarm ? ' alarm' : ''}`} onClick={() => actions.look(feature)}>
                    <strong>{words.title}</strong>
                    <small>{[words.summary, typeof distance === 'number' && distance > 0.5 ? t.inspector.distance(format.about(distance)) : null].filter(Boolean).join(' · ')}</small>
                  </button>
                </li>
              );
            })}
            {(layer.more ?? 0) > 0 && <li class="hint">{t.inspector.more(layer.more ?? 0)}</li>}
          </ul>
        </div>
      ))}
      {none !== '' && <p class="outcome"><strong>{t.inspector.none}</strong> {none}</p>}
      {missing !== '' && <p class="outcome missing"><strong>{t.inspector.noData}</strong> {missing}<br /><small>{t.inspector.noDataHint}</small></p>}
    </div>
  );
}

function Doings(): JSX.Element {
  const t = useTexts();
  const actions = useActions();
  const say = (done: boolean): void => actions.say(done ? 'copied' : 'not_copied');
  return (
    <div class="actions">
      <button type="button" onClick={() => actions.zoomToSelected()}><Icon name="target" /> {t.inspector.zoomTo}</button>
      <button type="button" onClick={() => void copy(window.location.href).then(say)}><Icon name="link" /> {t.inspector.copyLink}</button>
      <button type="button" onClick={() => actions.toggleTool('print')}><Icon name="print" /> {t.inspector.print}</button>
    </div>
  );
}

/** The past of a feature: how it stood on a day. */
function AsOf(): JSX.Element {
  const t = useTexts();
  const actions = useActions();
  const asOf = useShown((state) => state.as_of);
  const today = new Date().toISOString().slice(0, 10);
  return (
    <div class="as-of">
      <label>
        <span>{t.inspector.asOf}</span>
        <input type="date" max={today} value={asOf ?? ''} onChange={(event) => void actions.setAsOf(event.currentTarget.value || null)} />
      </label>
      {asOf && <button type="button" onClick={() => void actions.setAsOf(null)}>{t.inspector.asOfNow}</button>}
      <p class="hint">{t.inspector.asOfHint}</p>
    </div>
  );
}

function Position(): JSX.Element | null {
  const t = useTexts();
  const actions = useActions();
  const point = useShown((state) => state.inspector?.point ?? null);
  const identified = useShown((state) => state.inspector?.identified ?? null);
  const city = useShown((state) => state.city);
  if (!point) return null;
  const at = identified?.point.working ?? (city ? workingCrs(city.working_crs.proj4)?.forward(point) : null) ?? null;
  const { lon, lat } = format.lonLat(point);
  const plain = at ? `${at.x.toFixed(2)}, ${at.y.toFixed(2)}` : '';
  const say = (done: boolean): void => actions.say(done ? 'copied' : 'not_copied');
  return (
    <div class="position">
      <h3>{t.inspector.position}</h3>
      <dl class="figures">
        <div><dt>WGS 84</dt><dd>{lat}, {lon} <CopyButton text={`${lat}, ${lon}`} say={say} /></dd></div>
        {at && <div><dt>{city?.working_crs.name}</dt><dd>E {format.working(at).east} N {format.working(at).north} <CopyButton text={plain} say={say} /></dd></div>}
      </dl>
    </div>
  );
}

function CopyButton({ text, say }: { text: string; say: (done: boolean) => void }): JSX.Element {
  const t = useTexts();
  return (
    <button type="button" class="quiet small" aria-label={`${t.inspector.copyCoordinates} ${text}`} title={t.inspector.copyCoordinates} onClick={() => void copy(text).then(say)}>
      <Icon name="copy" />
    </button>
  );
}
