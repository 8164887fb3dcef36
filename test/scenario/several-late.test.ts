/** Bodies that come so late by one of several drops that the ratchet has gone past them. */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { MemoryCloud } from '../../client/drops/memory/cloud.ts';
import { DropError } from '../../client/errors.ts';
import { channel } from '../messenger/person.ts';
import { addDrops, idAt, makeSeveralPair, talk } from './several-tools.ts';

type Pair = Awaited<ReturnType<typeof makeSeveralPair>>;

/** The same cloud, out of which nobody gets anything. */
function blind(cloud: MemoryCloud): MemoryCloud {
  const view: MemoryCloud = Object.create(cloud);
  view.drop = (role) =>
    Object.assign(cloud.drop(role), {
      async *collect() {
        yield* [];
        throw new DropError('Out of reach.', { code: 'drop-unreachable', retryable: true });
      },
    });
  return view;
}

/** A body of a's lies in the first drop, which b does not see, while the two talk by the other one. */
async function leaveBehind(pair: Pair, turns: number, say: (turn: number) => Promise<void>): Promise<void> {
  const { a, b, cloud } = pair;
  await addDrops(pair, 'two');
  b.places.set(undefined, blind(cloud.at()));
  await b.restart();
  await a.send('late');
  for (const { messenger } of [a, b]) await messenger.useDrops(channel, { first: await idAt('two') });
  for (let turn = 0; turn < turns; turn += 1) {
    await say(turn);
    await b.listen();
    await a.listen();
    cloud.advance(1000);
  }
  b.places.set(undefined, cloud.at());
  await b.restart();
}

async function settle(pair: Pair, rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    await talk(pair);
    pair.cloud.advance(40_000);
  }
}

test('what comes eight turns late is no sign of a restored home, and is shown in its place', async () => {
  await using pair = await makeSeveralPair({ suite: 'signal' }, ['two']);
  const { a, b } = pair;
  await leaveBehind(pair, 8, (turn) => a.send(`a${turn}`));
  await settle(pair, 8);
  assert.deepEqual(b.texts(), ['late', ...Array.from({ length: 8 }, (_, turn) => `a${turn}`)]);
  assert.deepEqual(
    [a.notices(), b.notices()].flat().filter((code) => code !== 'gap' && !code.startsWith('drop')),
    [],
  );
  assert.deepEqual([a.messenger.pending(channel), b.messenger.quarantine(channel)], [{ queued: 0, sent: 0 }, []]);
});

test('a last message that came too late is shown, although nothing was written after it', async () => {
  await using pair = await makeSeveralPair({ suite: 'signal' }, ['two']);
  const { a, b } = pair;
  await leaveBehind(pair, 8, async (turn) => {
    await b.send(`b${turn}`);
    await a.listen();
  });
  await settle(pair, 8);
  assert.deepEqual(b.texts(), ['late']);
  assert.deepEqual(a.messenger.pending(channel), { queued: 0, sent: 0 });
});

test('policy random with a drop that lags: all is shown in order, nothing is lost, nobody seems restored', async () => {
  await using pair = await makeSeveralPair({ suite: 'signal' }, ['two', 'three']);
  const { a, b, cloud } = pair;
  await addDrops(pair, 'two', 'three');
  for (const { messenger } of [a, b]) await messenger.useDrops(channel, { policy: 'random' });
  cloud.at('three').setFaults({ delay: 1, maxDelay: 20_000 });
  for (let second = 0; second < 60; second += 1) {
    await a.send(`a${second}`);
    await b.listen();
    await a.listen();
    cloud.advance(1000);
  }
  cloud.heal();
  await settle(pair, 10);
  assert.deepEqual(
    b.texts(),
    Array.from({ length: 60 }, (_, second) => `a${second}`),
  );
  const notices = [a.notices(), b.notices()].flat();
  for (const code of ['restored', 'buddy-restored', 'lost', 'out-of-step']) assert.ok(!notices.includes(code), code);
});
