/** What a drop was asked for, in the units a cloud bills: counted as it is sent, so that repeats count as well. */

/** One request as it went over the line, whatever came of it. */
export interface Request {
  /** As the cloud names it, such as `SendMessage` or `PutObject`. */
  readonly operation: string;
  /** Bytes of the body that was sent, and of the one that was received. */
  readonly sent: number;
  readonly received: number;
  /** As how many requests the cloud bills it. Absent: one. */
  readonly billed?: number;
  /** What it left in the cloud's storage: bytes times the hours that they may stay. Taking away early is no credit. */
  readonly byteHours?: number;
}

/** Called for every request, in the turn in which its answer, or its failure, is known. It must not throw. */
export type Meter = (request: Request) => void;
