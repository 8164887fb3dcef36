/**
 * A drop laid out like a maildir, wherever there are directories and an atomic rename. There is no daemon; any number
 * of processes may leave and collect. Where all of them see a rename at once, two collectors never hold the same letter.
 */
import { DropError } from '../../errors.ts';
import type { CallOptions, CollectOptions, Delivery, Drop, Finding, Letter, ParcelStore } from '../drop.ts';
import { checkPlace } from './check.ts';
import { collectLetters } from './collect.ts';
import { folderError } from './errors.ts';
import { LetterWriter } from './leave.ts';
import { folderLimits, MAX_PARTS, MIN_PART_BYTES } from './limits.ts';
import { ParcelFiles } from './parcels.ts';
import { type Place, preparePlace, type Settings } from './place.ts';

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

  check(): Promise<readonly Finding[]> {
    return checkPlace(this.#settings);
  }

  async close(): Promise<void> {
    this.#closing.abort(
      new DropError('The drop was closed.', { code: 'drop-closed', hint: 'Open it again.', retryable: false }),
    );
    const opened = await this.#opened?.catch(() => undefined);
    await opened?.parcels.close();
    await this.#settings.files.close();
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
      this.#signal(options).throwIfAborted();
      return await call(await this.#open());
    } catch (error) {
      return this.#fail(error);
    }
  }

  async *#stream<T>(
    options: CallOptions | undefined,
    call: (opened: Opened, signal: AbortSignal) => AsyncIterable<T>,
  ): AsyncGenerator<T, void, undefined> {
    const signal = this.#signal(options);
    try {
      signal.throwIfAborted();
      yield* call(await this.#open(), signal);
    } catch (error) {
      this.#fail(error);
    }
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
