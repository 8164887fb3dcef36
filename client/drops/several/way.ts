/**
 * One of several drops: opened when it is first needed, and opened anew after a failure. What is open stays so until
 * the last call that uses it has ended.
 */
import type { DropError } from '../../errors.ts';
import type { Drop, DropLimits, ParcelStore } from '../drop.ts';
import { inDrop, isAnswer, isSlow, toDropError } from './errors.ts';
import { Health } from './health.ts';
import { orAborted, type SeveralTiming } from './timing.ts';

export interface Way {
  /** See `dropTag`. */
  readonly tag: string;
  /** One line for a person. */
  readonly name: string;
  /** Largest body, in bytes of text: known before it is opened. */
  readonly bodyBytes: number;
  /** @param onTrouble for what the drop gets over by itself; told on once, like its failures. */
  open(onTrouble?: (error: DropError) => void): Promise<Drop>;
}

export type PartRules = Pick<ParcelStore, 'maxParts' | 'minPartBytes'>;

export interface Taken {
  readonly drop: Drop;
  /** `failed`: whoever needs the drop next opens it anew. */
  release(failed?: boolean): void;
}

export class OpenWay {
  readonly tag: string;
  readonly name: string;
  readonly bodyBytes: number;
  /** For everything but collecting: a drop may give and not take, or the reverse. */
  readonly sending: Health;
  readonly collecting: Health;
  readonly #open: () => Promise<Drop>;
  readonly #onTrouble: ((error: DropError) => void) | undefined;
  readonly #down = new Set<Health>();
  #opened: Opened | undefined;
  #last: Drop | undefined;

  constructor(way: Way, timing: SeveralTiming, onTrouble: ((error: DropError) => void) | undefined) {
    this.tag = way.tag;
    this.name = way.name;
    this.bodyBytes = way.bodyBytes;
    this.sending = new Health(timing, timing.longestRest);
    this.collecting = new Health(timing, timing.longestRetry);
    this.#open = () => way.open((error) => this.tell(this.collecting, error));
    this.#onTrouble = onTrouble;
  }

  /** Of the drop as it was last opened. */
  get limits(): DropLimits | undefined {
    return this.#last?.limits;
  }

  get partRules(): PartRules | undefined {
    return this.#last?.parcels;
  }

  /** @throws DropError; the signal's reason, however long opening takes. */
  async take(signal: AbortSignal): Promise<Taken> {
    signal.throwIfAborted();
    this.#opened ??= this.#begin();
    const opened = this.#opened;
    opened.enter();
    const release = (failed = false) => {
      if (failed) this.#retire(opened);
      opened.leave();
    };
    try {
      const drop = await orAborted(opened.drop, signal);
      this.#last = drop;
      return { drop, release };
    } catch (error) {
      release();
      signal.throwIfAborted();
      throw toDropError(error);
    }
  }

  /** @throws DropError; whatever else the signal was aborted with. */
  async use<T>(work: (drop: Drop) => Promise<T>, signal: AbortSignal): Promise<T> {
    const { drop, release } = await this.take(signal);
    try {
      const result = await work(drop);
      release();
      return result;
    } catch (error) {
      const failure = toDropError(error);
      release(!signal.aborted && !isAnswer(failure));
      signal.throwIfAborted();
      throw failure;
    }
  }

  /** Told once until it serves again. An answer to what was asked is no trouble, and being slow once may be chance. */
  tell(health: Health, error: DropError): void {
    if (isAnswer(error) || (isSlow(error) && health.failures < 2)) return;
    if (this.#down.size === 0) this.#onTrouble?.(inDrop(this.name, error));
    this.#down.add(health);
  }

  /** As `tell`, where whoever called hears of it anyway. */
  silence(health: Health): void {
    this.#down.add(health);
  }

  succeeded(health: Health): void {
    health.succeeded();
    this.#down.delete(health);
  }

  /** Another one was quicker: who needs this one next opens it anew, as its connection may be dead. */
  tooSlow(): void {
    this.sending.failed();
    if (this.#opened) this.#retire(this.#opened);
  }

  /** Closes what is open; one that is only just being opened is closed when it is. */
  async close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    if (opened?.isOpen) await opened.close();
    else opened?.retire();
  }

  #begin(): Opened {
    const opened = new Opened(this.#open());
    // Whoever asked for it may have given up by the time that it fails; the next one is not to be told of that.
    opened.drop.catch(() => this.#retire(opened));
    return opened;
  }

  #retire(opened: Opened): void {
    if (this.#opened === opened) this.#opened = undefined;
    opened.retire();
  }
}

/** A drop and how many use it: one that is retired is closed when the last of them has ended. */
class Opened {
  readonly drop: Promise<Drop>;
  isOpen = false;
  #users = 0;
  #retired = false;
  #closing: Promise<void> | undefined;

  constructor(drop: Promise<Drop>) {
    this.drop = drop;
    const opened = () => {
      this.isOpen = true;
    };
    drop.then(opened, () => {});
  }

  enter(): void {
    this.#users += 1;
  }

  leave(): void {
    this.#users -= 1;
    this.#closeIfUnused();
  }

  retire(): void {
    this.#retired = true;
    this.#closeIfUnused();
  }

  close(): Promise<void> {
    this.#closing ??= this.drop.then((drop) => drop.close());
    return this.#closing;
  }

  #closeIfUnused(): void {
    // One that failed may fail at closing as well, or was never opened.
    if (this.#retired && this.#users === 0) this.close().catch(() => {});
  }
}
