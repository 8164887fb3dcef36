/**
 * The stream of updates: it comes back by itself after sleep or a server's restart, and says so meanwhile. A browser
 * has six connections to a server for all windows together: of those that are out of view only one, which has the lock,
 * keeps its stream, and that one notifies.
 */
import type { State, Update } from '../../api.ts';
import type { Store } from '../state/store.ts';
import { get, RequestError, urlOf } from './server.ts';

const lock = 'btr-listens-out-of-view';

/** Milliseconds between tries, more each time. */
const pauses = [250, 500, 1000, 2000, 4000];

export class Connection {
  readonly #store: Store;
  readonly #hear: (update: Update) => void;
  #source: EventSource | undefined;
  #timer: number | undefined;
  #tries = 0;
  /** Aborts when this window comes into view. */
  #outOfView: AbortController | undefined;

  constructor(store: Store, hear: (update: Update) => void) {
    this.#store = store;
    this.#hear = hear;
    for (const event of ['online', 'focus', 'pageshow']) addEventListener(event, () => this.#retryNow());
    document.addEventListener('visibilitychange', () => this.#look());
  }

  #look(): void {
    this.#outOfView?.abort();
    this.#outOfView = undefined;
    if (document.visibilityState === 'visible') {
      this.#wake();
      this.#retryNow();
    } else {
      this.#outOfView = new AbortController();
      void this.#listenForAll(this.#outOfView.signal);
    }
  }

  async #listenForAll(inView: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    inView.addEventListener('abort', () => resolve());
    const { locks } = navigator;
    const isDone = await locks.request(lock, { ifAvailable: true }, (held) => held && promise.then(() => true));
    if (isDone || inView.aborted) return;
    this.#rest();
    const listen = () => {
      this.#wake();
      return promise;
    };
    await locks.request(lock, { signal: inView }, listen).catch((error: unknown) => {
      if (!inView.aborted) throw error;
    });
  }

  #rest(): void {
    if (this.#store.state.link !== 'open') return;
    this.#source?.close();
    this.#source = undefined;
    this.#store.dispatch({ type: 'link', link: 'resting' });
  }

  #wake(): void {
    if (this.#store.state.link === 'resting' && !this.#source) this.open();
  }

  open(): void {
    this.#source?.close();
    const source = new EventSource(urlOf('events'));
    this.#source = source;
    source.onmessage = ({ data }) => {
      const update: Update = JSON.parse(data);
      if (update.type === 'state') this.#tries = 0;
      this.#hear(update);
    };
    source.onerror = () => {
      source.close();
      if (this.#source === source) this.#lose();
    };
  }

  #lose(): void {
    this.#source = undefined;
    this.#store.dispatch({ type: 'link', link: 'lost' });
    const pause = pauses[Math.min(this.#tries, pauses.length - 1)];
    this.#tries += 1;
    this.#timer = window.setTimeout(() => void this.#retry(), pause);
  }

  #retryNow(): void {
    if (this.#store.state.link !== 'lost' || this.#timer === undefined) return;
    this.#tries = 0;
    void this.#retry();
  }

  /** An EventSource does not tell why it failed: a request does. */
  async #retry(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    try {
      await get<State>('state');
      this.open();
    } catch (error) {
      const isOver = error instanceof RequestError && [401, 403, 404].includes(error.status);
      if (isOver) this.#store.dispatch({ type: 'link', link: 'ended' });
      else this.#lose();
    }
  }
}
