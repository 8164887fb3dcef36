/**
 * `btr channel set --drop` in real processes that are killed at random moments: the channel goes over the old drop or
 * the new one, never half over either, and what was written on both sides comes once.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Chance } from '../../client/drops/memory/random.ts';
import { chanceFor, killAfter, killCount, timeFor } from '../kill/kills.ts';
import { seed } from '../tools/seed.ts';
import { type Pair, type Person, Stage } from '../tools/stage.ts';

/** Milliseconds in which a move is killed; most take less, so that every moment has its turn. */
const moment = 350;
const written = 3;

const kills = killCount(0.2);

test(`folder: a move that is killed at any moment can be run again (seed ${seed})`, timeFor(kills * 2), async () => {
  await using stage = await Stage.make();
  const chance = chanceFor('move');
  for (let killed = 0, round = 0; killed < kills; round += 1) {
    assert.ok(round < kills + 20, 'moves are through before they can be killed');
    const pair = await stage.folderPair();
    killed += await moveUnderKills(pair, stage.path(`new-${round}`), chance);
  }
});

/** Answers how many processes were killed. */
async function moveUnderKills(pair: Pair, folder: string, chance: Chance): Promise<number> {
  const { alice, bob } = pair;
  for (const [person, buddy] of [[alice, 'bob'] as const, [bob, 'alice'] as const]) {
    await person.within((messenger) => messenger.queue(buddy, textsOf(buddy)));
  }
  // One's messages are in the old drop already, the other's are not.
  assert.equal((await alice.run(['listen', '--once'])).code, 0);
  let killed = 0;
  for (const person of [alice, bob]) {
    const moving = person.start(['channel', 'set', '--drop', `folder:${folder}`]);
    if (await killAfter(moving, chance.below(moment))) killed += 1;
    const { code, stderr } = await person.run(['channel', 'set', '--drop', `folder:${folder}`]);
    assert.ok(code === 0 || /goes over that drop already/.test(stderr), stderr);
  }
  for (const person of [alice, bob, alice, bob]) await person.listens();
  assert.deepEqual(await received(alice, 'bob'), textsOf('alice'));
  assert.deepEqual(await received(bob, 'alice'), textsOf('bob'));
  for (const [person, buddy] of [[alice, 'bob'] as const, [bob, 'alice'] as const]) {
    const pending = await person.within((messenger) => messenger.pending(buddy));
    assert.deepEqual(pending, { queued: 0, sent: 0 });
  }
  return killed;
}

function textsOf(to: string): string[] {
  return Array.from({ length: written }, (_, index) => `${index} for ${to}`);
}

function received(person: Person, buddy: string): Promise<string[]> {
  return person.within((messenger) =>
    [...messenger.history(buddy)].flatMap((event) =>
      event.type === 'message' && event.state === undefined ? [event.text] : [],
    ),
  );
}
