// The plain sheet: heading, map to scale, legend, sources, notice. Printed by the browser, nothing else on the page is.
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import * as format from '../text/format';
import { useActions, useShown, useTexts } from './context';
import { Icon } from './icons';
import { Sources } from './Layers';
import { LegendList } from './Legend';

export function PrintView(): JSX.Element | null {
  const t = useTexts();
  const actions = useActions();
  const print = useShown((state) => state.print);
  const city = useShown((state) => state.city);
  const lang = useShown((state) => state.lang);
  const sequence = useShown((state) => state.live.sequence);
  const button = useRef<HTMLButtonElement>(null);
  const { picture } = print;
  useEffect(() => {
    if (picture) button.current?.focus();
  }, [picture]);
  if (!picture || !city) return null;
  // The longest round bar of at most 40 mm.
  const bar_m = format.barLengthM(print.scale / 1000, 40);
  const notice = city.notice?.[lang] ?? (city.fictional ? t.notice.fictional : null);
  return (
    <div class={`print-view ${print.paper}-${print.landscape ? 'landscape' : 'portrait'}`} role="dialog" aria-modal="true" aria-label={t.print.view}>
      <div class="print-bar">
        <button type="button" class="primary" ref={button} onClick={() => window.print()}><Icon name="print" /> {t.print.now}</button>
        <button type="button" onClick={() => actions.endPrint()}><Icon name="back" /> {t.print.back}</button>
      </div>
      <article class="paper">
        <header>
          <h1>{print.title || city.name[lang]}</h1>
          <p class="figures">{[print.title ? city.name[lang] : null, t.print.made(format.date(new Date().toISOString())), sequence === null ? null : t.print.sequence(format.integer(sequence))].filter(Boolean).join(' · ')}</p>
        </header>
        <div class="paper-map">
          <img src={picture.url} alt={t.app.map} style={{ width: `${picture.width_mm}mm`, height: `${picture.height_mm}mm` }} />
          <div class="paper-scale figures"><span class="north" aria-hidden="true">▲<br />{t.print.north}</span><span class="bar" style={{ width: `${(bar_m * 1000) / print.scale}mm` }}>{format.about(bar_m)}</span><strong>{format.scale(print.scale)}</strong></div>
        </div>
        {notice && <p class="paper-notice">{notice}</p>}
        <div class="paper-foot">
          <LegendList light prefix="paper" />
          <div>
            <Sources />
            <p>{city.working_crs.name} ({city.working_crs.definition}) · {t.print.disclaimer}</p>
          </div>
        </div>
      </article>
    </div>
  );
}
