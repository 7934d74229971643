// Where the pointer is, how large things are drawn, and at which time and sequence the data stands.
import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { groundResolutionM, scaleNumber } from '../coordinates/mercator';
import { workingCrs } from '../coordinates/working';
import * as format from '../text/format';
import { useShown, useTexts } from './context';

export function StatusLine(): JSX.Element {
  const t = useTexts();
  return (
    <footer class="status" aria-label={t.app.status}>
      <Position />
      <Scale />
      <Live />
    </footer>
  );
}

function Position(): JSX.Element | null {
  const t = useTexts();
  const pointer = useShown((state) => state.pointer);
  const view = useShown((state) => state.view);
  const ready = useShown((state) => state.start === 'ready');
  const city = useShown((state) => state.city);
  const crs = useMemo(() => (city ? workingCrs(city.working_crs.proj4) : null), [city]);
  if (!ready) return null;
  const point = pointer ?? view;
  const at = crs?.forward(point);
  const { lon, lat } = format.lonLat(point);
  return (
    <p class="coordinates figures">
      <span class="which">{pointer ? t.status.pointer : t.status.centre}</span>
      {at && (
        <span class="pair" title={city?.working_crs.name}>
          <abbr title={`${t.status.east} · ${city?.working_crs.name}`}>E</abbr> <b>{format.working(at).east}</b> <abbr title={`${t.status.north} · ${city?.working_crs.name}`}>N</abbr> <b>{format.working(at).north}</b>
          <small> {city?.working_crs.definition.length && city.working_crs.definition.length < 14 ? city.working_crs.definition : city?.working_crs.name}</small>
        </span>
      )}
      <span class="pair wgs"><abbr title={t.status.lon}>{t.status.lon}</abbr> <b>{lon}</b> <abbr title={t.status.lat}>{t.status.lat}</abbr> <b>{lat}</b><small> WGS 84</small></span>
    </p>
  );
}

function Scale(): JSX.Element | null {
  const t = useTexts();
  const view = useShown((state) => state.view);
  const ready = useShown((state) => state.start === 'ready');
  if (!ready) return null;
  const metres_per_px = groundResolutionM(view.zoom, view.lat);
  const bar_m = format.barLengthM(metres_per_px, 110);
  return (
    <p class="scale figures">
      <span class="bar" style={{ width: `${Math.round(bar_m / metres_per_px)}px` }}><span>{format.about(bar_m)}</span></span>
      <span class="scale-number"><span class="hidden">{t.status.scale} </span>{format.scale(scaleNumber(view.zoom, view.lat))}</span>
    </p>
  );
}

function Live(): JSX.Element {
  const t = useTexts();
  const live = useShown((state) => state.live);
  const status = live.status === 'stale' ? t.status.stale(live.since ? format.time(live.since) : '') : t.status[live.status];
  const hint = live.status === 'stale' ? t.status.staleHint : t.status.liveHint;
  return (
    <p class={`live ${live.status}`} role="status" title={hint}>
      <i aria-hidden="true" />
      <span class="live-word">{status}</span>
      {live.sequence !== null && <span class="figures sequence" data-sequence={live.sequence}>{[live.changed_at ? format.time(live.changed_at) : null, t.status.sequence(format.integer(live.sequence))].filter(Boolean).join(' · ')}</span>}
    </p>
  );
}
