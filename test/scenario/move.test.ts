/** Both sides of a channel move to another drop, one after the other, with things on their way. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import test from 'node:test';
import { dropTag } from '../../client/drops/registry.ts';
import { Messenger } from '../../client/messenger/messenger.ts';
import type { Channel } from '../../client/store/channels.ts';
import { Home } from '../../client/store/home.ts';
import { channel, type Person } from '../messenger/person.ts';
import { hasMoved, type MovingPair, makeMovingPair, move } from './move-tools.ts';

/** No time passes, so no timer mends anything. */
async function talk({ a, b }: MovingPair): Promise<void> {
  for (const person of [a, b, a, b, a]) await person.listen();
}

function assertDelivered({ a, b }: MovingPair): void {
  assert.deepEqual(b.texts(), a.sent);
  assert.deepEqual(a.texts(), b.sent);
  for (const { messenger } of [a, b]) {
    assert.deepEqual(messenger.pending(channel), { queued: 0, sent: 0 });
    assert.deepEqual(messenger.quarantine(channel), []);
  }
}

function notReachable({ cloud }: MovingPair): void {
  cloud.setFaults({ failure: 1 });
}

async function sendFile(from: Person): Promise<string> {
  const path = join(from.directory, 'note.txt');
  await writeFile(path, 'text');
  const { id } = await from.messenger.sendFile(channel, { path });
  await from.deliver();
  return id;
}

for (const suite of ['fernet', 'signal'] as const) {
  test(`move, ${suite}: what was on its way when one side moved comes once the other has moved`, async () => {
    await using pair = await makeMovingPair({ suite, limits: { bodyBytes: 65_536 } });
    const { a, b, cloud } = pair;
    await a.send('a0', 'x'.repeat(100_000));
    await b.send('b0');
    await a.messenger.queue(channel, ['a1']);
    a.sent.push('a1');
    const { again } = await move(a);
    // b's text was taken from the old drop; a's three are not acknowledged.
    assert.equal(again, 3);
    assert.deepEqual(a.messenger.pending(channel), { queued: 3, sent: 0 });
    await a.deliver();
    assert.deepEqual(a.messenger.pending(channel), { queued: 0, sent: 3 });
    // The large one lies in the new drop, too.
    assert.equal(cloud.next.parcelKeys().length, 1);
    await a.send('a2');
    await b.send('b1', 'y'.repeat(100_000));
    await a.listen();
    assert.deepEqual(a.texts(), ['b0']);
    await move(b);
    assert.deepEqual(b.texts(), []);
    await talk(pair);
    assertDelivered(pair);
  });
}

test('move: messages that come out of the old drop wait for the next listener', async () => {
  await using pair = await makeMovingPair();
  const { a, b } = pair;
  await a.send('a0');
  const heard: string[] = [];
  await move(b, { onEvent: ({ type }) => heard.push(type) });
  assert.deepEqual(heard, []);
  await b.listen();
  assert.deepEqual(b.texts(), ['a0']);
});

test('move: where the old drop can not be read nothing is changed, and with force nothing is lost either', async () => {
  await using pair = await makeMovingPair();
  const { a, b, cloud } = pair;
  await a.send('a0');
  await b.send('b0');
  notReachable(pair);
  await assert.rejects(move(a), { code: 'old-drop-unread', exitCode: 4, hint: /--force/ });
  assert.deepEqual(a.messenger.channel(channel).drop, { kind: 'memory' });
  assert.equal((await move(a, { force: true })).unread?.kind, 'drop');
  await move(b, { force: true });
  cloud.heal();
  await a.deliver();
  await b.deliver();
  await talk(pair);
  assertDelivered(pair);
});

test('move: another process that is slow to open the old drop leaves nothing there once the channel has moved', async () => {
  await using pair = await makeMovingPair();
  const { a, b, cloud } = pair;
  const { promise: isOpen, resolve: open } = Promise.withResolvers<void>();
  const openDrop = async ({ role, drop: { place } }: Channel) => {
    if (place === undefined) await isOpen;
    return (place === undefined ? cloud : cloud.next).drop(role);
  };
  const other = await Messenger.open({ home: a.directory, now: () => cloud.now, openDrop });
  await a.queue('a0');
  const delivering = other.deliver(channel);
  await move(a);
  cloud.setFaults({ failure: 1 });
  await assert.rejects(a.deliver(), { kind: 'drop' });
  cloud.setFaults({ failure: 0 });
  // What waits was sealed for the new drop; the other process knew of the old one when it began.
  open();
  await delivering;
  await other.close();
  assert.equal(cloud.waiting('a-to-b').length, 1);
  await move(b);
  await talk(pair);
  assertDelivered(pair);
});

test('move: files stay behind by name: unfetched ones hold the move up, sent ones are told', async () => {
  await using pair = await makeMovingPair();
  const { a, b } = pair;
  const id = await sendFile(a);
  await b.listen();
  await assert.rejects(move(b), { code: 'files-wait', exitCode: 3, message: new RegExp(id.slice(0, 8)) });
  const { sentFiles } = await move(a);
  assert.deepEqual(
    sentFiles.map((file) => file.id),
    [id],
  );
  const { lostFiles } = await move(b, { force: true });
  assert.deepEqual(
    lostFiles.map((file) => file.id),
    [id],
  );
  for (const { messenger } of [a, b]) assert.equal(messenger.files(channel)[0]?.state, 'left-behind');
  const again = await sendFile(a);
  await b.listen();
  await b.messenger.getFile(again, { target: { folder: b.directory } });
  assert.deepEqual((await a.messenger.files(channel)).length, 2);
});

test('move: to take back a file that stays in the old drop asks the buddy not to fetch it, and claims no more', async () => {
  await using pair = await makeMovingPair();
  const { a, b, cloud } = pair;
  const id = await sendFile(a);
  await move(a);
  assert.equal((await a.messenger.recallFile(id)).state, 'left-behind');
  assert.equal(cloud.parcelKeys().length, 1);
  await a.deliver();
  await move(b, { force: true });
  await b.listen();
  assert.equal(b.messenger.files(channel)[0]?.state, 'recalled');
});

test('move: a file that was fetched, and one whose time is over, hold nothing up', async () => {
  await using pair = await makeMovingPair();
  const { a, b, cloud } = pair;
  const id = await sendFile(a);
  await sendFile(a);
  await b.listen();
  await b.messenger.getFile(id, { target: { folder: b.directory } });
  cloud.advance(8 * 86_400_000);
  assert.deepEqual((await move(b)).lostFiles, []);
  assert.deepEqual((await move(a)).sentFiles, []);
});

test('move: an upload that a move overtakes is not announced', async () => {
  await using pair = await makeMovingPair();
  const { a } = pair;
  const stdin = Readable.from(
    (async function* () {
      yield 'text';
      await move(a);
    })(),
  );
  await assert.rejects(a.messenger.sendFile(channel, { path: '-', stdin }), { code: 'channel-moved', exitCode: 3 });
  assert.deepEqual(a.messenger.files(channel), []);
  assert.deepEqual(a.messenger.pending(channel), { queued: 0, sent: 0 });
});

test('move: an upload that was cut short starts anew in the new drop', async () => {
  await using pair = await makeMovingPair();
  const { a, b, cloud } = pair;
  const path = join(a.directory, 'cut.txt');
  await writeFile(path, 'text');
  const cut = new AbortController();
  const onProgress = () => cut.abort();
  await assert.rejects(a.messenger.sendFile(channel, { path, onProgress, signal: cut.signal }), { name: 'AbortError' });
  await move(a);
  await move(b);
  const { id } = await a.messenger.sendFile(channel, { path });
  await a.deliver();
  await b.listen();
  await b.messenger.getFile(id, { target: { folder: b.directory } });
  assert.deepEqual([cloud.parcelKeys().length, cloud.next.parcelKeys().length], [0, 1]);
});

test('move: a message that the new drop can not carry is not taken there', async () => {
  await using pair = await makeMovingPair({}, { limits: { bodyBytes: 65_536, parcelBytes: 0 } });
  const { a, b } = pair;
  await a.send('a0', 'x'.repeat(100_000));
  await assert.rejects(move(a), { code: 'message-too-large', exitCode: 2, hint: /let x listen on the old one/ });
  assert.equal(hasMoved(a), false);
  await b.listen();
  await move(a);
  await move(b);
  await talk(pair);
  assertDelivered(pair);
});

test('move: keys for the old drop that are not in use yet are no trouble in the new one', async () => {
  await using pair = await makeMovingPair({ suite: 'signal' });
  const { a, b } = pair;
  const home = await Home.open(a.directory, undefined);
  const [stored] = home.channels.list();
  assert.ok(stored);
  const drop = await dropTag(stored.drop);
  const work = { next: [{ drop, key: { id: 'KEY' } }], remove: [{ drop, id: 'OLD' }] };
  home.db.transaction(() => home.cells.set(stored.id, 'keys', work));
  home.close();
  await a.listen();
  assert.ok(a.notices().includes('key-trouble'));
  await move(a);
  const trouble = a.notices().length;
  await a.listen();
  assert.equal(a.notices().length, trouble);
  await move(b);
  await talk(pair);
});

test('move: btrchat takes along what was not left for certain, and a text that was is known as a repeat', async () => {
  await using pair = await makeMovingPair({ suite: 'btrchat' });
  const { a, b, cloud } = pair;
  await a.send('left');
  cloud.setFaults({ lostReply: 1 });
  await a.queue('perhaps left');
  await assert.rejects(a.deliver(), { kind: 'drop' });
  cloud.setFaults({ lostReply: 0, failure: 1 });
  assert.equal((await move(a, { force: true })).again, 1);
  cloud.heal();
  await a.deliver();
  await move(b);
  await b.listen();
  assert.deepEqual(b.texts(), ['left', 'perhaps left']);
  assert.deepEqual(a.messenger.pending(channel), { queued: 0, sent: 0 });
});
