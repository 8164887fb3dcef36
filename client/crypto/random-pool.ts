/** Random values of one size, drawn many at a time: a call for each would cost more than sealing a short text. */
import { randomFillSync } from 'node:crypto';

const valuesAtOnce = 256;

export class RandomPool {
  readonly #size: number;
  #pool = Buffer.alloc(0);
  #offset = 0;

  /** @param size bytes of one value. */
  constructor(size: number) {
    this.#size = size;
  }

  /** A value that was never handed out before. */
  take(): Buffer {
    if (this.#offset === this.#pool.length) {
      this.#pool = randomFillSync(Buffer.allocUnsafeSlow(this.#size * valuesAtOnce));
      this.#offset = 0;
    }
    this.#offset += this.#size;
    return this.#pool.subarray(this.#offset - this.#size, this.#offset);
  }
}
