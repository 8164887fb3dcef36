/**
 * A drop is a dead drop: a place in somebody's cloud, or a folder, where envelopes and parcels are left.
 *
 * What the rest of the program may assume of any drop: what was left is delivered at least once, in order per sender
 * where the place can; nothing more. Bodies may come twice, late, or in another order, and nobody is believed because
 * the drop says so. Every call ends: with a result, with a DropError, or with the signal's abort reason.
 */
import type { MemberId } from '../protocol/roles.ts';

/** One sealed body on its way into a drop. */
export interface Letter {
  /** The member it is for, or everybody else in the channel. */
  readonly to: MemberId | 'all';
  /** Text of at most `limits.bodyBytes` bytes, ASCII. */
  readonly body: string;
  /** The same for every attempt to leave this body; 1 to 128 of [A-Za-z0-9_-]. Absent: the drop derives one from the body. */
  readonly deduplicationId?: string;
  /** By every way there is, where a channel has several drops; one drop takes no notice of it. */
  readonly everywhere?: boolean;
}

/** One body taken from a drop. Until `done` or `later` settles it, the drop hides it from other collectors. */
export interface Delivery {
  readonly body: string;
  /** The body was dealt with and committed: remove it. Calls made in the same turn are sent as one batch. */
  done(): Promise<void>;
  /** The body could not be dealt with now: show it again soon. */
  later(): Promise<void>;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
}

export interface CreateOptions extends CallOptions {
  /** As for a letter. */
  readonly everywhere?: boolean;
}

export interface GetOptions extends CallOptions {
  /** From 0: from this place alone, of as many as the store has copies in. */
  readonly copy?: number;
}

export interface CollectOptions extends CallOptions {
  /** True: wait for more for ever, until the signal aborts. False: end after what is there now. */
  readonly wait: boolean;
}

export interface DropLimits {
  /** Largest body, in bytes of text. */
  readonly bodyBytes: number;
  /** Most bodies, and most bytes of text, in one call of `leave`. */
  readonly batchBodies: number;
  readonly batchBytes: number;
  /** Largest parcel in bytes as stored; 0 where the drop keeps no parcels. */
  readonly parcelBytes: number;
  /** Longest stay of a parcel in milliseconds, whatever the sender asked for. */
  readonly parcelStay: number;
}

/** What `btr doctor` prints of a drop: one line a finding. */
export interface Finding {
  readonly what: string;
  readonly ok: boolean;
  /** What was seen and, where it is not ok, what to do next. */
  readonly text: string;
}

export interface Drop {
  /** `aws`, `folder`, ... */
  readonly kind: string;
  readonly limits: DropLimits;
  /** Absent where the drop keeps no parcels. */
  readonly parcels?: ParcelStore;

  /** Leaves bodies in this order; resolves when all are left. After a rejection any of them may be there or not. */
  leave(letters: readonly Letter[], options?: CallOptions): Promise<void>;
  /** Takes what waits for this side, a batch at a time. Ending the iteration gives back what was not settled. */
  collect(options: CollectOptions): AsyncIterable<readonly Delivery[]>;
  /**
   * Measures the round trip and the clocks, and looks at what this side may and, where a stranger's rights can be told
   * from its own, may not do; changes nothing that others see. Never rejects for a finding.
   */
  check(options?: CallOptions): Promise<readonly Finding[]>;
  close(): Promise<void>;
}

/**
 * Encrypted files. A parcel is put in parts, which may go in parallel and be repeated; nobody sees it before
 * `complete`. Keys look like `<role>/<expiry>/<random>`, see protocol/parcel-key.ts.
 */
export interface ParcelStore {
  /** Most parts a parcel may have, and least bytes of every part but the last. */
  readonly maxParts: number;
  readonly minPartBytes: number;
  /** In how many places there may be copies of a parcel, of which one may be spoiled; absent: in one. */
  readonly copies?: number;

  /** Opens an upload; the ticket names it in later calls, also from another process. */
  create(key: string, options?: CreateOptions): Promise<string>;
  /**
   * Puts part `number` (from 1). All parts but the last have the same size, so it stands at `offset` in the parcel.
   * Resolves to a receipt for `complete`. The pieces are not changed or kept.
   */
  putPart(key: string, ticket: string, part: PartInput, options?: CallOptions): Promise<string>;
  /** Makes the parcel visible: receipts of all parts in order. Doing it twice with the same ticket is no error. */
  complete(key: string, ticket: string, receipts: readonly string[], options?: CallOptions): Promise<void>;
  /** Gives up an upload. One that is not there is no error. */
  abort(key: string, ticket: string, options?: CallOptions): Promise<void>;
  /**
   * Streams `length` bytes from `offset`; each piece is valid until the next one is asked for, and until then the
   * caller may write into it. A parcel that is not there is a DropError with code `no-such-parcel`.
   */
  get(key: string, range: ByteRange, options?: GetOptions): AsyncIterable<Uint8Array>;
  /** Removes a parcel. One that is not there is no error. */
  remove(key: string, options?: CallOptions): Promise<void>;
}

export interface PartInput {
  readonly number: number;
  readonly offset: number;
  readonly pieces: readonly Uint8Array[];
}

export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}
