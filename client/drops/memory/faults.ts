/** What may go wrong in a memory drop: each a probability from 0 to 1, but for `maxDelay`. */
export interface Faults {
  /** A letter was accepted and is never seen again, as when a queue expires or is deleted. */
  readonly loss: number;
  /** A letter is shown twice, the second time anywhere after the first. */
  readonly repeat: number;
  /** A letter is shown late, by up to `maxDelay` milliseconds of the virtual clock; later ones overtake it. */
  readonly delay: number;
  readonly maxDelay: number;
  /** A letter is put anywhere among those that wait, not at the end. */
  readonly reorder: number;
  /** One character of a letter is changed. */
  readonly corruption: number;
  /** A call rejects with a retryable DropError and has done nothing. */
  readonly failure: number;
  /** A call rejects with a retryable DropError although it has done everything. */
  readonly lostReply: number;
  /** A call of `leave` rejects after some of its letters. */
  readonly crash: number;
  /** A parcel is gone after `complete`. */
  readonly parcelLoss: number;
  /** One bit is changed in what `get` yields, this time only. */
  readonly parcelCorruption: number;
  /** What `get` yields breaks off with a retryable DropError. */
  readonly parcelCut: number;
}

export const noFaults: Faults = {
  loss: 0,
  repeat: 0,
  delay: 0,
  maxDelay: 60_000,
  reorder: 0,
  corruption: 0,
  failure: 0,
  lostReply: 0,
  crash: 0,
  parcelLoss: 0,
  parcelCorruption: 0,
  parcelCut: 0,
};
