// Moving the map, and what the map reports back.
import { centre, groundResolutionM, toMercator, fromMercator, resolutionAt, zoomForScale, zoomToFit } from '../../coordinates/mercator';
import type { Extent, LonLat } from '../../coordinates/point';
import type { InView, State, View } from '../state';
import type { Store } from '../store';

export const MIN_ZOOM = 3;
export const MAX_ZOOM = 21;

export type ViewActions = ReturnType<typeof viewActions>;

export function viewActions(store: Store) {
  const moveTo = (view: Partial<View>): void => {
    const before = store.get().view;
    const next = { ...before, ...view };
    next.zoom = Math.max(lowestZoom(store.get()), Math.min(MAX_ZOOM, next.zoom));
    const same = Math.abs(next.zoom - before.zoom) < 1e-4 && Math.abs(next.lon - before.lon) < 1e-8 && Math.abs(next.lat - before.lat) < 1e-8;
    if (!same) store.set({ view: next });
  };

  /** Puts a point in the middle of what the bottom sheet leaves free. */
  const lookAt = (point: LonLat, zoom: number): void => {
    const [x, y] = toMercator(point);
    moveTo({ ...fromMercator(x, y - (store.get().covered_px / 2) * resolutionAt(zoom)), zoom });
  };

  return {
    moveTo,
    lookAt,
    zoomBy: (steps: number): void => moveTo({ zoom: Math.round((store.get().view.zoom + steps) * 2) / 2 }),
    panBy: (dx_px: number, dy_px: number): void => {
      const { view } = store.get();
      const [x, y] = toMercator(view);
      const resolution = resolutionAt(view.zoom);
      moveTo(fromMercator(x + dx_px * resolution, y - dy_px * resolution));
    },
    toScale: (scale: number): void => moveTo({ zoom: zoomForScale(scale, store.get().view.lat) }),
    /** Shows an extent whole, but never closer than `closest`. */
    fit: (extent: Extent, closest = 18): void => {
      const { width_px, height_px } = visible(store.get());
      lookAt(centre(extent), Math.min(closest, zoomToFit(extent, width_px * 0.86, height_px * 0.86)));
    },
    toCity: (): void => {
      const { city, layers } = store.get();
      const extent = city?.extent ?? union(layers.flatMap((layer) => (layer.extent ? [layer.extent] : [])));
      const { width_px, height_px } = visible(store.get());
      if (extent) lookAt(centre(extent), zoomToFit(extent, width_px * 0.94, height_px * 0.94));
    },
    /** Goes in on a group until it falls apart. */
    openGroup: (extent: Extent, at: LonLat): void => {
      const { zoom } = store.get().view;
      const { width_px, height_px } = visible(store.get());
      const whole = zoomToFit(extent, width_px * 0.7, height_px * 0.7);
      lookAt(whole < 22 ? centre(extent) : at, Math.min(18, Math.max(zoom + 1, Math.min(zoom + 4, whole))));
    },
    setPointer: (pointer: LonLat | null): void => store.set({ pointer }),
    setInView: (inView: InView): void => store.set({ inView }),
    setSize: (width_px: number, height_px: number): void => {
      const { size } = store.get();
      if (size.width_px !== width_px || size.height_px !== height_px) store.set({ size: { width_px, height_px } });
    },
  };
}

/** So far out that the city is a third of the window: further out there is nothing to see. */
export function lowestZoom(state: State): number {
  const extent = state.city?.extent;
  return extent ? Math.max(MIN_ZOOM, Math.floor(zoomToFit(extent, state.size.width_px, state.size.height_px) - 1.6)) : MIN_ZOOM;
}

/** Metres on the ground within which a click still hits a thin or small feature. */
export function hitRadiusM(state: State): number {
  return Math.min(500, 9 * groundResolutionM(state.view.zoom, state.view.lat));
}

function visible({ size, covered_px }: State): { width_px: number; height_px: number } {
  return { width_px: Math.max(120, size.width_px), height_px: Math.max(120, size.height_px - covered_px) };
}

function union(extents: Extent[]): Extent | null {
  return extents.reduce<Extent | null>((all, [w, s, e, n]) => (all ? [Math.min(all[0], w), Math.min(all[1], s), Math.max(all[2], e), Math.max(all[3], n)] : [w, s, e, n]), null);
}
