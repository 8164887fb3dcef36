/** Streams that do not end as they should: windows that sleep, too many of them, files that break off. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import test, { after, before } from 'node:test';
import { type Pair, Stage } from '../tools/stage.ts';
import { errorOf, send, Updates, Web, withServer } from '../tools/web.ts';

const MiB = 1024 * 1024;

let stage: Stage;
let pair: Pair;
let a: Web;
let b: Web;
let heardByB: Updates;

before(async () => {
  stage = await Stage.make();
  pair = await stage.folderPair();
  [a, b] = await Promise.all([Web.open(pair.alice), Web.open(pair.bob)]);
  heardByB = await b.listen();
});

after(() => stage[Symbol.asyncDispose]());

async function sends(name: string, content: Uint8Array): Promise<string> {
  const { status } = await a.api(`channels/bob/files?name=${name}`, { method: 'PUT', body: content });
  assert.equal(status, 200);
  return (await heardByB.entry(name)).id;
}

/** The largest file in the drop: a parcel. */
async function parcel(): Promise<string> {
  const folder = stage.path('drop-1');
  const names = await readdir(folder, { recursive: true });
  const sized = await Promise.all(
    names.map(async (name) => ({ path: join(folder, name), size: (await stat(join(folder, name))).size })),
  );
  return sized.reduce((largest, one) => (one.size > largest.size ? one : largest)).path;
}

test('a file that turns out to be altered breaks off, so that no browser takes it for whole', async () => {
  const id = await sends('altered', randomBytes(24 * MiB));
  const path = await parcel();
  const file = await open(path, 'r+');
  const { size } = await file.stat();
  await file.write(Buffer.alloc(64), 0, 64, size - 1000);
  await file.close();
  const response = await b.stream(`${b.place}api/files/${id}`);
  assert.equal(response.statusCode, 200);
  await assert.rejects(buffer(response), { code: 'ECONNRESET' });
  const transfer = await heardByB.until((update) =>
    update.type === 'transfer' && update.transfer.state === 'failed' ? update.transfer : undefined,
  );
  assert.equal(transfer.error?.code, 'parcel-altered');
  await rm(path);
  const gone = await b.api(`files/${id}`);
  assert.deepEqual(
    [gone.status, errorOf(gone).code, gone.headers['content-disposition']],
    [502, 'no-such-parcel', undefined],
  );
});

test('a download that the browser gives up ends here too, and the server goes on', async () => {
  const id = await sends('given-up', randomBytes(24 * MiB));
  const response = await b.stream(`${b.place}api/files/${id}`);
  response.once('data', () => response.destroy());
  await heardByB.until((update) =>
    update.type === 'transfer' && update.transfer.file === id && update.transfer.state === 'cancelled'
      ? true
      : undefined,
  );
  const { status, body } = await b.api(`files/${id}`);
  assert.deepEqual([status, body.length], [200, 24 * MiB]);
  assert.equal(b.live.stderr.includes('fault'), false, b.live.stderr);
});

test('a window that sleeps is let go rather than waited for, and the others hear everything', async () => {
  const sleeper = await b.listen();
  sleeper.pause();
  const text = 'x'.repeat(900_000);
  for (let number = 0; number < 24; number++) {
    await a.post('channels/bob/messages', { texts: [`${number} ${text}`] });
    await heardByB.entry(`${number} ${text}`);
  }
  sleeper.resume();
  await sleeper.ended;
  const heard = sleeper.all.filter(({ type }) => type === 'entry').length;
  assert.ok(heard < 24, `it heard ${heard}`);
});

test('more windows than anybody looks at are told so, and there is room again once they are closed', async () => {
  const windows = await Promise.all(Array.from({ length: 15 }, () => a.listen()));
  windows.push(await a.listen());
  const refused = await a.api('events');
  assert.deepEqual([refused.status, errorOf(refused).code], [429, 'too-many']);
  for (const window of windows) window.close();
  for (let status = 429; status !== 200; ) {
    const response = await a.stream(`${a.place}api/events`);
    status = response.statusCode ?? 0;
    response.on('error', () => {}).destroy();
  }
});

test('what a window has in its first state it is not told again', async () => {
  await using other = await Stage.make();
  const { alice } = await other.folderPair();
  await withServer(alice, {}, async ({ messenger, conversations, server: { access } }) => {
    conversations.refresh();
    await messenger.queue('bob', ['before']);
    const cookie = access.setCookie.split(';')[0];
    const port = Number(new URL(access.origin).port);
    const updates = new Updates(
      await send(port, `${access.place}api/events`, { headers: { host: access.host, cookie } }),
    );
    await updates.until(() => true);
    await messenger.queue('bob', ['after']);
    conversations.refresh();
    await updates.entry('after');
    const rows = updates.all.flatMap((update) => (update.type === 'entry' ? [update.entry.row] : []));
    const [state] = updates.all;
    assert.deepEqual([state?.type === 'state' && state.channels[0]?.newestRow, rows], [1, [2]]);
    updates.close();
  });
});
