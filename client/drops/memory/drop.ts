/** One side's connection to a memory cloud. */
import { DropError } from '../../errors.ts';
import { parseParcelKey } from '../../protocol/parcel-key.ts';
import type { Role } from '../../protocol/roles.ts';
import { dropClosed } from '../closed.ts';
import type {
  ByteRange,
  CallOptions,
  CollectOptions,
  Delivery,
  Drop,
  DropLimits,
  Finding,
  Letter,
  ParcelStore,
} from '../drop.ts';
import type { MemoryCloud } from './cloud.ts';
import type { Holder, MemoryQueue, QueuedLetter } from './queue.ts';
import type { Chance } from './random.ts';

const PIECE_BYTES = 1024 * 1024;

export class MemoryDrop implements Drop {
  readonly kind = 'memory';
  readonly limits: DropLimits;
  readonly parcels: ParcelStore;
  readonly #cloud: MemoryCloud;
  readonly #role: Role;
  readonly #chance: Chance;
  readonly #ended = new AbortController();
  #dead = false;

  constructor(cloud: MemoryCloud, role: Role, chance: Chance) {
    this.#cloud = cloud;
    this.#role = role;
    this.#chance = chance;
    this.limits = cloud.limits;
    this.parcels = {
      maxParts: 10_000,
      minPartBytes: 1,
      create: (key, call) => this.#call(call, () => cloud.parcels.create(this.#ownKey(key))),
      putPart: (key, ticket, part, call) =>
        this.#call(call, () => cloud.parcels.putPart(this.#ownKey(key), ticket, part)),
      complete: (key, ticket, receipts, call) =>
        this.#call(call, () => {
          const lost = this.#chance.hits(cloud.faults.parcelLoss);
          cloud.parcels.complete(this.#ownKey(key), ticket, receipts, lost);
        }),
      abort: (key, ticket, call) => this.#call(call, () => cloud.parcels.abort(this.#ownKey(key), ticket)),
      get: (key, range, call) => this.#get(key, range, call),
      remove: (key, call) => this.#call(call, () => cloud.parcels.remove(key)),
    };
  }

  leave(letters: readonly Letter[], options?: CallOptions): Promise<void> {
    return this.#call(options, () => {
      for (const { body } of letters) this.#checkBody(body);
      const crashed = this.#chance.hits(this.#cloud.faults.crash);
      const left = crashed ? letters.slice(0, this.#chance.below(letters.length)) : letters;
      const { now, deduplication, faults } = this.#cloud;
      const queue = this.#cloud.outgoing(this.#role);
      for (const { body, deduplicationId } of left)
        queue.put(body, deduplicationId ?? body, now, deduplication, faults);
      this.#cloud.wake();
      if (crashed) throw failed('broke off in the middle');
    });
  }

  async *collect(options: CollectOptions): AsyncGenerator<readonly Delivery[], void, undefined> {
    const signal = this.#signal(options);
    const queue = this.#cloud.incoming(this.#role);
    const holder = { dead: false };
    const unsettled = new Set<QueuedLetter>();
    try {
      for (;;) {
        const batch = await this.#call(options, () => this.#take(queue, holder));
        for (const letter of batch) unsettled.add(letter);
        if (batch.length > 0) yield batch.map((letter) => this.#delivery(queue, letter, holder, unsettled));
        else if (options.wait) await this.#cloud.changed(signal);
        else return;
      }
    } finally {
      holder.dead = true;
      if (!this.#dead) for (const letter of unsettled) queue.giveBack(letter, holder);
      if (unsettled.size > 0) this.#cloud.wake();
    }
  }

  async check(): Promise<readonly Finding[]> {
    const ok = !this.#ended.signal.aborted;
    return [{ what: 'memory', ok, text: ok ? 'The drop is in memory.' : 'The drop was closed: open it again.' }];
  }

  async close(): Promise<void> {
    this.#ended.abort(dropClosed());
  }

  kill(): void {
    this.#dead = true;
    this.#ended.abort(dropClosed());
  }

  #take(queue: MemoryQueue, holder: Holder): QueuedLetter[] {
    const { now, visibility, batch, holdBack } = this.#cloud;
    return queue.take(now, now + visibility, batch, holder, holdBack);
  }

  #delivery(queue: MemoryQueue, letter: QueuedLetter, holder: Holder, unsettled: Set<QueuedLetter>): Delivery {
    const settle = (act: () => void) =>
      this.#settle(() => {
        unsettled.delete(letter);
        act();
        this.#cloud.wake();
      });
    return {
      body: letter.body,
      done: () => settle(() => queue.remove(letter, holder)),
      later: () => settle(() => queue.giveBack(letter, holder)),
    };
  }

  /** Works after `close` too, so that what was dealt with just before can still be settled; not after a kill. */
  async #settle(act: () => void): Promise<void> {
    await Promise.resolve();
    if (this.#dead) throw dropClosed();
    this.#withFailures(act);
  }

  async *#get(key: string, range: ByteRange, options?: CallOptions): AsyncGenerator<Uint8Array, void, undefined> {
    const bytes = await this.#call(options, () => {
      const found = Uint8Array.from(this.#cloud.parcels.read(key, range, this.#cloud.now));
      if (found.length > 0 && this.#chance.hits(this.#cloud.faults.parcelCorruption)) {
        const position = this.#chance.below(found.length);
        found[position] = (found[position] ?? 0) ^ (1 << this.#chance.below(8));
      }
      return found;
    });
    const cutAt = this.#chance.hits(this.#cloud.faults.parcelCut) ? this.#chance.below(bytes.length) : bytes.length;
    const signal = this.#signal(options);
    for (let start = 0; start < cutAt; start += PIECE_BYTES) {
      signal.throwIfAborted();
      yield bytes.subarray(start, Math.min(start + PIECE_BYTES, cutAt));
    }
    if (cutAt < bytes.length) throw failed('was cut');
  }

  /** A turn of the event loop passes in every call, as with any real drop; the work itself is done at one go. */
  async #call<T>(options: CallOptions | undefined, act: () => T): Promise<T> {
    const signal = this.#signal(options);
    signal.throwIfAborted();
    await Promise.resolve();
    signal.throwIfAborted();
    return this.#withFailures(act);
  }

  #withFailures<T>(act: () => T): T {
    const { failure, lostReply } = this.#cloud.faults;
    if (this.#chance.hits(failure)) throw failed('failed');
    const result = act();
    if (this.#chance.hits(lostReply)) throw failed('was done, but the answer was lost');
    return result;
  }

  #signal(options: CallOptions | undefined): AbortSignal {
    const ended = this.#ended.signal;
    return options?.signal === undefined ? ended : AbortSignal.any([options.signal, ended]);
  }

  #ownKey(key: string): string {
    const parsed = parseParcelKey(key);
    // A key of no form at all is told by the store itself.
    if (parsed === undefined || parsed.role === this.#role) return key;
    throw new DropError(`The parcel key ${key} belongs to the other side; it can't be put from here.`, {
      code: 'bad-parcel-key',
      retryable: false,
    });
  }

  #checkBody(body: string): void {
    if (body.length <= this.limits.bodyBytes) return;
    throw new DropError(`A body of ${body.length} bytes is more than the ${this.limits.bodyBytes} the drop takes.`, {
      code: 'body-too-large',
      hint: 'Send it as a file.',
      retryable: false,
    });
  }
}

function failed(how: string): DropError {
  return new DropError(`The call ${how}, as this drop was told to.`, { code: 'drop-unreachable', retryable: true });
}
