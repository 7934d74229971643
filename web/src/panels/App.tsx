// The page as a whole: which panel stands where. The map itself is drawn by map/ into the element given here.
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { useActions, useShown, useTexts } from './context';
import { Announcer } from './Announcer';
import { Header } from './Header';
import { Login } from './Login';
import { MapFrame } from './MapFrame';
import { PrintView } from './PrintView';
import { Sheet } from './Sheet';
import { StatusLine } from './StatusLine';
import { ToolPanel } from './ToolPanel';

export function App({ onMapElement }: { onMapElement: (element: HTMLElement) => void }): JSX.Element {
  const t = useTexts();
  const printing = useShown((state) => state.print.picture !== null);
  const stop = useShown((state) => state.stop);
  useKeys();
  return (
    <>
      <div class={`page sheet-${stop}`} inert={printing}>
        <a class="skip" href="#search">{t.app.skipToSearch}</a>
        <a class="skip" href="#map">{t.app.skipToMap}</a>
        <Header />
        <Sheet />
        <MapFrame onMapElement={onMapElement} />
        <ToolPanel />
        <StatusLine />
        <Announcer />
        <Login />
      </div>
      <PrintView />
    </>
  );
}

/** `/` goes to the search from anywhere outside a field; Esc goes back one step. */
function useKeys(): void {
  const actions = useActions();
  const open = useShown((state) => (state.print.picture ? 'print' : state.session.open ? 'login' : state.inspector ? 'inspector' : state.tool ? 'tool' : null));
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const field = event.target instanceof Element && event.target.closest('input, textarea, select, [contenteditable]');
      if (event.key === '/' && !field && !event.ctrlKey && !event.metaKey && open !== 'print' && open !== 'login') {
        event.preventDefault();
        const search = document.getElementById('search');
        if (search instanceof HTMLInputElement) {
          search.focus();
          search.select();
        }
      }
      if (event.key !== 'Escape' || event.defaultPrevented || field) return;
      if (open === 'print') actions.endPrint();
      else if (open === 'tool' || (event.target instanceof Element && event.target.closest('.tool-panel'))) actions.closeTool();
      else if (open === 'inspector') {
        actions.closeInspector();
        document.getElementById('search')?.focus();
      }
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [actions, open]);
}
