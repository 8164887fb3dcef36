/** What the tests of several drops share: places that fail, hang and come back, and a clock that they move. */

import type { CallOptions, Delivery, Drop, DropLimits, ParcelStore } from '../../client/drops/drop.ts';
import { createMemoryCloud, type MemoryCloud } from '../../client/drops/memory/cloud.ts';
import { openSeveral, type SeveralClock, type SeveralOptions, type Way } from '../../client/drops/several/index.ts';
import { DropError } from '../../client/errors.ts';
import type { Role } from '../../client/protocol/roles.ts';

/** `failing`: calls reject with a retryable error; `denied`: with one that waiting does not mend. */
export type Weather = 'fair' | 'failing' | 'denied' | 'hanging';

/** A drop in memory of which every call can be made to fail or hang. */
export class Place {
  readonly cloud: MemoryCloud;
  readonly tag: string;
  weather: Weather = 'fair';
  /** Of opening, where it is to be another. */
  door: Weather = 'fair';
  /** Of removing a letter that was collected. */
  settling: Weather = 'fair';
  /** Calls that fail whatever the weather: `putPart 2` is the second of its name. */
  readonly failing = new Set<string>();
  /** Answers wait for this, and take no notice of being aborted. */
  held: Promise<void> | undefined;
  /** Drops of ours that are open now, and that were opened in all. */
  open = 0;
  opened = 0;
  /** How often more letters, or more of a parcel, was asked for by somebody who had not given up. */
  askedForMore = 0;
  /** The calls that were begun: `leave`, `collect`, `create`, ... */
  readonly calls: string[] = [];
  #onCall: ((call: string) => void) | undefined;

  constructor(letter: string, limits: Partial<DropLimits> = {}) {
    this.tag = letter.repeat(16);
    this.cloud = createMemoryCloud({ limits });
  }

  way(role: Role): Way {
    return {
      tag: this.tag,
      name: `place ${this.tag[0]}`,
      bodyBytes: this.cloud.limits.bodyBytes,
      open: async () => {
        await this.#gate(this.door, undefined);
        this.open += 1;
        this.opened += 1;
        return this.#drop(this.cloud.drop(role));
      },
    };
  }

  /** Resolves when this call is begun next. */
  called(name: string): Promise<void> {
    return new Promise((resolve) => {
      this.#onCall = (call) => {
        if (call === name) resolve();
      };
    });
  }

  count(name: string): number {
    return this.calls.filter((call) => call === name).length;
  }

  #drop(drop: Drop): Drop {
    return {
      kind: drop.kind,
      limits: drop.limits,
      ...(drop.parcels && drop.limits.parcelBytes > 0 ? { parcels: this.#parcels(drop.parcels) } : {}),
      leave: (letters, options) => this.#call('leave', options, () => drop.leave(letters, options)),
      collect: (options) => this.#stream('collect', options, () => this.#settled(drop.collect(options))),
      check: (options) => this.#call('check', options, () => drop.check(options)),
      close: async () => {
        this.open -= 1;
        await drop.close();
      },
    };
  }

  #parcels(parcels: ParcelStore): ParcelStore {
    return {
      maxParts: parcels.maxParts,
      minPartBytes: parcels.minPartBytes,
      create: (key, options) => this.#call('create', options, () => parcels.create(key, options)),
      putPart: (key, ticket, part, options) =>
        this.#call('putPart', options, () => parcels.putPart(key, ticket, part, options)),
      complete: (key, ticket, receipts, options) =>
        this.#call('complete', options, () => parcels.complete(key, ticket, receipts, options)),
      abort: (key, ticket, options) => this.#call('abort', options, () => parcels.abort(key, ticket, options)),
      get: (key, range, options) => this.#stream('get', options, () => parcels.get(key, range, options)),
      remove: (key, options) => this.#call('remove', options, () => parcels.remove(key, options)),
    };
  }

  async #call<T>(name: string, options: CallOptions | undefined, act: () => Promise<T>): Promise<T> {
    this.#begin(name);
    const fails = this.failing.has(`${name} ${this.count(name)}`);
    await this.#gate(fails ? 'failing' : this.weather, options?.signal);
    const answer = await act();
    await this.held;
    return answer;
  }

  /** The weather counts for every piece. */
  async *#stream<T>(name: string, options: CallOptions | undefined, act: () => AsyncIterable<T>): AsyncGenerator<T> {
    this.#begin(name);
    await this.#gate(this.weather, options?.signal);
    for await (const piece of act()) {
      yield piece;
      if (options?.signal?.aborted !== true) this.askedForMore += 1;
      await this.#gate(this.weather, options?.signal);
    }
  }

  async *#settled(batches: AsyncIterable<readonly Delivery[]>): AsyncGenerator<readonly Delivery[]> {
    for await (const batch of batches) {
      yield batch.map((delivery) => ({
        ...delivery,
        done: async () => {
          await this.#gate(this.settling, undefined);
          await delivery.done();
        },
      }));
    }
  }

  #begin(name: string): void {
    this.calls.push(name);
    this.#onCall?.(name);
  }

  async #gate(weather: Weather, signal: AbortSignal | undefined): Promise<void> {
    if (weather === 'failing') throw new DropError('Out of reach.', { code: 'drop-unreachable', retryable: true });
    if (weather === 'denied') throw new DropError('Not allowed.', { code: 'access-denied', retryable: false });
    if (weather === 'fair') return;
    await new Promise((_, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
  }
}

interface Sleeper {
  readonly until: number;
  readonly wake: () => void;
}

/** Time that passes only when a test says so. */
export class TestClock implements SeveralClock {
  readonly #sleepers = new Set<Sleeper>();
  #time = 0;
  #onSleep: (() => void) | undefined;

  now(): number {
    return this.#time;
  }

  sleep(time: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const sleeper = { until: this.#time + time, wake: resolve };
      this.#sleepers.add(sleeper);
      signal.addEventListener('abort', () => {
        this.#sleepers.delete(sleeper);
        reject(signal.reason);
      });
      this.#onSleep?.();
    });
  }

  advance(time: number): void {
    this.#time += time;
    for (const sleeper of this.#sleepers) {
      if (sleeper.until > this.#time) continue;
      this.#sleepers.delete(sleeper);
      sleeper.wake();
    }
  }

  /** Moves time on again and again, whenever somebody waits for it, until the work is done. Answers the time it took. */
  async run<T>(work: Promise<T>, step = 100): Promise<{ readonly value: T; readonly took: number }> {
    const startedAt = this.#time;
    let isDone = false;
    const done = work.finally(() => {
      isDone = true;
      this.#onSleep?.();
    });
    // Told below, by `done`.
    done.catch(() => {});
    while (!isDone) {
      if (this.#sleepers.size === 0) {
        await new Promise<void>((resolve) => {
          this.#onSleep = resolve;
        });
      }
      // Whatever time does not hold up goes first.
      await new Promise((resolve) => setImmediate(resolve));
      if (!isDone) this.advance(step);
    }
    return { value: await done, took: this.#time - startedAt };
  }
}

export function several(
  places: readonly Place[],
  options: Partial<SeveralOptions> & { readonly role?: Role; readonly clock?: SeveralClock } = {},
): Drop {
  const { role = 'a', clock = new TestClock(), ...others } = options;
  return openSeveral({
    ways: places.map((place) => place.way(role)),
    policy: 'first',
    ...others,
    timing: { clock, ...options.timing },
  });
}
