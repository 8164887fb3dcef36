/** Several drops in a channel: one side adds or removes one, the other hears of it inside the channel. */
import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import test from 'node:test';
import { dropPolicies } from '../../client/drops/several/index.ts';
import type { Messenger } from '../../client/messenger/messenger.ts';
import { channel } from '../messenger/person.ts';
import { failure, invite, join } from './pairing-support.ts';
import { assertDelivered } from './several-checks.ts';
import {
  addDrops,
  dropsOf,
  fail,
  idAt,
  makeSeveralPair,
  makeSeveralStrangers,
  placeAt,
  talk,
} from './several-tools.ts';

const hour = 3_600_000;

for (const suite of ['fernet', 'signal'] as const) {
  test(`several, ${suite}: a drop that one side adds is used by both, and carries on when the first is gone`, async () => {
    await using pair = await makeSeveralPair({ suite }, ['two']);
    const { a, b, cloud } = pair;
    const added = await a.messenger.addDrop(channel, placeAt('two'));
    assert.deepEqual(added, {
      id: await idAt('two'),
      kind: 'memory',
      text: 'memory two',
      state: 'used',
      reasons: [],
      isNew: true,
    });
    assert.deepEqual(await dropsOf(b), [await idAt(undefined)]);
    await a.deliver();
    await talk(pair);
    assert.deepEqual(await dropsOf(b), [await idAt(undefined), await idAt('two')]);
    assert.ok(b.notices().includes('drop-added'));
    fail(cloud.at());
    await a.send('a0', 'x'.repeat(100_000));
    await b.send('b0');
    await talk(pair);
    assertDelivered(pair);
    assert.deepEqual(cloud.at('two').waiting('a-to-b'), []);
  });
}

for (const policy of dropPolicies) {
  test(`several: with policy ${policy} everything comes once and in order, however the drops are`, async () => {
    await using pair = await makeSeveralPair({ suite: 'signal' }, ['two', 'three']);
    const { a, b, cloud } = pair;
    await addDrops(pair, 'two', 'three');
    for (const { messenger } of [a, b]) {
      assert.equal((await messenger.useDrops(channel, { policy })).policy, policy);
      assert.equal(messenger.dropPolicy(channel), policy);
    }
    for (const broken of [cloud.at(), cloud.at('two'), cloud.at('three')]) {
      for (let number = 0; number < 5; number += 1) {
        await a.send(`a ${a.sent.length}`);
        await b.send(`b ${b.sent.length}`);
        if (number === 2) fail(broken);
      }
      await talk(pair);
      cloud.heal();
    }
    await talk(pair);
    assertDelivered(pair);
  });
}

test('several: with policy all each drop has every envelope', async () => {
  await using pair = await makeSeveralPair({}, ['two']);
  const { a, cloud } = pair;
  await addDrops(pair, 'two');
  await a.messenger.useDrops(channel, { policy: 'all' });
  await a.send('text');
  const [body] = cloud.at().waiting('a-to-b');
  assert.ok(body);
  assert.deepEqual(cloud.at('two').waiting('a-to-b'), [body]);
  await talk(pair);
  assertDelivered(pair);
});

test('several: with policy meet both sides go to one place, which changes from hour to hour', async () => {
  const places = ['two', 'three', 'four'];
  await using pair = await makeSeveralPair({ suite: 'signal' }, places);
  const { a, b, cloud } = pair;
  await addDrops(pair, ...places);
  // What the two prefer is no matter.
  await b.messenger.useDrops(channel, { policy: 'meet', first: await idAt('three') });
  await a.messenger.useDrops(channel, { policy: 'meet' });
  const everywhere = [undefined, ...places];
  const meetings = new Set<string>();
  for (let round = 0; round < 12; round += 1) {
    await a.send(`a ${round}`);
    await b.send(`b ${round}`);
    const met = everywhere.filter((place) => cloud.at(place).waiting('a-to-b').length > 0);
    assert.equal(met.length, 1);
    assert.deepEqual(
      met,
      everywhere.filter((place) => cloud.at(place).waiting('b-to-a').length > 0),
    );
    meetings.add(String(met[0]));
    await talk(pair);
    cloud.advance(hour);
  }
  assert.ok(meetings.size > 1, [...meetings].join());
  assertDelivered(pair);
});

test('several: an invite leads to the first drop alone, and the joiner hears of the others', async () => {
  await using pair = await makeSeveralStrangers(['two', 'three']);
  const { a, b, cloud } = pair;
  for (const place of ['two', 'three']) await a.messenger.addDrop(channel, placeAt(place));
  await a.messenger.useDrops(channel, { policy: 'all', first: await idAt('two') });
  await a.queue('before');
  const made = await invite(a);
  assert.deepEqual(
    [undefined, 'two', 'three'].map((place) => cloud.at(place).waiting('a-to-b').length),
    [0, 1, 0],
  );
  await join(b, made.invite, made.pin);
  for (const person of [b, a, b, a]) await person.listen();
  await talk(pair);
  const [first, two, three] = [await idAt(undefined), await idAt('two'), await idAt('three')];
  assert.equal((await dropsOf(b))[0], two);
  assert.deepEqual(new Set(await dropsOf(b)), new Set([first, two, three]));
  assertDelivered(pair);
});

test('several: what is wrong with a call is said, and nothing is changed', async () => {
  await using pair = await makeSeveralPair({}, ['two']);
  const { a, cloud } = pair;
  await addDrops(pair, 'two');
  const used = await dropsOf(a);
  assert.equal(await failure(a.messenger.addDrop(channel, placeAt('two'))), 'same-drop');
  assert.equal(await failure(a.messenger.useDrops(channel, { first: 'zz' })), 'no-such-drop');
  assert.equal(await failure(a.messenger.acceptDrop(channel, 'abcd')), 'no-such-drop');
  assert.equal(await failure(a.messenger.removeDrop(channel, '')), 'no-such-drop');
  fail(cloud.at('two'));
  assert.equal(await failure(a.messenger.removeDrop(channel, await idAt('two'))), 'old-drop-unread');
  assert.deepEqual(await dropsOf(a), used);
  const removed = await a.messenger.removeDrop(channel, await idAt('two'), { force: true });
  assert.equal(removed.unread?.code, 'drop-unreachable');
  assert.deepEqual(await dropsOf(a), [await idAt(undefined)]);
  for (let number = 0; number < 7; number += 1) await a.messenger.addDrop(channel, placeAt(`more ${number}`));
  assert.equal(await failure(a.messenger.addDrop(channel, placeAt('one too many'))), 'too-many-drops');
  await using other = await makeSeveralPair({ suite: 'btrchat' }, ['two']);
  assert.equal(await failure(other.a.messenger.addDrop(channel, placeAt('two'))), 'no-several-drops');
});

test('several: an invite that is open holds the first drop in its place', async () => {
  await using pair = await makeSeveralStrangers(['two']);
  const { messenger } = pair.a;
  await messenger.addDrop(channel, placeAt('two'));
  await (await messenger.pairings()).invite(channel);
  const first = await idAt(undefined);
  assert.equal(await failure(messenger.useDrops(channel, { first: await idAt('two') })), 'invite-open');
  assert.equal(await failure(messenger.removeDrop(channel, first)), 'invite-open');
  await messenger.removeDrop(channel, await idAt('two'));
  assert.deepEqual(await dropsOf(pair.a), [first]);
});

test('several: what waits and is too large for a drop that joins is sealed anew', async () => {
  await using pair = await makeSeveralPair({ limits: { bodyBytes: 1024 * 1024 } }, ['two']);
  const { a, b, cloud } = pair;
  fail(cloud.at());
  await a.queue('x'.repeat(150_000));
  await assert.rejects(a.deliver());
  await a.messenger.addDrop(channel, placeAt('two'));
  await a.deliver();
  const lengths = ['two'].flatMap((place) =>
    cloud
      .at(place)
      .waiting('a-to-b')
      .map(({ length }) => length),
  );
  assert.ok(lengths.length > 0 && Math.max(...lengths) <= 64 * 1024, lengths.join());
  cloud.heal();
  await b.messenger.addDrop(channel, placeAt('two'));
  await talk(pair);
  assertDelivered(pair);
});

test('several: what two processes of a home do at once is all done', async () => {
  await using pair = await makeSeveralPair({ suite: 'signal' }, ['two', 'three', 'four']);
  const { a, b } = pair;
  const other = await a.another();
  await Promise.all([
    a.messenger.addDrop(channel, placeAt('two')),
    other.addDrop(channel, placeAt('three')),
    a.messenger.addDrop(channel, placeAt('four')),
    other.useDrops(channel, { policy: 'all' }),
  ]);
  await a.deliver();
  const second = await b.another();
  // Both hear of them at once.
  await Promise.all([b.listen(), drainWith(second), b.listen()]);
  await talk(pair);
  const ids = new Set(await Promise.all([undefined, 'two', 'three', 'four'].map(idAt)));
  for (const person of [a, b]) assert.deepEqual(new Set(await dropsOf(person)), ids);
  assert.equal(a.messenger.dropPolicy(channel), 'all');
  const same = await Promise.allSettled([
    a.messenger.removeDrop(channel, await idAt('two')),
    other.removeDrop(channel, await idAt('two')),
  ]);
  assert.ok(same.some(({ status }) => status === 'fulfilled'));
  assert.equal((await dropsOf(a)).length, 3);
  await Promise.all([other.close(), second.close()]);
});

async function drainWith(messenger: Messenger): Promise<void> {
  for await (const _ of messenger.listen(channel, { wait: false, statusOnly: true }));
}

test('several: a listener that waits goes over to a drop that it hears of, and on when the first dies', async () => {
  await using pair = await makeSeveralPair({ suite: 'signal' }, ['two']);
  const { a, b, cloud } = pair;
  const stop = new AbortController();
  const shown = new EventEmitter();
  const listening = (async () => {
    for await (const event of b.messenger.listen(channel, { wait: true, signal: stop.signal })) {
      if (event.type === 'message') shown.emit(event.text);
      if (event.type === 'notice') shown.emit(event.code);
    }
  })();
  const added = once(shown, 'drop-added');
  await a.messenger.addDrop(channel, placeAt('two'));
  await a.deliver();
  await added;
  fail(cloud.at());
  const came = once(shown, 'text');
  await a.messenger.send(channel, 'text');
  await came;
  stop.abort();
  await listening;
});
