/**
 * Collecting from all drops side by side, whatever the policy. One that fails is tried again while the others go on;
 * each goes on only when its last batch was consumed, so none runs ahead and none is left behind.
 */
import { DropError } from '../../errors.ts';
import type { CollectOptions, Delivery } from '../drop.ts';
import { Mailbox } from '../mailbox.ts';
import { allFailed, toDropError } from './errors.ts';
import { within } from './timing.ts';
import type { OpenWay } from './way.ts';
import type { Ways } from './ways.ts';

/** @throws DropError where no drop can be collected from, and waiting would not mend it; the signal's reason. */
export async function* collectLetters(
  ways: Ways,
  options: CollectOptions,
): AsyncGenerator<readonly Delivery[], void, undefined> {
  const outer = ways.signal(options);
  outer.throwIfAborted();
  const stop = new AbortController();
  const collection = new Collection(ways, options.wait, AbortSignal.any([outer, stop.signal]));
  const aborted = () => collection.mailbox.fail(outer.reason);
  outer.addEventListener('abort', aborted);
  const ended = collection.run();
  try {
    for await (const batch of collection.mailbox.consume()) {
      outer.throwIfAborted();
      let isWanted = false;
      try {
        yield batch;
        isWanted = true;
      } finally {
        // Before the batch counts as consumed, or its drop would be asked for the next one.
        if (!isWanted) stop.abort();
      }
      outer.throwIfAborted();
    }
  } finally {
    outer.removeEventListener('abort', aborted);
    stop.abort();
    await ended;
  }
}

class Collection {
  readonly mailbox = new Mailbox<readonly Delivery[]>();
  readonly #ways: Ways;
  readonly #wait: boolean;
  readonly #signal: AbortSignal;
  /** Of the drops that can't be collected from now. */
  readonly #failures = new Map<OpenWay, DropError>();

  constructor(ways: Ways, wait: boolean, signal: AbortSignal) {
    this.#ways = ways;
    this.#wait = wait;
    this.#signal = signal;
  }

  /** Resolves when every drop has been given back what was not settled. */
  async run(): Promise<void> {
    const sources = this.#ways.list.map((way) => (this.#wait ? this.#follow(way) : this.#drain(way)));
    try {
      await Promise.all(sources);
      this.#end();
    } catch (error) {
      this.mailbox.fail(error);
      await Promise.allSettled(sources);
    }
  }

  #end(): void {
    if (this.#failures.size === this.#ways.list.length) this.mailbox.fail(allFailed(this.#failures));
    else for (const [way, error] of this.#failures) way.tell(way.collecting, error);
    this.mailbox.end();
  }

  /** One pass. */
  async #drain(way: OpenWay): Promise<void> {
    const failure = await this.#pass(way);
    if (failure) this.#failures.set(way, failure);
    else way.succeeded(way.collecting);
  }

  async #follow(way: OpenWay): Promise<void> {
    const { clock, longestRetry } = this.#ways.timing;
    while (!this.#signal.aborted) {
      const startedAt = clock.now();
      const failure = await this.#pass(way);
      if (this.#signal.aborted) return;
      if (clock.now() - startedAt >= longestRetry) way.succeeded(way.collecting);
      this.#failures.set(way, failure ?? endedByItself);
      if (this.#isHopeless()) {
        this.mailbox.fail(allFailed(this.#failures));
        return;
      }
      way.collecting.failed();
      way.tell(way.collecting, failure ?? endedByItself);
      // An abort ends the pause and, above, the loop.
      await clock.sleep(way.collecting.rest, this.#signal).catch(() => {});
      this.#failures.delete(way);
    }
  }

  /** Collects until there is no more, or the failure that is returned. */
  async #pass(way: OpenWay): Promise<DropError | undefined> {
    try {
      await way.use(async (drop) => {
        for await (const batch of drop.collect({ wait: this.#wait, signal: this.#signal })) {
          way.succeeded(way.collecting);
          await this.mailbox.put(batch.map((delivery) => this.#hasty(delivery)));
        }
      }, this.#signal);
      return undefined;
    } catch (error) {
      return this.#signal.aborted ? undefined : toDropError(error);
    }
  }

  /** Whoever settles waits no longer than the patience: a drop that hangs must not hold up what others bring. */
  #hasty({ body, done, later }: Delivery): Delivery {
    const { clock, patience } = this.#ways.timing;
    const briefly = async (settled: Promise<void>) => {
      // What fails afterwards comes again, as a repeat.
      settled.catch(() => {});
      await within(clock, patience, settled);
    };
    return { body, done: () => briefly(done()), later: () => briefly(later()) };
  }

  /** A drop that was closed under us is opened anew like one that was out of reach. */
  #isHopeless(): boolean {
    const failures = [...this.#failures.values()];
    return (
      failures.length === this.#ways.list.length &&
      failures.every(({ retryable, code }) => !retryable && code !== endedByItself.code)
    );
  }
}

const endedByItself = new DropError('The drop was closed meanwhile.', { code: 'drop-closed', retryable: true });
