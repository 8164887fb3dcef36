/**
 * A drop laid out like a maildir, wherever there are directories and an atomic rename. There is no daemon; any number
 * of processes may leave and collect. Where all of them see a rename at once, two collectors never hold the same letter.
 */
import { DropError } from '../../errors.ts';
import { dropClosed } from '../closed.ts';
import type { CallOptions, CollectOptions, Delivery, Drop, Finding, Letter, ParcelStore } from '../drop.ts';
import { checkPlace } from './check.ts';
import { collectLetters } from './collect.ts';
import { folderError } from './errors.ts';
import { LetterWriter } from './leave.ts';
import { folderLimits, MAX_PARTS, MIN_PART_BYTES } from './limits.ts';
import { ParcelFiles } from './parcels.ts';
import { type Place, preparePlace, type Settings } from './place.ts';

/** Milliseconds that a call has, once it is given up, to end by itself and leave things tidy. */
const TIDYING = 1_000;

interface Opened {
  readonly place: Place;
  readonly writer: LetterWriter;
  readonly parcels: ParcelFiles;
}

/** Opens nothing yet: the place is looked at by the first call, which rejects with a DropError if it can't be used. */
export class MaildirDrop implements Drop {
  readonly kind: string;
  readonly limits = folderLimits;
  readonly parcels: ParcelStore;
  readonly #settings: Settings;
  readonly #closing = new AbortController();
  readonly #running = new Set<Promise<unknown>>();
  #opened: Promise<Opened> | undefined;

  constructor(kind: string, settings: Settings) {
    this.kind = kind;
    this.#settings = settings;
    this.parcels = {
      maxParts: MAX_PARTS,
      minPartBytes: MIN_PART_BYTES,
      create: (key, call) => this.#run(call, ({ parcels }) => parcels.create(key)),
      putPart: (key, ticket, part, call) => this.#run(call, ({ parcels }) => parcels.putPart(key, ticket, part)),
      complete: (key, ticket, receipts, call) =>
        this.#run(call, ({ parcels }) => parcels.complete(key, ticket, receipts)),
      abort: (key, ticket, call) => this.#run(call, ({ parcels }) => parcels.abort(key, ticket)),
      get: (key, range, call) => this.#stream(call, ({ parcels }, signal) => parcels.get(key, range, signal)),
      remove: (key, call) => this.#run(call, ({ parcels }) => parcels.remove(key)),
    };
  }

  leave(letters: readonly Letter[], options?: CallOptions): Promise<void> {
    return this.#run(options, ({ writer }) => {
      checkLetters(letters);
      return writer.leave(letters, options?.signal);
    });
  }

  collect(options: CollectOptions): AsyncIterable<readonly Delivery[]> {
    const collecting = this.#stream(options, ({ place }, signal) =>
      collectLetters(place, { wait: options.wait, signal }),
    );
    return this.#toldWell(collecting);
  }

  check(options?: CallOptions): Promise<readonly Finding[]> {
    return endsWith(this.#signal(options), this.#track(checkPlace(this.#settings)));
  }

  async close(): Promise<void> {
    this.#closing.abort(dropClosed());
    // First of all: opening may be what hangs. Files on a connection that is closed are closed, too.
    await this.#settings.files.close();
    const opened = await this.#opened?.catch(() => undefined);
    await opened?.parcels.close();
    await Promise.allSettled(this.#running);
  }

  /** Settling touches the folder too, so what goes wrong there is told in the same words. */
  async *#toldWell(batches: AsyncIterable<readonly Delivery[]>): AsyncGenerator<readonly Delivery[], void, undefined> {
    for await (const batch of batches) {
      yield batch.map(({ body, done, later }) => ({
        body,
        done: () => done().catch((error: unknown) => this.#fail(error)),
        later: () => later().catch((error: unknown) => this.#fail(error)),
      }));
    }
  }

  async #run<T>(options: CallOptions | undefined, call: (opened: Opened) => Promise<T>): Promise<T> {
    try {
      const signal = this.#signal(options);
      signal.throwIfAborted();
      return await endsWith(signal, this.#track(this.#open().then(call)));
    } catch (error) {
      return this.#fail(error);
    }
  }

  async *#stream<T>(
    options: CallOptions | undefined,
    call: (opened: Opened, signal: AbortSignal) => AsyncIterable<T>,
  ): AsyncGenerator<T, void, undefined> {
    const signal = this.#signal(options);
    let source: AsyncIterator<T> | undefined;
    const next = async (): Promise<IteratorResult<T>> => {
      source ??= call(await this.#open(), signal)[Symbol.asyncIterator]();
      return source.next();
    };
    try {
      signal.throwIfAborted();
      for (;;) {
        const result = await endsWith(signal, this.#track(next()));
        if (result.done) return;
        yield result.value;
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      await endsWith(signal, this.#track(Promise.resolve(source?.return?.()))).catch(() => undefined);
    }
  }

  /** What was given up goes on by itself for a while; closing waits for it. */
  #track<T>(running: Promise<T>): Promise<T> {
    this.#running.add(running);
    const forget = () => this.#running.delete(running);
    running.then(forget, forget);
    return running;
  }

  #signal(options: CallOptions | undefined): AbortSignal {
    const closing = this.#closing.signal;
    return options?.signal === undefined ? closing : AbortSignal.any([options.signal, closing]);
  }

  async #open(): Promise<Opened> {
    this.#opened ??= preparePlace(this.#settings).then((place) => ({
      place,
      writer: new LetterWriter(place),
      parcels: new ParcelFiles(place),
    }));
    try {
      return await this.#opened;
    } catch (error) {
      // The folder may be there the next time.
      this.#opened = undefined;
      throw error;
    }
  }

  #fail(error: unknown): never {
    throw folderError(error, this.#settings.files.name);
  }
}

function checkLetters(letters: readonly Letter[]): void {
  for (const { body } of letters) {
    if (body.length <= folderLimits.bodyBytes) continue;
    throw new DropError(`A body of ${body.length} bytes is more than the ${folderLimits.bodyBytes} a folder takes.`, {
      code: 'body-too-large',
      hint: 'Send it as a file.',
      retryable: false,
    });
  }
}

/** As `running`, but not much longer than until the signal aborts: a place far away may never answer. */
async function endsWith<T>(signal: AbortSignal, running: Promise<T>): Promise<T> {
  let giveUp = () => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    giveUp = () => setTimeout(() => reject(signal.reason), TIDYING).unref();
    if (signal.aborted) giveUp();
    else signal.addEventListener('abort', giveUp, { once: true });
  });
  try {
    return await Promise.race([running, aborted]);
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}
