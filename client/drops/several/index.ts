/**
 * Several drops of one channel as one: letters and parcels go by the policy and, where a drop fails or dawdles, by
 * another; everything is collected from all. In order within each drop, and no longer across them.
 */
import type { CallOptions, CollectOptions, Delivery, Drop, DropLimits, Finding, Letter } from '../drop.ts';
import { checkAll } from './check.ts';
import { collectLetters } from './collect.ts';
import { leaveLetters } from './leave.ts';
import { SeveralParcels } from './parcels.ts';
import { type SeveralOptions, Ways } from './ways.ts';

export type { SeveralClock, SeveralTiming } from './timing.ts';
export type { Way } from './way.ts';
export { type DropPolicy, dropPolicies, type SeveralOptions } from './ways.ts';

/** What may be assumed of a drop that was never opened. */
const unopened = { batchBodies: 10, parcelBytes: Number.MAX_SAFE_INTEGER, parcelStay: 14 * 24 * 3_600_000 };

/** Opens none of them yet. @throws RangeError: no ways, two of one tag, policy `meet` without a key. */
export function openSeveral(options: SeveralOptions): Drop {
  return new SeveralDrop(new Ways(options));
}

class SeveralDrop implements Drop {
  readonly kind = 'several';
  readonly parcels: SeveralParcels;
  readonly #ways: Ways;

  constructor(ways: Ways) {
    this.#ways = ways;
    this.parcels = new SeveralParcels(ways);
  }

  /** The least of what each takes, as far as they were opened; where none keeps parcels, `parcelBytes` is 0. */
  get limits(): DropLimits {
    const known = this.#ways.list.flatMap(({ limits }) => limits ?? []);
    const bodyBytes = Math.min(
      ...this.#ways.list.map((way) => way.bodyBytes),
      ...known.map((limits) => limits.bodyBytes),
    );
    const keepers = known.filter(({ parcelBytes }) => parcelBytes > 0);
    const unknown = known.length < this.#ways.list.length ? unopened.parcelBytes : 0;
    return {
      bodyBytes,
      batchBodies: least(known.map(({ batchBodies }) => batchBodies)) ?? unopened.batchBodies,
      batchBytes: least(known.map(({ batchBytes }) => batchBytes)) ?? bodyBytes,
      parcelBytes: least(keepers.map(({ parcelBytes }) => parcelBytes)) ?? unknown,
      parcelStay: least(keepers.map(({ parcelStay }) => parcelStay)) ?? unopened.parcelStay,
    };
  }

  leave(letters: readonly Letter[], options?: CallOptions): Promise<void> {
    return leaveLetters(this.#ways, letters, this.#ways.signal(options));
  }

  collect(options: CollectOptions): AsyncIterable<readonly Delivery[]> {
    return collectLetters(this.#ways, options);
  }

  check(options?: CallOptions): Promise<readonly Finding[]> {
    return checkAll(this.#ways, this.#ways.signal(options));
  }

  close(): Promise<void> {
    return this.#ways.close();
  }
}

function least(numbers: readonly number[]): number | undefined {
  return numbers.length > 0 ? Math.min(...numbers) : undefined;
}
