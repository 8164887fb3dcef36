/** Any schedule of two people who write, fail, are killed and move, each at a moment of their own, loses nothing. */
import test from 'node:test';
import fc from 'fast-check';
import { DropError } from '../../client/errors.ts';
import type { Person } from '../messenger/person.ts';
import { assertAllShown, assertSettled, mend } from '../property/mend.ts';
import { anyStep, type Step, takeStep } from '../property/schedule.ts';
import { seed } from '../tools/seed.ts';
import { hasMoved, type MovingPair, makeMovingPair, move } from './move-tools.ts';

/** A small queue, so that not only the largest messages go through the parcel store. */
const limits = { bodyBytes: 64 * 1024 };

/** After how many turns of the event loop the process that moves is killed. */
const kill = fc.option(fc.integer({ min: 0, max: 80 }), { nil: undefined, freq: 2 });

function storyOf(step: fc.Arbitrary<Step>) {
  const steps = fc.array(step, { maxLength: 12, size: 'max' });
  return fc.record({
    before: steps,
    first: fc.constantFrom('a' as const, 'b' as const),
    kills: fc.tuple(kill, kill),
    between: steps,
    after: steps,
    chance: fc.integer(),
  });
}

/** Goes on without the old drop where it fails. */
async function moveSomehow(person: Person, killAfter: number | undefined): Promise<void> {
  if (killAfter !== undefined) await killWhileMoving(person, killAfter);
  if (hasMoved(person)) return;
  await move(person).catch((error: unknown) => {
    if (!(error instanceof DropError)) throw error;
    return move(person, { force: true });
  });
}

async function killWhileMoving(person: Person, turns: number): Promise<void> {
  const moved = Promise.allSettled([move(person)]);
  for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
  const bury = await person.kill();
  await moved;
  await bury();
}

/** Nobody waits for a timer: what the moves did must be enough. */
async function settleAtOnce({ cloud, a, b }: MovingPair): Promise<void> {
  cloud.heal();
  for (const person of [a, b, a, b, a]) {
    await person.listen();
    await person.deliver();
  }
}

const quietStep = anyStep.filter(
  (step) => step.do === 'queue' || step.do === 'restart' || (step.do === 'run' && step.kill === undefined),
);

const kinds = [
  { name: 'any schedule of faults and kills', story: storyOf(anyStep), settle: mend, share: 0.5 },
  {
    name: 'without faults, and without waiting for a timer,',
    story: storyOf(quietStep),
    settle: settleAtOnce,
    share: 1,
  },
];

for (const [suite, runs] of [
  ['plain', 60],
  ['signal', 20],
] as const) {
  for (const { name, story, settle, share } of kinds) {
    test(`move, ${suite}: ${name} shows every message once and in order`, async (t) => {
      t.diagnostic(`BTR_SEED=${seed}`);
      const holds = fc.asyncProperty(story, async ({ before, first, kills, between, after, chance }) => {
        await using pair = await makeMovingPair({ suite, limits, seed: chance });
        for (const step of before) await takeStep(pair, step);
        await moveSomehow(pair[first], kills[0]);
        for (const step of between) await takeStep(pair, step);
        await moveSomehow(pair[first === 'a' ? 'b' : 'a'], kills[1]);
        for (const step of after) await takeStep(pair, step);
        await settle(pair);
        assertAllShown(pair.a, pair.b);
        assertAllShown(pair.b, pair.a);
        for (const person of [pair.a, pair.b]) assertSettled(person);
      });
      await fc.assert(holds, { seed, numRuns: runs * share });
    });
  }
}
