/** A fixed number of part buffers, allocated when first needed and used again: what keeps a transfer's memory flat. */
export class BufferPool {
  readonly #bytes: number;
  readonly #free: Uint8Array[] = [];
  readonly #waiting: ((buffer: Uint8Array) => void)[] = [];
  #unmade: number;

  constructor(count: number, bytes: number) {
    this.#unmade = count;
    this.#bytes = bytes;
  }

  async take(): Promise<Uint8Array> {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    if (this.#unmade > 0) {
      this.#unmade--;
      return Buffer.allocUnsafeSlow(this.#bytes);
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  give(buffer: Uint8Array): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free.push(buffer);
    else next(buffer);
  }

  /**
   * Instead of `give` after a call that failed: somewhere below, an abandoned attempt may still be reading that
   * memory, and would put another part's bytes in its place.
   */
  replace(): void {
    this.give(Buffer.allocUnsafeSlow(this.#bytes));
  }
}
