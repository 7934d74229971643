// Numbers, measures and dates as people read them. Dates are ISO everywhere; numbers have thin separators of the language.
import type { Lang } from '../api/types';
import type { LonLat, Working } from '../coordinates/point';

const NO_BREAK = '\u00a0';

export function integer(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

export function decimal(value: number, digits: number): string {
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** Metres, kilometres above 10,000 m. */
export function length(metres: number): string {
  if (metres > 10_000) return `${decimal(metres / 1000, 2)}${NO_BREAK}km`;
  return `${metres < 100 ? decimal(metres, 2) : decimal(metres, 1)}${NO_BREAK}m`;
}

/** Rounded for reading, as in "120 m away". */
export function about(metres: number): string {
  if (metres >= 10_000) return `${integer(metres / 1000)}${NO_BREAK}km`;
  if (metres >= 1000) return `${decimal(metres / 1000, 1)}${NO_BREAK}km`;
  return `${integer(metres)}${NO_BREAK}m`;
}

/** Square metres, hectares above 10,000 m²; in Chinese 亩 beside it (1 亩 = 10,000/15 m²). */
export function area(square_metres: number, lang: Lang): string {
  const main = square_metres > 10_000 ? `${decimal(square_metres / 10_000, 4)}${NO_BREAK}ha` : `${decimal(square_metres, square_metres < 1000 ? 2 : 1)}${NO_BREAK}m²`;
  return lang === 'zh' ? `${main}（${decimal((square_metres * 15) / 10_000, 2)}${NO_BREAK}亩）` : main;
}

/** 2026-11-22 out of a date or a time stamp. */
export function date(text: string): string {
  return /^\d{4}-\d{2}-\d{2}/.exec(text)?.[0] ?? text;
}

/** 2026-11-22 14:05 in the reader's own time zone. */
export function time(text: string): string {
  const when = new Date(text);
  if (Number.isNaN(when.getTime())) return text;
  return `${when.getFullYear()}-${two(when.getMonth() + 1)}-${two(when.getDate())} ${two(when.getHours())}:${two(when.getMinutes())}`;
}

export function scale(n: number): string {
  const step = n < 1000 ? 10 : n < 10_000 ? 50 : n < 100_000 ? 500 : 5000;
  return `1:${integer(Math.max(1, Math.round(n / step) * step))}`;
}

export function lonLat({ lon, lat }: LonLat): { lon: string; lat: string } {
  return { lon: lon.toFixed(6), lat: lat.toFixed(6) };
}

export function working({ x, y }: Working): { east: string; north: string } {
  return { east: decimal(x, 2), north: decimal(y, 2) };
}

/** Lengths of a scale bar: the longest of 1, 2, 5 times a power of ten that fits. */
export function barLengthM(metres_per_px: number, widest_px: number): number {
  const most = metres_per_px * widest_px;
  const power = 10 ** Math.floor(Math.log10(most));
  return [5, 2, 1].map((times) => times * power).find((candidate) => candidate <= most) ?? power;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
