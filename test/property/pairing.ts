/**
 * Pairing under any schedule: invites, joins with right and wrong PINs, a third person who has every invite and guesses
 * wrong, texts, kills, restarts and a bad drop. In the end, after a fresh invite where it takes one, both talk.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createMemoryCloud, type MemoryCloud } from '../../client/drops/memory/cloud.ts';
import { BtrError, DropError } from '../../client/errors.ts';
import type { MadeInvite } from '../../client/messenger/pairing/invite.ts';
import { copyHome, freshFolder, makeUnpaired } from '../messenger/pair.ts';
import { channel, Person, takeForOriginal } from '../messenger/person.ts';
import { assertAllShown, assertSettled, mend } from './mend.ts';
import type { Property } from './properties.ts';
import { letterFaults } from './schedule.ts';

type Who = 'a' | 'b' | 'c';

export type PairingStep =
  | { readonly do: 'invite'; readonly kill: number | undefined }
  /** `back`: by the newest invite, or one before. */
  | { readonly do: 'join'; readonly who: 'b' | 'c'; readonly right: boolean; readonly back: number }
  | { readonly do: 'write'; readonly who: 'a' | 'b'; readonly count: number }
  | { readonly do: 'run'; readonly who: Who; readonly what: 'deliver' | 'listen'; readonly kill: number | undefined }
  | { readonly do: 'restart'; readonly who: Who }
  | { readonly do: 'advance'; readonly minutes: number }
  | { readonly do: 'faults'; readonly faults: Readonly<Record<string, number>> };

const kill = fc.option(fc.integer({ min: 0, max: 120 }), { nil: undefined, freq: 3 });
const pair = fc.constantFrom('a' as const, 'b' as const);

const step: fc.Arbitrary<PairingStep> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('invite' as const), kill }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('join' as const),
      who: fc.constantFrom('b' as const, 'b' as const, 'c' as const),
      right: fc.boolean(),
      back: fc.constantFrom(0, 0, 0, 1),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('write' as const), who: pair, count: fc.integer({ min: 1, max: 3 }) }),
  },
  {
    weight: 14,
    arbitrary: fc.record({
      do: fc.constant('run' as const),
      who: fc.constantFrom<Who>('a', 'a', 'a', 'b', 'b', 'b', 'c'),
      what: fc.constantFrom('deliver' as const, 'listen' as const, 'listen' as const),
      kill,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('restart' as const), who: fc.constantFrom<Who>('a', 'b', 'c') }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('advance' as const), minutes: fc.constantFrom(1, 2, 61, 500, 1500) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('faults' as const),
      faults: fc.record(letterFaults(fc.constantFrom(0, 0, 0.15, 0.4))),
    }),
  },
);

class Story {
  readonly cloud: MemoryCloud;
  readonly people: Readonly<Record<Who, Person>>;
  readonly invites: MadeInvite[] = [];
  /** Invites that may be open, those that a kill hid from their maker included. */
  made = 0;

  constructor(cloud: MemoryCloud, people: Readonly<Record<Who, Person>>) {
    this.cloud = cloud;
    this.people = people;
  }

  async take(one: PairingStep): Promise<void> {
    const { people, cloud } = this;
    if (one.do === 'invite') await this.#invite(one.kill);
    if (one.do === 'join') await this.#join(one.who, one.right, one.back);
    if (one.do === 'write') await this.#write(people[one.who], one.count);
    if (one.do === 'run') await this.#run(people[one.who], one.what, one.kill);
    if (one.do === 'restart') await people[one.who].restart();
    if (one.do === 'advance') cloud.advance(one.minutes * 60_000);
    if (one.do === 'faults') cloud.setFaults(one.faults);
    this.assertNobodyElse();
  }

  /** Heals the cloud and waits; where that is not enough, a fresh invite and the right PIN are. */
  async finish(): Promise<void> {
    const { cloud } = this;
    const { a, b } = this.people;
    for (let tries = 0; tries < 2; tries += 1) {
      cloud.heal();
      const isJoined = b.messenger.channels().length > 0;
      if (tries > 0 || !isJoined || b.messenger.pairing(channel)?.state !== 'confirmed') {
        await a.deliver();
        await this.#invite(undefined);
        await this.#join('b', true, 0);
      }
      await mend({ cloud, a, b, [Symbol.asyncDispose]: async () => {} });
      if (this.#isDone()) break;
    }
    this.assertNobodyElse();
    assertAllShown(a, b);
    assertAllShown(b, a);
    for (const person of [a, b]) assertSettled(person);
  }

  /** Who guessed wrong has never got in, and every invite has ended at most once. */
  assertNobodyElse(): void {
    const { a, c } = this.people;
    if (c.messenger.channels().length > 0) assert.notEqual(c.messenger.pairing(channel)?.state, 'confirmed');
    assert.deepEqual(c.texts(), []);
    const ended = a.notices().filter((code) => /^(joined|invite-(wrong-pin|expired|other-identity))$/.test(code));
    assert.ok(ended.length <= this.made, `${ended} of ${this.made} invites`);
  }

  async close(): Promise<void> {
    await Promise.all(Object.values(this.people).map((person) => person.close()));
  }

  #isDone(): boolean {
    const { a, b } = this.people;
    const pending = [a, b].map(({ messenger }) => messenger.pending(channel));
    return pending.every(({ queued, sent }) => queued + sent === 0);
  }

  async #invite(after: number | undefined): Promise<void> {
    const { a } = this.people;
    this.made += 1;
    const work = async () => {
      const made = await (await a.messenger.pairings()).invite(channel, { replace: true });
      this.invites.push(made);
    };
    await withKill(a, work(), after);
  }

  async #join(who: 'b' | 'c', right: boolean, back: number): Promise<void> {
    const made = this.invites.at(-1 - back);
    if (!made) return;
    const pin = right && who === 'b' ? made.pin : made.pin.replace(/.$/, (digit) => String((Number(digit) + 1) % 10));
    try {
      const pairings = await this.people[who].messenger.pairings();
      await pairings.join(await pairings.read(made.invite), pin, { name: channel, replace: true });
    } catch (error) {
      if (!(error instanceof BtrError) || error.code !== 'invite-used') throw error;
    }
  }

  async #write(person: Person, count: number): Promise<void> {
    if (person.messenger.channels().length === 0) return;
    const { length } = person.sent;
    await person.queue(...Array.from({ length: count }, (_, index) => `${person.role}${length + index}`));
  }

  async #run(person: Person, what: 'deliver' | 'listen', after: number | undefined): Promise<void> {
    if (person.messenger.channels().length > 0) await withKill(person, person[what](), after);
  }
}

/** Only the drop may have failed; after a kill, anything of the old process. */
async function withKill(person: Person, work: Promise<unknown>, after: number | undefined): Promise<void> {
  const ended = Promise.allSettled([work]);
  let bury: (() => Promise<void>) | undefined;
  if (after !== undefined) {
    for (let turn = 0; turn < after; turn += 1) await Promise.resolve();
    bury = await person.kill();
  }
  const [result] = await ended;
  if (result?.status === 'rejected' && !bury && !(result.reason instanceof DropError)) throw result.reason;
  await bury?.();
}

const templates = new Map<Who, Promise<string>>();

/** Homes are made once and copied. */
async function makeStory(chance: number): Promise<Story> {
  const cloud = createMemoryCloud({ seed: chance });
  const [a, b, c] = await Promise.all((['a', 'b', 'c'] as const).map((who) => openCopy(cloud, who)));
  if (!a || !b || !c) throw new Error('three people');
  return new Story(cloud, { a, b, c });
}

async function openCopy(cloud: MemoryCloud, who: Who): Promise<Person> {
  const role = who === 'a' ? 'a' : 'b';
  const made = templates.get(who) ?? makeTemplate(role);
  templates.set(who, made);
  const directory = freshFolder();
  copyHome(await made, directory);
  await takeForOriginal(directory);
  return Person.open(cloud, role, directory);
}

async function makeTemplate(role: 'a' | 'b'): Promise<string> {
  const person = await makeUnpaired(createMemoryCloud(), role);
  await person.messenger.close();
  return person.directory;
}

export const pairingProperties: readonly Property[] = [
  {
    name: 'pairing: any schedule of invites, joins, guesses, kills and faults ends in two people who talk',
    async check(runs, seed) {
      const schedule = fc.array(step, { minLength: 4, maxLength: 30, size: 'max' });
      const holds = async (steps: readonly PairingStep[], chance: number) => {
        const story = await makeStory(chance);
        try {
          for (const one of steps) await story.take(one);
          await story.finish();
        } finally {
          await story.close();
        }
      };
      await fc.assert(fc.asyncProperty(schedule, fc.integer(), holds), { seed, numRuns: runs, endOnFailure: false });
    },
  },
];
