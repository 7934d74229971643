// The link and the state are the same thing written twice.
import { describe, expect, it } from 'vitest';
import { addressOf, readAddress, writeAddress, type Address } from './address';
import { DEFAULT_SHOWN, reconcile } from './layers';
import { START } from './state';
import { createStore } from './store';

const FULL: Address = {
  view: { lon: 120.155071, lat: 30.274152, zoom: 16.25 },
  shown: [{ id: 'roads', visible: true, opacity: 0.6 }, { id: 'zoning', visible: false, opacity: 1 }],
  basemap: true,
  point: { lon: 120.1550701, lat: 30.2741502 },
  selection: { layer: 'door_plates', id: '330106-8f2c/1' },
  query: '人民路 12 号 & #5',
  reading: 2,
  lang: 'en',
  theme: 'dark',
  tool: 'measure',
  as_of: '2024-03-01',
  measure: { kind: 'area', points: [{ lon: 120.1, lat: 30.2 }, { lon: 120.2, lat: 30.2 }, { lon: 120.2, lat: 30.3 }], active: -1 },
};

describe('the address bar', () => {
  it('gives back everything that was written into it', () => {
    expect(readAddress(writeAddress(FULL))).toEqual(FULL);
  });

  it('leaves out what is as at the start', () => {
    expect(writeAddress({ ...addressOf(START), lang: null })).toBe('');
    expect(writeAddress({ ...addressOf(START), lang: null, shown: DEFAULT_SHOWN.filter(({ id }) => id !== 'parcels') })).toBe('');
  });

  it.each(['?map=16/91/120', '?map=a/b/c', '?map=16//', '?layers=%00,<b>', '?at=1', '?sel=roads', '?sel=/x', '?lang=fr&theme=pink&tool=saw&on=yesterday&reading=-3', '?measure=volume:1,2'])('ignores what it cannot read: %s', (search) => {
    expect(readAddress(search)).toEqual(readAddress(''));
  });

  it('puts layers the link does not know on top and drops those the server has not', () => {
    const shown = reconcile([{ id: 'zoning', visible: false, opacity: 1 }, { id: 'gone', visible: true, opacity: 1 }], ['zoning', 'roads', 'new_layer']);
    expect(shown.map(({ id, visible }) => `${id} ${visible}`)).toEqual(['zoning false', 'roads true', 'new_layer true']);
  });
});

describe('the store', () => {
  it('refuses a change made by a listener', () => {
    const store = createStore(START);
    store.listen(() => store.set({ lang: 'zh' }));
    expect(() => store.set({ lang: 'en' })).toThrow('a listener tried to change the state');
  });

  it('does not wake listeners when nothing changed', () => {
    const store = createStore(START);
    let woken = 0;
    store.listen(() => (woken += 1));
    store.set({ lang: START.lang, tool: START.tool });
    expect(woken).toBe(0);
  });
});
