/**
 * Collecting letters. A collector takes a letter by renaming it from new into cur under its own name: a rename
 * succeeds for one of those who try. It goes through the letters in order, and starts no batch while another collector
 * that is alive holds any, so that letters are not handled out of order by two processes side by side.
 */
import { errorCode } from '../../errors.ts';
import { directionTo } from '../../protocol/roles.ts';
import type { Delivery } from '../drop.ts';
import { isArriving } from './clock.ts';
import { isMissing } from './errors.ts';
import { namesIn, removeFile, tryRename } from './files.ts';
import { bodyDigest, directionFolders, formatClaim, parseClaim, parseLetterName, settledLetters } from './layout.ts';
import { isGone, Lease } from './lease.ts';
import { folderLimits } from './limits.ts';
import type { Place } from './place.ts';

const BATCH_LETTERS = 100;
const BATCH_BYTES = 4 * 1024 * 1024;
const READS_AT_ONCE = 32;

export async function* collectLetters(
  place: Place,
  options: { readonly wait: boolean; readonly signal: AbortSignal },
): AsyncGenerator<readonly Delivery[], void, undefined> {
  const { wait, signal } = options;
  const collector = new Collector(place, wait);
  const watch = wait ? place.files.watch(directionFolders(directionTo(place.role)).new) : undefined;
  try {
    for (;;) {
      signal.throwIfAborted();
      watch?.arm();
      const batch = await collector.take();
      signal.throwIfAborted();
      if (batch.length > 0) yield batch;
      else if (watch === undefined) return;
      else await watch.changed(signal);
    }
  } finally {
    watch?.close();
    await collector.end();
  }
}

interface WholeLetter {
  readonly name: string;
  readonly body: string;
}

/** What became of reading a letter: `early` has not arrived as a whole, `taken` is in somebody else's hands. */
type Reading = WholeLetter | 'early' | 'taken';

class Collector {
  readonly #place: Place;
  readonly #folders: ReturnType<typeof directionFolders>;
  readonly #lease: Lease;
  readonly #wait: boolean;
  /** Names seen in the last look, in order, not yet taken. */
  #backlog: string[] = [];
  #looked = false;
  readonly #held = new Set<string>();
  /** Names that were gone when they were to be read. */
  readonly #missed = new Set<string>();

  constructor(place: Place, wait: boolean) {
    this.#place = place;
    this.#folders = directionFolders(directionTo(place.role));
    this.#lease = new Lease(place.files, this.#folders.leases, place.modes, place.visibility);
    this.#wait = wait;
  }

  /** The next letters, or none where there is nothing to take just now. */
  async take(): Promise<Delivery[]> {
    for (;;) {
      if (this.#backlog.length === 0) {
        // Without waiting, one look decides what is there now; what was given back since is not shown again.
        if (this.#looked && !this.#wait) return [];
        this.#backlog = await this.#look();
        this.#looked = true;
      }
      // After the look, not before: letters that another collector took in between are seen in its hands here.
      const others = await this.#others();
      if (others === 'recovered') {
        this.#backlog = [];
        this.#looked = false;
        continue;
      }
      if (others === 'busy' || this.#backlog.length === 0) {
        this.#backlog = [];
        return [];
      }
      const batch = await this.#readBatch();
      if (batch === 'nothing whole') return [];
      const taken = await this.#claim(batch);
      if (taken.length > 0) return taken.map((letter) => this.#delivery(letter));
      this.#backlog = [];
    }
  }

  /** Gives back whatever is not settled. */
  async end(): Promise<void> {
    try {
      for (const name of [...this.#held]) await this.#giveBack(name);
      await this.#lease.end();
    } catch {
      // A folder that is out of reach now. This end must not hide why the iteration ended, and the letters come back
      // without us: the lease is no longer renewed.
    }
  }

  async #look(): Promise<string[]> {
    const first = await namesIn(this.#place.files, this.#folders.new);
    if (first.length === 0) return [];
    return settledLetters(first, await namesIn(this.#place.files, this.#folders.new));
  }

  /** Looks at who else holds letters, and puts back those of collectors that are gone. */
  async #others(): Promise<'none' | 'busy' | 'recovered'> {
    const claims = (await namesIn(this.#place.files, this.#folders.cur))
      .map(parseClaim)
      .filter((claim) => claim !== undefined);
    const holders = new Set(claims.map((claim) => claim.holder));
    holders.delete(this.#lease.holder);
    if (holders.size === 0) return 'none';
    const now = await this.#lease.renew();
    let result: 'busy' | 'recovered' = 'busy';
    for (const holder of holders) {
      if (!(await isGone(this.#place.files, this.#folders.leases, holder, now, this.#place.visibility))) continue;
      for (const claim of claims.filter((one) => one.holder === holder)) await this.#putBack(claim.letter, holder);
      await removeFile(this.#place.files, `${this.#folders.leases}/${holder}`);
      result = 'recovered';
    }
    return result;
  }

  /** Takes a batch from the front of the backlog, without claiming it yet. */
  async #readBatch(): Promise<WholeLetter[] | 'nothing whole'> {
    const batch: WholeLetter[] = [];
    let bytes = 0;
    while (this.#backlog.length > 0 && batch.length < BATCH_LETTERS && bytes < BATCH_BYTES) {
      const names = this.#backlog.splice(0, READS_AT_ONCE);
      const readings = await Promise.all(names.map((name) => this.#read(name)));
      for (const reading of readings) {
        // Somebody else is at work here: what comes after would overtake it.
        if (reading === 'taken') return this.#stopAt(batch);
        if (reading === 'early') continue;
        batch.push(reading);
        bytes += reading.body.length;
      }
    }
    return batch.length > 0 ? batch : 'nothing whole';
  }

  #stopAt(batch: WholeLetter[]): WholeLetter[] {
    this.#backlog = [];
    return batch;
  }

  async #read(name: string): Promise<Reading> {
    try {
      const handle = await this.#place.files.open(`${this.#folders.new}/${name}`, 'read');
      try {
        const stats = await handle.stat();
        // No drop of ours leaves such a file; reading it could fill the memory.
        if (!stats.isFile() || stats.size > folderLimits.bodyBytes) return 'early';
        const bytes = await handle.readFile();
        const whole = parseLetterName(name)?.digest === bodyDigest(bytes);
        if (!whole && (await isArriving(this.#place, stats))) return 'early';
        return { name, body: bytes.toString('latin1') };
      } finally {
        await handle.close();
      }
    } catch (error) {
      if (errorCode(error) === 'ELOOP') return 'early';
      if (!isMissing(error)) throw error;
      // Something that is listed and missing again and again would have us look for ever.
      if (this.#missed.has(name)) return 'early';
      this.#missed.add(name);
      return 'taken';
    }
  }

  /** Claims in order and stops at the first letter that somebody else was faster to take. */
  async #claim(batch: readonly WholeLetter[]): Promise<WholeLetter[]> {
    await this.#lease.hold();
    const taken: WholeLetter[] = [];
    for (const [index, letter] of batch.entries()) {
      const claim = await this.#claimOne(letter.name, index > 0);
      if (claim !== 'mine') {
        const rest = batch.slice(index).map((one) => one.name);
        this.#backlog = claim === 'taken' ? [] : [...rest, ...this.#backlog];
        break;
      }
      this.#held.add(letter.name);
      taken.push(letter);
    }
    return taken;
  }

  /** With some letters claimed already, trouble ends the batch; if it lasts, the next batch tells of it. */
  async #claimOne(name: string, someClaimed: boolean): Promise<'mine' | 'taken' | 'trouble'> {
    try {
      const isMine = await tryRename(this.#place.files, `${this.#folders.new}/${name}`, this.#claimPath(name));
      return isMine ? 'mine' : 'taken';
    } catch (error) {
      // On a full disk a folder has room for a few names only; removing those letters makes room for more.
      if (someClaimed) return 'trouble';
      throw error;
    }
  }

  #delivery({ name, body }: WholeLetter): Delivery {
    return {
      body,
      done: async () => {
        this.#held.delete(name);
        if (await removeFile(this.#place.files, this.#claimPath(name))) return;
        // Given back meanwhile, because the iteration ended or this process slept past its lease. It was dealt with,
        // so nobody needs to see it again.
        await removeFile(this.#place.files, `${this.#folders.new}/${name}`);
      },
      later: async () => {
        if (!this.#held.has(name)) return;
        await this.#giveBack(name);
        if (this.#wait) this.#backlog = [];
      },
    };
  }

  async #giveBack(name: string): Promise<void> {
    await this.#putBack(name, this.#lease.holder);
    this.#held.delete(name);
  }

  async #putBack(letter: string, holder: string): Promise<void> {
    const claim = `${this.#folders.cur}/${formatClaim(letter, holder)}`;
    await tryRename(this.#place.files, claim, `${this.#folders.new}/${letter}`);
  }

  #claimPath(name: string): string {
    return `${this.#folders.cur}/${formatClaim(name, this.#lease.holder)}`;
  }
}
