/**
 * What every drop has to do, whatever it is made of. A drop's own test calls `dropContract(kind, makePlace)`; the
 * tests' names begin with the kind.
 *
 * Nothing in here assumes more than drop.ts promises and an SQS FIFO queue with an S3 bucket can keep: one letter a
 * batch is enough, later letters may be held back while one is in flight, what was given back may take some seconds to
 * show again, and looking without waiting may take a second.
 */
import { letterContract } from './letter-contract.ts';
import { parcelContract } from './parcel-contract.ts';
import { stateContract } from './state-contract.ts';
import { type DropPlace, TestPlace } from './tools.ts';

export type { DropPlace } from './tools.ts';

export type MakeTestPlace = () => Promise<TestPlace>;

/** `makePlace` is called once for each test. */
export function dropContract(kind: string, makePlace: () => Promise<DropPlace>): void {
  const make = async () => new TestPlace(await makePlace());
  letterContract(kind, make);
  parcelContract(kind, make);
  stateContract(kind, make);
}

/** Long enough for seconds of visibility timeout on a slow machine; only a drop that hangs gets there. */
export const contractTimeout = 60_000;
