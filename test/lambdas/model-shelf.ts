/** A bucket as S3 has it, in memory: pages of any size, and faults where a test wants them. */
import { type Folders, type Shelf, ShelfError, type Upload } from '../../lambdas/expire-drops/expire.ts';

export type Call = 'keys' | 'folders' | 'remove' | 'uploads' | 'abort';

/** `stop`: from this call on, time is up. `partly`: every other key of a removal stays. */
export type Fault = 'fail' | 'partly' | 'stop' | undefined;

export class ModelShelf implements Shelf {
  readonly objects: Set<string>;
  readonly parts: Map<string, Upload>;
  readonly calls: Call[] = [];
  /** How many things it was asked to let go of and kept, time that was up apart. */
  refused = 0;
  readonly signal: AbortSignal;
  readonly #ending = new AbortController();
  readonly #page: number;
  readonly #fault: (call: Call, index: number) => Fault;

  constructor(
    objects: Iterable<string>,
    uploads: readonly Upload[],
    options: { page?: number; fault?: (call: Call, index: number) => Fault } = {},
  ) {
    this.objects = new Set(objects);
    this.parts = new Map(uploads.map((upload) => [upload.id, upload]));
    this.signal = this.#ending.signal;
    this.#page = options.page ?? 1_000;
    this.#fault = options.fault ?? (() => undefined);
  }

  async *keys(prefix: string): AsyncGenerator<readonly string[]> {
    for (let after = ''; ; ) {
      this.#begin('keys');
      const page = this.#under(prefix, after).slice(0, this.#page);
      yield page;
      if (page.length < this.#page) return;
      after = page.at(-1) ?? after;
    }
  }

  async *folders(prefix: string, from: string): AsyncGenerator<Folders> {
    const entry = (key: string) => key.slice(0, key.indexOf('/', prefix.length) + 1) || key;
    for (let after = from; ; ) {
      this.#begin('folders');
      const entries = new Set(this.#under(prefix, after).map(entry));
      const page = [...entries].filter((one) => one > after).slice(0, this.#page);
      yield {
        keys: page.filter((one) => !one.endsWith('/')),
        prefixes: page.filter((one) => one.endsWith('/')),
      };
      if (page.length < this.#page) return;
      after = page.at(-1) ?? after;
    }
  }

  async remove(keys: readonly string[]): Promise<readonly ShelfError[]> {
    const fault = this.#begin('remove', keys.length);
    const kept = fault === 'partly' ? keys.filter((_, index) => index % 2 === 0) : [];
    this.refused += kept.length;
    for (const key of keys) if (!kept.includes(key)) this.objects.delete(key);
    return kept.map(() => new ShelfError('s3:DeleteObject', 'InternalError'));
  }

  async *uploads(prefix: string): AsyncGenerator<readonly Upload[]> {
    const all = [...this.parts.values()].filter(({ key }) => key.startsWith(prefix));
    for (let start = 0; ; start += this.#page) {
      this.#begin('uploads');
      yield all.slice(start, start + this.#page);
      if (all.length <= start + this.#page) return;
    }
  }

  async abort({ id }: Upload): Promise<void> {
    this.#begin('abort', 1);
    this.parts.delete(id);
  }

  #under(prefix: string, after: string): string[] {
    return [...this.objects].filter((key) => key.startsWith(prefix) && key > after).sort();
  }

  /** @param things that this call is to remove. */
  #begin(call: Call, things = 0): Fault {
    this.signal.throwIfAborted();
    const fault = this.#fault(call, this.calls.length);
    this.calls.push(call);
    if (fault === 'stop') this.#ending.abort(new Error('time is up'));
    this.signal.throwIfAborted();
    if (fault !== 'fail') return fault;
    this.refused += things;
    throw new ShelfError(call, 'SlowDown');
  }
}
