// The list of results, the text twin of the map; and the card for typed coordinates.
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { geodesicDistanceM } from '../coordinates/geodesic';
import { inside } from '../coordinates/point';
import type { Reading } from '../coordinates/parse';
import type { Place } from '../api/types';
import { MOST_PLACES, positionOf } from '../state/actions/search';
import { codeName, layerTitle, placeTexts, whyFound } from '../text/describe';
import * as format from '../text/format';
import { problemText } from '../text';
import { useActions, useShown, useTexts } from './context';
import { Icon } from './icons';
import { Recent } from './Recent';

export function Results(): JSX.Element {
  const t = useTexts();
  const search = useShown((state) => state.search);
  const lang = useShown((state) => state.lang);
  if (search.query.trim() === '') return <Welcome />;
  if (search.readings.length > 0) return <CoordinateCard readings={search.readings} taken={search.reading} />;
  if (search.status === 'failed' && search.problem) {
    return (
      <div class="message problem">
        <h2>{t.search.failed}</h2>
        <p>{problemText(search.problem, lang)}</p>
      </div>
    );
  }
  if (search.places.length > 0) return <List places={search.places} />;
  if (search.status === 'ready') {
    return (
      <div class="message">
        <h2>{t.search.none(search.answered.trim())}</h2>
        <p>{t.search.noneHint}</p>
      </div>
    );
  }
  return <Skeleton label={t.search.loading} />;
}

function List({ places }: { places: Place[] }): JSX.Element {
  const t = useTexts();
  const complete = useShown((state) => state.search.complete);
  const truncated = useShown((state) => state.search.truncated);
  const list = useRef<HTMLUListElement>(null);
  const active = useShown((state) => state.search.active);
  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' });
  }, [active]);
  return (
    <>
      <h2 class="list-title">{!complete ? t.search.suggestions : places.length >= MOST_PLACES ? t.search.first(places.length) : t.search.count(places.length)}</h2>
      <ul ref={list} id="results" role="listbox" class="results" aria-label={t.search.results}>
        {places.map((place, index) => <Result key={`${place.properties.geocoding.layer}/${place.properties.geocoding.id}`} place={place} index={index} active={index === active} />)}
      </ul>
      {truncated && <p class="hint warn"><Icon name="warning" /> {t.search.truncated}</p>}
      {complete && places.length >= MOST_PLACES && <p class="hint">{t.search.limited(places.length)}</p>}
    </>
  );
}

function Result({ place, index, active }: { place: Place; index: number; active: boolean }): JSX.Element {
  const t = useTexts();
  const actions = useActions();
  const lang = useShown((state) => state.lang);
  const layers = useShown((state) => state.layers);
  const view = useShown((state) => state.view);
  const { layer, kind, division, address } = place.properties.geocoding;
  const { title, other } = placeTexts(place, lang);
  const at = positionOf(place);
  const sort = layer === null ? t.coordinate.title : kind && kind !== layer ? (codeName(layer, 'class', kind, lang) ?? kind) : layerTitle(layer, layers, lang);
  const facts = [sort, address && address !== title ? address : null, division, at ? t.search.away(format.about(geodesicDistanceM(view, at))) : t.search.noPosition];
  const why = whyFound(place, lang);
  return (
    // Keys are handled by the combobox that owns this list.
    <li id={`result-${index}`} role="option" aria-selected={active} class={active ? 'active' : ''} onClick={() => void actions.choose(index)} onPointerMove={() => !active && actions.highlight(index)}>
      <span class={`number${at ? '' : ' nowhere'}`} aria-hidden="true">{index + 1}</span>
      <span class="result-text">
        <strong>{title}</strong>
        {other && <span class="other"> {other}</span>}
        <small>{facts.filter(Boolean).join(' · ')}</small>
        {why && <small class={`why${why.unsure ? ' unsure' : ''}`}>{why.unsure && <Icon name="warning" />}{why.text}</small>}
      </span>
    </li>
  );
}

function CoordinateCard({ readings, taken }: { readings: Reading[]; taken: number }): JSX.Element | null {
  const t = useTexts();
  const actions = useActions();
  const city = useShown((state) => state.city);
  const reading = readings[taken] ?? readings[0];
  if (!reading) return null;
  const nameOf = (one: Reading): string => (one.system === 'working' ? (city?.working_crs.name ?? t.coordinate.systems.working) : t.coordinate.systems[one.system]);
  const hintOf = (one: Reading): string => [t.coordinate.orders[one.order], t.coordinate.systemHints[one.system], one.zone === null ? '' : t.coordinate.zone(one.zone)].filter((part) => part !== '').join(' · ');
  const { lon, lat } = format.lonLat(reading.point);
  const isFar = city?.extent ? !inside(reading.point, city.extent) : false;
  return (
    <section class="card" aria-label={t.coordinate.title}>
      <h2>{t.coordinate.taken(nameOf(reading), t.coordinate.orders[reading.order])}</h2>
      <p class="figures">WGS 84 {lat}, {lon}</p>
      {reading.zone !== null && <p class="hint">{t.coordinate.zone(reading.zone)}</p>}
      {isFar && <p class="hint warn"><Icon name="warning" /> {t.coordinate.far}</p>}
      <button type="button" class="primary" onClick={() => void actions.goToReading()}><Icon name="go" /> {t.coordinate.go}</button>
      {readings.length > 1 && (
        <fieldset class="choices">
          <legend>{t.coordinate.other}</legend>
          {readings.map((one, index) => (
            <label key={`${one.system} ${one.order} ${one.zone}`}>
              <input type="radio" name="reading" checked={index === taken} onChange={() => void actions.takeReading(index)} />
              <span><strong>{nameOf(one)}</strong> <small>{hintOf(one)}</small></span>
            </label>
          ))}
        </fieldset>
      )}
    </section>
  );
}

function Welcome(): JSX.Element {
  const t = useTexts();
  const start = useShown((state) => state.start);
  const problem = useShown((state) => state.startProblem);
  const lang = useShown((state) => state.lang);
  const isEmpty = useShown((state) => state.layers.every(({ count }) => count === 0));
  if (start === 'loading') return <Skeleton label={t.start.loading} />;
  if (start === 'failed') {
    return (
      <div class="message problem">
        <h2>{problem && problem.status !== 0 ? problemText(problem, lang) : t.start.failed}</h2>
        <p>{t.start.failedHint}</p>
      </div>
    );
  }
  if (isEmpty) {
    return (
      <div class="message">
        <h2>{t.start.empty}</h2>
        <p>{t.start.emptyHint}</p>
      </div>
    );
  }
  return (
    <>
      <Recent />
      <div class="message welcome">
        <h2>{t.search.start}</h2>
        <ul>
          {([['search', 0], ['target', 1], ['go', 2]] as const).map(([icon, at]) => <li key={icon}><Icon name={icon} /><span>{t.search.startHints[at]}</span></li>)}
        </ul>
      </div>
    </>
  );
}

export function Skeleton({ label }: { label: string }): JSX.Element {
  return (
    <div class="skeleton" role="status">
      <span class="hidden">{label}</span>
      {[0, 1, 2].map((row) => <div key={row}><i /><i /></div>)}
    </div>
  );
}
