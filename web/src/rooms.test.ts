// The arrows between the rooms of the page, so that they cannot turn round unseen.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '.');

const sources = readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
  .filter((path) => /\.tsx?$/.test(path) && !path.endsWith('.test.ts'))
  .map((path) => ({ path, room: path.includes('/') ? path.slice(0, path.indexOf('/')) : '', text: readFileSync(join(ROOT, path), 'utf8') }));

/** What a room may import of the others; types of api/ are words for everybody. */
const MAY: Record<string, readonly string[]> = {
  coordinates: ['api/types'],
  symbols: [],
  text: ['api/types', 'coordinates', 'symbols'],
  api: ['coordinates'],
  state: ['api', 'coordinates'],
  map: ['api/types', 'api/tiles', 'coordinates', 'state', 'symbols', 'text'],
  panels: ['api/types', 'coordinates', 'state', 'symbols', 'text'],
};

const importsOf = (text: string): string[] => [...text.matchAll(/from '([^']+)'/g)].map((match) => match[1] ?? '');

describe('the rooms of the page', () => {
  it.each(Object.keys(MAY))('%s imports only what it may', (room) => {
    const wrong = sources
      .filter((source) => source.room === room)
      .flatMap(({ path, text }) =>
        importsOf(text)
          .filter((target) => target.startsWith('.'))
          .map((target) => join('/', path, '..', target).slice(1))
          .filter((target) => target !== room && !target.startsWith(`${room}/`) && !(MAY[room] ?? []).some((allowed) => target === allowed || target.startsWith(`${allowed}/`)))
          .map((target) => `${path} -> ${target}`),
      );
    expect(wrong).toEqual([]);
  });

  it('has rooms for all of its files', () => {
    expect([...new Set(sources.map(({ room }) => room))].sort()).toEqual(['', ...Object.keys(MAY)].sort());
  });

  it('lets only map/ import the map library', () => {
    expect(sources.filter(({ room, text }) => room !== 'map' && importsOf(text).some((target) => target === 'ol' || target.startsWith('ol/'))).map(({ path }) => path)).toEqual([]);
  });

  it('lets only api/ talk to the server', () => {
    expect(sources.filter(({ room, text }) => room !== 'api' && /\bfetch\(|new EventSource|XMLHttpRequest/.test(text)).map(({ path }) => path)).toEqual([]);
  });

  it('keeps every text in text/', () => {
    const hanzi = sources.filter(({ room, text }) => room !== 'text' && room !== 'coordinates' && /\p{Script=Han}/u.test(text.replace(/\/\/.*|\/\*[\s\S]*?\*\//g, '')));
    expect(hanzi.map(({ path }) => path)).toEqual(['panels/Header.tsx']);
  });
});
