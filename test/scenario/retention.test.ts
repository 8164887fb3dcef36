/** Histories that end, and files whose message has ended. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { makePair, type Pair } from '../messenger/pair.ts';
import { channel } from '../messenger/person.ts';
import { said } from '../tools/said.ts';
import { day, history, hour, rows, timerNotices } from './retention-tools.ts';

test('scenario: without a history what was shown or delivered goes, and nothing else', async () => {
  await using pair = await makePair();
  const { a, b } = pair;
  a.messenger.changeChannel(channel, { history: 'off' });
  b.messenger.changeChannel(channel, { history: 'off' });
  await a.send('delivered');
  await a.queue('queued');
  assert.deepEqual(history(a), ['delivered', 'queued']);
  await b.listen();
  assert.deepEqual(history(b), []);
  await a.deliver();
  await a.listen();
  assert.deepEqual(
    said(a.messenger, channel).map(({ state }) => state),
    ['sent'],
  );
  assert.equal(rows(a, 'messages'), 1);
  await b.listen({ messages: 1 });
  assert.deepEqual(b.texts(), ['delivered', 'queued']);
  for (const person of [b, a]) await person.listen();
  assert.deepEqual([rows(a, 'messages'), rows(b, 'messages')], [0, 0]);
  await a.send('one', 'two');
  await b.listen({ messages: 1 });
  assert.deepEqual(history(b), ['two'], 'received, and not yet shown');
});

test('scenario: a history of days forgets what is older, and shows it no more before it is deleted', async () => {
  await using pair = await makePair();
  const { a, b, cloud } = pair;
  a.messenger.changeChannel(channel, { history: 7 * day });
  await a.send('first');
  await b.listen();
  await b.send('answer');
  cloud.advance(day);
  await a.listen();
  await a.send('second');
  cloud.advance(6 * day);
  assert.deepEqual(history(a), ['answer', 'second']);
  assert.equal(rows(a, 'messages'), 2);
  assert.deepEqual(history(b), ['first', 'answer']);
  cloud.advance(day);
  assert.deepEqual(history(a), ['second'], 'it was not delivered');
  await b.listen();
  await a.listen();
  assert.deepEqual(history(a), []);
  await a.send('third');
  await b.listen();
  a.messenger.changeChannel(channel, { history: 'forever' });
  cloud.advance(365 * day);
  await a.listen();
  assert.deepEqual(history(a), ['third']);
});

/** a sends a small file, b is told of it. Answers its id. */
async function passFile({ a, b }: Pair): Promise<string> {
  const path = join(a.directory, 'note.txt');
  await writeFile(path, 'text');
  const { id } = await a.messenger.sendFile(channel, { path, stay: day });
  await a.deliver();
  await b.listen();
  await a.listen();
  return id;
}

test("scenario: a file's notice goes with its timed message, on both sides", async () => {
  await using pair = await makePair();
  const { a, b, cloud } = pair;
  a.messenger.changeChannel(channel, { timer: hour });
  const id = await passFile(pair);
  assert.deepEqual(timerNotices(b), ["x's messages vanish 1 hour after they are shown."]);
  await b.messenger.getFile(id, { target: { folder: b.directory } });
  assert.deepEqual([rows(a, 'files'), rows(b, 'files')], [1, 1]);
  cloud.advance(hour);
  for (const person of [a, b]) await person.listen();
  assert.deepEqual([rows(a, 'files'), rows(b, 'files')], [0, 0]);
  await assert.rejects(b.messenger.getFile(id, { target: { folder: b.directory } }), { code: 'no-such-file' });
});

test('scenario: a timed file can be taken back, and the word of that leaves no row behind', async () => {
  await using pair = await makePair();
  const { a, b, cloud } = pair;
  a.messenger.changeChannel(channel, { timer: hour });
  await a.messenger.recallFile(await passFile(pair));
  await a.deliver();
  for (const person of [b, a]) await person.listen();
  assert.equal(b.messenger.files(channel)[0]?.state, 'recalled');
  cloud.advance(hour);
  for (const person of [b, a]) await person.listen();
  for (const person of [a, b]) assert.deepEqual([rows(person, 'messages'), rows(person, 'files')], [0, 0]);
});

test('scenario: without a history a file stays until it was fetched, or its time is over', async () => {
  await using pair = await makePair();
  const { a, b, cloud } = pair;
  for (const { messenger } of [a, b]) messenger.changeChannel(channel, { history: 'off' });
  const id = await passFile(pair);
  assert.deepEqual([history(a), history(b)], [['note.txt'], ['note.txt']]);
  await b.messenger.getFile(id, { target: { folder: b.directory } });
  await b.listen();
  assert.deepEqual([rows(b, 'messages'), rows(b, 'files')], [0, 0]);
  await passFile(pair);
  cloud.advance(day);
  for (const person of [a, b]) await person.listen();
  for (const person of [a, b]) assert.deepEqual([rows(person, 'messages'), rows(person, 'files')], [0, 0]);
});

test('scenario: a suite without frames carries no timers, and its history ends all the same', async () => {
  await using pair = await makePair({ suite: 'btrchat' });
  const { a, b } = pair;
  assert.throws(() => a.messenger.changeChannel(channel, { timer: hour }), { code: 'no-timers', kind: 'usage' });
  for (const { messenger } of [a, b]) messenger.changeChannel(channel, { history: 'off' });
  await a.send('hello');
  await b.listen();
  assert.deepEqual(b.texts(), ['hello']);
  assert.deepEqual([history(a), history(b)], [[], []]);
});
