/** Timers that travel with messages. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import test from 'node:test';
import { encodeFileNotice } from '../../client/protocol/file-notice.ts';
import { frameKinds } from '../../client/protocol/frames.ts';
import { formatParcelKey } from '../../client/protocol/parcel-key.ts';
import { encodeTimed } from '../../client/protocol/timed.ts';
import { forge } from '../messenger/forge.ts';
import { makePair } from '../messenger/pair.ts';
import { channel, type Person } from '../messenger/person.ts';
import { said } from '../tools/said.ts';
import { day, history, hour, minute, rows, timerNotices } from './retention-tools.ts';

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
    said(a.messenger, channel).map(({ timer, state }) => [timer, state]),
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
  const told = [
    "x's messages vanish 1 hour after they are shown.",
    "x's messages vanish 90 minutes after they are shown.",
    "x's messages no longer vanish.",
  ];
  assert.deepEqual([timerNotices(b), timerNotices(a)], [told, []]);
  assert.deepEqual([retention(a), retention(b)], [{}, {}]);
  assert.deepEqual(said(a.messenger, channel).at(-1)?.timer, undefined);
  const timers = said(b.messenger, channel).map(({ timer }) => timer);
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
    said(a.messenger, channel, 1).map(({ timer }) => timer),
    [3600],
  );
  assert.throws(() => a.messenger.changeChannel(channel, { timer: 999, name: 'z' }), { code: 'bad-duration' });
  assert.deepEqual(retention(a), set, 'a refused change');
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
