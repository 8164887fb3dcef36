/** Leaving letters: written and synced in tmp, then renamed into new one after the other. */
import { randomBytes } from 'node:crypto';
import { rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { directionFrom } from '../../protocol/roles.ts';
import type { Letter } from '../drop.ts';
import { isMissing } from './errors.ts';
import { namesIn, removeFile, syncDirectory, writeDurably } from './files.ts';
import { LetterNamer, parseClaim, parseLetterName } from './layout.ts';
import { letterFolders, type Place } from './place.ts';

/** Syncing several files at once lets the disk write them in one go. */
const WRITES_AT_ONCE = 8;
/** A file in tmp that is this old belongs to a sender that died. */
const STALE = 24 * 3_600_000;

export class LetterWriter {
  readonly #place: Place;
  #namer: LetterNamer | undefined;
  /** Letters of one writer appear in order, so one call has to be done before the next one begins. */
  #last: Promise<void> = Promise.resolve();

  constructor(place: Place) {
    this.#place = place;
  }

  leave(letters: readonly Letter[], signal: AbortSignal | undefined): Promise<void> {
    const result = this.#last.then(() => this.#leaveNow(letters, signal));
    this.#last = result.catch(() => undefined);
    return result;
  }

  async #leaveNow(letters: readonly Letter[], signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    this.#namer ??= await this.#firstNamer();
    const folders = letterFolders(this.#place, directionFrom(this.#place.role));
    const names: string[] = [];
    try {
      for (let first = 0; first < letters.length; first += WRITES_AT_ONCE) {
        await this.#write(letters.slice(first, first + WRITES_AT_ONCE), names, this.#namer);
        signal?.throwIfAborted();
      }
    } catch (error) {
      // Nothing has been shown so far, so nothing is left behind either.
      await Promise.all(names.map((name) => removeFile(join(folders.tmp, name))));
      throw error;
    }
    for (const name of names) await rename(join(folders.tmp, name), join(folders.new, name));
    await syncDirectory(folders.new);
  }

  async #write(letters: readonly Letter[], names: string[], namer: LetterNamer): Promise<void> {
    const { tmp } = letterFolders(this.#place, directionFrom(this.#place.role));
    const writes = letters.map((letter) => {
      const body = Buffer.from(letter.body, 'latin1');
      const name = namer.next(this.#place.now(), body);
      names.push(name);
      return writeDurably(join(tmp, name), body, this.#place.modes);
    });
    const results = await Promise.allSettled(writes);
    const failed = results.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  /** Goes on above what waits there, so that the order holds although the clock was set back since. */
  async #firstNamer(): Promise<LetterNamer> {
    const folders = letterFolders(this.#place, directionFrom(this.#place.role));
    const [waiting, held, unfinished] = await Promise.all([
      namesIn(folders.new),
      namesIn(folders.cur),
      namesIn(folders.tmp),
    ]);
    await this.#sweep(folders.tmp, unfinished);
    const letters = [...waiting, ...held.map((name) => parseClaim(name)?.letter ?? '')];
    const floor = letters.reduce((highest, name) => Math.max(highest, parseLetterName(name)?.time ?? 0), 0);
    return new LetterNamer(randomBytes(6).toString('hex'), floor);
  }

  async #sweep(tmp: string, names: readonly string[]): Promise<void> {
    for (const name of names) {
      if (parseLetterName(name) === undefined) continue;
      const path = join(tmp, name);
      try {
        if (this.#place.now() - (await stat(path)).mtimeMs > STALE) await removeFile(path);
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
    }
  }
}
