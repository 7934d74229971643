// The colours of the map, for the light and the dark ground. The map and the legend both draw from here.
// Land-use hues are those planners expect (GB/T 20257 and the control-plan drawing practice), softened.

export interface Palette {
  ground: string;
  text: string;
  halo: string;
  mutedText: string;
  accent: string;
  accentSoft: string;
  roadFill: string;
  roadCasing: string;
  rail: string;
  buildingFill: string;
  buildingEdge: string;
  parcelEdge: string;
  boundary: string;
  water: string;
  green: string;
  permit: string;
  permitGrey: string;
  breach: string;
  door: string;
  place: string;
  disc: string;
  discText: string;
  division: string;
}

export const LIGHT: Palette = {
  ground: '#faf8f3',
  text: '#22262a',
  halo: '#ffffff',
  mutedText: '#555c63',
  accent: '#0b5d66',
  accentSoft: 'rgba(11, 93, 102, 0.16)',
  roadFill: '#ffffff',
  roadCasing: '#b3b1ab',
  rail: '#77797d',
  buildingFill: '#dedbd5',
  buildingEdge: '#a39f97',
  parcelEdge: '#8d8676',
  boundary: '#6a3f74',
  water: '#c3d9e6',
  green: '#d5e6c9',
  permit: '#1f4f96',
  permitGrey: '#6f7378',
  breach: '#cf3513',
  door: '#3c4f57',
  place: '#3d4a34',
  disc: '#ffffff',
  discText: '#22262a',
  division: '#8a6d94',
};

export const DARK: Palette = {
  ground: '#1b1e21',
  text: '#eceae4',
  halo: '#16181b',
  mutedText: '#b4b8bc',
  accent: '#5cc8d2',
  accentSoft: 'rgba(92, 200, 210, 0.2)',
  roadFill: '#4a4f55',
  roadCasing: '#2a2e32',
  rail: '#8b9097',
  buildingFill: '#35393e',
  buildingEdge: '#5b6168',
  parcelEdge: '#7d786b',
  boundary: '#c59bd0',
  water: '#263e4d',
  green: '#27382a',
  permit: '#86b4f5',
  permitGrey: '#9aa0a6',
  breach: '#ff7250',
  door: '#c3d3d9',
  place: '#cdd9c4',
  disc: '#2b2f34',
  discText: '#eceae4',
  division: '#a98fb3',
};

export const paletteOf = (dark: boolean): Palette => (dark ? DARK : LIGHT);

/** Hue by land-use class; drawn at 55 % over the ground (45 % over the dark one). */
export const LAND_USE: Record<string, string> = {
  residential: '#f5dc5c',
  public: '#e57fb2',
  commercial: '#dd4d46',
  industry: '#b0825c',
  storage: '#9b80c4',
  transport: '#a6a8ab',
  utilities: '#7d9bb5',
  green: '#74b861',
  farmland: '#c9bb6c',
  water: '#8dbfe0',
  reserved: '#ffffff',
  special: '#7c8a55',
  mixed: '#ee9f58',
};

/** The five lines and their relatives keep the colour of their name. */
export const CONTROL: Record<string, { light: string; dark: string }> = {
  road_red_line: { light: '#c4161c', dark: '#ff6b6b' },
  green_line: { light: '#1f7a33', dark: '#67c97c' },
  blue_line: { light: '#1559b7', dark: '#6ea8fe' },
  purple_line: { light: '#7a2a9c', dark: '#cd8fe6' },
  yellow_line: { light: '#9a7400', dark: '#f0c93a' },
  farmland: { light: '#7d6a16', dark: '#d6c25c' },
  ecology: { light: '#0d6b52', dark: '#55c7a4' },
  urban_boundary: { light: '#b0420f', dark: '#f59a68' },
  overlay: { light: '#4d5b8c', dark: '#a3b2e6' },
  historic: { light: '#83501f', dark: '#dba873' },
  flood: { light: '#0a6a85', dark: '#5fc0dc' },
  wetland: { light: '#2a6f74', dark: '#74c5c9' },
  other: { light: '#5d6166', dark: '#b4b8bc' },
};

export function withAlpha(hex: string, alpha: number): string {
  const value = Number.parseInt(hex.slice(1), 16);
  return `rgba(${value >> 16}, ${(value >> 8) & 255}, ${value & 255}, ${alpha})`;
}
