/** The drops of a channel together: in what order they are asked, and for how long. */
import { randomInt } from 'node:crypto';
import type { DropError } from '../../errors.ts';
import { meetingOrder } from '../../protocol/rendezvous.ts';
import type { CallOptions } from '../drop.ts';
import { closed } from './errors.ts';
import { patienceFor, type SeveralTiming, timingWith } from './timing.ts';
import { OpenWay, type Way } from './way.ts';

/**
 * By which drop a letter goes first: `first` as listed, `random`, `meet` by the place that both sides compute for the
 * hour; `all` by every one of them.
 */
export type DropPolicy = 'first' | 'all' | 'random' | 'meet';

export const dropPolicies: readonly DropPolicy[] = ['first', 'all', 'random', 'meet'];

export interface SeveralOptions {
  /** In order of preference; at least one, each with a tag of its own. */
  readonly ways: readonly Way[];
  readonly policy: DropPolicy;
  /** For policy `meet`, which can't do without: see protocol/rendezvous.ts. */
  readonly meetingKey?: Uint8Array;
  /** Hears once of each drop that fails while others serve. */
  readonly onTrouble?: (error: DropError) => void;
  /** Milliseconds since 1970, for the periods of `meet`. */
  readonly now?: () => number;
  readonly timing?: Partial<SeveralTiming>;
}

export class Ways {
  readonly list: readonly OpenWay[];
  readonly policy: DropPolicy;
  readonly timing: SeveralTiming;
  readonly #meetingKey: Uint8Array | undefined;
  readonly #now: () => number;
  readonly #ended = new AbortController();

  constructor(options: SeveralOptions) {
    const { policy, meetingKey, ways } = options;
    if (ways.length === 0 || new Set(ways.map(({ tag }) => tag)).size < ways.length) {
      throw new RangeError('several drops are at least one, and no one twice');
    }
    if (policy === 'meet' && meetingKey === undefined) throw new RangeError('there is no meeting without a key');
    this.timing = timingWith(options.timing);
    this.list = ways.map((way) => new OpenWay(way, this.timing, options.onTrouble));
    this.policy = policy;
    this.#meetingKey = meetingKey;
    this.#now = options.now ?? Date.now;
  }

  /** Aborts when the drops are closed. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /** Aborts with the caller's signal, or when the drops are closed. */
  signal(options: CallOptions | undefined): AbortSignal {
    return options?.signal ? AbortSignal.any([options.signal, this.ended]) : this.ended;
  }

  patience(bytes: number): number {
    return patienceFor(this.timing, bytes);
  }

  /** Whom to ask, group after group: one at a time, or all that serve at once; those put aside last. */
  waves(among: readonly OpenWay[], everywhere: boolean): readonly (readonly OpenWay[])[] {
    const [healthy, aside] = healthyFirst(this.#ordered(among));
    if (everywhere || this.policy === 'all') return [healthy, aside].filter(({ length }) => length > 0);
    return [...healthy, ...aside].map((way) => [way]);
  }

  async close(): Promise<void> {
    if (!this.ended.aborted) this.#ended.abort(closed());
    await Promise.all(this.list.map((way) => way.close()));
  }

  #ordered(among: readonly OpenWay[]): readonly OpenWay[] {
    if (this.policy === 'random') return shuffled(among);
    if (this.policy !== 'meet' || this.#meetingKey === undefined) return among;
    // Over all drops, so that the place is the one that the other side computes, whichever of them are asked.
    const order = meetingOrder(
      this.#meetingKey,
      this.list.map(({ tag }) => tag),
      this.#now(),
    );
    return [...among].sort((one, other) => order.indexOf(one.tag) - order.indexOf(other.tag));
  }
}

export function healthyFirst(list: readonly OpenWay[]): [healthy: OpenWay[], aside: OpenWay[]] {
  const [healthy, aside]: [OpenWay[], OpenWay[]] = [[], []];
  for (const way of list) (way.sending.isAside ? aside : healthy).push(way);
  return [healthy, aside];
}

function shuffled<T>(list: readonly T[]): T[] {
  return list
    .map((value) => ({ value, key: randomInt(2 ** 32) }))
    .sort((one, other) => one.key - other.key)
    .map(({ value }) => value);
}
