// Wires the rooms: the state in the middle, the map and the panels around it, the address bar beside it.
import './styles/index.css';
import { h, render } from 'preact';
import { createTiles } from './api/tiles';
import { createMap } from './map';
import { App } from './panels/App';
import { PageContext } from './panels/context';
import { createActions } from './state/actions';
import { MOST_RECENT } from './state/actions/search';
import { addressOf, readAddress, writeAddress } from './state/address';
import { START, type State } from './state/state';
import { createStore } from './state/store';
import { preferredLang, texts } from './text';

const address = readAddress(window.location.search);
const systemDark = window.matchMedia('(prefers-color-scheme: dark)');
const remembered = memory();
const lang = address.lang ?? remembered.lang ?? preferredLang(navigator.languages);
const theme = address.theme === 'auto' ? (remembered.theme ?? 'auto') : address.theme;

const store = createStore({ ...START, lang, theme, recent: remembered.recent, dark: theme === 'auto' ? systemDark.matches : theme === 'dark' });
const tiles = createTiles((sequence) => actions.tileSequence(sequence));
const actions = createActions(store, tiles);

store.listen(dress);
dress(store.get());
systemDark.addEventListener('change', (event) => actions.systemThemeChanged(event.matches));

const page = document.getElementById('page');
if (page) render(h(PageContext.Provider, { value: { store, actions }, children: h(App, { onMapElement: openMap }) }), page);

let mirror = 0;
store.listen((state) => {
  window.clearTimeout(mirror);
  // Browsers allow only so many changes of the address in a while.
  mirror = window.setTimeout(() => {
    if (state.start !== 'ready') return;
    window.history.replaceState(null, '', `${window.location.pathname}${writeAddress(addressOf(state))}`);
    remember(state);
  }, 150);
});

function openMap(element: HTMLElement): void {
  const map = createMap(element, tiles, {
    moved: actions.moveTo,
    sized: actions.setSize,
    pointed: actions.setPointer,
    groupClicked: actions.openGroup,
    clicked: (at) => void actions.identifyAt(at),
    resultPointed: actions.highlight,
    resultClicked: (index) => void actions.choose(index),
    vertexAdded: actions.addVertex,
    verticesMoved: actions.setVertices,
    drawn: actions.setInView,
    pictured: actions.printPicture,
  });
  store.listen(map.draw);
  map.draw(store.get());
  void actions.start(address);
}

/** Language, theme and title stand on the document itself. */
function dress(state: State): void {
  const root = document.documentElement;
  root.lang = state.lang === 'zh' ? 'zh-CN' : 'en';
  root.dataset.theme = state.dark ? 'dark' : 'light';
  document.title = [state.city?.name[state.lang], texts(state.lang).app.full].filter(Boolean).join(' · ');
}

function memory(): { lang: State['lang'] | null; theme: State['theme'] | null; recent: string[] } {
  try {
    const kept = JSON.parse(window.localStorage.getItem('yutu') ?? '{}') as Record<string, unknown>;
    return {
      lang: kept.lang === 'zh' || kept.lang === 'en' ? kept.lang : null,
      theme: kept.theme === 'light' || kept.theme === 'dark' ? kept.theme : null,
      recent: Array.isArray(kept.recent) ? kept.recent.filter((text): text is string => typeof text === 'string' && text.length <= 300).slice(0, MOST_RECENT) : [],
    };
  } catch {
    return { lang: null, theme: null, recent: [] };
  }
}

function remember(state: State): void {
  try {
    window.localStorage.setItem('yutu', JSON.stringify({ lang: state.lang, theme: state.theme, recent: state.recent }));
  } catch {
    // A browser that keeps nothing starts afresh each time, which is all right.
  }
}
