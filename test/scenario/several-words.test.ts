/** What two homes say to each other of drops: offers and their yes, removals, and words that cross. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { makeUnpaired, pairUp } from '../messenger/pair.ts';
import { channel } from '../messenger/person.ts';
import { failure } from './pairing-support.ts';
import { backUp, putBack } from './restored-tools.ts';
import { assertDelivered } from './several-checks.ts';
import { addDrops, dropsOf, fail, idAt, know, makeSeveralPair, placeAt, talk } from './several-tools.ts';

test('several: an offer waits for a yes, with its reasons, and can be declined', async () => {
  await using pair = await makeSeveralPair({ suite: 'signal' }, ['local one', 'local two']);
  const { a, b } = pair;
  await addDrops(pair, 'local one', 'local two');
  const [first, one, two] = [await idAt(undefined), await idAt('local one'), await idAt('local two')];
  assert.deepEqual(await dropsOf(b), [first]);
  assert.deepEqual(await dropsOf(b, 'offered'), [one, two]);
  const offer = (await b.messenger.drops(channel)).find(({ id }) => id === one);
  assert.deepEqual(offer?.reasons, ['It leads to this machine.']);
  assert.equal(b.openDrops().length, 1, 'nothing of an offer is opened');
  assert.equal((await b.messenger.acceptDrop(channel, one.slice(0, 6))).state, 'used');
  assert.deepEqual(await dropsOf(b), [first, one]);
  assert.equal((await b.messenger.removeDrop(channel, two)).again, 0);
  assert.deepEqual(await dropsOf(b, 'offered'), []);
  // The same again is no news to either.
  await a.messenger.removeDrop(channel, two);
  await talk(pair);
  assert.deepEqual(await dropsOf(a), [first, one]);
  assertDelivered(pair);
});

test('several: who adds what is offered by an address of their own has no offer left', async () => {
  await using pair = await makeSeveralPair({}, ['local one']);
  const { b } = pair;
  await addDrops(pair, 'local one');
  await b.messenger.addDrop(channel, placeAt('local one'));
  assert.deepEqual(await dropsOf(b, 'offered'), []);
  assert.deepEqual(await dropsOf(b), [await idAt(undefined), await idAt('local one')]);
  await talk(pair);
  assert.ok(!pair.a.notices().some((code) => code.startsWith('drop')));
});

test('several: a drop that one side removes is left out by the other, and what was on its way comes once', async () => {
  await using pair = await makeSeveralPair({ suite: 'signal' }, ['two']);
  const { a, b, cloud } = pair;
  await addDrops(pair, 'two');
  await a.send('a0', 'x'.repeat(100_000));
  await b.send('b0', 'y'.repeat(100_000));
  const { again } = await a.messenger.removeDrop(channel, (await idAt(undefined)).slice(0, 4));
  assert.equal(again, 2);
  // b's messages were taken before; what the first drop still holds nobody needs.
  cloud.at().tamper('a-to-b', () => undefined);
  await a.send('a1');
  await talk(pair);
  for (const person of [a, b]) assert.deepEqual(await dropsOf(person), [await idAt('two')]);
  assert.ok(b.notices().includes('drop-removed'));
  assertDelivered(pair);
});

test('several: the last drop stays, whoever removes it, until there is another', async () => {
  await using pair = await makeSeveralPair({ suite: 'signal' }, ['local one']);
  const { a, b } = pair;
  const [first, one] = [await idAt(undefined), await idAt('local one')];
  assert.equal(await failure(a.messenger.removeDrop(channel, first)), 'only-drop');
  await a.messenger.addDrop(channel, placeAt('local one'));
  assert.equal(await failure(a.messenger.removeDrop(channel, first)), 'not-heard');
  await a.deliver();
  await talk(pair);
  await a.messenger.removeDrop(channel, first);
  await a.send('nobody listens there yet');
  await b.listen();
  // Heard in the drop that is left, since b has not said yes to the other.
  assert.ok(b.notices().includes('drop-kept'));
  assert.deepEqual(await dropsOf(b), [first]);
  await b.messenger.acceptDrop(channel, one);
  await talk(pair);
  for (const person of [a, b]) assert.deepEqual(await dropsOf(person), [one]);
  await a.send('text');
  await talk(pair);
  assertDelivered(pair);
});

test('several: a drop that one side can not leave yet is left when it can', async () => {
  await using pair = await makeSeveralPair({ suite: 'signal' }, ['two', 'three']);
  const { a, b } = pair;
  const [first, two, three] = [await idAt(undefined), await idAt('two'), await idAt('three')];
  await addDrops(pair, 'two');
  // Each removes one before it hears of the other's.
  await a.messenger.removeDrop(channel, first);
  await b.messenger.removeDrop(channel, two);
  await Promise.all([a.deliver(), b.deliver()]);
  await b.listen();
  assert.deepEqual([await dropsOf(a), await dropsOf(b)], [[two], [first]]);
  // They have nowhere to meet: an address that both know brings them together again.
  await a.messenger.addDrop(channel, placeAt('three'));
  await b.messenger.addDrop(channel, placeAt('three'));
  await Promise.all([a.deliver(), b.deliver()]);
  await a.send('text');
  for (let round = 0; round < 4; round += 1) {
    await talk(pair);
    // What is missing is asked for, and left again.
    pair.cloud.advance(31_000);
  }
  for (const person of [a, b]) assert.deepEqual(await dropsOf(person), [three]);
  assertDelivered(pair);
});

test('several: both add at once, and what one removes meanwhile is gone on both sides', async () => {
  await using pair = await makeSeveralPair({ suite: 'signal' }, ['two']);
  const { a, b } = pair;
  const first = await idAt(undefined);
  await a.messenger.addDrop(channel, placeAt('two'));
  await b.messenger.addDrop(channel, placeAt('two'));
  await b.messenger.removeDrop(channel, await idAt('two'));
  await Promise.all([a.deliver(), b.deliver()]);
  await talk(pair);
  for (const person of [a, b]) assert.deepEqual(await dropsOf(person), [first]);
  await a.messenger.addDrop(channel, placeAt('two'));
  await b.messenger.addDrop(channel, placeAt('two'));
  await Promise.all([a.deliver(), b.deliver()]);
  await talk(pair);
  for (const person of [a, b]) assert.deepEqual(await dropsOf(person), [first, await idAt('two')]);
});

test('several: a drop that the buddy removed comes back when it is added anew, although what acknowledged that is lost', async () => {
  await using pair = await makeSeveralPair({ suite: 'signal' }, ['two']);
  const { a, b, cloud } = pair;
  await addDrops(pair, 'two');
  await b.messenger.removeDrop(channel, await idAt('two'));
  await b.deliver();
  await a.listen();
  for (const one of cloud.all) one.tamper('a-to-b', () => undefined);
  await a.messenger.addDrop(channel, placeAt('two'));
  await a.deliver();
  await talk(pair);
  for (const person of [a, b]) assert.deepEqual(await dropsOf(person), [await idAt(undefined), await idAt('two')]);
});

test("several: somebody else in the buddy's place hears of the drops that are left, and none that the one before named", async () => {
  await using pair = await makeSeveralPair({ suite: 'signal' }, ['two', 'three']);
  const { a, b, cloud } = pair;
  await addDrops(pair, 'two');
  await b.messenger.addDrop(channel, placeAt('three'));
  await b.deliver();
  await talk(pair);
  assert.equal((await dropsOf(a)).length, 3);
  const c = await makeUnpaired(cloud, 'b');
  know(c, cloud, ['two', 'three']);
  await pairUp(a, c, true);
  await talk({ a, b: c });
  const left = [await idAt(undefined), await idAt('two')];
  for (const person of [a, c]) assert.deepEqual(await dropsOf(person), left);
  await c.close();
});

test('several: somebody else in the place of a buddy who named the first drop is not left alone there', async () => {
  await using pair = await makeSeveralPair({ suite: 'signal' }, ['two', 'three']);
  const { a, b, cloud } = pair;
  for (const place of ['two', 'three']) await b.messenger.addDrop(channel, placeAt(place));
  await b.deliver();
  await talk(pair);
  await a.messenger.useDrops(channel, { first: await idAt('three') });
  const c = await makeUnpaired(cloud, 'b');
  know(c, cloud, ['two', 'three']);
  await pairUp(a, c, true);
  await a.send('to c');
  await c.send('to a');
  await talk({ a, b: c });
  assertDelivered({ a, b: c });
  for (const person of [a, c]) assert.deepEqual(await dropsOf(person), [await idAt('three'), await idAt(undefined)]);
  await c.close();
});

test('several: an invite whose half the first drop does not take is none, whatever the others take', async () => {
  await using pair = await makeSeveralPair({ suite: 'signal' }, ['two']);
  const { a, cloud } = pair;
  await addDrops(pair, 'two');
  fail(cloud.at());
  const pairings = await a.messenger.pairings();
  assert.equal(await failure(pairings.invite(channel, { replace: true })), 'drop-unreachable');
  assert.notEqual(a.messenger.pairing(channel)?.state, 'open');
  cloud.heal();
  await pairings.invite(channel, { replace: true });
  assert.deepEqual([cloud.at().waiting('a-to-b').length, cloud.at('two').waiting('a-to-b').length], [1, 0]);
});

test('several: a home that went back in time is told again of the drops that it has forgotten', async () => {
  await using pair = await makeSeveralPair({ suite: 'signal' }, ['two', 'local one']);
  const { a, b } = pair;
  const copy = await backUp(b);
  await addDrops(pair, 'two', 'local one');
  await b.messenger.acceptDrop(channel, await idAt('local one'));
  await putBack(b, copy);
  assert.equal((await dropsOf(b)).length, 1);
  await b.send('after');
  for (let round = 0; round < 3; round += 1) {
    await talk(pair);
    pair.cloud.advance(31_000);
  }
  assert.deepEqual(await dropsOf(b), [await idAt(undefined), await idAt('two')]);
  assert.deepEqual(await dropsOf(b, 'offered'), [await idAt('local one')]);
  assertDelivered(pair);
  assert.equal((await dropsOf(a)).length, 3);
});
