// Draws the map once more, off the screen, at a given scale and paper size, and hands back a picture.
import OlMap from 'ol/Map';
import View from 'ol/View';
import type BaseLayer from 'ol/layer/Base';
import { CSS_PIXEL_M, resolutionAt, toMercator, zoomForScale } from '../coordinates/mercator';
import type { View as ViewState } from '../state/state';
import { paletteOf } from '../symbols/palette';

interface Order {
  layers: BaseLayer[];
  view: ViewState;
  scale: number;
  width_mm: number;
  height_mm: number;
}

const SHARPNESS = 2;

/** A PNG of `width_mm` by `height_mm` at 192 dots per inch. `null` when the browser cannot make one. */
export async function takePicture({ layers, view, scale, width_mm, height_mm }: Order): Promise<Blob | null> {
  const frame = document.createElement('div');
  const [width, height] = [width_mm, height_mm].map((mm) => Math.round(mm / 1000 / CSS_PIXEL_M)) as [number, number];
  frame.className = 'offscreen';
  frame.style.width = `${width}px`;
  frame.style.height = `${height}px`;
  document.body.append(frame);
  const map = new OlMap({
    target: frame,
    pixelRatio: SHARPNESS,
    controls: [],
    interactions: [],
    maxTilesLoading: 64,
    layers,
    view: new View({ center: toMercator(view), resolution: resolutionAt(zoomForScale(scale, view.lat)), maxResolution: resolutionAt(0), constrainResolution: false, minZoom: 0, maxZoom: 24 }),
  });
  try {
    await new Promise<void>((resolve) => {
      map.once('rendercomplete', () => resolve());
    });
    return await compose(frame, width, height);
  } finally {
    map.setTarget();
    frame.remove();
  }
}

function compose(frame: HTMLElement, width: number, height: number): Promise<Blob | null> {
  const sheet = document.createElement('canvas');
  sheet.width = width * SHARPNESS;
  sheet.height = height * SHARPNESS;
  const context = sheet.getContext('2d');
  if (!context) return Promise.resolve(null);
  context.fillStyle = paletteOf(false).ground;
  context.fillRect(0, 0, sheet.width, sheet.height);
  for (const canvas of frame.querySelectorAll<HTMLCanvasElement>('.ol-layer canvas, canvas.ol-layer')) {
    if (canvas.width === 0) continue;
    const opacity = canvas.parentElement?.style.opacity || canvas.style.opacity;
    context.globalAlpha = opacity === '' ? 1 : Number(opacity);
    const matrix = /^matrix\((.*)\)$/.exec(canvas.style.transform)?.[1]?.split(',').map(Number) ?? [1, 0, 0, 1, 0, 0];
    const [a = 1, b = 0, c = 0, d = 1, e = 0, f = 0] = matrix;
    context.setTransform(a * SHARPNESS, b * SHARPNESS, c * SHARPNESS, d * SHARPNESS, e * SHARPNESS, f * SHARPNESS);
    context.drawImage(canvas, 0, 0);
  }
  return new Promise((resolve) => sheet.toBlob(resolve, 'image/png'));
}
