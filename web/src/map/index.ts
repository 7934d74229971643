// The map. `draw` brings it to a state, comparing before it sets; what the reader does on it goes out as events.
// The only room that imports the map library.
import OlMap from 'ol/Map';
import View from 'ol/View';
import type TileLayer from 'ol/layer/Tile';
import type MapBrowserEvent from 'ol/MapBrowserEvent';
import { defaults as defaultInteractions } from 'ol/interaction/defaults';
import DoubleClickZoom from 'ol/interaction/DoubleClickZoom';
import Modify from 'ol/interaction/Modify';
import type { LineString, Polygon } from 'ol/geom';
import type { Tiles } from '../api/tiles';
import { fromMercator, resolutionAt, toMercator } from '../coordinates/mercator';
import type { Extent, LonLat } from '../coordinates/point';
import { MAX_ZOOM, lowestZoom } from '../state/actions/view';
import { pictureSize } from '../state/actions/print';
import { designOf } from '../state/layers';
import { START, type InView, type PrintState, type State, type View as ViewState } from '../state/state';
import { basemapLayer } from './basemap';
import { inViewOf } from './inview';
import { drawMeasure, drawResults, drawSelection, overlay } from './overlay';
import { takePicture } from './picture';
import { askAgain, drawnLayer, type Drawn } from './sources';
import { groupExtent } from './style';
import { isGrouped } from './layers';

export interface MapEvents {
  moved(view: ViewState): void;
  sized(width_px: number, height_px: number): void;
  pointed(at: LonLat | null): void;
  clicked(at: LonLat): void;
  /** A disc that stands for several features, which lie in this extent. */
  groupClicked(extent: Extent, at: LonLat): void;
  resultPointed(index: number): void;
  resultClicked(index: number): void;
  vertexAdded(at: LonLat): void;
  verticesMoved(points: LonLat[]): void;
  drawn(inView: InView): void;
  pictured(picture: PrintState['picture']): void;
}

export interface MapAdapter {
  draw(state: State): void;
}

export function createMap(target: HTMLElement, tiles: Tiles, events: MapEvents): MapAdapter {
  let state = START;
  let drawn: Drawn[] = [];
  let base: TileLayer | null = null;
  let failed = false;
  let rubber: LonLat | null = null;
  const look = () => ({ dark: state.dark, lang: state.lang });
  const results = overlay(1002);
  const selection = overlay(1001);
  const measured = overlay(1003);
  const doubleClick = new DoubleClickZoom({ duration: 200 });
  const modify = new Modify({ source: measured.source, filter: (feature) => feature.get('measured') === true });

  const map = new OlMap({
    target,
    controls: [],
    maxTilesLoading: 64,
    moveTolerance: 3,
    interactions: defaultInteractions({ altShiftDragRotate: false, pinchRotate: false, doubleClickZoom: false }).extend([doubleClick, modify]),
    layers: [selection.layer, results.layer, measured.layer],
    view: new View({ center: [0, 0], zoom: 2, maxResolution: resolutionAt(0) }),
  });
  modify.setActive(false);

  const resultAt = (pixel: number[]): number | null => map.forEachFeatureAtPixel(pixel, (feature) => Number(feature.get('index')), { layerFilter: (layer) => layer === results.layer, hitTolerance: 6 }) ?? null;
  const groupAt = (pixel: number[]): Extent | null =>
    map.forEachFeatureAtPixel(pixel, (feature) => groupExtent(feature), { layerFilter: (layer) => drawn.some(({ id, features }) => features === layer && isGrouped(id)) }) ?? null;

  map.on('moveend', () => {
    if (state.start === 'ready') events.moved(viewOf(map.getView()));
    report(false);
  });
  map.on('change:size', () => {
    const [width = 0, height = 0] = map.getSize() ?? [];
    if (width > 0 && height > 0) events.sized(width, height);
  });
  map.on('click', (event: MapBrowserEvent) => {
    const at = lonLatOf(event.coordinate);
    if (state.tool === 'measure') {
      const near = state.measure.points.some((point) => {
        const [x = 0, y = 0] = map.getPixelFromCoordinate(toMercator(point)) ?? [];
        return Math.hypot(x - (event.pixel[0] ?? 0), y - (event.pixel[1] ?? 0)) < 8;
      });
      if (!near) events.vertexAdded(at);
      return;
    }
    const result = resultAt(event.pixel);
    const group = result === null ? groupAt(event.pixel) : null;
    if (result !== null && !Number.isNaN(result)) events.resultClicked(result);
    else if (group) events.groupClicked(group, at);
    else events.clicked(at);
  });
  map.on('pointermove', (event: MapBrowserEvent) => {
    if (event.dragging) return;
    const at = lonLatOf(event.coordinate);
    events.pointed(at);
    if (state.tool === 'measure' && state.measure.points.length > 0) {
      rubber = at;
      drawMeasure(measured, state, rubber);
    }
    const result = resultAt(event.pixel);
    target.classList.toggle('over-result', result !== null);
    if (result !== null && !Number.isNaN(result) && result !== state.search.active) events.resultPointed(result);
  });
  target.addEventListener('pointerleave', () => {
    events.pointed(null);
    rubber = null;
  });
  target.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.target !== target) return;
    const { lon, lat } = viewOf(map.getView());
    if (state.tool === 'measure') events.vertexAdded({ lon, lat });
    else events.clicked({ lon, lat });
  });
  modify.on('modifyend', (event) => {
    const geometry = event.features.getArray()[0]?.getGeometry();
    const line = geometry?.getType() === 'Polygon' ? ((geometry as Polygon).getCoordinates()[0] ?? []).slice(0, -1) : ((geometry as LineString | undefined)?.getCoordinates() ?? []);
    events.verticesMoved(line.map(lonLatOf));
  });
  map.on('loadstart', () => {
    failed = false;
  });
  map.on('rendercomplete', () => report(true));

  let reported = '';
  const report = (complete: boolean): void => {
    if (state.start !== 'ready' || !map.getSize()) return;
    const inView: InView = { ...inViewOf(map, drawn, look()), loading: !complete, failed };
    const text = JSON.stringify(inView);
    if (text === reported) return;
    reported = text;
    events.drawn(inView);
  };

  const layersFor = (now: State): Drawn[] => now.shown.map(({ id }) => drawnLayer(id, tiles, look, () => {
    failed = true;
  }));

  const placeView = (now: State): void => {
    const view = map.getView();
    const at = viewOf(view);
    const same = Math.abs(at.zoom - now.view.zoom) < 1e-3 && Math.abs(at.lon - now.view.lon) < 1e-7 && Math.abs(at.lat - now.view.lat) < 1e-7;
    if (same) return;
    const to = { center: toMercator(now.view), zoom: now.view.zoom };
    view.cancelAnimations();
    const still = window.matchMedia('(prefers-reduced-motion: reduce)').matches || Math.abs(at.zoom - now.view.zoom) > 5;
    if (still) {
      view.setCenter(to.center);
      view.setZoom(to.zoom);
    } else view.animate({ ...to, duration: 220 });
  };

  const begin = (now: State): void => {
    map.setView(new View({
      center: toMercator(now.view), zoom: now.view.zoom, maxResolution: resolutionAt(0), minZoom: lowestZoom(now), maxZoom: MAX_ZOOM,
      constrainRotation: true, enableRotation: false, smoothResolutionConstraint: false,
    }));
  };

  const stack = (now: State): void => {
    now.shown.forEach(({ id, visible, opacity }, order) => {
      const layer = drawn.find((candidate) => candidate.id === id);
      if (!layer) return;
      for (const [one, zIndex] of [[layer.features, order], [layer.labels, 100 + order]] as const) {
        one?.setVisible(visible);
        one?.setOpacity(opacity);
        one?.setZIndex(zIndex);
      }
    });
  };

  const want = (now: State): void => {
    const on = now.shown.filter(({ visible }) => visible).map(({ id }) => designOf(id));
    const zoom = now.view.zoom;
    tiles.want([...on.filter(({ minZoom }) => zoom >= minZoom).map(({ id }) => id), ...on.filter(({ labelZoom }) => labelZoom !== null && zoom >= labelZoom).map(({ id }) => `${id}_labels`)]);
  };

  const picture = async (now: State): Promise<void> => {
    const { width_mm, height_mm } = pictureSize(now.print);
    const light = { dark: false, lang: now.lang };
    const layers = now.shown.filter(({ visible }) => visible).flatMap(({ id, opacity }, order) => {
      const copy = drawnLayer(id, tiles, () => light, () => {});
      copy.features.setZIndex(order);
      copy.labels?.setZIndex(100 + order);
      for (const layer of [copy.features, copy.labels]) layer?.setOpacity(opacity);
      return copy.labels ? [copy.features, copy.labels] : [copy.features];
    });
    const marks = overlay(1001);
    drawSelection(marks, { ...now, dark: false });
    const lines = overlay(1002);
    drawMeasure(lines, { ...now, dark: false }, null);
    const background = now.basemap && now.city?.basemap ? [basemapLayer(now.city.basemap)] : [];
    const blob = await takePicture({ layers: [...background, ...layers, marks.layer, lines.layer], view: now.view, scale: now.print.scale, width_mm, height_mm });
    events.pictured(blob ? { url: URL.createObjectURL(blob), width_mm, height_mm } : null);
  };

  const draw = (now: State): void => {
    const before = state;
    state = now;
    if (now.start !== 'ready') return;
    const first = before.start !== 'ready';
    want(now);
    if (first) begin(now);
    else if (now.view !== before.view) placeView(now);
    if (first) {
      drawn = layersFor(now);
      for (const { features, labels } of drawn) {
        map.addLayer(features);
        if (labels) map.addLayer(labels);
      }
    }
    if (first || now.shown !== before.shown) stack(now);
    if (!first && (now.dark !== before.dark || now.lang !== before.lang)) for (const { features, labels } of drawn) [features, labels].forEach((layer) => layer?.changed());
    if (now.revisions !== before.revisions) {
      for (const layer of drawn) {
        const revision = now.revisions[layer.id];
        if (revision !== undefined && revision !== before.revisions[layer.id]) askAgain(layer, tiles, revision);
      }
    }
    if (now.basemap && !base && now.city?.basemap) {
      base = basemapLayer(now.city.basemap);
      map.addLayer(base);
    }
    base?.setVisible(now.basemap);
    if (first || now.inspector !== before.inspector || now.dark !== before.dark) drawSelection(selection, now);
    if (first || now.search !== before.search || now.inspector !== before.inspector || now.dark !== before.dark) drawResults(results, now);
    if (first || now.measure !== before.measure || now.tool !== before.tool || now.dark !== before.dark) drawMeasure(measured, now, rubber);
    if (first || now.tool !== before.tool) {
      modify.setActive(now.tool === 'measure');
      doubleClick.setActive(now.tool !== 'measure');
    }
    if (now.print.working && !before.print.working) void picture(now);
  };

  const [width = 0, height = 0] = map.getSize() ?? [];
  if (width > 0 && height > 0) events.sized(width, height);
  return { draw };
}

function viewOf(view: View): ViewState {
  const [x = 0, y = 0] = view.getCenter() ?? [];
  return { ...fromMercator(x, y), zoom: view.getZoom() ?? 0 };
}

function lonLatOf(coordinate: number[]): LonLat {
  return fromMercator(coordinate[0] ?? 0, coordinate[1] ?? 0);
}
