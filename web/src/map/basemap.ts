// The configured base map behind everything, when the city has one and the reader switches it on.
import TileLayer from 'ol/layer/Tile';
import { get as getProjection } from 'ol/proj';
import WMTS from 'ol/source/WMTS';
import XYZ from 'ol/source/XYZ';
import WMTSTileGrid from 'ol/tilegrid/WMTS';
import { getTopLeft, getWidth } from 'ol/extent';
import type { Basemap } from '../api/types';

export function basemapLayer(basemap: Basemap): TileLayer {
  return new TileLayer({ source: basemap.kind === 'wmts' ? wmts(basemap) : new XYZ({ url: basemap.url, crossOrigin: 'anonymous' }), zIndex: -1 });
}

/** Key-value or template addresses in the usual web mercator matrix set (`w` at Tianditu, `GoogleMapsCompatible` elsewhere). */
function wmts(basemap: Basemap): WMTS {
  const projection = getProjection('EPSG:3857');
  const extent = projection?.getExtent() ?? [0, 0, 1, 1];
  const levels = Array.from({ length: 20 }, (_, z) => z);
  return new WMTS({
    url: basemap.url,
    layer: basemap.layer ?? '',
    matrixSet: basemap.matrix_set ?? 'GoogleMapsCompatible',
    format: 'image/png',
    style: 'default',
    requestEncoding: basemap.url.includes('{') ? 'REST' : 'KVP',
    crossOrigin: 'anonymous',
    tileGrid: new WMTSTileGrid({ origin: getTopLeft(extent), resolutions: levels.map((z) => getWidth(extent) / 256 / 2 ** z), matrixIds: levels.map(String) }),
  });
}
