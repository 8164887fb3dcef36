/** `btr daemon --files DIR`: fetches every file that comes, one after the other. */
import type { FileInfo } from '../messenger/index.ts';
import type { Daemon } from './daemon.ts';

/** How often a file is tried before somebody has to look, and how long to wait in between, in milliseconds. */
const mostTries = 5;
const pause = 60_000;

export class Fetcher {
  readonly #daemon: Daemon;
  readonly #folder: string;
  readonly #tries = new Map<string, number>();
  readonly #unfollow: () => void;
  readonly #timer: NodeJS.Timeout;
  #isBusy = false;

  /** @param folder which is there. */
  constructor(daemon: Daemon, folder: string) {
    this.#daemon = daemon;
    this.#folder = folder;
    this.#unfollow = daemon.follow((change) => {
      if (change.type === 'entry' && change.entry.event.type === 'file') void this.fetch();
    });
    this.#timer = setInterval(() => void this.fetch(), pause).unref();
    daemon.ending.addEventListener('abort', () => this.#end(), { once: true });
  }

  /** Fetches what waits in the drops and was not fetched yet. Transfers are told as changes, failures too. */
  async fetch(): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    try {
      for (let file = this.#next(); file && !this.#daemon.ending.aborted; file = this.#next()) {
        this.#tries.set(file.id, (this.#tries.get(file.id) ?? 0) + 1);
        const { state } = await this.#daemon.conversations.transfers.fetch(file, { folder: this.#folder }).ended;
        if (state !== 'done') break;
      }
    } finally {
      this.#isBusy = false;
    }
  }

  /** One that was tried least. */
  #next(): FileInfo | undefined {
    const { messenger } = this.#daemon;
    const now = Date.now();
    const tries = ({ id }: FileInfo) => this.#tries.get(id) ?? 0;
    const files = messenger.channels().flatMap(({ name }) => messenger.files(name));
    return files
      .filter(({ state, outgoing, expiresAt }) => !outgoing && state === 'waiting' && expiresAt > now)
      .filter((file) => tries(file) < mostTries)
      .sort((one, other) => tries(one) - tries(other))[0];
  }

  #end(): void {
    this.#unfollow();
    clearInterval(this.#timer);
  }
}
