// Our tiles as OpenLayers layers: one for the features and one for the labels of each of our layers.
import type FeatureFormat from 'ol/format/Feature';
import GeoJSON from 'ol/format/GeoJSON';
import VectorTileLayer from 'ol/layer/VectorTile';
import RenderFeature from 'ol/render/Feature';
import VectorTileSource from 'ol/source/VectorTile';
import { createXYZ } from 'ol/tilegrid';
import type VectorTile from 'ol/VectorTile';
import type { Tiles } from '../api/tiles';
import { resolutionAt } from '../coordinates/mercator';
import { designOf } from '../state/layers';
import { drawingOf } from './layers';
import type { Look, StyleMaker } from './style';

export interface Drawn {
  id: string;
  features: VectorTileLayer<VectorTileSource<RenderFeature>>;
  labels: VectorTileLayer<VectorTileSource<RenderFeature>> | null;
}

const GRID = createXYZ({ tileSize: 512, maxZoom: 20 });
// Render features are flat and read-only, which is all a tile needs; the library's types do not know that GeoJSON makes them too.
const OPTIONS = { dataProjection: 'EPSG:4326', featureProjection: 'EPSG:3857', featureClass: RenderFeature } as unknown as ConstructorParameters<typeof GeoJSON>[0];
const FORMAT = new GeoJSON(OPTIONS) as unknown as FeatureFormat<RenderFeature>;

export function drawnLayer(id: string, tiles: Tiles, look: () => Look, onError: () => void): Drawn {
  const design = designOf(id);
  const drawing = drawingOf(id);
  // OpenLayers counts `minZoom` as not included.
  const features = tileLayer(id, tiles, drawing.features, look, onError, design.minZoom - 0.001);
  const labels = drawing.labels && design.labelZoom !== null ? tileLayer(`${id}_labels`, tiles, drawing.labels, look, onError, design.labelZoom - 0.001) : null;
  return { id, features, labels };
}

/** New addresses for the tiles that changed; OpenLayers keeps all others and shows the old ones until the new are there. */
export function askAgain(drawn: Drawn, tiles: Tiles, revision: number): void {
  for (const [layer, id] of [[drawn.features, drawn.id], [drawn.labels, `${drawn.id}_labels`]] as const) {
    layer?.getSource()?.setTileUrlFunction(addressOf(id, tiles), String(revision));
  }
}

function tileLayer(id: string, tiles: Tiles, maker: StyleMaker, look: () => Look, onError: () => void, minZoom: number): VectorTileLayer<VectorTileSource<RenderFeature>> {
  const source = new VectorTileSource<RenderFeature>({
    format: FORMAT,
    tileGrid: GRID,
    wrapX: false,
    transition: 0,
    tileUrlFunction: addressOf(id, tiles),
    tileLoadFunction: (tile) => {
      const vector = tile as VectorTile<RenderFeature>;
      vector.setLoader(() => {
        const [z = 0, x = 0, y = 0] = vector.getTileCoord();
        tiles.get(id, z, x, y).then(
          (features) => vector.setFeatures(FORMAT.readFeatures({ type: 'FeatureCollection', features })),
          () => {
            onError();
            vector.onError();
          },
        );
      });
    },
  });
  return new VectorTileLayer({
    source,
    minZoom,
    renderBuffer: id.endsWith('_labels') ? 160 : 64,
    declutter: id.endsWith('_labels') || id === 'door_plates' || id === 'boundary_markers' ? 'labels' : false,
    updateWhileAnimating: false,
    updateWhileInteracting: false,
    style: (feature, resolution) => maker(feature, Math.log2(resolutionAt(0) / resolution), look()),
  });
}

function addressOf(id: string, tiles: Tiles): (tile: number[]) => string {
  return ([z = 0, x = 0, y = 0]) => `${id}/${z}/${x}/${y}#${tiles.revision(id, z, x, y)}`;
}
