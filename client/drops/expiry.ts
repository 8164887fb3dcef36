/** Removing what stayed in a drop past its time: what the expiry function of a deployed stack does, asked for by hand. */
import type { CallOptions } from './drop.ts';

export interface ExpireOptions extends CallOptions {
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Counts only: neither keys nor names, so that a report can be logged anywhere. */
export interface ExpiryReport {
  /** Parcels removed because their time had passed, or their key is not one of ours or claims too long a stay. */
  readonly removed: number;
  /** Uploads given up that nobody goes on with. */
  readonly aborted: number;
  /** What should have gone and could not be removed; the next run tries again. */
  readonly failed: number;
  /** False: time ran out first; the next run goes on. */
  readonly finished: boolean;
}
