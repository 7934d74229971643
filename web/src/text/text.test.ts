// What people read: measures, scales, words about features; and that no text is missing in either language.
import { describe, expect, it } from 'vitest';
import type { Feature, Place } from '../api/types';
import { LAND_USE, CONTROL } from '../symbols/palette';
import { ROAD_WIDTH } from '../symbols/symbols';
import { describe as inWords, whyFound } from './describe';
import * as format from './format';
import { preferredLang, problemText, texts } from './index';

const feature = (layer: string, properties: Record<string, unknown>): Feature => ({ type: 'Feature', id: 'x', geometry: null, properties: { layer, ...properties } });
const plain = (text: string): string => text.replaceAll('\u00a0', ' ');

describe('measures', () => {
  it('writes metres up to ten kilometres and kilometres above', () => {
    expect([3.456, 250.04, 10_000, 10_001].map((value) => plain(format.length(value)))).toEqual(['3.46 m', '250.0 m', '10,000.0 m', '10.00 km']);
  });

  it('writes square metres up to a hectare, hectares above, and mu beside them in Chinese', () => {
    expect(plain(format.area(9_999.5, 'en'))).toBe('9,999.5 m²');
    expect(plain(format.area(12_345, 'en'))).toBe('1.2345 ha');
    expect(plain(format.area(10_000, 'zh'))).toBe('10,000.0 m²（15.00 亩）');
  });

  it('rounds scales to what a person would say', () => {
    expect([4513, 12_345, 983, 123_456].map(format.scale)).toEqual(['1:4,500', '1:12,500', '1:980', '1:125,000']);
  });

  it('picks the longest round scale bar that fits', () => {
    expect(format.barLengthM(1, 120)).toBe(100);
    expect(format.barLengthM(0.3, 120)).toBe(20);
    expect(format.barLengthM(90, 120)).toBe(10_000);
  });
});

describe('why a place is in the list', () => {
  const place = (match: NonNullable<Place['properties']['geocoding']['match']>, more = {}): Place => ({ type: 'Feature', geometry: null, properties: { geocoding: { label: 'x', layer: 'roads', id: '1', match, ...more } } });

  it('says by which name and how, and marks guesses', () => {
    expect(whyFound(place({ kind: 'exact', part: 'former_name' }), 'zh')).toEqual({ text: '按曾用名 · 完全匹配', unsure: false });
    const between = whyFound(place({ kind: 'interpolated', part: 'street_address' }, { error_m: 12 }), 'en');
    expect([plain(between?.text ?? ''), between?.unsure]).toEqual(['between known numbers · within 12 m', true]);
    expect(whyFound({ ...place({ kind: 'exact' }), properties: { geocoding: { label: 'x', layer: null, id: null } } }, 'zh')).toBeNull();
  });

  it('says of an old name what it is called now', () => {
    const parts = [{ part: 'road', how: 'former', asked: '文三路', found: '学院路' }];
    const renamed = place({ kind: 'exact', part: 'former_name', parts }, { former: { name: '文三路', since: '2026-11-22' }, note: '现名「学院路」。' });
    expect(whyFound(renamed, 'zh')).toEqual({ text: '按曾用名 · 完全匹配 · 道路：曾用名 文三路→学院路 · 现名「学院路」。', unsure: false });
  });

  it('names the part that differs, but not what was left out', () => {
    const parts = [{ part: 'road', how: 'typo', asked: '文山路', found: '文三路' }, { part: 'town', how: 'left_out', found: '翠苑街道' }, { part: 'number', how: 'exact' }];
    expect(whyFound(place({ kind: 'typo', parts }), 'zh')).toEqual({ text: '相差一字 · 道路：错字 文山路→文三路', unsure: true });
    expect(whyFound(place({ kind: 'typo', parts }), 'en')?.text).toBe('one character differs · road: typo 文山路→文三路');
  });
});

describe('words', () => {
  it('gives an address, its number and road in the order of the language', () => {
    const plate = feature('door_plates', { road: '人民路', number: '12', village: '东湖社区' });
    expect(inWords(plate, [], 'zh').title).toBe('人民路12号');
  });

  it('says the state of a permit first and raises the alarm for a breach only', () => {
    const permit = (status: string) => inWords(feature('permits', { case_no: '2026-0017', status }), [], 'zh');
    expect(permit('breach')).toMatchObject({ title: '2026-0017', summary: '违反许可', alarm: true });
    expect(permit('built').alarm).toBe(false);
  });

  it('never shows a land-use code without its name', () => {
    expect(inWords(feature('zoning', { land_use: '070102', land_use_name: '二类城镇住宅用地', class: 'residential' }), [], 'zh').title).toBe('二类城镇住宅用地 070102');
    expect(inWords(feature('zoning', { land_use: 'C-3', class: 'commercial' }), [], 'en').title).toBe('Commerce C-3');
  });

  it('names every value that has a symbol, in both languages', () => {
    for (const lang of ['zh', 'en'] as const) {
      const { codes } = texts(lang);
      expect(Object.keys(LAND_USE).filter((value) => !codes.zoning?.class?.[value])).toEqual([]);
      expect(Object.keys(CONTROL).filter((value) => !codes.control_areas?.kind?.[value])).toEqual([]);
      expect(Object.keys(ROAD_WIDTH).filter((value) => !codes.roads?.class?.[value])).toEqual([]);
    }
  });

  it('has the same codes in Chinese and in English', () => {
    const keys = (value: object): string[] => Object.entries(value).flatMap(([key, inner]) => (typeof inner === 'object' ? keys(inner).map((rest) => `${key}.${rest}`) : [key]));
    expect(keys(texts('en').codes)).toEqual(keys(texts('zh').codes));
  });

  it('uses the first language of the browser that we speak, Chinese otherwise', () => {
    expect([['en-US', 'zh'], ['fr', 'en'], ['fr'], ['zh-TW']].map(preferredLang)).toEqual(['en', 'en', 'zh', 'zh']);
  });

  it("says the server's own words about a problem, and ours when it had none", () => {
    expect(problemText({ title: 'T', detail: 'D', status: 400 }, 'en')).toBe('D');
    expect(problemText({ title: '', status: 0 }, 'zh')).toContain('连不上');
  });
});
