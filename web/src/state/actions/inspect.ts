// A click or a chosen place: what is it, and what else lies here.
import { getFeature, identify, type Answer } from '../../api';
import type { Feature, Identified } from '../../api/types';
import { extentOf, pointOf } from '../../coordinates/geometry';
import type { LonLat } from '../../coordinates/point';
import type { InspectorState, Ref } from '../state';
import type { Store } from '../store';
import { hitRadiusM, type ViewActions } from './view';

/** What a click most likely meant, when several things lie under it. */
const SUBJECT: readonly string[] = [
  'boundary_markers', 'door_plates', 'permits', 'buildings', 'place_names', 'roads', 'boundary_lines', 'parcels', 'zoning', 'control_areas', 'divisions',
];

export type InspectActions = ReturnType<typeof inspectActions>;

export function inspectActions(store: Store, view: ViewActions) {
  let asking = new AbortController();
  const again = (): AbortSignal => {
    asking.abort();
    asking = new AbortController();
    return asking.signal;
  };
  const put = (change: Partial<InspectorState>): void => {
    const { inspector } = store.get();
    if (inspector) store.set({ inspector: { ...inspector, ...change } });
  };
  const open = (point: LonLat | null, selection: Ref | null): void => {
    store.set({
      inspector: { point, selection, status: 'loading', identified: null, feature: null, problem: null },
      stop: store.get().stop === 'peek' ? 'half' : store.get().stop,
    });
  };

  /** Asks both questions; what was selected stays selected when it is still there. */
  const load = async (signal: AbortSignal, moveThere: boolean): Promise<void> => {
    const { inspector, lang, as_of } = store.get();
    if (!inspector) return;
    const { selection } = inspector;
    const feature = selection ? await getFeature(selection.layer, selection.id, as_of, lang, signal) : null;
    if (feature && !feature.ok && !inspector.point) {
      put({ status: 'failed', problem: feature.problem });
      return;
    }
    const found = feature?.ok ? feature.value : null;
    const point = inspector.point ?? pointOf(found?.geometry ?? null);
    if (moveThere && found) goTo(found, point);
    const identified = point ? await identify(point, hitRadiusM(store.get()), lang, signal) : null;
    settle(point, selection, feature, found, identified);
  };

  const settle = (point: LonLat | null, selection: Ref | null, asked: Answer<Feature> | null, found: Feature | null, identified: Answer<Identified> | null): void => {
    if (identified && !identified.ok && !found) {
      put({ status: 'failed', problem: identified.problem });
      return;
    }
    const value = identified?.ok ? identified.value : null;
    const subject = selection ? found : subjectOf(value, store.get().shown.filter((layer) => !layer.visible).map((layer) => layer.id));
    put({
      status: 'ready', point, identified: value, feature: subject,
      selection: selection ?? (subject ? { layer: subject.properties.layer, id: subject.id } : null),
      problem: asked && !asked.ok ? asked.problem : identified && !identified.ok ? identified.problem : null,
    });
  };

  const goTo = (feature: Feature, point: LonLat | null): void => {
    const extent = extentOf(feature.geometry);
    if (extent && (extent[2] - extent[0] > 1e-6 || extent[3] - extent[1] > 1e-6)) view.fit(extent, 18.5);
    else if (point) view.lookAt(point, Math.max(store.get().view.zoom, 18));
  };

  const guarded = async (work: Promise<void>): Promise<void> => {
    try {
      await work;
    } catch (error) {
      if (!(error instanceof DOMException && error.name === 'AbortError')) throw error;
    }
  };

  return {
    identifyAt: (point: LonLat): Promise<void> => {
      open(point, null);
      return guarded(load(again(), false));
    },
    select: (selection: Ref, point: LonLat | null, moveThere: boolean): Promise<void> => {
      open(point, selection);
      return guarded(load(again(), moveThere));
    },
    /** Another of the things already found here. */
    look: (feature: Feature): void => put({ feature, selection: { layer: feature.properties.layer, id: feature.id }, problem: null }),
    zoomToSelected: (): void => {
      const { inspector } = store.get();
      if (inspector?.feature) goTo(inspector.feature, inspector.point);
      else if (inspector?.point) view.lookAt(inspector.point, Math.max(store.get().view.zoom, 18));
    },
    setAsOf: (as_of: string | null): Promise<void> => {
      store.set({ as_of });
      put({ status: 'loading' });
      return guarded(load(again(), false));
    },
    /** Asks again without showing that it loads: something under it has changed. */
    refreshInspector: (): Promise<void> => guarded(load(again(), false)),
    closeInspector: (): void => {
      asking.abort();
      store.set({ inspector: null, stop: store.get().search.places.length > 0 ? store.get().stop : 'peek' });
    },
  };
}

/** Layers that are switched off come after those that are drawn. */
function subjectOf(identified: Identified | null, hidden: readonly string[]): Feature | null {
  const found = (identified?.layers ?? []).flatMap((layer) => layer.features);
  const rank = (feature: Feature): number => {
    const at = SUBJECT.indexOf(feature.properties.layer);
    return (at < 0 ? SUBJECT.length : at) + (hidden.includes(feature.properties.layer) ? 100 : 0);
  };
  return [...found].sort((one, other) => rank(one) - rank(other) || (one.properties.distance_m ?? 0) - (other.properties.distance_m ?? 0))[0] ?? null;
}
