// Which file draws which layer. A layer nobody knows is drawn plainly.
import { symbolOf } from '../../symbols/symbols';
import { areaStyles, groupStyle, keep, markStyle, type StyleMaker } from '../style';
import * as boundary_lines from './boundary_lines';
import * as boundary_markers from './boundary_markers';
import * as buildings from './buildings';
import * as control_areas from './control_areas';
import * as divisions from './divisions';
import * as door_plates from './door_plates';
import * as parcels from './parcels';
import * as permits from './permits';
import * as place_names from './place_names';
import * as roads from './roads';
import * as zoning from './zoning';

export interface Drawing {
  features: StyleMaker;
  labels?: StyleMaker;
}

const DRAWINGS: Record<string, Drawing> = {
  boundary_lines, boundary_markers, buildings, control_areas, divisions, door_plates, parcels, permits, place_names, roads, zoning,
};

const plain: Drawing = {
  features: (feature, _, look) =>
    groupStyle(feature, look) ?? keep(`plain ${look.dark}`, () => [...areaStyles(symbolOf('', {}, look.dark)), markStyle({ shape: 'circle', radius: 3, fill: '#888888', edge: '#ffffff', edgeWidth: 1 })]),
};

export const drawingOf = (layer: string): Drawing => DRAWINGS[layer] ?? plain;

/** Layers whose groups are drawn as discs that can be clicked; of the others only a speck is seen. */
export const isGrouped = (layer: string): boolean => ['boundary_markers', 'door_plates', 'permits', 'place_names'].includes(layer);
