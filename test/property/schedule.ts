/** Schedules: what two people and their cloud do, as data that fast-check makes and shrinks, and how each step is run. */
import fc from 'fast-check';
import { DropError } from '../../client/errors.ts';
import type { Pair } from '../messenger/pair.ts';
import { channel, type Person } from '../messenger/person.ts';

type Who = 'a' | 'b';

export type Step =
  | { readonly do: 'queue'; readonly who: Who; readonly sizes: readonly number[] }
  | {
      readonly do: 'run';
      readonly who: Who;
      readonly what: 'deliver' | 'listen' | 'both';
      /** Leaves the loop after so many messages. */
      readonly messages?: number | undefined;
      /** Kills the process after so many turns of its event loop. */
      readonly kill?: number | undefined;
    }
  | { readonly do: 'restart'; readonly who: Who }
  | { readonly do: 'receipts'; readonly who: Who; readonly on: boolean }
  | { readonly do: 'advance'; readonly seconds: number }
  | { readonly do: 'faults'; readonly faults: Readonly<Record<string, number>> }
  | { readonly do: 'swap' };

const second = 1;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

const who = fc.constantFrom<Who>('a', 'b');
/** Small ones, some that fill an envelope, and some that go through the parcel store. */
const size = fc.oneof(
  { weight: 20, arbitrary: fc.integer({ min: 12, max: 300 }) },
  { weight: 2, arbitrary: fc.integer({ min: 10_000, max: 47_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 48_000, max: 120_000 }) },
);
const queue = fc.record({
  do: fc.constant('queue' as const),
  who,
  sizes: fc.array(size, { minLength: 1, maxLength: 6 }),
});
const run = fc.record({
  do: fc.constant('run' as const),
  who,
  what: fc.constantFrom('deliver' as const, 'listen' as const, 'both' as const),
  messages: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined, freq: 4 }),
  kill: fc.option(fc.integer({ min: 0, max: 60 }), { nil: undefined, freq: 3 }),
});
const restart = fc.record({ do: fc.constant('restart' as const), who });
const receipts = fc.record({ do: fc.constant('receipts' as const), who, on: fc.boolean() });
const seconds = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 1, max: 2 * minute }) },
  { weight: 2, arbitrary: fc.integer({ min: hour, max: 5 * hour }) },
  { weight: 1, arbitrary: fc.integer({ min: day, max: 16 * day }) },
);
const advance = fc.record({ do: fc.constant('advance' as const), seconds });
const odds = fc.constantFrom(0, 0, 0.1, 0.4);

/** How often each thing goes wrong with what is left and collected. */
export function letterFaults(chance: fc.Arbitrary<number>) {
  return {
    loss: chance,
    repeat: chance,
    delay: chance,
    reorder: chance,
    corruption: chance,
    failure: chance,
    lostReply: chance,
    crash: chance,
  };
}

const faults = fc.record({
  do: fc.constant('faults' as const),
  faults: fc.record({
    ...letterFaults(odds),
    parcelLoss: odds,
    parcelCorruption: odds,
    parcelCut: odds,
  }),
});
const swap = fc.constant({ do: 'swap' as const });

/** For suites that number, acknowledge and ask again. */
export const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: queue },
  { weight: 10, arbitrary: run },
  { weight: 4, arbitrary: advance },
  { weight: 3, arbitrary: faults },
  { weight: 1, arbitrary: restart },
  { weight: 1, arbitrary: receipts },
  { weight: 1, arbitrary: swap },
);

/** For an unframed suite, which can't mend what its drop loses or puts in another order. */
export const orderedStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: queue.map((step) => ({ ...step, sizes: step.sizes.map((bytes) => Math.min(bytes, 30_000)) })),
  },
  { weight: 10, arbitrary: run },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('advance' as const), seconds: fc.integer({ min: 1, max: hour }) }),
  },
  { weight: 1, arbitrary: restart },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('faults' as const),
      faults: fc.record({ repeat: odds, failure: odds, lostReply: odds, crash: odds }),
    }),
  },
);

export async function takeStep(pair: Pair, step: Step): Promise<void> {
  const { cloud } = pair;
  if (step.do === 'queue')
    await pair[step.who].queue(...step.sizes.map((bytes, index) => makeText(pair, step.who, bytes, index)));
  if (step.do === 'run') await runOnce(pair[step.who], step.what, step.messages, step.kill);
  if (step.do === 'restart') await pair[step.who].restart();
  if (step.do === 'receipts') pair[step.who].messenger.changeChannel(channel, { receipts: step.on });
  if (step.do === 'advance') cloud.advance(step.seconds * 1000);
  if (step.do === 'faults') cloud.setFaults(step.faults);
  if (step.do === 'swap') await Promise.all([pair.a.swap(), pair.b.swap()]);
}

/** `a12 xxx`: who wrote it, its place among what they wrote, and as much as makes up the size. */
function makeText(pair: Pair, who: Who, bytes: number, index: number): string {
  return `${who}${pair[who].sent.length + index} `.padEnd(bytes, 'x');
}

async function runOnce(person: Person, what: 'deliver' | 'listen' | 'both', messages?: number, kill?: number) {
  const limits = messages === undefined ? {} : { messages };
  const tasks: Promise<unknown>[] = [];
  if (what !== 'listen') tasks.push(person.deliver());
  if (what !== 'deliver') tasks.push(person.listen(limits));
  const ended = Promise.allSettled(tasks);
  let bury: (() => Promise<void>) | undefined;
  if (kill !== undefined) {
    for (let turn = 0; turn < kill; turn += 1) await Promise.resolve();
    bury = await person.kill();
  }
  for (const result of await ended) {
    // After a kill the rest of the old process fails in any way; else only the drop may have failed.
    if (result.status === 'rejected' && !bury && !(result.reason instanceof DropError)) throw result.reason;
  }
  await bury?.();
}
