/** Waiting for a folder to change: told by the operating system where it can, by looking now and then where it can't. */
import { type FSWatcher, watch } from 'node:fs';
import type { Watch } from '../maildir/file-system.ts';

export class FolderWatch implements Watch {
  readonly #poll: number;
  #watcher: FSWatcher | undefined;
  #changed = false;
  #wake: (() => void) | undefined;

  constructor(path: string, poll: number) {
    this.#poll = poll;
    try {
      this.#watcher = watch(path, { persistent: false }, () => this.#notice());
      this.#watcher.on('error', () => this.#unwatch());
    } catch {
      // Out of watches, or a file system without them: the slow look finds everything too.
      this.#unwatch();
    }
  }

  arm(): void {
    this.#changed = false;
  }

  changed(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const finish = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', finish);
        this.#wake = undefined;
        if (signal.aborted) reject(signal.reason);
        else resolve();
      };
      const timer = setTimeout(finish, this.#poll);
      signal.addEventListener('abort', finish, { once: true });
      this.#wake = finish;
      if (this.#changed || signal.aborted) finish();
    });
  }

  close(): void {
    this.#unwatch();
  }

  #notice(): void {
    this.#changed = true;
    this.#wake?.();
  }

  #unwatch(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }
}
