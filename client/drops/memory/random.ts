/** Chance that comes out the same every time for the same seed. Not for secrets. */
export class Chance {
  #state: number;

  /** `label` sets apart several of one seed, so that more use of one doesn't change the others. */
  constructor(seed: number, label: string) {
    let state = seed >>> 0;
    for (const character of label) state = Math.imul(state ^ (character.codePointAt(0) ?? 0), 0x9e3779b1) >>> 0;
    this.#state = state;
  }

  /** From 0 up to but not including 1 (mulberry32). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** True this often, from 0 (never) to 1 (always). */
  hits(probability: number): boolean {
    return this.next() < probability;
  }

  /** A whole number from 0 up to but not including `count`. */
  below(count: number): number {
    return Math.floor(this.next() * count);
  }
}
