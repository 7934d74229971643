// Lengths and areas: vertices by click, by key or by typing.
import type { LonLat } from '../../coordinates/point';
import { fromMercator, resolutionAt, toMercator } from '../../coordinates/mercator';
import type { MeasureState } from '../state';
import type { Store } from '../store';

export function measureActions(store: Store) {
  const put = (change: Partial<MeasureState>): void => store.set({ measure: { ...store.get().measure, ...change } });
  return {
    measureKind: (kind: 'length' | 'area'): void => put({ kind }),
    addVertex: (point: LonLat): void => put({ points: [...store.get().measure.points, point], active: -1 }),
    setVertices: (points: LonLat[]): void => put({ points }),
    stepVertex: (active: number): void => put({ active }),
    removeVertex: (index: number): void => put({ points: store.get().measure.points.filter((_, at) => at !== index), active: -1 }),
    /** Moves a vertex by pixels of the present zoom, right and up positive. */
    nudgeVertex: (index: number, dx_px: number, dy_px: number): void => {
      const { measure, view } = store.get();
      const resolution = resolutionAt(view.zoom);
      put({
        points: measure.points.map((point, at) => {
          if (at !== index) return point;
          const [x, y] = toMercator(point);
          return fromMercator(x + dx_px * resolution, y + dy_px * resolution);
        }),
      });
    },
    clearMeasure: (): void => put({ points: [], active: -1 }),
  };
}
