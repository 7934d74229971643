// The place for results or the inspector: a side panel on a wide screen, a bottom sheet with three stops on a small one.
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { Stop } from '../state/state';
import { useActions, useShown, useTexts } from './context';
import { Inspector } from './Inspector';
import { Results } from './Results';

const STOPS: readonly Stop[] = ['peek', 'half', 'full'];
const PEEK_PX = 92;

export const SMALL_SCREEN = '(max-width: 760px)';

export function Sheet(): JSX.Element {
  const t = useTexts();
  const actions = useActions();
  const stop = useShown((state) => state.stop);
  const inspecting = useShown((state) => state.inspector !== null);
  const height = useShown((state) => state.size.height_px);
  const sheet = useRef<HTMLElement>(null);
  const drag = useRef<{ y: number; moved: boolean } | null>(null);

  // The map must know what the sheet covers, so that a chosen place is not hidden below it.
  useEffect(() => {
    const small = window.matchMedia(SMALL_SCREEN).matches;
    const covered = !small ? 0 : stop === 'peek' ? PEEK_PX : Math.round(height * 0.5);
    actions.setStop(stop, covered);
  }, [actions, stop, height]);

  const set = (next: Stop): void => actions.setStop(next, 0);
  const step = (by: 1 | -1): void => set(STOPS[Math.max(0, Math.min(2, STOPS.indexOf(stop) + by))] ?? 'half');

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') return;
    event.preventDefault();
    step(event.key === 'ArrowUp' ? 1 : -1);
  };
  const onPointerMove = (event: PointerEvent): void => {
    if (!drag.current || !sheet.current) return;
    const by = event.clientY - drag.current.y;
    if (Math.abs(by) > 6) drag.current.moved = true;
    if (drag.current.moved) sheet.current.style.setProperty('--pull', `${-by}px`);
  };
  const onPointerUp = (event: PointerEvent): void => {
    if (!drag.current || !sheet.current) return;
    const { y, moved } = drag.current;
    drag.current = null;
    sheet.current.style.removeProperty('--pull');
    sheet.current.classList.remove('dragged');
    const by = event.clientY - y;
    if (!moved) set(stop === 'peek' ? 'half' : stop === 'half' ? 'full' : 'peek');
    else if (Math.abs(by) > 40) step(by < 0 ? 1 : -1);
  };

  return (
    <section ref={sheet} class={`sheet stop-${stop}`} aria-label={t.app.panel}>
      <button
        type="button" class="handle" aria-label={`${t.sheet.handle}: ${t.sheet.stops[stop]}`} onKeyDown={onKeyDown}
        onClick={(event) => {
          if (event.detail === 0) set(stop === 'peek' ? 'half' : stop === 'half' ? 'full' : 'peek');
        }}
        onPointerDown={(event) => {
          drag.current = { y: event.clientY, moved: false };
          event.currentTarget.setPointerCapture(event.pointerId);
          sheet.current?.classList.add('dragged');
        }}
        onPointerMove={onPointerMove} onPointerUp={onPointerUp} onPointerCancel={onPointerUp}
      >
        <i />
      </button>
      <div class="sheet-body" tabIndex={0}>{inspecting ? <Inspector /> : <Results />}</div>
    </section>
  );
}
