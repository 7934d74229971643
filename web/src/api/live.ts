// Follows `/api/live`. The browser reconnects by itself; after a closed stream we open a new one with growing pauses.
import type { Extent } from '../coordinates/point';

export interface LiveChange {
  sequence: number;
  layers: { layer: string; extents: Extent[] | null }[];
}

export interface LiveHandlers {
  hello(sequence: number): void;
  change(change: LiveChange): void;
  stale(sequence: number, since: string): void;
  /** The database is back. */
  fresh(sequence: number): void;
  lost(): void;
}

/** Returns the function that stops following. */
export function openLive(handlers: LiveHandlers): () => void {
  let source: EventSource | null = null;
  let timer = 0;
  let pause_ms = 1000;
  let stopped = false;

  const open = (): void => {
    source = new EventSource(new URL('api/live', document.baseURI));
    on<{ sequence: number }>('hello', (data) => {
      pause_ms = 1000;
      handlers.hello(data.sequence);
    });
    on<LiveChange>('change', (data) => handlers.change(data));
    on<{ sequence: number; since: string }>('stale', (data) => handlers.stale(data.sequence, data.since));
    on<{ sequence: number }>('fresh', (data) => handlers.fresh(data.sequence));
    source.addEventListener('error', () => {
      if (stopped) return;
      handlers.lost();
      if (source?.readyState !== EventSource.CLOSED) return;
      timer = window.setTimeout(open, pause_ms);
      pause_ms = Math.min(pause_ms * 2, 30_000);
    });
  };
  const on = <T>(name: string, handle: (data: T) => void): void => {
    source?.addEventListener(name, (event) => {
      try {
        handle(JSON.parse((event as MessageEvent<string>).data) as T);
      } catch {
        handlers.lost();
      }
    });
  };

  open();
  return () => {
    stopped = true;
    window.clearTimeout(timer);
    source?.close();
  };
}
