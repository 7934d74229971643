// Holds the state. Only actions call `set`; whoever listens draws and changes nothing.
import type { State } from './state';

export interface Store {
  get(): State;
  set(change: Partial<State>): void;
  /** Returns the function that stops listening. */
  listen(draw: (state: State) => void): () => void;
}

export function createStore(start: State): Store {
  let state = start;
  let drawing = false;
  const listeners = new Set<(state: State) => void>();
  return {
    get: () => state,
    set: (change) => {
      if (drawing) throw new Error('a listener tried to change the state');
      if (Object.entries(change).every(([key, value]) => Object.is(state[key as keyof State], value))) return;
      state = { ...state, ...change };
      drawing = true;
      try {
        for (const draw of listeners) draw(state);
      } finally {
        drawing = false;
      }
    },
    listen: (draw) => {
      listeners.add(draw);
      return () => listeners.delete(draw);
    },
  };
}
