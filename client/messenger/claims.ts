/**
 * The received messages that this process is about to show. Their claims in the store are renewed for as long as that
 * takes, a slow reader or a command run for each message included, so that nobody else shows them meanwhile.
 */
import { SetupError } from '../errors.ts';
import type { Home } from '../store/home.ts';
import { claimTime } from '../store/messages.ts';

export class Claims {
  readonly #home: Home;
  readonly #now: () => number;
  readonly #rows = new Set<number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(home: Home, now: () => number) {
    this.#home = home;
    this.#now = now;
  }

  has(row: number): boolean {
    return this.#rows.has(row);
  }

  /** These rows of the history are claimed; from now on they are kept so. */
  hold(rows: readonly number[]): void {
    for (const row of rows) this.#rows.add(row);
    if (this.#rows.size > 0) this.#timer ??= setInterval(() => this.#renew(), claimTime / 3).unref();
  }

  /** They were shown, or given back. */
  drop(rows: readonly number[]): void {
    for (const row of rows) this.#rows.delete(row);
    if (this.#rows.size === 0) this.end();
  }

  end(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #renew(): void {
    const { db, messages } = this.#home;
    try {
      db.transaction(() => messages.renewClaims(this.#rows, this.#now()));
    } catch (error) {
      // A store that is busy now is tried again long before the claims end.
      if (!(error instanceof SetupError)) throw error;
    }
  }
}
