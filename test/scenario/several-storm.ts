/** Two people who write and send files while their drops die, lose what they hold and come back, all by chance. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MemoryCloud } from '../../client/drops/memory/cloud.ts';
import { Chance } from '../../client/drops/memory/random.ts';
import type { DropPolicy } from '../../client/drops/several/index.ts';
import { DropError } from '../../client/errors.ts';
import { channel, type Person } from '../messenger/person.ts';
import { mend } from '../property/mend.ts';
import { assertDelivered } from './several-checks.ts';
import { addDrops, fail, makeSeveralPair, type SeveralPair } from './several-tools.ts';

export interface Storm {
  readonly policy: DropPolicy;
  /** Of both together. */
  readonly messages: number;
  readonly parcels: number;
  readonly seed: number;
}

const places = ['two', 'three', 'four'];
const parcelBytes = 200_000;

/** Everything comes once and in order, and every file as it was sent. */
export async function endure({ policy, messages, parcels, seed }: Storm): Promise<void> {
  const chance = new Chance(seed, 'storm');
  await using pair = await makeSeveralPair({ suite: 'signal', seed }, places);
  await addDrops(pair, ...places);
  for (const { messenger } of [pair.a, pair.b]) await messenger.useDrops(channel, { policy });
  const files = new Map<string, string>();
  const written = () => pair.a.sent.length + pair.b.sent.length;
  while (written() < messages || files.size < parcels) {
    const person = chance.hits(0.5) ? pair.a : pair.b;
    if (written() < messages) await write(person, 1 + chance.below(Math.min(20, messages - written())), chance);
    if (files.size < parcels && files.size * messages <= written() * parcels) await sendFile(person, files);
    await weather(pair, chance);
    await pass(person, chance);
  }
  await mend(pair);
  assertDelivered(pair);
  for (const person of [pair.a, pair.b]) await assertFiles(person, files);
}

async function write(person: Person, count: number, chance: Chance): Promise<void> {
  const first = person.sent.length;
  const texts = Array.from(
    { length: count },
    (_, index) => `${person.role}${first + index} ${'x'.repeat(chance.below(200))}`,
  );
  await person.queue(...texts);
}

/** One cloud dies, with or without what it holds, or all are well for a while; time passes. */
async function weather({ cloud }: SeveralPair, chance: Chance): Promise<void> {
  const one = cloud.all[chance.below(cloud.all.length)];
  assert.ok(one);
  if (chance.hits(0.3)) fail(one);
  if (chance.hits(0.1)) burn(one);
  if (chance.hits(0.3)) one.heal();
  if (chance.hits(0.05)) cloud.heal();
  cloud.advance(chance.below(chance.hits(0.1) ? 3_600_000 : 20_000));
}

/** What lies there is gone, but for files: those lie in one drop alone. */
function burn(cloud: MemoryCloud): void {
  for (const direction of ['a-to-b', 'b-to-a'] as const) {
    cloud.tamper(direction, () => undefined);
  }
}

/** Leaves, takes or both; now and then the process is killed in the middle of it. */
async function pass(person: Person, chance: Chance): Promise<void> {
  const work = [person.deliver(), ...(chance.hits(0.6) ? [person.listen()] : [])];
  const ended = Promise.allSettled(work);
  let bury: (() => Promise<void>) | undefined;
  if (chance.hits(0.05)) {
    for (let turns = chance.below(60); turns > 0; turns -= 1) await Promise.resolve();
    bury = await person.kill();
  }
  for (const result of await ended) {
    if (result.status === 'rejected' && !bury && !(result.reason instanceof DropError)) throw result.reason;
  }
  await bury?.();
}

async function sendFile(person: Person, files: Map<string, string>): Promise<void> {
  const text = `${person.role} ${files.size} `.repeat(parcelBytes / 8);
  const path = join(person.directory, `file ${files.size}`);
  await writeFile(path, text);
  try {
    const { id } = await person.messenger.sendFile(channel, { path });
    files.set(id, text);
  } catch (error) {
    if (!(error instanceof DropError)) throw error;
  }
}

async function assertFiles({ directory, messenger }: Person, sent: ReadonlyMap<string, string>): Promise<void> {
  const came = messenger.files(channel).filter(({ outgoing }) => !outgoing);
  const meant = [...sent.keys()].filter(
    (id) => !messenger.files(channel).some((file) => file.outgoing && file.id === id),
  );
  assert.deepEqual(came.map(({ id }) => id).sort(), meant.sort());
  for (const { id } of came) {
    const path = await messenger.getFile(id, { target: { folder: directory } });
    assert.equal(await readFile(path ?? '', 'utf8'), sent.get(id));
  }
}
