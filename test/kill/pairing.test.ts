/**
 * Pairing over a folder with real processes that are killed at random moments: `btr invite`, `btr join` and
 * `btr listen`, each started again until it is through. Nobody is locked out, and what was written comes once.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Chance } from '../../client/drops/memory/random.ts';
import type { Messenger } from '../../client/messenger/index.ts';
import type { Live } from '../tools/btr.ts';
import { type Invited, invites, newcomer } from '../tools/invited.ts';
import { said } from '../tools/said.ts';
import { seed } from '../tools/seed.ts';
import { type Person, Stage } from '../tools/stage.ts';
import { chanceFor, killAfter, killCount, timeFor } from './kills.ts';

/** Milliseconds in which a command is killed; most take less, so that every moment has its turn. */
const moment = 450;

const kills = killCount(0.24);

test(`folder: a pairing that is killed at any moment can be finished (seed ${seed})`, timeFor(kills * 2), async () => {
  await using stage = await Stage.make();
  const chance = chanceFor('pairing');
  for (let round = 0, killed = 0; killed < kills; round += 1) {
    assert.ok(round < kills + 20, 'the commands are through before they can be killed');
    killed += await pairUnderKills(stage, chance, round);
  }
});

/** Answers how many processes were killed. */
async function pairUnderKills(stage: Stage, chance: Chance, round: number): Promise<number> {
  const [alice, bob] = [await newcomer(stage, 'alice'), await newcomer(stage, 'bob')];
  const place = ['--as', 'a', '--drop', `folder:${stage.path(`drop-${round}`)}`];
  let killed = 0;
  const kill = async (live: Live) => {
    if (await killAfter(live, chance.below(moment))) killed += 1;
  };
  await kill(alice.start(['invite', 'bob', ...place]));
  const invited = await inviteAgain(alice, place);
  await kill(startJoin(bob, invited));
  await joinUnless(bob, invited);
  for (const person of [alice, bob]) assert.equal((await person.run(['send', 'from here'])).code, 0);
  await kill(alice.start(['listen']));
  await kill(bob.start(['listen']));
  for (const person of [alice, bob, alice, bob]) await person.listens();
  assert.deepEqual([await stateOf(alice), await stateOf(bob)], ['paired', 'confirmed']);
  for (const person of [alice, bob]) assert.deepEqual(await person.within(historyOf), ['incoming', 'outgoing']);
  return killed;
}

/** The invite that a kill may have hidden from her is gone; she makes another. */
async function inviteAgain(alice: Person, place: readonly string[]): Promise<Invited> {
  return (await stateOf(alice)) === undefined ? invites(alice, 'bob', ...place) : invites(alice, 'bob');
}

function startJoin(bob: Person, { file, pin }: Invited): Live {
  return bob.start(['join', file, '--yes'], { env: { BTR_PIN: pin } });
}

/** A join that was committed goes on by itself with the next listener; before that, it is no try. */
async function joinUnless(bob: Person, invited: Invited): Promise<void> {
  if ((await stateOf(bob)) === undefined) assert.equal((await startJoin(bob, invited).ended).code, 0);
  for (let rounds = 0; (await stateOf(bob)) === 'waiting'; rounds += 1) {
    assert.ok(rounds < 20, 'the other half of the invite never came');
    await bob.listens();
  }
}

/** Undefined before there is a channel. */
function stateOf(person: Person): Promise<string | undefined> {
  return person.within((messenger) => {
    const [channel] = messenger.channels();
    return channel && messenger.pairing(channel.name)?.state;
  });
}

/** Which way each message went. */
function historyOf(messenger: Messenger): string[] {
  const [channel] = messenger.channels();
  const events = said(messenger, channel?.name ?? '');
  return events.map(({ state }) => (state === undefined ? 'incoming' : 'outgoing')).sort();
}
