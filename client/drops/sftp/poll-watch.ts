/** Waiting for letters where nobody tells of them: one listing now and then. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Watch } from '../maildir/file-system.ts';

/** Every so many looks everything is looked at, for letters in the hands of collectors that are gone. */
const WHOLE_LOOK = 15;

export class PollWatch implements Watch {
  readonly #names: () => Promise<readonly string[]>;
  readonly #poll: number;

  constructor(names: () => Promise<readonly string[]>, poll: number) {
    this.#names = names;
    this.#poll = poll;
  }

  /** A listing misses nothing that was there before. */
  arm(): void {}

  async changed(signal: AbortSignal): Promise<void> {
    for (let look = 0; look < WHOLE_LOOK; look += 1) {
      await pause(this.#poll, signal);
      if ((await this.#names()).length > 0) return;
    }
  }

  close(): void {}
}

/** Rejects with the signal's own reason. */
async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch(() => undefined);
  signal.throwIfAborted();
}
