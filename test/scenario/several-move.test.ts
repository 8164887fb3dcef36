/**
 * A channel goes from one drop to another by what one side does alone: it adds the new one, and later removes the old
 * one, each at any moment, killed in the middle of it and with things on their way. Nothing is lost.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { BtrError, DropError } from '../../client/errors.ts';
import { channel, type Person } from '../messenger/person.ts';
import { assertAllShown, assertSettled, mend } from '../property/mend.ts';
import { anyStep, type Step, takeStep } from '../property/schedule.ts';
import { seed } from '../tools/seed.ts';
import { assertDelivered } from './several-checks.ts';
import { dropsOf, idAt, makeSeveralPair, placeAt, type SeveralPair, talk } from './several-tools.ts';

/** A small queue, so that not only the largest messages go through the parcel store. */
const limits = { bodyBytes: 64 * 1024 };
const steps = fc.array(anyStep, { maxLength: 10, size: 'max' });
/** After how many turns of the event loop the process is killed. */
const kill = fc.option(fc.integer({ min: 0, max: 80 }), { nil: undefined, freq: 2 });
const story = fc.record({
  before: steps,
  between: steps,
  after: steps,
  mover: fc.constantFrom('a' as const, 'b' as const),
  kills: fc.tuple(kill, kill),
  chance: fc.integer(),
});

/** Kills the process in the middle of it, if it is to be, and does it again; at last when all is well. */
async function somehow(
  pair: SeveralPair,
  person: Person,
  turns: number | undefined,
  work: (person: Person) => Promise<unknown>,
): Promise<void> {
  if (turns !== undefined) {
    const done = Promise.allSettled([work(person)]);
    for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
    const bury = await person.kill();
    await done;
    await bury();
  }
  try {
    await work(person);
  } catch (error) {
    if (!(error instanceof BtrError)) throw error;
    // The process that was killed had come as far as doing it.
    if (error.code === 'same-drop' || error.code === 'no-such-drop') return;
    assert.ok(error instanceof DropError || error.code === 'not-heard');
    await passHours(pair);
    await work(person);
  }
}

async function add({ messenger }: Person): Promise<void> {
  await messenger.addDrop(channel, placeAt('two'));
}

async function removeFirst({ messenger }: Person): Promise<void> {
  await messenger.removeDrop(channel, await idAt(undefined));
}

/** Long enough for what was lost to be left again, and for words that are no messages, too. */
async function passHours(pair: SeveralPair): Promise<void> {
  pair.cloud.heal();
  // Without receipts, nobody would know what arrived.
  for (const { messenger } of [pair.a, pair.b]) messenger.changeChannel(channel, { receipts: true });
  for (let minutes = 1; minutes < 1000; minutes *= 2) {
    pair.cloud.advance(minutes * 60_000);
    await talk(pair);
  }
}

for (const [suite, runs] of [
  ['plain', 40],
  ['signal', 15],
] as const) {
  test(`several, ${suite}: moving by adding and removing loses nothing, whatever fails or is killed meanwhile`, async (t) => {
    t.diagnostic(`BTR_SEED=${seed}`);
    const holds = fc.asyncProperty(story, async ({ before, between, after, mover, kills, chance }) => {
      await using pair = await makeSeveralPair({ suite, limits, seed: chance }, ['two']);
      const walk = async (list: readonly Step[]) => {
        for (const step of list) await takeStep(pair, step);
      };
      const person = pair[mover];
      await walk(before);
      await somehow(pair, person, kills[0], add);
      await walk(between);
      await somehow(pair, person, kills[1], removeFirst);
      await walk(after);
      await mend(pair);
      await passHours(pair);
      assertAllShown(pair.a, pair.b);
      assertAllShown(pair.b, pair.a);
      for (const one of [pair.a, pair.b]) {
        assertSettled(one);
        assert.deepEqual(await dropsOf(one), [await idAt('two')]);
      }
    });
    await fc.assert(holds, { seed, numRuns: runs });
  });
}

test('several: the other side follows to a new drop without doing anything, and no time passes', async () => {
  await using pair = await makeSeveralPair({ suite: 'signal', limits }, ['two']);
  const { a, b } = pair;
  await a.send('a0', 'x'.repeat(100_000));
  await b.send('b0', 'y'.repeat(100_000));
  await add(a);
  await a.send('a1');
  await b.send('b1');
  await b.listen();
  await removeFirst(a);
  await b.send('b2');
  await a.send('a2');
  await talk(pair);
  for (const person of [a, b]) assert.deepEqual(await dropsOf(person), [await idAt('two')]);
  assertDelivered(pair);
});
