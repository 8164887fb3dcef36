/**
 * A cloud that exists in memory only, with a virtual clock and faults that come out the same for the same seed: what
 * property tests drive two messengers through. Nothing here waits for real time.
 */
import { type Direction, directionFrom, directionTo, type Role } from '../../protocol/roles.ts';
import type { Drop, DropLimits } from '../drop.ts';
import { MemoryDrop } from './drop.ts';
import { type Faults, noFaults } from './faults.ts';
import { MemoryParcels } from './parcels.ts';
import { MemoryQueue } from './queue.ts';
import { Chance } from './random.ts';

export interface MemoryCloudOptions {
  /** All chance comes from it; by default 1. */
  readonly seed?: number;
  readonly faults?: Partial<Faults>;
  /** Where the virtual clock begins, in milliseconds since 1970; by default the first moment of 2026. */
  readonly now?: number;
  /** Milliseconds after which letters that were not settled are shown again; by default 30 seconds. */
  readonly visibility?: number;
  /** Milliseconds for which a deduplication id is remembered; by default five minutes, as in SQS. */
  readonly deduplication?: number;
  /**
   * Whether letters wait while earlier ones of their direction are held, as in an SQS message group; by default they
   * do. A consumer that asks for the next batch before it settled the last one then waits for ever.
   */
  readonly holdBack?: boolean;
  /** Most letters in one batch of `collect`; by default 10. */
  readonly batch?: number;
  readonly limits?: Partial<DropLimits>;
}

const defaultLimits: DropLimits = {
  bodyBytes: 1024 * 1024,
  batchBodies: 10,
  batchBytes: 1024 * 1024,
  parcelBytes: 1024 * 1024 * 1024,
  parcelStay: 14 * 24 * 3_600_000,
};

export function createMemoryCloud(options: MemoryCloudOptions = {}): MemoryCloud {
  return new MemoryCloud(options);
}

export class MemoryCloud {
  readonly limits: DropLimits;
  readonly parcels = new MemoryParcels();
  readonly holdBack: boolean;
  readonly batch: number;
  readonly visibility: number;
  readonly deduplication: number;
  readonly #queues: Record<Direction, MemoryQueue>;
  readonly #chances: Record<Role, Chance>;
  readonly #drops: Record<Role, MemoryDrop[]> = { a: [], b: [] };
  readonly #waiters = new Set<() => void>();
  #now: number;
  #faults: Faults;

  constructor(options: MemoryCloudOptions) {
    const seed = options.seed ?? 1;
    this.limits = { ...defaultLimits, ...options.limits };
    this.holdBack = options.holdBack ?? true;
    this.batch = options.batch ?? 10;
    this.visibility = options.visibility ?? 30_000;
    this.deduplication = options.deduplication ?? 300_000;
    this.#now = options.now ?? Date.UTC(2026, 0, 1);
    this.#faults = { ...noFaults, ...options.faults };
    this.#chances = { a: new Chance(seed, 'a'), b: new Chance(seed, 'b') };
    this.#queues = {
      'a-to-b': new MemoryQueue(new Chance(seed, 'a-to-b')),
      'b-to-a': new MemoryQueue(new Chance(seed, 'b-to-a')),
    };
  }

  /** A new connection to the cloud, as each start of a process would make. */
  drop(role: Role): Drop {
    const drop = new MemoryDrop(this, role, this.#chances[role]);
    this.#drops[role].push(drop);
    return drop;
  }

  get now(): number {
    return this.#now;
  }

  /** Moves the virtual clock on: delays and visibility timeouts run out, parcels expire. */
  advance(milliseconds: number): void {
    this.#now += milliseconds;
    this.wake();
  }

  /** When the next letter comes into sight if nobody does anything; undefined where none will. */
  nextChange(): number | undefined {
    const times = Object.values(this.#queues).map((queue) => queue.nextChange(this.#now));
    const coming = times.filter((time) => time !== undefined);
    return coming.length === 0 ? undefined : Math.min(...coming);
  }

  get faults(): Faults {
    return this.#faults;
  }

  /** From now on. What is not named stays as it is. */
  setFaults(faults: Partial<Faults>): void {
    this.#faults = { ...this.#faults, ...faults };
  }

  /**
   * No faults from now on. Late letters are due at once, what ended collectors held is free, and no deduplication id is
   * remembered, so that whatever is left from now on is shown. What was lost before stays lost.
   */
  heal(): void {
    this.#faults = noFaults;
    for (const queue of Object.values(this.#queues)) queue.heal(this.#now);
    this.wake();
  }

  /**
   * As if the processes of this side got a SIGKILL: every call of the drops that were made for it so far rejects with
   * a DropError `drop-closed`, settling has no effect any more, and what they held stays hidden until its time is over.
   */
  kill(role: Role): void {
    for (const drop of this.#drops[role].splice(0)) drop.kill();
  }

  /** The bodies that nobody holds, late ones included, in their present order. */
  waiting(direction: Direction): string[] {
    return this.#queues[direction].bodies('waiting', this.#now);
  }

  /** The bodies that were collected and are not settled. */
  held(direction: Direction): string[] {
    return this.#queues[direction].bodies('held', this.#now);
  }

  /** Puts a body at the end of a queue, as somebody who can write to it may: replays, reflections, rubbish. */
  inject(direction: Direction, body: string): void {
    this.#queues[direction].add(body, this.#now);
    this.wake();
  }

  /** Replaces each body, held ones included, by what `change` returns; undefined removes it. */
  tamper(direction: Direction, change: (body: string, index: number) => string | undefined): void {
    this.#queues[direction].tamper(change);
    this.wake();
  }

  parcelKeys(): string[] {
    return this.parcels.keys(this.#now);
  }

  /** Replaces a stored parcel by what `change` returns; undefined removes it. */
  tamperParcel(key: string, change: (bytes: Uint8Array) => Uint8Array | undefined): void {
    this.parcels.tamper(key, change);
  }

  /** The queue that this side leaves letters in, for the drop. */
  outgoing(role: Role): MemoryQueue {
    return this.#queues[directionFrom(role)];
  }

  /** The queue that this side collects from, for the drop. */
  incoming(role: Role): MemoryQueue {
    return this.#queues[directionTo(role)];
  }

  /** Something changed: those who wait look again. */
  wake(): void {
    for (const waiter of [...this.#waiters]) waiter();
  }

  /** Resolves at the next change; rejects with the signal's reason. */
  changed(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const finish = () => {
        this.#waiters.delete(finish);
        signal.removeEventListener('abort', finish);
        if (signal.aborted) reject(signal.reason);
        else resolve();
      };
      this.#waiters.add(finish);
      signal.addEventListener('abort', finish, { once: true });
      if (signal.aborted) finish();
    });
  }
}
