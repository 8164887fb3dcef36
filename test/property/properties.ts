/** The properties themselves; property.test.ts runs a seeded part of them, test/soak.ts all. */
import fc from 'fast-check';
import { makePair, type PairOptions } from '../messenger/pair.ts';
import { assertAllShown, assertSettled, mend } from './mend.ts';
import { anyStep, orderedStep, type Step, takeStep } from './schedule.ts';

export interface Property {
  readonly name: string;
  /** How many times as long a run takes as one of the others; by default once. */
  readonly cost?: number;
  check(runs: number, seed: number): Promise<void>;
}

/** A small queue, so that not only the largest messages go through the parcel store. */
const limits = { bodyBytes: 64 * 1024 };

function property(name: string, step: fc.Arbitrary<Step>, options: PairOptions, cost = 1): Property {
  return {
    name,
    cost,
    async check(runs, seed) {
      const schedule = fc.array(step, { minLength: 1, maxLength: 30, size: 'max' });
      const holds = async (steps: readonly Step[], chance: number) => {
        await using pair = await makePair({ ...options, limits, seed: chance });
        for (const one of steps) await takeStep(pair, one);
        await mend(pair);
        assertAllShown(pair.a, pair.b);
        assertAllShown(pair.b, pair.a);
        for (const person of [pair.a, pair.b]) assertSettled(person);
      };
      await fc.assert(fc.asyncProperty(schedule, fc.integer(), holds), { seed, numRuns: runs, endOnFailure: false });
    },
  };
}

export const properties: readonly Property[] = [
  property('frames: any schedule of faults, kills and swaps shows every message once and in order', anyStep, {
    suite: 'plain',
  }),
  property(
    'signal: in ratcheted sessions, too, any schedule shows every message once and in order',
    anyStep,
    { suite: 'signal' },
    4,
  ),
  property('btrchat: repeats, failures and kills show every text once, in the order of the queue', orderedStep, {
    suite: 'btrchat',
  }),
];
