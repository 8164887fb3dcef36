/** An upload that goes to one or several drops at once, and is finished in those that have every part. */
import { DropError } from '../../errors.ts';
import type { CallOptions, CreateOptions, Drop, ParcelStore, PartInput } from '../drop.ts';
import { isAnswer, noParcels } from './errors.ts';
import { failedAll, race, raceOutcome } from './race.ts';
import { formatShares, parseShares } from './ticket.ts';
import type { OpenWay } from './way.ts';
import { healthyFirst, type Ways } from './ways.ts';

/** Parts of one parcel may be under way side by side: a slow drop has as many times as long for each. */
const partsAtOnce = 8;
/** Milliseconds that a slow drop has, more than the first, to make a parcel visible. */
const completeGrace = 30_000;
/** Failures in a row, over some seconds, after which an upload had better begin anew elsewhere. */
const lostAfter = 3;

export class Uploads {
  readonly #ways: Ways;
  /** Tags of drops that missed a part, by ticket: what they have is of no use any more. */
  readonly #leftOut = new Map<string, Set<string>>();

  constructor(ways: Ways) {
    this.#ways = ways;
  }

  async create(key: string, options: CreateOptions): Promise<string> {
    const everywhere = this.#ways.policy === 'all' || options.everywhere === true;
    const patience = this.#ways.patience(0);
    const tickets = await race(this.#ways, {
      waves: this.#ways.waves(this.#ways.list, everywhere),
      call: (drop, signal, way) => storeOf(drop, way).create(key, { signal }),
      discard: (way, ticket) => void this.#forget(way, key, ticket),
      signal: this.#ways.signal(options),
      patience,
      ...(everywhere ? { grace: patience } : {}),
    });
    return formatShares(byTag(tickets));
  }

  async putPart(key: string, ticket: string, part: PartInput, options?: CallOptions): Promise<string> {
    const { tickets, leftOut } = this.#upload(ticket);
    const signal = this.#ways.signal(options);
    const asked = this.#among(tickets, leftOut);
    if (asked.length === 0) throw moved();
    const bytes = part.pieces.reduce((sum, { length }) => sum + length, 0);
    const patience = this.#ways.patience(bytes * partsAtOnce);
    const { results, failures } = await raceOutcome(this.#ways, {
      waves: [asked],
      call: (drop, abort, way) => storeOf(drop, way).putPart(key, tickets.get(way.tag) ?? '', part, { signal: abort }),
      signal,
      patience,
      grace: patience,
    });
    // Other parts were put meanwhile: one of those that have every part must have this one, too.
    const whole = this.#among(tickets, leftOut);
    if (!whole.some((way) => results.has(way))) throw await this.#stuck(key, whole, failures, signal);
    for (const way of asked) if (!results.has(way)) leftOut.add(way.tag);
    for (const [way, error] of failures) way.tell(way.sending, error);
    return formatShares(byTag(results));
  }

  async complete(key: string, ticket: string, receipts: readonly string[], options?: CallOptions): Promise<void> {
    const { tickets } = this.#upload(ticket);
    const shares = receipts.map((receipt, index) => parseShares(receipt) ?? badReceipt(index + 1));
    const whole = this.#among(tickets, new Set()).filter(({ tag }) => shares.every((share) => share.has(tag)));
    if (whole.length === 0) throw lost('No drop of the channel has every part of the file.');
    await race(this.#ways, {
      waves: [whole],
      call: (drop, signal, way) => {
        const own = shares.map((share) => share.get(way.tag) ?? '');
        return storeOf(drop, way).complete(key, tickets.get(way.tag) ?? '', own, { signal });
      },
      signal: this.#ways.signal(options),
      patience: completeGrace,
      grace: completeGrace,
    });
    this.#leftOut.delete(ticket);
  }

  async abort(key: string, ticket: string, options?: CallOptions): Promise<void> {
    const signal = this.#ways.signal(options);
    signal.throwIfAborted();
    this.#leftOut.delete(ticket);
    const tickets = parseShares(ticket) ?? new Map<string, string>();
    const among = this.#among(tickets, new Set());
    if (among.length === 0) return;
    const { failures } = await raceOutcome(this.#ways, {
      waves: [among],
      call: (drop, abort, way) => storeOf(drop, way).abort(key, tickets.get(way.tag) ?? '', { signal: abort }),
      signal,
      patience: completeGrace,
      grace: completeGrace,
    });
    if (failures.size > 0) throw failedAll(failures);
  }

  #upload(ticket: string) {
    const tickets = parseShares(ticket);
    if (tickets === undefined) throw moved();
    const leftOut = this.#leftOut.get(ticket) ?? new Set();
    this.#leftOut.set(ticket, leftOut);
    return { tickets, leftOut };
  }

  #among(tickets: ReadonlyMap<string, string>, leftOut: ReadonlySet<string>): readonly OpenWay[] {
    return this.#ways.list.filter(({ tag }) => tickets.has(tag) && !leftOut.has(tag));
  }

  /** What to say where no drop that has the other parts took this one: try again or, after a while, begin anew. */
  async #stuck(
    key: string,
    whole: readonly OpenWay[],
    failures: ReadonlyMap<OpenWay, DropError>,
    signal: AbortSignal,
  ): Promise<DropError> {
    signal.throwIfAborted();
    const error = failedAll(new Map([...failures].filter(([way]) => whole.includes(way))));
    if (isAnswer(error) || whole.some(({ sending }) => sending.failures < lostAfter)) return error;
    const others = this.#ways.list.filter((way) => !whole.includes(way));
    for (const way of healthyFirst(others)[0]) {
      if (await servesParcels(way, key, signal)) return lost(`The file can't go on where it began. ${error.message}`);
    }
    return error;
  }

  /** An upload that was opened a moment too late. */
  async #forget(way: OpenWay, key: string, ticket: string): Promise<void> {
    try {
      await way.use((drop) => storeOf(drop, way).abort(key, ticket), this.#ways.ended);
    } catch {
      // The drop removes such leftovers by itself in the end, and nobody waits for this.
    }
  }
}

/** @throws DropError with code `no-parcels`. */
export function storeOf(drop: Drop, way: OpenWay): ParcelStore {
  if (drop.parcels) return drop.parcels;
  throw noParcels(way.name);
}

/** Asks for something that changes nothing: the parcel is not there. */
async function servesParcels(way: OpenWay, key: string, signal: AbortSignal): Promise<boolean> {
  try {
    await way.use((drop) => storeOf(drop, way).remove(key, { signal }), signal);
    return true;
  } catch {
    signal.throwIfAborted();
    return false;
  }
}

function byTag(shares: ReadonlyMap<OpenWay, string>): ReadonlyMap<string, string> {
  return new Map([...shares].map(([{ tag }, share]) => [tag, share]));
}

function lost(what: string): DropError {
  return new DropError(what, {
    code: 'no-such-upload',
    hint: 'Send the file again: it begins anew in a drop that can be reached.',
    retryable: false,
  });
}

function moved(): DropError {
  return lost('The file was begun in a drop that the channel does not use any more.');
}

function badReceipt(number: number): never {
  throw new DropError(`The receipt of part ${number} is none of these drops.`, {
    code: 'bad-receipts',
    hint: 'Send the file again.',
    retryable: false,
  });
}
