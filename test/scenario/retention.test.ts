/** Timers that travel with messages, and histories that end. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import test from 'node:test';
import { encodeFileNotice } from '../../client/protocol/file-notice.ts';
import { frameKinds } from '../../client/protocol/frames.ts';
import { formatParcelKey } from '../../client/protocol/parcel-key.ts';
import { encodeTimed } from '../../client/protocol/timed.ts';
import { forge } from '../messenger/forge.ts';
import { makePair, type Pair } from '../messenger/pair.ts';
import { channel, type Person } from '../messenger/person.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

function history({ messenger }: Person): string[] {
  return [...messenger.history(channel)].map((event) => (event.type === 'message' ? event.text : event.name));
}

/** The rows of a table as they lie in the store. */
function rows({ directory }: Person, table: 'messages' | 'files' | 'frames_out'): number {
  const db = new DatabaseSync(`${directory}/btr.sqlite`, { readOnly: true });
  const count = Number(db.prepare(`SELECT count(*) AS rows FROM ${table}`).get()?.rows);
  db.close();
  return count;
}

/** The notices of a person about timers, as they were shown. */
function timerNotices({ events }: Person): string[] {
  return events.flatMap((event) => (event.type === 'notice' && event.code === 'timer' ? [event.text] : []));
}

function retention({ messenger }: Person) {
  return messenger.channel(channel).retention;
}

test('scenario: a timed message goes on both sides: the sender counts from sending, the receiver from showing', async () => {
  await using pair = await makePair();
  const { a, b, cloud } = pair;
  a.messenger.changeChannel(channel, { timer: hour });
  await a.send('soon gone');
  cloud.advance(30 * minute);
  const [notice, message] = await b.listen();
  assert.deepEqual([notice?.type, message?.type === 'message' && message.timer], ['notice', 3600]);
  await a.listen();
  assert.deepEqual(
    [...a.messenger.history(channel)].map(({ timer, state }) => [timer, state]),
    [[3600, 'delivered']],
  );
  cloud.advance(30 * minute - 1);
  assert.deepEqual([history(a), history(b)], [['soon gone'], ['soon gone']]);
  cloud.advance(1);
  await a.listen();
  assert.equal(rows(a, 'messages'), 0);
  assert.deepEqual([history(a), history(b)], [[], ['soon gone']]);
  cloud.advance(30 * minute);
  await b.listen();
  assert.equal(rows(b, 'messages'), 0);
  assert.deepEqual(history(b), []);
});

test('scenario: a timed message that nobody has seen waits, however long', async () => {
  await using pair = await makePair();
  const { a, b, cloud } = pair;
  a.messenger.changeChannel(channel, { timer: minute });
  await a.send('one', 'two');
  assert.equal((await b.listen({ messages: 1 })).at(-1)?.type, 'message');
  cloud.advance(day);
  await b.restart();
  await b.listen();
  assert.deepEqual(b.texts(), ['one', 'two']);
  assert.deepEqual(history(b), ['two']);
  cloud.advance(minute);
  assert.deepEqual(history(b), []);
});

test('scenario: a timer hides what still waits to be delivered, and it is delivered all the same', async () => {
  await using pair = await makePair();
  const { a, b, cloud } = pair;
  a.messenger.changeChannel(channel, { timer: minute });
  await a.queue('waits');
  cloud.advance(hour);
  assert.deepEqual(history(a), []);
  await a.deliver();
  await a.listen();
  assert.deepEqual([rows(a, 'messages'), rows(a, 'frames_out')], [1, 1]);
  await b.listen();
  assert.deepEqual(b.texts(), ['waits']);
  await a.listen();
  await a.listen();
  assert.deepEqual([rows(a, 'messages'), rows(a, 'frames_out')], [0, 0]);
});

test('scenario: another timer of the buddy is said once, and sets nothing here', async () => {
  await using pair = await makePair();
  const { a, b } = pair;
  await a.send('plain');
  await b.listen();
  assert.deepEqual(timerNotices(b), []);
  a.messenger.changeChannel(channel, { timer: hour });
  await a.send('one', 'two');
  a.messenger.changeChannel(channel, { timer: 90 * minute });
  await a.send('three');
  a.messenger.changeChannel(channel, { timer: 'off' });
  await a.send('four', 'five');
  await b.listen();
  await b.send('mine');
  await a.listen();
  const said = [
    "x's messages vanish 1 hour after they are shown.",
    "x's messages vanish 90 minutes after they are shown.",
    "x's messages no longer vanish.",
  ];
  assert.deepEqual([timerNotices(b), timerNotices(a)], [said, []]);
  assert.deepEqual([retention(a), retention(b)], [{}, {}]);
  assert.deepEqual([...a.messenger.history(channel)].at(-1)?.timer, undefined);
  const timers = [...b.messenger.history(channel)].map(({ timer }) => timer);
  assert.deepEqual(timers, [undefined, 3600, 3600, 5400, undefined, undefined, undefined]);
});

test('scenario: no other command resets what was set', async () => {
  await using pair = await makePair();
  const { a, b } = pair;
  b.messenger.changeChannel(channel, { timer: day });
  await b.send('hello');
  await a.listen();
  a.messenger.changeChannel(channel, { timer: hour, history: 7 * day });
  const set = { history: 7 * day, timer: hour, buddyTimer: day };
  a.messenger.changeChannel(channel, { receipts: false });
  assert.deepEqual(retention(a), set, 'receipts');
  a.messenger.changeChannel(channel, { history: 'off' });
  assert.deepEqual(retention(a), { ...set, history: 'off' }, 'history');
  a.messenger.changeChannel(channel, { history: 7 * day });
  await a.messenger.rekeyChannel(channel, '9999');
  assert.deepEqual(retention(a), set, 'another PIN');
  await a.swap();
  assert.deepEqual(retention(a), set, 'another role');
  a.messenger.changeChannel(channel, { name: 'y' });
  a.messenger.changeChannel('y', { name: channel });
  assert.deepEqual(retention(a), set, 'another name');
  await a.restart();
  assert.deepEqual(retention(a), set, 'a restart');
  await a.queue('still timed');
  assert.deepEqual(
    [...a.messenger.history(channel, 1)].map(({ timer }) => timer),
    [3600],
  );
  assert.throws(() => a.messenger.changeChannel(channel, { timer: 999, name: 'z' }), { code: 'bad-duration' });
  assert.deepEqual(retention(a), set, 'a refused change');
});

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
    [...a.messenger.history(channel)].map(({ state }) => state),
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

test('scenario: sending, too, deletes what is over', async () => {
  await using pair = await makePair();
  const { a, b, cloud } = pair;
  a.messenger.changeChannel(channel, { timer: hour });
  await a.send('one');
  for (const person of [b, a]) await person.listen();
  cloud.advance(hour);
  await a.queue('two');
  assert.equal(rows(a, 'messages'), 1);
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

/** A notice that would be right in a frame of the same id. */
const notice = {
  type: 'file',
  name: 'photo.jpg',
  key: randomBytes(32),
  objectKey: formatParcelKey('a', day, randomBytes(16)),
  chunks: 1,
  size: 1,
  tagsHash: randomBytes(32),
  expiresAt: day,
  burn: false,
} as const;

test('scenario: timed frames that make no sense are said, keep their numbers and hold nothing up', async () => {
  await using pair = await makePair({ suite: 'plain' });
  const { b, cloud } = pair;
  const text = (content: string) => ({ kind: frameKinds.text, content: Buffer.from(content) });
  const kept = [
    { kind: frameKinds.timed, content: encodeTimed({ ...text('good'), timer: hour }) },
    { kind: frameKinds.timed, content: Buffer.from('00', 'hex') },
    { kind: frameKinds.timed, content: Buffer.from('e80704e80701', 'hex') },
    { kind: frameKinds.timed, content: encodeTimed({ kind: 0x7f, timer: hour, content: randomBytes(5) }) },
    { kind: frameKinds.timed, content: encodeTimed({ kind: frameKinds.file, timer: hour, content: randomBytes(5) }) },
    { kind: frameKinds.file, content: encodeFileNotice({ ...notice, id: randomBytes(16) }) },
    text('after'),
  ].map((frame, index) => ({ ...frame, seq: index + 1, id: randomBytes(16), sentAt: 1 }));
  cloud.inject('a-to-b', forge({ packet: { kept } }));
  await b.listen();
  assert.deepEqual(b.texts(), ['good', 'after']);
  assert.deepEqual(b.notices(), ['timer', 'bad-timer', 'bad-timer', 'bad-file-notice', 'bad-file-notice', 'timer']);
  assert.equal(b.hasGap(), false);
  assert.deepEqual(b.messenger.quarantine(channel), []);
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
