// The panel on the right: layers, legend, measure or print, one at a time.
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { useActions, useShown, useTexts } from './context';
import { Icon } from './icons';
import { Layers } from './Layers';
import { Legend } from './Legend';
import { Measure } from './Measure';
import { Print } from './Print';

const PANELS = { layers: Layers, legend: Legend, measure: Measure, print: Print } as const;

export function ToolPanel(): JSX.Element | null {
  const t = useTexts();
  const actions = useActions();
  const tool = useShown((state) => state.tool);
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (tool && document.activeElement?.closest('.toolbar, .actions')) title.current?.focus();
  }, [tool]);
  if (!tool) return null;
  const Panel = PANELS[tool];
  return (
    <section id="tool-panel" class="tool-panel" aria-label={t.tools[tool]}>
      <div class="tool-top">
        <h2 ref={title} tabIndex={-1}>{t.tools[tool]}</h2>
        <button
          type="button" class="quiet" aria-label={`${t.tools.close} ${t.tools[tool]}`} title={t.tools.close}
          onClick={() => {
            actions.closeTool();
            document.querySelector<HTMLElement>('.toolbar button')?.focus();
          }}
        >
          <Icon name="close" />
        </button>
      </div>
      <div class="tool-body" tabIndex={0}><Panel /></div>
    </section>
  );
}
