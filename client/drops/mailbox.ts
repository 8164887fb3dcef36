/** A queue between producers and one consumer: `put` resolves once the item was consumed, so nobody runs ahead. */

interface Item<T> {
  readonly value: T;
  readonly consumed: () => void;
}

export class Mailbox<T> {
  readonly #items: Item<T>[] = [];
  #wake: (() => void) | undefined;
  #failure: { readonly error: unknown } | undefined;
  #ended = false;
  #closed = false;

  /** Resolves when the consumer asks for what comes after this item; at once where nobody consumes any more. */
  put(value: T): Promise<void> {
    return new Promise((resolve) => {
      this.#items.push({ value, consumed: resolve });
      this.#wake?.();
      if (this.#closed) resolve();
    });
  }

  /** What was put and never consumed, once the consumer has left. */
  leftovers(): T[] {
    return this.#items.splice(0).map(({ value }) => value);
  }

  /** Ends the consumer's loop with this error, after what was put before. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#wake?.();
  }

  /** Ends the consumer's loop, after what was put before. */
  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  async *consume(): AsyncGenerator<T, void, void> {
    try {
      for (;;) {
        const item = this.#items.shift();
        if (item) {
          try {
            yield item.value;
          } finally {
            item.consumed();
          }
          continue;
        }
        if (this.#failure) throw this.#failure.error;
        if (this.#ended) return;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      this.#closed = true;
      for (const { consumed } of this.#items) consumed();
    }
  }
}
