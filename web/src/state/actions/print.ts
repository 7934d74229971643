// The plain print view: the map draws a picture to scale, the view shows it with its scale, legend and sources.
import { scaleNumber } from '../../coordinates/mercator';
import type { PrintState } from '../state';
import type { Store } from '../store';

export const SCALES: readonly number[] = [250, 500, 1000, 2000, 2500, 5000, 10_000, 25_000, 50_000, 100_000, 250_000];

export function printActions(store: Store) {
  const put = (change: Partial<PrintState>): void => store.set({ print: { ...store.get().print, ...change } });
  const drop = (): void => {
    const { picture } = store.get().print;
    if (picture) URL.revokeObjectURL(picture.url);
  };
  return {
    setPrint: (change: Partial<Pick<PrintState, 'paper' | 'landscape' | 'scale' | 'title'>>): void => put(change),
    /** The next round scale at which everything on the screen still fits. */
    printScale: (): number => {
      const { print, view } = store.get();
      const now = scaleNumber(view.zoom, view.lat);
      return print.scale || (SCALES.find((scale) => scale >= now * 0.95) ?? 250_000);
    },
    startPrint: (): void => {
      drop();
      put({ working: true, picture: null });
    },
    printPicture: (picture: PrintState['picture']): void => {
      if (store.get().print.working) put({ working: false, picture });
    },
    endPrint: (): void => {
      drop();
      put({ working: false, picture: null });
    },
  };
}

/** The picture's size on paper, in millimetres, margins and the text block taken off. */
export function pictureSize(print: Pick<PrintState, 'paper' | 'landscape'>): { width_mm: number; height_mm: number } {
  const [short, long] = print.paper === 'a4' ? [210, 297] : [297, 420];
  return print.landscape ? { width_mm: long - 24, height_mm: short - 68 } : { width_mm: short - 24, height_mm: long - 100 };
}
