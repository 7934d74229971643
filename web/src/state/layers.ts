// The layers the page knows how to draw: their order, from which zoom they show, and whether they start switched on.
// What the server has is said by `/api/layers`; a layer it adds later is drawn plainly.

export interface LayerDesign {
  id: string;
  /** Features are drawn from this zoom on (tiles of 512 pixels). */
  minZoom: number;
  /** Labels are drawn from this zoom on; `null` = none of its own. */
  labelZoom: number | null;
  on: boolean;
}

/** Lowest first. */
export const DESIGNS: readonly LayerDesign[] = [
  { id: 'divisions', minZoom: 0, labelZoom: 8, on: true },
  { id: 'zoning', minZoom: 0, labelZoom: 15, on: true },
  { id: 'parcels', minZoom: 16, labelZoom: null, on: false },
  { id: 'control_areas', minZoom: 0, labelZoom: 15, on: true },
  { id: 'roads', minZoom: 0, labelZoom: 13, on: true },
  { id: 'buildings', minZoom: 16, labelZoom: 17, on: true },
  { id: 'permits', minZoom: 0, labelZoom: 16, on: true },
  { id: 'boundary_lines', minZoom: 0, labelZoom: null, on: true },
  { id: 'boundary_markers', minZoom: 0, labelZoom: null, on: true },
  { id: 'place_names', minZoom: 0, labelZoom: 11, on: true },
  { id: 'door_plates', minZoom: 17, labelZoom: null, on: true },
];

export interface Shown {
  id: string;
  visible: boolean;
  /** 0 to 1. */
  opacity: number;
}

export const DEFAULT_SHOWN: readonly Shown[] = DESIGNS.map(({ id, on }) => ({ id, visible: on, opacity: 1 }));

export function designOf(id: string): LayerDesign {
  return DESIGNS.find((design) => design.id === id) ?? { id, minZoom: 0, labelZoom: null, on: true };
}

/** Layers the server has and the list has not are put on top; those it has not are left out. */
export function reconcile(shown: readonly Shown[], known: readonly string[]): Shown[] {
  const kept = shown.filter(({ id }) => known.includes(id));
  const added = known.filter((id) => !kept.some((layer) => layer.id === id)).map((id) => ({ id, visible: designOf(id).on, opacity: 1 }));
  return [...kept, ...added];
}
