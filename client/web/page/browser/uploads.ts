/** Files on their way out: one after the other, so that the browser's few connections stay free for the rest. */
import type { Waiting } from '../state/state.ts';
import type { Store } from '../state/store.ts';
import { ask, inChannel, problemOf, RequestError } from './server.ts';

const unreadable = {
  text: 'The browser can’t read it.',
  hint: 'A folder goes by btr send --file. A file that was changed meanwhile: choose it again.',
};

export class Uploads {
  readonly #store: Store;
  readonly #queue: { readonly entry: Waiting; readonly file: File }[] = [];
  #isBusy = false;
  #next = 1;

  constructor(store: Store) {
    this.#store = store;
    // A window that closes ends what it sends: the browser asks first.
    addEventListener('beforeunload', (event) => {
      if (this.#isBusy) event.preventDefault();
    });
  }

  add(channel: string, files: readonly File[]): void {
    const added = files.map((file) => {
      const { name, size } = file;
      return { entry: { key: this.#next++, channel, name, size }, file };
    });
    this.#queue.push(...added);
    this.#store.dispatch({ type: 'waiting', files: added.map(({ entry }) => entry) });
    void this.#run();
  }

  /** Of one that has not begun. */
  cancel(key: number): void {
    const index = this.#queue.findIndex(({ entry }) => entry.key === key);
    if (index >= 0) this.#queue.splice(index, 1);
    this.#store.dispatch({ type: 'begun', key });
  }

  async #run(): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    for (let next = this.#queue.shift(); next; next = this.#queue.shift()) {
      const { entry, file } = next;
      this.#store.dispatch({ type: 'begun', key: entry.key });
      await this.#put(entry.channel, file);
    }
    this.#isBusy = false;
  }

  /** What comes of it is told as a transfer; what failed before that, or because the file can't be read, is said here. */
  async #put(channel: string, file: File): Promise<void> {
    try {
      await ask('PUT', inChannel(channel, `files?name=${encodeURIComponent(file.name)}`), file);
    } catch (error) {
      const isTold = this.#store.state.transfers.some(
        ({ direction, name, state }) => direction === 'out' && name === file.name && state !== 'done',
      );
      if (isTold && error instanceof RequestError && error.status !== 0) return;
      const { text, hint } = (await isReadable(file)) ? problemOf(error) : unreadable;
      this.#store.dispatch({ type: 'fail', error: { text: `${file.name}: ${text}`, ...(hint && { hint }) } });
    }
  }
}

async function isReadable(file: File): Promise<boolean> {
  return file
    .slice(0, 1)
    .arrayBuffer()
    .then(
      () => true,
      () => false,
    );
}
