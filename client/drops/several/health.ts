/** Whether a drop is put aside, and for how long: doubling with every failure, forgotten with a success. */
import type { SeveralTiming } from './timing.ts';

export class Health {
  readonly #timing: SeveralTiming;
  readonly #longest: number;
  #failures = 0;
  #asideUntil = Number.NEGATIVE_INFINITY;

  constructor(timing: SeveralTiming, longest: number) {
    this.#timing = timing;
    this.#longest = longest;
  }

  /** Failures in a row. */
  get failures(): number {
    return this.#failures;
  }

  /** Milliseconds until it may be tried again; 0 where it may now. */
  get rest(): number {
    return Math.max(0, this.#asideUntil - this.#timing.clock.now());
  }

  get isAside(): boolean {
    return this.rest > 0;
  }

  /** Calls that fail side by side, or while it is put aside, count once. */
  failed(): void {
    if (this.isAside) return;
    this.#failures += 1;
    const rest = this.#timing.firstRest * 2 ** (this.#failures - 1);
    this.#asideUntil = this.#timing.clock.now() + Math.min(rest, this.#longest);
  }

  succeeded(): void {
    this.#failures = 0;
    this.#asideUntil = Number.NEGATIVE_INFINITY;
  }
}
