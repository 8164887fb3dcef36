/**
 * Asking one drop after the other, the next before the last has given up: a drop that fails, or has not answered within
 * the patience, makes the next start beside it. The first that succeeds has won.
 */
import type { DropError } from '../../errors.ts';
import type { Drop } from '../drop.ts';
import { allFailed, isAnswer, slow, toDropError } from './errors.ts';
import { orAborted, within } from './timing.ts';
import type { OpenWay } from './way.ts';
import type { Ways } from './ways.ts';

export interface RaceOptions<T> {
  /** Groups that start one after the other; the ways of one start together. */
  readonly waves: readonly (readonly OpenWay[])[];
  readonly call: (drop: Drop, signal: AbortSignal, way: OpenWay) => Promise<T>;
  /** Takes back what came of a call after another one had won. */
  readonly discard?: (way: OpenWay, value: T) => void;
  readonly signal: AbortSignal;
  /** Milliseconds before the next wave starts. */
  readonly patience: number;
  /** Milliseconds for the others after the first success. Absent: one success is all there is to be. */
  readonly grace?: number;
}

export interface Outcome<T> {
  readonly results: ReadonlyMap<OpenWay, T>;
  readonly failures: ReadonlyMap<OpenWay, DropError>;
}

/** Asks until one has succeeded; its troubles with the others are told. @throws DropError, the signal's reason. */
export async function race<T>(ways: Ways, options: RaceOptions<T>): Promise<ReadonlyMap<OpenWay, T>> {
  const { results, failures } = await new Race(ways, options).run();
  if (results.size === 0) throw failedAll(failures);
  for (const [way, error] of failures) way.tell(way.sending, error);
  return results;
}

/** The same, with all that came of it. @throws the signal's reason. */
export function raceOutcome<T>(ways: Ways, options: RaceOptions<T>): Promise<Outcome<T>> {
  return new Race(ways, options).run();
}

/** Nobody needs to be told of what the caller is told. */
export function failedAll(failures: ReadonlyMap<OpenWay, DropError>): DropError {
  for (const [way, error] of failures) if (!isAnswer(error)) way.silence(way.sending);
  return allFailed(failures);
}

interface Running {
  readonly abort: AbortController;
  readonly startedAt: number;
}

class Race<T> {
  readonly #ways: Ways;
  readonly #options: RaceOptions<T>;
  readonly #results = new Map<OpenWay, T>();
  readonly #failures = new Map<OpenWay, DropError>();
  readonly #running = new Map<OpenWay, Running>();
  readonly #won = Promise.withResolvers<void>();

  constructor(ways: Ways, options: RaceOptions<T>) {
    this.#ways = ways;
    this.#options = options;
  }

  async run(): Promise<Outcome<T>> {
    const { waves, signal, patience, grace } = this.#options;
    const { clock } = this.#ways.timing;
    signal.throwIfAborted();
    const started: Promise<void>[] = [];
    for (const wave of waves) {
      const ended = wave.map((way) => this.#start(way));
      started.push(...ended);
      await within(clock, patience, Promise.race([this.#won.promise, Promise.all(ended)]));
      if (this.#results.size > 0 || signal.aborted) break;
    }
    await Promise.race([this.#won.promise, Promise.all(started)]);
    if (grace !== undefined && this.#running.size > 0) await within(clock, grace, Promise.all(started));
    this.#stop();
    if (this.#results.size === 0) signal.throwIfAborted();
    return { results: this.#results, failures: this.#failures };
  }

  /** Resolves when the call has ended, or nobody waits for it any more. */
  #start(way: OpenWay): Promise<void> {
    const abort = new AbortController();
    const signal = AbortSignal.any([this.#options.signal, abort.signal]);
    this.#running.set(way, { abort, startedAt: this.#ways.timing.clock.now() });
    const call = way.use((drop) => this.#options.call(drop, signal, way), signal);
    const ended = call.then(
      (value) => this.#succeeded(way, signal, value),
      (error: unknown) => this.#failed(way, signal, error),
    );
    return orAborted(ended, signal).catch(() => {});
  }

  #succeeded(way: OpenWay, signal: AbortSignal, value: T): void {
    if (signal.aborted) {
      this.#options.discard?.(way, value);
      return;
    }
    this.#running.delete(way);
    this.#results.set(way, value);
    way.succeeded(way.sending);
    if (this.#options.grace === undefined) this.#stop();
    this.#won.resolve();
  }

  #failed(way: OpenWay, signal: AbortSignal, error: unknown): void {
    if (signal.aborted) return;
    this.#running.delete(way);
    const failure = toDropError(error);
    this.#failures.set(way, failure);
    if (!isAnswer(failure)) way.sending.failed();
  }

  /** Ends what still runs; whoever used up its time is put aside. */
  #stop(): void {
    const { signal, patience, grace } = this.#options;
    const now = this.#ways.timing.clock.now();
    for (const [way, { abort, startedAt }] of this.#running) {
      this.#running.delete(way);
      abort.abort();
      if (signal.aborted || (grace === undefined && now - startedAt < patience)) continue;
      way.tooSlow();
      this.#failures.set(way, slow());
    }
  }
}
