/** Leaving letters: written and synced in tmp, then renamed into new one after the other. */
import { randomBytes } from 'node:crypto';
import { directionFrom } from '../../protocol/roles.ts';
import type { Letter } from '../drop.ts';
import { isMissing } from './errors.ts';
import { namesIn, removeFile, writeDurably } from './files.ts';
import { directionFolders, LetterNamer, parseClaim, parseLetterName } from './layout.ts';
import type { Place } from './place.ts';

/** Syncing several files at once lets the disk write them in one go, and a server far away answer them in one go. */
const WRITES_AT_ONCE = 32;
/** A file in tmp that is this old belongs to a sender that died. */
const STALE = 24 * 3_600_000;

export class LetterWriter {
  readonly #place: Place;
  readonly #folders: ReturnType<typeof directionFolders>;
  #namer: LetterNamer | undefined;
  /** Letters of one writer appear in order, so one call has to be done before the next one begins. */
  #last: Promise<void> = Promise.resolve();

  constructor(place: Place) {
    this.#place = place;
    this.#folders = directionFolders(directionFrom(place.role));
  }

  leave(letters: readonly Letter[], signal: AbortSignal | undefined): Promise<void> {
    const result = this.#last.then(() => this.#leaveNow(letters, signal));
    this.#last = result.catch(() => undefined);
    return result;
  }

  async #leaveNow(letters: readonly Letter[], signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    this.#namer ??= await this.#firstNamer();
    const { files } = this.#place;
    const names: string[] = [];
    try {
      for (let first = 0; first < letters.length; first += WRITES_AT_ONCE) {
        await this.#write(letters.slice(first, first + WRITES_AT_ONCE), names, this.#namer);
        signal?.throwIfAborted();
      }
    } catch (error) {
      // Nothing has been shown so far, so nothing is left behind either.
      await Promise.all(names.map((name) => removeFile(files, `${this.#folders.tmp}/${name}`)));
      throw error;
    }
    for (const name of names) await files.rename(`${this.#folders.tmp}/${name}`, `${this.#folders.new}/${name}`);
    await files.syncDirectory(this.#folders.new);
  }

  async #write(letters: readonly Letter[], names: string[], namer: LetterNamer): Promise<void> {
    const writes = letters.map((letter) => {
      const body = Buffer.from(letter.body, 'latin1');
      const name = namer.next(this.#place.now(), body);
      names.push(name);
      return writeDurably(this.#place.files, `${this.#folders.tmp}/${name}`, body, this.#place.modes);
    });
    const results = await Promise.allSettled(writes);
    const failed = results.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  /** Goes on above what waits there, so that the order holds although the clock was set back since. */
  async #firstNamer(): Promise<LetterNamer> {
    const { files } = this.#place;
    const [waiting, held, unfinished] = await Promise.all([
      namesIn(files, this.#folders.new),
      namesIn(files, this.#folders.cur),
      namesIn(files, this.#folders.tmp),
    ]);
    await this.#sweep(unfinished);
    const letters = [...waiting, ...held.map((name) => parseClaim(name)?.letter ?? '')];
    const floor = letters.reduce((highest, name) => Math.max(highest, parseLetterName(name)?.time ?? 0), 0);
    return new LetterNamer(randomBytes(6).toString('hex'), floor);
  }

  async #sweep(names: readonly string[]): Promise<void> {
    const { files, now } = this.#place;
    for (const name of names) {
      if (parseLetterName(name) === undefined) continue;
      const path = `${this.#folders.tmp}/${name}`;
      try {
        if (now() - (await files.stat(path)).mtimeMs > STALE) await removeFile(files, path);
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
    }
  }
}
