/** What a wrong PIN does, and what mends it. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { makePair } from '../messenger/pair.ts';
import { channel } from '../messenger/person.ts';

test('scenario: a wrong PIN opens nothing, is said, and loses nothing once it is put right', async () => {
  await using pair = await makePair({ suite: 'fernet', pins: ['1234', '4321'] });
  const { a, b } = pair;
  await a.send('a0', 'a1');
  await b.send('b0');
  await b.listen();
  await a.send('a2');
  await b.listen();
  assert.deepEqual(b.texts(), []);
  const [notice] = b.events;
  assert.ok(notice?.type === 'notice' && notice.code === 'unopened');
  assert.match(notice.text, /wrong PIN/);
  assert.deepEqual(b.messenger.quarantine(channel), [{ reason: 'unopened', count: 2 }]);

  assert.deepEqual(await b.messenger.rekeyChannel(channel, '1234'), []);
  await b.listen();
  assert.deepEqual(b.texts(), ['a0', 'a1', 'a2']);
  // What b had sealed with the wrong key goes out again, and is shown next to what a could not open before.
  await b.send('b1');
  await a.listen();
  assert.deepEqual(a.texts(), ['b0', 'b1']);
  await b.listen();
  await a.listen();
  for (const person of [a, b]) assert.deepEqual(person.messenger.pending(channel), { queued: 0, sent: 0 });
  await b.listen();
  assert.deepEqual(b.texts(), ['a0', 'a1', 'a2']);
});

test('scenario: new keys on both sides with messages on their way lose and double nothing', async () => {
  await using pair = await makePair({ suite: 'fernet' });
  const { a, b } = pair;
  await a.send('a0');
  await b.listen();
  await a.send('a1');
  await b.send('b0');
  await a.messenger.rekeyChannel(channel, '9999');
  await a.send('a2');
  await b.listen();
  await b.messenger.rekeyChannel(channel, '9999');
  for (let round = 0; round < 3; round += 1) {
    for (const person of [b, a]) {
      await person.listen();
      await person.deliver();
    }
  }
  assert.deepEqual(b.texts(), ['a0', 'a1', 'a2']);
  assert.deepEqual(a.texts(), ['b0']);
  for (const person of [a, b]) assert.deepEqual(person.messenger.pending(channel), { queued: 0, sent: 0 });
});

test('scenario: another PIN in a channel with a key file keeps the key of the file', async () => {
  const { generateChannelKey } = await import('../../client/messenger/index.ts');
  await using pair = await makePair();
  const { a, b } = pair;
  const key = generateChannelKey();
  await a.messenger.rekeyChannel(channel, '1111', key);
  await b.messenger.rekeyChannel(channel, '2222', key);
  await a.send('a0');
  await b.listen();
  assert.deepEqual(b.texts(), []);
  await b.messenger.rekeyChannel(channel, '1111');
  await b.listen();
  assert.deepEqual(b.texts(), ['a0']);
});
