/** What components share: the session, its state, and answers of the server. */
import {
  createContext,
  useCallback,
  useContext,
  useEffect,
  useLayoutEffect,
  useState,
  useSyncExternalStore,
} from 'react';
import { get, problemOf } from './browser/server.ts';
import type { Session } from './session.ts';
import type { PageState } from './state/state.ts';

export const SessionContext = createContext<Session | undefined>(undefined);

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error('there is no session around this component');
  return session;
}

/** A part of the state; the component renders anew when that part is another. */
export function usePage<T>(select: (state: PageState) => T): T {
  const { store } = useSession();
  return useSyncExternalStore(store.follow, () => select(store.state));
}

/** Gives the focus back to where it was, once this component is gone. */
export function useFocusBack(): void {
  useLayoutEffect(() => {
    const { activeElement } = document;
    return () => {
      if (activeElement instanceof HTMLElement) activeElement.focus();
    };
  }, []);
}

export interface Answer<T> {
  readonly value?: T;
  readonly problem?: string;
  readonly reload: () => void;
}

/** What the server answers to this; undefined: nothing is asked. */
export function useAnswer<T>(path: string | undefined): Answer<T> {
  const [answer, setAnswer] = useState<{ value?: T; problem?: string }>({});
  const [round, setRound] = useState(0);
  const reload = useCallback(() => setRound((number) => number + 1), []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another round asks again
  useEffect(() => {
    if (path === undefined) return;
    const stop = new AbortController();
    get<T>(path, stop.signal).then(
      (value) => setAnswer({ value }),
      (error: unknown) => !stop.signal.aborted && setAnswer({ problem: problemOf(error).text }),
    );
    return () => stop.abort();
  }, [path, round]);
  return { ...answer, reload };
}
