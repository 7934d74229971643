// Reads what people type or paste as a position, and says in which system and order it was taken.
// Several readings are returned, the likeliest first, so that the reader of the page can switch.
import { bd09ToWgs84, gcj02ToWgs84, isShifted } from './china';
import { degreesOutside, type Extent, type LonLat } from './point';
import type { WorkingCrs } from './working';

export type CoordinateSystem = 'wgs84' | 'gcj02' | 'bd09' | 'working';
export type AxisOrder = 'lon-lat' | 'lat-lon' | 'east-north' | 'north-east';

export interface Reading {
  system: CoordinateSystem;
  order: AxisOrder;
  /** The two numbers as taken, east or longitude first. */
  values: [number, number];
  /** The position in WGS 84. */
  point: LonLat;
  /** A zone number in front of the easting (40512345 -> 512345) was taken off. */
  zone: number | null;
}

export interface Ground {
  extent: Extent | null;
  crs: WorkingCrs | null;
}

/** `[]` when the text is no pair of coordinates. */
export function readCoordinates(text: string, ground: Ground): Reading[] {
  const normal = text.normalize('NFKC').replace(/[′']/g, "'").replace(/[″”“]|''/g, '"').replaceAll('−', '-').trim();
  const named = namedSystem(normal);
  const numbers = twoNumbers(withoutWords(normal));
  if (!numbers) return [];
  const [a, b] = numbers;
  const degrees = isDegrees(a.value, b.value);
  const readings = degrees ? degreeReadings(a, b, named, ground) : workingReadings(a, b, ground);
  return dropRepeats(readings);
}

interface Part {
  value: number;
  axis: 'east' | 'north' | null;
}

function namedSystem(text: string): CoordinateSystem | null {
  if (/gcj|火星|高德|腾讯|amap/i.test(text)) return 'gcj02';
  if (/bd-?09|百度|baidu/i.test(text)) return 'bd09';
  if (/wgs|4326|cgcs|4490|gps/i.test(text)) return 'wgs84';
  return null;
}

function withoutWords(text: string): string {
  return text.replace(/gcj-?\s?-?02|bd-?09(ll)?|wgs-?\s?84|epsg:\s?\d+|cgcs\s?2000|amap|baidu|gps|火星坐标系?|火星|高德|腾讯|百度|坐标/gi, ' ');
}

const NUMBER = String.raw`[-+]?\d+(?:\.\d+)?`;
const VALUE = String.raw`(?<deg>${NUMBER})(?:\s*[°度]\s*(?:(?<min>\d+(?:\.\d+)?)\s*['分]\s*)?(?:(?<sec>\d+(?:\.\d+)?)\s*["秒]\s*)?)?\s*m?`;
const WORD_FIRST = new RegExp(String.raw`(?<word>北纬|南纬|东经|西经|经度|纬度|lon|lng|lat|[NSEWXY])?\s*[:=]?\s*${VALUE}`, 'gi');
const WORD_LAST = new RegExp(String.raw`${VALUE}\s*(?<word>[NSEW])?`, 'gi');

/** Exactly two numbers and nothing else but separators and axis words; otherwise it is a name or an address. */
function twoNumbers(text: string): [Part, Part] | null {
  // "30.2 N 120.1 E" and "N 30.2 E 120.1" can only be told apart by how the text begins.
  const pattern = /^[\d+-]/.test(text.trim()) ? WORD_LAST : WORD_FIRST;
  const parts = [...text.matchAll(pattern)];
  const rest = text.replace(pattern, '').replace(/[\s,;:，；、/()[\]]/g, '');
  const [first, second] = parts;
  if (parts.length !== 2 || rest !== '' || !first || !second) return null;
  const between = text.slice((first.index ?? 0) + first[0].length, second.index);
  const glued = between === '' && !/\s$/.test(first[0]) && !first.groups?.word && !second.groups?.word;
  return glued ? null : [part(first), part(second)];
}

function part(match: RegExpMatchArray): Part {
  const groups = match.groups ?? {};
  const degrees = Number(groups.deg);
  const size = Math.abs(degrees) + Number(groups.min ?? 0) / 60 + Number(groups.sec ?? 0) / 3600;
  const word = (groups.word ?? '').toLowerCase();
  const negative = degrees < 0 || ['s', 'w', '南纬', '西经'].includes(word);
  // X and Y are left open: surveyors in China write X for north, everybody else for east.
  const east = ['e', 'w', '东经', '西经', '经度', 'lon', 'lng'].includes(word);
  const north = ['n', 's', '北纬', '南纬', '纬度', 'lat'].includes(word);
  return { value: negative ? -size : size, axis: east ? 'east' : north ? 'north' : null };
}

function isDegrees(a: number, b: number): boolean {
  return (Math.abs(a) <= 180 && Math.abs(b) <= 90) || (Math.abs(a) <= 90 && Math.abs(b) <= 180);
}

function degreeReadings(a: Part, b: Part, named: CoordinateSystem | null, ground: Ground): Reading[] {
  const orders: Reading[] = [];
  const lonFirst = Math.abs(b.value) <= 90 && a.axis !== 'north' && b.axis !== 'east';
  const latFirst = Math.abs(a.value) <= 90 && a.axis !== 'east' && b.axis !== 'north';
  if (lonFirst) orders.push(degreeReading('wgs84', 'lon-lat', [a.value, b.value]));
  if (latFirst) orders.push(degreeReading('wgs84', 'lat-lon', [b.value, a.value]));
  nearestFirst(orders, ground.extent);
  const likeliest = orders[0];
  if (!likeliest) return [];
  const shifted = isShifted(likeliest.point)
    ? (['gcj02', 'bd09'] as const).map((system) => degreeReading(system, likeliest.order, likeliest.values))
    : [];
  const all = [likeliest, ...shifted, ...orders.slice(1)];
  return named ? [...all.filter((reading) => reading.system === named), ...all.filter((reading) => reading.system !== named)] : all;
}

function degreeReading(system: 'wgs84' | 'gcj02' | 'bd09', order: AxisOrder, values: [number, number]): Reading {
  const taken = { lon: values[0], lat: values[1] };
  const point = system === 'gcj02' ? gcj02ToWgs84(taken) : system === 'bd09' ? bd09ToWgs84(taken) : taken;
  return { system, order, values, point, zone: null };
}

function workingReadings(a: Part, b: Part, ground: Ground): Reading[] {
  const readings: Reading[] = [];
  const add = (order: AxisOrder, east: number, north: number): void => {
    const plain = ground.crs?.inverse({ x: east, y: north });
    if (plain) readings.push({ system: 'working', order, values: [east, north], point: plain, zone: null });
    const zone = Math.floor(east / 1e6);
    if (zone < 13 || zone > 45) return;
    const bare = ground.crs?.inverse({ x: east % 1e6, y: north });
    if (bare) readings.push({ system: 'working', order, values: [east % 1e6, north], point: bare, zone });
  };
  if (a.axis !== 'north' && b.axis !== 'east') add('east-north', a.value, b.value);
  if (a.axis !== 'east' && b.axis !== 'north') add('north-east', b.value, a.value);
  nearestFirst(readings, ground.extent);
  return readings.slice(0, 2);
}

function nearestFirst(readings: Reading[], extent: Extent | null): void {
  if (extent) readings.sort((one, other) => degreesOutside(one.point, extent) - degreesOutside(other.point, extent));
}

function dropRepeats(readings: Reading[]): Reading[] {
  return readings.filter((reading, at) => readings.findIndex((other) => other.system === reading.system && other.order === reading.order && other.zone === reading.zone) === at);
}
