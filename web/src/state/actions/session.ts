// Logging in and out. The public needs no account; the map stays where it was.
import { getSession, logIn, logOut } from '../../api';
import type { SessionState } from '../state';
import type { Store } from '../store';

export function sessionActions(store: Store) {
  const put = (change: Partial<SessionState>): void => store.set({ session: { ...store.get().session, ...change } });
  return {
    openLogin: (open: boolean): void => put({ open, problem: null }),
    restoreSession: async (): Promise<void> => {
      const answer = await getSession();
      if (answer.ok) put({ who: answer.value });
    },
    logIn: async (name: string, password: string): Promise<void> => {
      put({ busy: true, problem: null });
      const answer = await logIn(name, password, store.get().lang);
      if (answer.ok) put({ busy: false, open: false, who: answer.value });
      else put({ busy: false, problem: answer.problem });
    },
    logOut: async (): Promise<void> => {
      const answer = await logOut();
      if (answer.ok) put({ who: null });
    },
  };
}
