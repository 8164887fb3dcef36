/** How much each case does. */
const MiB = 1024 * 1024;

export interface Sizes {
  /** Whole processes that are started one after the other, of each kind. */
  readonly starts: number;
  /** Two people who pair, each time with new homes. */
  readonly pairings: number;
  /** Messages that are sealed and opened, and how often. */
  readonly session: { readonly messages: number; readonly rounds: number };
  /** Lines sent from stdin to stdout, and messages of the loops that stand beside them. */
  readonly lines: number;
  readonly loop: number;
  /** Seconds of listening to nothing. */
  readonly idleSeconds: number;
  /** Messages that are timed one by one. */
  readonly latencies: number;
  /** Drops that are killed, and as many that hang. */
  readonly failovers: number;
  readonly parcelBytes: number;
  readonly parcelRuns: number;
  /** The two parcels whose memory is compared. */
  readonly memoryBytes: { readonly small: number; readonly large: number };
  /** Messages in the full home. */
  readonly history: number;
  /** Messages that a chat or a page opens with, and those that one scrolls through. */
  readonly interfaceHistory: number;
  readonly scrolled: number;
  /** Parcels in the bucket, and how many of them have passed their time. */
  readonly expire: { readonly parcels: number; readonly stale: number };
}

export const full: Sizes = {
  starts: 21,
  pairings: 9,
  session: { messages: 10_000, rounds: 5 },
  lines: 100_000,
  loop: 2_000,
  idleSeconds: 180,
  latencies: 200,
  failovers: 5,
  parcelBytes: 512 * MiB,
  parcelRuns: 9,
  memoryBytes: { small: 256 * MiB, large: 4096 * MiB },
  history: 1_000_000,
  interfaceHistory: 100_000,
  scrolled: 10_000,
  expire: { parcels: 100_000, stale: 1_000 },
};

export const quick: Sizes = {
  starts: 7,
  pairings: 3,
  session: { messages: 2_000, rounds: 3 },
  lines: 10_000,
  loop: 300,
  idleSeconds: 45,
  latencies: 40,
  failovers: 3,
  parcelBytes: 128 * MiB,
  parcelRuns: 2,
  memoryBytes: { small: 64 * MiB, large: 256 * MiB },
  history: 20_000,
  interfaceHistory: 10_000,
  scrolled: 2_000,
  expire: { parcels: 20_000, stale: 1_000 },
};
