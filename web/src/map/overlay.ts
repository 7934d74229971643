// What lies over the layers: search results, the clicked point, the selection, the measured line.
import Feature from 'ol/Feature';
import GeoJSON from 'ol/format/GeoJSON';
import { LineString, Point, Polygon } from 'ol/geom';
import VectorLayer from 'ol/layer/Vector';
import VectorSource from 'ol/source/Vector';
import { Circle, Fill, Stroke, Style, Text } from 'ol/style';
import { toMercator } from '../coordinates/mercator';
import type { LonLat } from '../coordinates/point';
import { paletteOf, withAlpha } from '../symbols/palette';
import type { State } from '../state/state';
import { FONT } from './style';

const FORMAT = new GeoJSON({ dataProjection: 'EPSG:4326', featureProjection: 'EPSG:3857' });

export interface Overlay {
  layer: VectorLayer<VectorSource>;
  source: VectorSource;
}

export function overlay(zIndex: number): Overlay {
  const source = new VectorSource({ wrapX: false });
  return { source, layer: new VectorLayer({ source, zIndex, updateWhileAnimating: true, updateWhileInteracting: true }) };
}

export function drawSelection({ source }: Overlay, { inspector, dark }: State): void {
  source.clear();
  if (!inspector) return;
  const palette = paletteOf(dark);
  const geometry = inspector.feature?.geometry;
  if (geometry) {
    const feature = new Feature(FORMAT.readGeometry(geometry) ?? undefined);
    const isPoint = geometry.type === 'Point' || geometry.type === 'MultiPoint';
    feature.setStyle(
      isPoint
        ? [ring(11, palette.halo, 6), ring(11, palette.accent, 3)]
        : [
            // No fill: it would change the hue below, and the hue has a meaning.
            new Style({ stroke: new Stroke({ color: withAlpha(palette.halo, 0.9), width: 7 }) }),
            new Style({ stroke: new Stroke({ color: palette.accent, width: 3 }) }),
          ],
    );
    source.addFeature(feature);
  }
  if (inspector.point) {
    const clicked = new Feature(new Point(toMercator(inspector.point)));
    clicked.setStyle(new Style({ image: new Circle({ radius: 4.5, fill: new Fill({ color: palette.accent }), stroke: new Stroke({ color: palette.halo, width: 2 }) }), zIndex: 3 }));
    source.addFeature(clicked);
  }
}

/** Numbered as in the list and filled, unlike the pale discs of groups; the highlighted one is larger and dark. */
export function drawResults({ source }: Overlay, { search, inspector, dark }: State): void {
  source.clear();
  if (inspector) return;
  const palette = paletteOf(dark);
  search.places.forEach((place, index) => {
    const [lon, lat] = place.geometry?.coordinates ?? [];
    if (lon === undefined || lat === undefined) return;
    const active = index === search.active;
    const feature = new Feature({ geometry: new Point(toMercator({ lon, lat })), index });
    feature.setStyle(
      new Style({
        image: new Circle({ radius: active ? 13 : 10, fill: new Fill({ color: active ? palette.text : palette.accent }), stroke: new Stroke({ color: palette.halo, width: active ? 3 : 2 }) }),
        text: new Text({ text: String(index + 1), font: `600 ${active ? 12.5 : 11}px ${FONT}`, fill: new Fill({ color: palette.halo }), offsetY: 0.5 }),
        zIndex: active ? 100 : 50 - index,
      }),
    );
    source.addFeature(feature);
  });
  search.readings.forEach((reading, index) => {
    const feature = new Feature(new Point(toMercator(reading.point)));
    const taken = index === search.reading;
    feature.setStyle(ring(taken ? 9 : 6, taken ? palette.accent : palette.mutedText, taken ? 3 : 1.5));
    source.addFeature(feature);
  });
}

export function drawMeasure({ source }: Overlay, { measure, tool, dark }: State, pointer: LonLat | null): void {
  source.clear();
  if (tool !== 'measure') return;
  const palette = paletteOf(dark);
  const points = measure.points.map(toMercator);
  const shape = measure.kind === 'area' && points.length > 2 ? new Polygon([[...points, points[0] ?? [0, 0]]]) : points.length > 1 ? new LineString(points) : null;
  if (shape) {
    const feature = new Feature({ geometry: shape, measured: true });
    feature.setStyle([
      new Style({ stroke: new Stroke({ color: palette.halo, width: 6 }) }),
      new Style({ fill: new Fill({ color: palette.accentSoft }), stroke: new Stroke({ color: palette.accent, width: 2.5 }) }),
    ]);
    source.addFeature(feature);
  }
  points.forEach((point, index) => {
    const active = index === measure.active;
    const feature = new Feature(new Point(point));
    feature.setStyle(new Style({ image: new Circle({ radius: active ? 8 : 5, fill: new Fill({ color: active ? palette.accent : palette.disc }), stroke: new Stroke({ color: active ? palette.halo : palette.accent, width: 2 }) }), zIndex: 5 }));
    source.addFeature(feature);
  });
  const last = points.at(-1);
  if (last && pointer) {
    const band = new Feature(new LineString([last, toMercator(pointer), ...(measure.kind === 'area' && points.length > 1 && points[0] ? [points[0]] : [])]));
    band.setStyle(new Style({ stroke: new Stroke({ color: palette.accent, width: 1.5, lineDash: [5, 5] }) }));
    source.addFeature(band);
  }
}

function ring(radius: number, colour: string, width: number): Style {
  return new Style({ image: new Circle({ radius, stroke: new Stroke({ color: colour, width }) }) });
}
