// What the printed sheet should be; the sheet itself is in PrintView.
import type { JSX } from 'preact';
import { SCALES } from '../state/actions/print';
import * as format from '../text/format';
import { useActions, useShown, useTexts } from './context';
import { Icon } from './icons';

export function Print(): JSX.Element {
  const t = useTexts();
  const actions = useActions();
  const print = useShown((state) => state.print);
  useShown((state) => state.view);
  const scale = actions.printScale();
  return (
    <form
      class="print-form"
      onSubmit={(event) => {
        event.preventDefault();
        actions.setPrint({ scale });
        actions.startPrint();
      }}
    >
      <p class="hint">{t.print.hint}</p>
      <label>{t.print.heading} <small>{t.print.headingHint}</small><input type="text" maxLength={80} value={print.title} onInput={(event) => actions.setPrint({ title: event.currentTarget.value })} /></label>
      <label>{t.print.scale}<select value={scale} onChange={(event) => actions.setPrint({ scale: Number(event.currentTarget.value) })}>{SCALES.map((one) => <option key={one} value={one}>{format.scale(one)}</option>)}</select></label>
      <fieldset class="segments">
        <legend>{t.print.paper}</legend>
        {(['a4', 'a3'] as const).map((paper) => <label key={paper} class={print.paper === paper ? 'on' : ''}><input type="radio" name="paper" checked={print.paper === paper} onChange={() => actions.setPrint({ paper })} />{paper.toUpperCase()}</label>)}
      </fieldset>
      <fieldset class="segments">
        <legend class="hidden">{t.print.paper}</legend>
        {([true, false] as const).map((landscape) => <label key={String(landscape)} class={print.landscape === landscape ? 'on' : ''}><input type="radio" name="landscape" checked={print.landscape === landscape} onChange={() => actions.setPrint({ landscape })} />{landscape ? t.print.landscape : t.print.portrait}</label>)}
      </fieldset>
      <button type="submit" class="primary" disabled={print.working}><Icon name="print" /> {print.working ? t.print.working : t.print.make}</button>
    </form>
  );
}
