// How panels see the state: a chosen part of it, drawn again only when that part changes.
import { createContext } from 'preact';
import { useContext, useLayoutEffect, useReducer, useRef } from 'preact/hooks';
import type { Actions } from '../state/actions';
import type { State } from '../state/state';
import type { Store } from '../state/store';
import { texts, type Texts } from '../text';

export interface Page {
  store: Store;
  actions: Actions;
}

export const PageContext = createContext<Page | null>(null);

function usePage(): Page {
  const page = useContext(PageContext);
  if (!page) throw new Error('a panel was drawn outside the page');
  return page;
}

export function useActions(): Actions {
  return usePage().actions;
}

export function useShown<T>(choose: (state: State) => T): T {
  const { store } = usePage();
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const latest = useRef<{ choose: (state: State) => T; value: T }>({ choose, value: choose(store.get()) });
  latest.current = { choose, value: choose(store.get()) };
  useLayoutEffect(
    () =>
      store.listen((state) => {
        if (!Object.is(latest.current.choose(state), latest.current.value)) redraw(0);
      }),
    [store],
  );
  return latest.current.value;
}

export function useTexts(): Texts {
  return texts(useShown((state) => state.lang));
}
