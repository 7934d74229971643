// Length and area, on the ellipsoid and in the plane side by side; every vertex can be typed, stepped through and moved by key.
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { geodesicAreaM2, geodesicLengthM, planeAreaM2, planeLengthM } from '../coordinates/geodesic';
import { readCoordinates } from '../coordinates/parse';
import type { LonLat } from '../coordinates/point';
import { workingCrs } from '../coordinates/working';
import * as format from '../text/format';
import { useActions, useShown, useTexts } from './context';
import { Icon } from './icons';

export function Measure(): JSX.Element {
  const t = useTexts();
  const actions = useActions();
  const { kind, points } = useShown((state) => state.measure);
  return (
    <>
      <div class="segments" role="radiogroup" aria-label={t.measure.title}>
        {(['length', 'area'] as const).map((one) => (
          <label key={one} class={kind === one ? 'on' : ''}><input type="radio" name="measure" checked={kind === one} onChange={() => actions.measureKind(one)} />{t.measure[one]}</label>
        ))}
      </div>
      <Answer />
      <p class="hint">{t.measure.hint}</p>
      <TypedVertex />
      <Vertices />
      {points.length > 0 && (
        <div class="actions">
          <button type="button" onClick={() => actions.removeVertex(points.length - 1)}><Icon name="back" /> {t.measure.undo}</button>
          <button type="button" onClick={() => actions.clearMeasure()}><Icon name="trash" /> {t.measure.clear}</button>
        </div>
      )}
    </>
  );
}

function Answer(): JSX.Element {
  const t = useTexts();
  const lang = useShown((state) => state.lang);
  const { kind, points } = useShown((state) => state.measure);
  const city = useShown((state) => state.city);
  if (points.length < (kind === 'area' ? 3 : 2)) return <p class="measured empty" role="status">{kind === 'area' ? t.measure.needArea : t.measure.needLength}</p>;
  const crs = city ? workingCrs(city.working_crs.proj4) : null;
  const plane = crs ? points.map((point) => crs.forward(point)) : [];
  const inPlane = plane.length === points.length && plane.every((point) => point !== null) ? plane : null;
  const ring = (list: readonly LonLat[]): LonLat[] => [...list, ...list.slice(0, 1)];
  const ellipsoid = kind === 'area' ? format.area(geodesicAreaM2(points), lang) : format.length(geodesicLengthM(points));
  const flat = inPlane ? (kind === 'area' ? format.area(planeAreaM2(inPlane), lang) : format.length(planeLengthM(inPlane))) : t.measure.outside;
  return (
    <div role="status">
    <dl class="measured figures">
      <div><dt>{t.measure.ellipsoidal}</dt><dd>{ellipsoid}</dd></div>
      <div><dt>{city ? t.measure.planeIn(city.working_crs.name) : t.measure.plane}</dt><dd>{flat}</dd></div>
      {kind === 'area' && <div class="minor"><dt>{t.measure.perimeter}</dt><dd>{format.length(geodesicLengthM(ring(points)))}</dd></div>}
    </dl>
    </div>
  );
}

function TypedVertex(): JSX.Element {
  const t = useTexts();
  const actions = useActions();
  const city = useShown((state) => state.city);
  const view = useShown((state) => state.view);
  const [text, setText] = useState('');
  const [wrong, setWrong] = useState(false);
  const add = (): void => {
    const reading = readCoordinates(text, { extent: city?.extent ?? null, crs: city ? workingCrs(city.working_crs.proj4) : null })[0];
    setWrong(!reading);
    if (!reading) return;
    actions.addVertex(reading.point);
    setText('');
  };
  return (
    <form
      class="typed"
      onSubmit={(event) => {
        event.preventDefault();
        add();
      }}
    >
      <label for="vertex">{t.measure.typed}</label>
      <div class="field-line">
        <input id="vertex" type="text" autocomplete="off" value={text} placeholder={t.measure.typedHint} aria-invalid={wrong} aria-describedby={wrong ? 'vertex-problem' : undefined} onInput={(event) => setText(event.currentTarget.value)} />
        <button type="submit">{t.measure.add}</button>
      </div>
      {wrong && <p id="vertex-problem" class="hint warn" role="alert">{t.measure.notRead}</p>}
      <button type="button" onClick={() => actions.addVertex({ lon: view.lon, lat: view.lat })}><Icon name="target" /> {t.measure.addCentre}</button>
    </form>
  );
}

function Vertices(): JSX.Element | null {
  const t = useTexts();
  const actions = useActions();
  const { points, active } = useShown((state) => state.measure);
  const city = useShown((state) => state.city);
  if (points.length === 0) return null;
  const crs = city ? workingCrs(city.working_crs.proj4) : null;
  const onKeyDown = (index: number) => (event: KeyboardEvent): void => {
    const step = event.shiftKey ? 20 : 2;
    const moves: Record<string, [number, number]> = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] };
    const move = moves[event.key];
    if (move) {
      event.preventDefault();
      actions.nudgeVertex(index, ...move);
    } else if (event.key === 'Delete' || event.key === 'Backspace') actions.removeVertex(index);
  };
  return (
    <div class="vertices">
      <h3>{t.measure.vertices}</h3>
      <p class="hint">{t.measure.vertexHint}</p>
      <ol>
        {points.map((point, index) => {
          const at = crs?.forward(point);
          const words = at ? `E ${format.working(at).east} N ${format.working(at).north}` : `${format.lonLat(point).lat}, ${format.lonLat(point).lon}`;
          return (
            // Vertices have no identity but their place in the line.
            // oxlint-disable-next-line react/no-array-index-key
            <li key={index} class={index === active ? 'active' : ''}>
              <button type="button" class="row figures" aria-label={`${t.measure.vertex(index + 1)}: ${words}`} onFocus={() => actions.stepVertex(index)} onBlur={() => actions.stepVertex(-1)} onKeyDown={onKeyDown(index)}>{words}</button>
              <button type="button" class="quiet small" aria-label={t.measure.remove(index + 1)} title={t.measure.remove(index + 1)} onClick={() => actions.removeVertex(index)}><Icon name="close" /></button>
            </li>
          );
        })}
      </ol>
    </div>
  );
}
