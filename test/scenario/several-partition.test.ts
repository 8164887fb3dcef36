/** Each side reaches other drops than the other does: one path in each direction is enough, and what has none waits. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import fc from 'fast-check';
import type { MemoryCloud } from '../../client/drops/memory/cloud.ts';
import { dropPolicies } from '../../client/drops/several/index.ts';
import { DropError } from '../../client/errors.ts';
import { channel, type Person } from '../messenger/person.ts';
import { mend } from '../property/mend.ts';
import { seed } from '../tools/seed.ts';
import { failure } from './pairing-support.ts';
import { assertDelivered } from './several-checks.ts';
import { addDrops, know, makeSeveralPair, type SeveralPair, talk } from './several-tools.ts';

const places = [undefined, 'two', 'three'];
const others = ['two', 'three'];

/** What one side may do in a cloud: without a network, nothing; with half a policy, one of both. */
interface Rights {
  readonly leave: boolean;
  readonly collect: boolean;
}

const none: Rights = { leave: false, collect: false };
const all: Rights = { leave: true, collect: true };

/** A cloud as somebody with these rights sees it. Files can be put where letters can be left, and got from where those come. */
function seen(cloud: MemoryCloud, rights: Rights): MemoryCloud {
  const view: MemoryCloud = Object.create(cloud);
  view.drop = (role) => {
    const drop = cloud.drop(role);
    const left = rights.leave ? {} : { leave: refuse };
    const collected = rights.collect ? {} : { collect: refusedStream };
    const put = rights.leave ? {} : { create: refuse };
    const got = rights.collect ? {} : { get: refusedStream };
    return Object.assign(drop, { ...left, ...collected, parcels: { ...drop.parcels, ...put, ...got } });
  };
  return view;
}

async function refuse(): Promise<never> {
  throw refused();
}

async function* refusedStream(): AsyncGenerator<never> {
  yield* [];
  throw refused();
}

function refused(): DropError {
  return new DropError('Not from here.', { code: 'drop-unreachable', retryable: true });
}

/** From its next start on, the person's home sees the clouds like this. */
async function see(person: Person, { cloud }: SeveralPair, rights: readonly Rights[]): Promise<void> {
  for (const [index, place] of places.entries()) {
    person.places.set(place, seen(cloud.at(place), rights[index] ?? none));
  }
  await person.restart();
}

async function write({ a, b }: SeveralPair): Promise<void> {
  for (const person of [a, b]) {
    for (let number = 0; number < 3; number += 1) {
      await person.queue(`${person.role} ${person.sent.length} `.padEnd(number === 2 ? 60_000 : 20, 'x'));
      await person.deliver().catch(trouble);
    }
  }
}

function trouble(error: unknown): void {
  if (!(error instanceof DropError)) throw error;
}

function hasPath(from: readonly Rights[], to: readonly Rights[]): boolean {
  return from.some(({ leave }, index) => leave && to[index]?.collect);
}

const rights = fc.record({ leave: fc.boolean(), collect: fc.boolean() });
const view = fc.tuple(rights, rights, rights);

for (const policy of dropPolicies) {
  test(`partition, ${policy}: with one path in each direction everything arrives; without, it does once there is one`, async (t) => {
    t.diagnostic(`BTR_SEED=${seed}`);
    const holds = fc.asyncProperty(view, view, async (ofA, ofB) => {
      await using pair = await makeSeveralPair({ suite: 'signal' }, others);
      await addDrops(pair, ...others);
      for (const { messenger } of [pair.a, pair.b]) await messenger.useDrops(channel, { policy });
      await see(pair.a, pair, ofA);
      await see(pair.b, pair, ofB);
      await write(pair);
      await mend(pair);
      if (hasPath(ofA, ofB) && hasPath(ofB, ofA)) return assertDelivered(pair);
      for (const [person, path] of [[pair.a, hasPath(ofA, ofB)] as const, [pair.b, hasPath(ofB, ofA)] as const]) {
        const { queued, sent } = person.messenger.pending(channel);
        if (!path) assert.equal(queued + sent, person.sent.length, 'what can not arrive is kept');
      }
      for (const person of [pair.a, pair.b]) await see(person, pair, [all, all, all]);
      await mend(pair);
      assertDelivered(pair);
    });
    await fc.assert(holds, { seed, numRuns: 8 });
  });
}

test('partition: who reaches no drop is told so by name, and nothing is lost', async () => {
  await using pair = await makeSeveralPair({ suite: 'signal' }, others);
  const { a } = pair;
  await addDrops(pair, ...others);
  await see(a, pair, [none, none, none]);
  await a.queue('later');
  await assert.rejects(a.deliver(), (error: unknown) => {
    assert.ok(error instanceof DropError && error.retryable);
    for (const name of ['memory two', 'memory three']) assert.match(error.message, new RegExp(name));
    return true;
  });
  assert.equal(await failure(a.listen()), 'no-drop-reached');
  assert.deepEqual(a.messenger.pending(channel), { queued: 1, sent: 0 });
  know(a, pair.cloud, others);
  await a.restart();
  await talk(pair);
  assertDelivered(pair);
});

test('partition: what went by a drop that the buddy does not see goes by all of them after a minute', async () => {
  await using pair = await makeSeveralPair({ suite: 'signal' }, others);
  const { a, b, cloud } = pair;
  await addDrops(pair, ...others);
  await see(b, pair, [none, all, none]);
  await a.send('by the first');
  await b.listen();
  assert.deepEqual(b.texts(), []);
  cloud.advance(59_000);
  await a.listen();
  assert.deepEqual(cloud.at('two').waiting('a-to-b'), []);
  cloud.advance(2000);
  await talk({ a: b, b: a });
  assertDelivered(pair);
});

test('partition: with policy all a file is in every drop, and the buddy fetches it from the one that they see', async () => {
  await using pair = await makeSeveralPair({ suite: 'signal' }, others);
  const { a, b } = pair;
  await addDrops(pair, ...others);
  await a.messenger.useDrops(channel, { policy: 'all' });
  await see(b, pair, [none, none, all]);
  const path = join(a.directory, 'file');
  await writeFile(path, 'content');
  const { id } = await a.messenger.sendFile(channel, { path });
  await a.deliver();
  await b.listen();
  const saved = await b.messenger.getFile(id, { target: { folder: b.directory } });
  assert.equal(await readFile(saved ?? '', 'utf8'), 'content');
});
