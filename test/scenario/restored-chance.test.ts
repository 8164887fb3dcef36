/**
 * Two people talk in ratcheted sessions while either home is set back again and again, in either way, and processes are
 * killed. Afterwards, once time has passed, what either history holds as sent is in the other's, once.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { makePair, type Pair } from '../messenger/pair.ts';
import { channel, type Person } from '../messenger/person.ts';
import { seed } from '../tools/seed.ts';
import { assertNoneTwice, backUp, keysUsed, putBack, rollBack, talkOut, tap } from './restored-tools.ts';

type Who = 'a' | 'b';
type Step =
  | { readonly do: 'send'; readonly who: Who; readonly count: number }
  | { readonly do: 'listen'; readonly who: Who }
  | { readonly do: 'advance'; readonly minutes: number }
  | { readonly do: 'back up'; readonly who: Who }
  | { readonly do: 'put back'; readonly who: Who }
  | { readonly do: 'roll back'; readonly who: Who }
  | { readonly do: 'kill'; readonly who: Who; readonly turns: number };

const who = fc.constantFrom<Who>('a', 'b');
const talk = [
  { weight: 6, arbitrary: fc.record({ do: fc.constant('send' as const), who, count: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('listen' as const), who }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('advance' as const), minutes: fc.integer({ min: 1, max: 200 }) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('back up' as const), who }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('put back' as const), who }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('kill' as const), who, turns: fc.integer({ min: 0, max: 40 }) }),
  },
];
const rolled = { weight: 2, arbitrary: fc.record({ do: fc.constant('roll back' as const), who }) };

class Story {
  readonly pair: Pair;
  readonly #copies = new Map<Who, string>();
  #count = 0;

  constructor(pair: Pair) {
    this.pair = pair;
  }

  async take(step: Step): Promise<void> {
    if (step.do === 'advance') return this.pair.cloud.advance(step.minutes * 60_000);
    const person = this.pair[step.who];
    const copy = this.#copies.get(step.who);
    if (step.do === 'send')
      await person.send(...Array.from({ length: step.count }, () => `${step.who}${this.#count++}`));
    if (step.do === 'listen') await person.listen();
    if (step.do === 'back up') this.#copies.set(step.who, await backUp(person));
    if (step.do === 'put back' && copy) await putBack(person, copy);
    if (step.do === 'roll back' && copy) await rollBack(person, copy);
    if (step.do === 'kill') await killWithin(person, step.turns);
  }
}

/** Kills a listener after so many turns of the event loop. */
async function killWithin(person: Person, turns: number): Promise<void> {
  const ended = Promise.allSettled([person.listen()]);
  for (let passed = 0; passed < turns; passed++) await turn();
  const bury = await person.kill();
  await ended;
  await bury();
}

function texts(person: Person, own: boolean): string[] {
  return [...person.messenger.history(channel)].flatMap((event) =>
    event.type === 'message' && (event.state !== undefined) === own ? [event.text] : [],
  );
}

async function mendAll({ cloud, a, b }: Pair): Promise<void> {
  cloud.heal();
  for (const hours of [0, 0, 1, 2, 2, 24, 0, 0]) {
    cloud.advance(hours * 3_600_000);
    await talkOut(a, b);
  }
}

function assertTold(from: Person, to: Person): void {
  const came = texts(to, false);
  assert.deepEqual(
    came.filter((text, index) => came.indexOf(text) !== index),
    [],
    'something came twice',
  );
  assert.deepEqual(
    texts(from, true).filter((text) => !came.includes(text)),
    [],
    `of ${from.role}, something did not come`,
  );
  assert.deepEqual(from.messenger.pending(channel), { queued: 0, sent: 0 });
}

/** In CI a few; BTR_SETBACKS for more. */
const runs = Number(process.env.BTR_SETBACKS ?? 8);

function setbacks(name: string, step: fc.Arbitrary<Step>, isNoticed: boolean): void {
  test(`restored: ${name}`, async (t) => {
    t.diagnostic(`BTR_SEED=${seed}`);
    const schedule = fc.array(step, { minLength: 5, maxLength: 40, size: 'max' });
    const holds = async (steps: readonly Step[], chance: number) => {
      await using pair = await makePair({ suite: 'signal', seed: chance });
      const bodies = tap(pair.cloud);
      const story = new Story(pair);
      for (const one of steps) await story.take(one);
      // Only what is said later shows that a whole disk was set back.
      for (const person of [pair.a, pair.b]) await person.send(`last of ${person.role}`);
      await mendAll(pair);
      assertTold(pair.a, pair.b);
      assertTold(pair.b, pair.a);
      for (const person of [pair.a, pair.b]) if (isNoticed) assertNoneTwice(await keysUsed(person, bodies));
    };
    await fc.assert(fc.asyncProperty(schedule, fc.integer(), holds), { seed, numRuns: runs, endOnFailure: false });
  });
}

setbacks('any schedule of folders put back loses nothing, and uses no key twice', fc.oneof(...talk), true);
setbacks('any schedule of folders put back and disks set back loses nothing', fc.oneof(...talk, rolled), false);
