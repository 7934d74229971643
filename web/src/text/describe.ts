// A feature in words: what it is called, what it is, in which state. Codes never stand without their names.
import type { Bilingual, Feature, FeatureProperties, FieldInfo, Lang, LayerInfo, PartMatch, Place } from '../api/types';
import * as format from './format';
import { texts } from './index';

export interface Described {
  /** Name, address or number. */
  title: string;
  /** The same in the other language or in Latin letters. */
  other: string | null;
  /** Sort of thing, class and state, as one line. */
  summary: string;
  /** Draws attention: an unlawful state. */
  alarm: boolean;
}

export function describe(feature: Feature, layers: readonly LayerInfo[], lang: Lang): Described {
  const properties = feature.properties;
  const layer = properties.layer;
  const field = (name: string): string | null => textOf(properties[name]);
  const code = (name: string): string | null => codeName(layer, name, field(name), lang);
  const title = layerTitle(layer, layers, lang);
  const name = localName(properties, lang);

  const parts: Record<string, () => { title: string | null; summary: (string | null)[] }> = {
    door_plates: () => ({ title: field('address') ?? join([field('road'), plateNumber(field('number'), lang)], lang === 'zh' ? '' : ' ') ?? name, summary: [title, field('plate_kind'), field('village'), field('postcode')] }),
    roads: () => ({ title: name, summary: [title, code('class'), widthOf(properties, lang)] }),
    // The plan names a land use in its own language only; the class is known in both.
    zoning: () => ({ title: withCode((lang === 'zh' ? field('land_use_name') : null) ?? code('class') ?? field('land_use_name'), field('land_use')), summary: [title, lang === 'en' ? field('land_use_name') : code('class'), code('status'), indicators(properties, lang)] }),
    control_areas: () => ({ title: name ?? code('kind'), summary: [title, name ? code('kind') : null, field('code'), code('status')] }),
    permits: () => ({ title: name ?? field('case_no'), summary: [code('status'), field('case_type'), name ? field('case_no') : null, field('applicant')] }),
    parcels: () => ({ title: name ?? field('code'), summary: [title, field('land_use')] }),
    buildings: () => ({ title: name ?? field('code'), summary: [title, field('use'), storeys(properties, lang)] }),
    boundary_lines: () => ({ title: name ?? code('rank'), summary: [title, code('rank'), field('code')] }),
    boundary_markers: () => ({ title: name ?? field('number'), summary: [title, code('kind'), field('condition')] }),
    place_names: () => ({ title: name, summary: [code('class') ?? title, code('status'), field('address')] }),
    divisions: () => ({ title: name, summary: [title, code('level'), field('code')] }),
  };
  const made = parts[layer]?.() ?? { title: name, summary: [title] };
  return {
    title: made.title ?? name ?? title,
    other: otherName(properties, lang, made.title ?? name ?? ''),
    summary: made.summary.filter((part): part is string => Boolean(part) && part !== made.title).join(' · '),
    alarm: layer === 'permits' && properties.status === 'breach',
  };
}

/** Guesses, of which a person has to judge. */
const GUESSES = new Set(['sound', 'typo', 'partial', 'interpolated', 'street', 'nearest_number', 'elsewhere']);

/** Why a place is in the list of results: by which of its names, and how that was met. */
export function whyFound(place: Place, lang: Lang): { text: string; unsure: boolean } | null {
  const t = texts(lang).search;
  const { match, error_m, note } = place.properties.geocoding;
  if (!match) return null;
  // What is left out (the divisions, mostly) makes nobody doubt.
  const differs = (match.parts ?? []).filter(({ how }) => how !== 'exact' && how !== 'left_out').map((part) => differing(part, lang));
  const words = [match.part ? t.parts[match.part] : null, t.match[match.kind] ?? match.kind, ...differs, error_m === undefined ? null : t.within(format.about(error_m)), note];
  return { text: words.filter(Boolean).join(' · '), unsure: GUESSES.has(match.kind) };
}

/** 道路：同音 文山路→文三路 */
function differing({ part, how, asked, found }: PartMatch, lang: Lang): string {
  const t = texts(lang).search;
  const change = asked && found ? `${asked}→${found}` : (asked ?? found ?? '');
  return [`${t.partNames[part] ?? part}${lang === 'zh' ? '：' : ': '}${t.hows[how] ?? how}`, change].filter(Boolean).join(' ');
}

export function layerTitle(id: string, layers: readonly LayerInfo[], lang: Lang): string {
  return layers.find((layer) => layer.id === id)?.title[lang] ?? id;
}

/** The name of a code in the language, `code` itself when it is not one of ours. */
export function codeName(layer: string, field: string, code: string | null, lang: Lang): string | null {
  return code === null ? null : (texts(lang).codes[layer]?.[field]?.[code] ?? code);
}

/** A typed value as text; `null` when there is none. */
export function valueText(layer: string, field: FieldInfo, value: unknown, lang: Lang): string | null {
  if (value === null || value === undefined || value === '') return null;
  if (typeof value === 'number') {
    if (field.name.endsWith('_area_m2') || field.name === 'area_m2') return format.area(value, lang);
    if (field.name === 'length_m') return format.length(value);
    return field.kind === 'int' ? String(value) : String(Number(value.toFixed(4)));
  }
  if (field.kind === 'date' && typeof value === 'string') return format.date(value);
  return codeName(layer, field.name, textOf(value), lang);
}

export function fieldTitle(field: { title: Bilingual }, lang: Lang): string {
  return field.title[lang];
}

/** A found place in the asked language, and its other name for beside it. The server's label carries both at once. */
export function placeTexts(place: Place, lang: Lang): { title: string; other: string | null } {
  const { label, name, name_en, address } = place.properties.geocoding;
  const [first, second] = lang === 'en' ? [name_en, name] : [name, name_en];
  const title = first || second || address || label;
  const other = second && second !== title ? second : null;
  return { title, other };
}

function localName(properties: FeatureProperties, lang: Lang): string | null {
  const [zh, en] = [textOf(properties.name), textOf(properties.name_en)];
  return lang === 'en' ? (en ?? zh) : (zh ?? en);
}

function otherName(properties: FeatureProperties, lang: Lang, shown: string): string | null {
  const pinyin = properties.names?.find(({ kind, lang: of }) => kind === 'pinyin' || of === 'zh-Latn' || of === 'zh-Latn-pinyin')?.text ?? null;
  const [zh, en] = [textOf(properties.name), textOf(properties.name_en)];
  const parts = lang === 'en' ? [zh, pinyin] : [pinyin, en];
  const others = [...new Set(parts.filter((part): part is string => part !== null && part !== shown))];
  return others.length > 0 ? others.join(' · ') : null;
}

function plateNumber(number: string | null, lang: Lang): string | null {
  return number && lang === 'zh' && /^[\d-]+$/.test(number) ? `${number}号` : number;
}

function withCode(name: string | null, code: string | null): string | null {
  return name && code ? `${name} ${code}` : (name ?? code);
}

function widthOf(properties: FeatureProperties, lang: Lang): string | null {
  const width = properties.width_m;
  return typeof width === 'number' ? (lang === 'zh' ? `红线宽 ${width} m` : `${width} m wide`) : null;
}

function storeys(properties: FeatureProperties, lang: Lang): string | null {
  const levels = properties.levels;
  return typeof levels === 'number' ? (lang === 'zh' ? `${levels} 层` : `${levels} ${levels === 1 ? 'storey' : 'storeys'}`) : null;
}

function indicators(properties: FeatureProperties, lang: Lang): string | null {
  const { far_max, height_max_m } = properties;
  const parts = [
    typeof far_max === 'number' ? (lang === 'zh' ? `容积率 ≤ ${far_max}` : `floor-area ratio ≤ ${far_max}`) : null,
    typeof height_max_m === 'number' ? (lang === 'zh' ? `限高 ${height_max_m} m` : `height ≤ ${height_max_m} m`) : null,
  ];
  return join(parts, lang === 'zh' ? '，' : ', ');
}

function join(parts: (string | null)[], by: string): string | null {
  const there = parts.filter((part): part is string => Boolean(part));
  return there.length > 0 ? there.join(by) : null;
}

export function textOf(value: unknown): string | null {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return typeof value === 'string' && value.trim() !== '' ? value : null;
}
