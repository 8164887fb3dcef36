/** What an interface is told, whoever changes it. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { DropError } from '../../client/errors.ts';
import type { Change, Conversations } from '../../client/messenger/conversations.ts';
import type { ChannelEvent } from '../../client/messenger/events.ts';
import { freshFolder, makePair } from './pair.ts';
import { channel, type Person } from './person.ts';

/** A person's conversations, with everything that was told so far. */
class Desk implements AsyncDisposable {
  readonly changes: Change[] = [];
  readonly conversations: Conversations;
  readonly #stop: AbortController;
  readonly #running: Promise<void>;
  #told = Promise.withResolvers<void>();

  private constructor(conversations: Conversations, stop: AbortController) {
    this.conversations = conversations;
    this.#stop = stop;
    conversations.follow((change) => {
      this.changes.push(change);
      this.#told.resolve();
      this.#told = Promise.withResolvers();
    });
    this.#running = conversations.run();
  }

  static async of({ messenger }: Person): Promise<Desk> {
    const stop = new AbortController();
    return new Desk(await messenger.conversations(stop.signal), stop);
  }

  /** Waits until what was told holds this. */
  async until<T>(find: (change: Change) => T | undefined): Promise<T> {
    for (;;) {
      for (const change of this.changes) {
        const found = find(change);
        if (found !== undefined) return found;
      }
      await this.#told.promise;
    }
  }

  /** Resolves with the row of an entry with this text. */
  entry(text: string): Promise<number> {
    return this.until((change) =>
      change.type === 'entry' && change.entry.event.type === 'message' && change.entry.event.text === text
        ? change.entry.row
        : undefined,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }
}

test('what both sides write is told once and in order, with what became of it, and is unread until it was seen', async () => {
  await using pair = await makePair();
  await using a = await Desk.of(pair.a);
  await using b = await Desk.of(pair.b);
  await a.conversations.send(channel, ['one', 'two']);
  const row = await b.entry('two');
  await a.until((change) => (change.type === 'status' && change.state === 'delivered' ? true : undefined));
  await b.until((change) => (change.type === 'unread' && change.count === 2 ? true : undefined));
  assert.deepEqual(
    b.conversations.page(channel, { limit: 10 }).map(({ shown }) => shown),
    [false, false],
  );
  b.conversations.markRead(channel, row);
  assert.deepEqual(b.changes.at(-1), { type: 'unread', channel, count: 0 });
  const texts = b.changes.flatMap((change) =>
    change.type === 'entry' && change.entry.event.type === 'message' ? [change.entry.event.text] : [],
  );
  assert.deepEqual(texts, ['one', 'two']);
});

test('what another process of the home sends, reads and wipes is told as well', async () => {
  await using pair = await makePair();
  await using a = await Desk.of(pair.a);
  await pair.b.send('from b');
  await a.entry('from b');
  const other = await pair.a.another();
  await other.send(channel, 'by another process');
  await a.entry('by another process');
  await pair.b.listen();
  await a.until((change) => (change.type === 'status' && change.state === 'delivered' ? true : undefined));
  other.markRead(channel, other.newestRow(channel));
  await a.until((change) => (change.type === 'unread' && change.count === 0 ? true : undefined));
  other.changeChannel(channel, { receipts: false });
  await a.until((change) => (change.type === 'channels' ? true : undefined));
  other.wipeHistory(channel);
  await other.queue(channel, ['right after it']);
  await a.until((change) => (change.type === 'gone' && change.rows === undefined ? true : undefined));
  await other.send(channel, 'after it');
  await a.entry('after it');
  await other.close();
});

test('a listener that marks as read what it is told of hears of everything once and in order', async () => {
  await using pair = await makePair();
  await pair.b.send('one', 'two', 'three');
  const stop = new AbortController();
  const conversations = await pair.a.messenger.conversations(stop.signal);
  const told: string[] = [];
  conversations.follow((change) => {
    if (change.type === 'entry' && change.entry.event.type === 'message') {
      told.push(change.entry.event.text);
      conversations.markRead(channel, change.entry.row);
    }
    if (told.includes('three')) stop.abort();
  });
  await conversations.run();
  assert.deepEqual(told, ['one', 'two', 'three']);
  assert.equal(pair.a.messenger.unread(channel).count, 0);
});

test('what an interface has read before it runs them is watched, and nothing falls in between', async () => {
  await using pair = await makePair();
  await pair.a.send('sent before');
  const stop = new AbortController();
  const conversations = await pair.a.messenger.conversations(stop.signal);
  const [mine] = conversations.page(channel, { limit: 10 });
  assert.ok(mine?.event.type === 'message');
  assert.equal(mine.event.state, 'sent');
  const other = await pair.a.another();
  await other.send(channel, 'in between');
  await other.close();
  await pair.b.listen();
  const told: string[] = [];
  conversations.follow((change) => {
    if (change.type === 'entry' && change.entry.event.type === 'message') told.push(change.entry.event.text);
    if (change.type === 'status' && mine.event.type === 'message' && change.id === mine.event.id)
      told.push(change.state);
    if (told.includes('in between') && told.includes('delivered')) stop.abort();
  });
  await conversations.run();
  assert.deepEqual(told.sort(), ['delivered', 'in between']);
});

test('a message whose timer has run out is told to be gone', async () => {
  await using pair = await makePair();
  pair.b.messenger.changeChannel(channel, { timer: 60_000 });
  await using a = await Desk.of(pair.a);
  await pair.b.send('soon gone');
  const row = await a.entry('soon gone');
  pair.cloud.advance(120_000);
  a.conversations.refresh();
  assert.ok(!a.changes.some(({ type }) => type === 'gone'), 'it was not seen yet');
  a.conversations.markRead(channel, row);
  pair.cloud.advance(60_000);
  const rows = await a.until((change) => (change.type === 'gone' ? change.rows : undefined));
  assert.deepEqual(rows, [row]);
});

test('files are told with their progress, and what was cancelled or failed says so', async () => {
  await using pair = await makePair();
  await using a = await Desk.of(pair.a);
  await using b = await Desk.of(pair.b);
  const folder = freshFolder();
  const path = `${folder}.bin`;
  writeFileSync(path, Buffer.alloc(3 << 20, 7));
  const sent = await a.conversations.transfers.send(channel, { path }).ended;
  assert.deepEqual([sent.state, sent.done, sent.total], ['done', 3 << 20, 3 << 20]);
  await b.until((change) => (change.type === 'entry' && change.entry.event.type === 'file' ? true : undefined));
  const [file] = pair.b.messenger.files(channel);
  assert.ok(file);
  const { id, ended } = b.conversations.transfers.fetch(file, { path: join(`${folder}.copy`) });
  b.conversations.transfers.cancel(id);
  assert.equal((await ended).state, 'cancelled');
  const failed = await a.conversations.transfers.send(channel, { path: `${folder}.none` }).ended;
  assert.deepEqual([failed.state, failed.error?.code], ['failed', 'no-such-file']);
  const fetched = await b.conversations.transfers.fetch(file, { path: `${folder}.copy` }).ended;
  assert.deepEqual([fetched.state, fetched.path], ['done', `${folder}.copy`]);
  assert.deepEqual(
    b.conversations.transfers.list().map(({ state }) => state),
    ['cancelled', 'done'],
  );
});

test('a file that its sender wants burned and that stays in the drop is told of', async ({ mock }) => {
  await using pair = await makePair();
  await using a = await Desk.of(pair.a);
  await using b = await Desk.of(pair.b);
  const path = `${freshFolder()}.bin`;
  writeFileSync(path, 'burn me');
  await a.conversations.transfers.send(channel, { path, burn: true }).ended;
  await b.until((change) => (change.type === 'entry' && change.entry.event.type === 'file' ? true : undefined));
  mock.method(pair.cloud.parcels, 'remove', () => {
    throw new DropError('It may not be removed.', { code: 'no-permission', hint: 'Ask for it.', retryable: false });
  });
  const [file] = pair.b.messenger.files(channel);
  assert.ok(file);
  const fetched = await b.conversations.transfers.fetch(file, { path: `${path}.copy` }).ended;
  assert.equal(fetched.state, 'done');
  const notice = await b.until((change) => (change.type === 'notice' ? change.notice : undefined));
  assert.deepEqual(notice, {
    type: 'notice',
    channel,
    code: 'no-permission',
    text: 'It may not be removed. Ask for it.',
  });
});

test('trouble that comes with every try is told once until something else happens, what was refused each time', async ({
  mock,
}) => {
  await using pair = await makePair();
  const trouble = { type: 'notice', channel, code: 'unreachable', text: 'Nobody answers.' } as const;
  const refused = { type: 'notice', channel, code: 'unopened', text: 'A body could not be opened.' } as const;
  mock.method(pair.a.messenger, 'listen', async function* (): AsyncGenerator<ChannelEvent> {
    yield* [trouble, refused, trouble, refused];
    yield { type: 'status', channel, id: '00'.repeat(16), state: 'delivered' };
    yield* [trouble, trouble, { ...trouble, text: 'the end' }];
  });
  await using a = await Desk.of(pair.a);
  await a.until((change) => (change.type === 'notice' && change.notice.text === 'the end' ? true : undefined));
  const codes = a.changes.flatMap((change) => (change.type === 'notice' ? [change.notice.code] : []));
  assert.deepEqual(codes, ['unreachable', 'unopened', 'unopened', 'unreachable', 'unreachable']);
});

test('without acknowledgements what was sent is looked at no more', async ({ mock }) => {
  await using pair = await makePair({ suite: 'btrchat' });
  await using a = await Desk.of(pair.a);
  const looked = mock.method(pair.a.messenger, 'entries');
  await a.conversations.send(channel, ['one', 'two']);
  await a.until(() => a.changes.filter(({ type }) => type === 'status').length === 2 || undefined);
  a.conversations.refresh();
  assert.deepEqual(looked.mock.calls.at(-1)?.arguments, [channel, []]);
});

test('pages go back and forth, and a search finds what a text contains, newest first', async () => {
  await using pair = await makePair();
  const { messenger } = pair.a;
  await messenger.queue(channel, ['Alpha', 'beta', 'alphabet', 'gamma']);
  const newest = messenger.page(channel, { limit: 2 });
  const texts = (entries: readonly { event: { type: string; text?: string } }[]) =>
    entries.map(({ event }) => event.text);
  assert.deepEqual(texts(newest), ['alphabet', 'gamma']);
  const [first] = newest;
  assert.deepEqual(texts(messenger.page(channel, { before: first?.row, limit: 10 })), ['Alpha', 'beta']);
  assert.deepEqual(texts(messenger.page(channel, { after: first?.row, limit: 10 })), ['gamma']);
  const found = [];
  for await (const entry of messenger.search(channel, 'ALPHA')) found.push(entry);
  assert.deepEqual(texts(found), ['alphabet', 'Alpha']);
});
