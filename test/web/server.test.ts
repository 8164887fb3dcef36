/** Two homes talk through their pages: what the API does, between real processes. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { PassThrough } from 'node:stream';
import test, { after, before } from 'node:test';
import type { ApiFile, Drops, Entries, Update } from '../../client/web/api.ts';
import { type Pair, Stage } from '../tools/stage.ts';
import { errorOf, type Updates, Web } from '../tools/web.ts';

const MiB = 1024 * 1024;

let stage: Stage;
let pair: Pair;
let a: Web;
let b: Web;
let heardByA: Updates;
let heardByB: Updates;

before(async () => {
  stage = await Stage.make();
  pair = await stage.folderPair();
  [a, b] = await Promise.all([Web.open(pair.alice), Web.open(pair.bob)]);
  [heardByA, heardByB] = await Promise.all([a.listen(), b.listen()]);
});

after(() => stage[Symbol.asyncDispose]());

/** For `Updates.until`: this has become of it. */
const state = (id: string, wanted: string) => (update: Update) =>
  update.type === 'status' && update.id === id && update.state === wanted ? true : undefined;

const unread = (wanted: number) => (update: Update) =>
  update.type === 'unread' && update.count === wanted ? true : undefined;

async function says(text: string): Promise<void> {
  await a.post('channels/bob/messages', { texts: [text] });
  await heardByB.entry(text);
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Alice's page sends a file; answers its id once bob's page has heard of it. */
async function sendsFile(name: string, content: Uint8Array): Promise<string> {
  const reply = await a.api(`channels/bob/files?name=${encodeURIComponent(name)}`, { method: 'PUT', body: content });
  assert.equal(reply.status, 200, reply.body.toString());
  const { file }: { file: string } = JSON.parse(reply.body.toString());
  assert.equal((await heardByB.entry(name)).id, file);
  return file;
}

test('what one page sends the other one hears of, with what became of it and until it was read', async () => {
  const [first] = heardByB.all;
  assert.ok(first?.type === 'state' && first.name === 'bob' && first.channels[0]?.name === 'alice');
  await a.post('channels/bob/messages', { texts: ['one', 'two'] });
  const { row, id } = await heardByB.entry('two');
  assert.equal((await heardByA.entry('two')).id, id);
  await heardByA.until(state(id, 'delivered'));
  const [channel] = (await b.state()).channels;
  assert.deepEqual([channel?.unread, channel?.newestRow, channel?.last?.text], [2, row, 'two']);
  await b.post('channels/alice/read', { row });
  await heardByB.until(unread(0));
  const said = (await b.history('alice')).map((entry) => entry.event === 'message' && [entry.text, entry.shown]);
  assert.deepEqual(said, [
    ['one', true],
    ['two', true],
  ]);
});

test('the history comes in pages either way, and can be searched', async () => {
  const texts = Array.from({ length: 7 }, (_, index) => `page ${index}`);
  await a.post('channels/bob/messages', { texts });
  const { row } = await heardByB.entry('page 6');
  const read = async (query: string) => {
    const { entries, more } = await b.get<Entries>(`channels/alice/${query}`);
    return [entries.map((entry) => (entry.event === 'message' ? entry.text : entry.event)), more];
  };
  assert.deepEqual(await read(`messages?before=${row}&limit=2`), [['page 4', 'page 5'], true]);
  assert.deepEqual(await read(`messages?after=${row - 3}&limit=2`), [['page 4', 'page 5'], true]);
  assert.deepEqual(await read(`messages?after=${row - 1}&limit=2`), [['page 6'], false]);
  assert.deepEqual(await read('search?q=PAGE%20'), [texts.toReversed(), false]);
  assert.deepEqual(await read(`search?q=page&before=${row - 5}`), [['page 0'], false]);
  assert.equal((await b.api('channels/alice/search?q=')).status, 400);
  assert.equal((await b.api('channels/alice/messages?before=x')).status, 400);
});

test('a file of 20 MiB goes through both pages unaltered, with its progress, and its name does no harm', async () => {
  const content = randomBytes(20 * MiB);
  const name = 'a "quote";\r\nX-Evil: yes\u202egpj.ü';
  const file = await sendsFile(name, content);
  const outgoing = heardByA.all.flatMap((update) => (update.type === 'transfer' ? [update.transfer] : []));
  assert.deepEqual([outgoing.at(-1)?.state, outgoing.at(-1)?.done], ['done', content.length]);
  assert.ok(outgoing.some(({ done, total }) => done < content.length && total === content.length));
  const { status, headers, body } = await b.api(`files/${file}`);
  assert.equal(status, 200);
  assert.equal(sha256(body), sha256(content));
  assert.equal(headers['content-type'], 'application/octet-stream');
  assert.match(headers['content-security-policy'] ?? '', /sandbox$/);
  const [, plain, encoded] =
    /^attachment; filename="([^"]*)"; filename\*=UTF-8''(\S+)$/.exec(headers['content-disposition'] ?? '') ?? [];
  assert.equal(plain, 'a _quote____X-Evil_ yes_gpj._');
  assert.equal(decodeURIComponent(encoded ?? ''), name);
  assert.equal(headers['x-evil'], undefined);
  const { files } = await b.get<{ files: ApiFile[] }>('channels/alice/files');
  assert.deepEqual([files.at(-1)?.id, files.at(-1)?.state, files.at(-1)?.outgoing], [file, 'fetched', false]);
});

test('an empty file arrives as one', async () => {
  const file = await sendsFile('empty', new Uint8Array(0));
  const { status, body } = await b.api(`files/${file}`);
  assert.deepEqual([status, body.length], [200, 0]);
});

test('an upload ends where the page asks for that, or is gone', async () => {
  const transfers = () => heardByA.all.flatMap((update) => (update.type === 'transfer' ? [update.transfer] : []));
  const begun = (name: string) =>
    heardByA.until((update) =>
      update.type === 'transfer' && update.transfer.name === name && update.transfer.state === 'running'
        ? update.transfer.id
        : undefined,
    );
  const cancelled = (name: string) =>
    heardByA.until((update) =>
      update.type === 'transfer' && update.transfer.name === name && update.transfer.state === 'cancelled'
        ? true
        : undefined,
    );
  const endless = new PassThrough();
  endless.write(randomBytes(MiB));
  const answer = a.api('channels/bob/files?name=asked', { method: 'PUT', body: endless });
  await a.post(`transfers/${await begun('asked')}/cancel`);
  await cancelled('asked');
  endless.end();
  const reply = await answer;
  assert.deepEqual([reply.status, errorOf(reply).code], [400, 'cancelled']);
  const gone = new AbortController();
  const other = new PassThrough();
  other.write(randomBytes(MiB));
  const broken = a.api('channels/bob/files?name=gone', { method: 'PUT', body: other, signal: gone.signal });
  await begun('gone');
  gone.abort();
  await assert.rejects(broken);
  await cancelled('gone');
  assert.ok(!transfers().some(({ name, state }) => state === 'done' && (name === 'asked' || name === 'gone')));
  assert.ok(!(await b.history('alice')).some((entry) => entry.event === 'file' && entry.name === 'gone'));
});

test('a file that was taken back can not be fetched, and that is said before any byte of it', async () => {
  const file = await sendsFile('secret plan', randomBytes(1000));
  await a.post(`files/${file}/recall`);
  const reply = await b.api(`files/${file}`);
  assert.equal(reply.status, 502);
  assert.match(reply.headers['content-type'] ?? '', /^application\/json/);
  assert.equal(errorOf(reply).code, 'no-such-parcel');
  assert.equal(reply.headers['content-disposition'], undefined);
  assert.deepEqual(
    [errorOf(await b.try(`files/${file}/recall`)).code, (await a.api(`files/${file}`)).status],
    ['not-own-file', 502],
  );
  assert.equal((await b.api('files/0000')).status, 404);
});

test('an export is a file in each of its forms', async () => {
  await says('for the <export>');
  for (const [format, name, wanted] of [
    ['text', 'alice.txt', 'for the <export>'],
    ['json', 'alice.ndjson', '"text":"for the <export>"'],
    ['html', 'alice.html', 'for the &lt;export&gt;'],
  ] as const) {
    const { status, headers, body } = await b.api(`channels/alice/export?format=${format}`);
    assert.equal(status, 200);
    assert.ok(headers['content-disposition']?.includes(`filename="${name}"`), headers['content-disposition']);
    assert.equal(headers['content-type'], 'application/octet-stream');
    assert.ok(body.includes(wanted), `${format}: ${body}`);
    assert.equal(body.at(-1), 0x0a);
  }
  assert.equal((await b.api('channels/alice/export?format=pdf')).status, 400);
});

test('a timer is set and shown, travels with what is sent, and is taken away', async () => {
  await a.post('channels/bob/timer', { seconds: 3600 });
  const timer = (update: Update) => (update.type === 'state' ? update.channels[0]?.timer : undefined);
  assert.equal(await heardByA.until(timer), 3600);
  await says('will vanish');
  assert.equal((await heardByB.entry('will vanish')).timer, 3600);
  await a.post('channels/bob/timer', { seconds: null });
  assert.equal((await a.state()).channels[0]?.timer, undefined);
  assert.equal(errorOf(await a.try('channels/bob/timer', { seconds: 0 })).code, 'bad-duration');
  assert.equal((await a.try('channels/bob/timer', { seconds: '5' })).status, 400);
});

test('drops are listed and checked', async () => {
  const { policy, drops } = await a.get<Drops>('channels/bob/drops');
  assert.deepEqual([policy, drops.map(({ state: use }) => use)], ['first', ['used']]);
  const checked = await a.post<{ drops: { findings: { ok: boolean }[] }[] }>('channels/bob/check');
  assert.ok(
    checked.drops[0]?.findings.every(({ ok }) => ok),
    JSON.stringify(checked),
  );
});

test('both sides swap, and talk on', async () => {
  await Promise.all([a.post('channels/bob/swap'), b.post('channels/alice/swap')]);
  const roles = [(await a.state()).channels[0]?.role, (await b.state()).channels[0]?.role];
  assert.deepEqual(roles, ['b', 'a']);
  await says('the other way');
  await b.post('channels/alice/messages', { texts: ['and back'] });
  await heardByA.entry('and back');
  const own = heardByA.all.filter(
    (update) => update.type === 'entry' && update.entry.event === 'message' && update.entry.text === 'the other way',
  );
  assert.equal(own.length, 1);
});

test('a window that comes back has everything, and hears what follows once', async () => {
  heardByB.close();
  await a.post('channels/bob/messages', { texts: ['while away'] });
  const back = await b.listen();
  await a.post('channels/bob/messages', { texts: ['when back'] });
  const { row } = await back.entry('when back');
  const known = (await b.history('alice')).flatMap((entry) => (entry.event === 'message' ? [entry.text] : []));
  assert.deepEqual(known.slice(-2), ['while away', 'when back']);
  const rows = back.all.flatMap((update) => (update.type === 'entry' ? [update.entry.row] : []));
  assert.equal(rows.filter((one) => one === row).length, 1);
});

test('another window has a link of its own and the same page', async () => {
  const link = await a.newLink();
  const { place, cookie } = a;
  await a.enter(link);
  assert.deepEqual([a.place, a.cookie], [place, cookie]);
});

test('Ctrl-C ends it at once, whatever is open, and with nothing left to say', async () => {
  const endless = new PassThrough();
  endless.write(randomBytes(MiB));
  const upload = a.api('channels/bob/files?name=endless', { method: 'PUT', body: endless });
  upload.catch(() => {});
  const again = await a.listen();
  await heardByA.until((update) =>
    update.type === 'transfer' && update.transfer.name === 'endless' ? true : undefined,
  );
  const began = performance.now();
  const { code } = await a.live.kill('SIGINT');
  assert.equal(code, 130);
  assert.ok(performance.now() - began < 2000, `it took ${performance.now() - began} ms`);
  await again.ended;
  await assert.rejects(upload);
  assert.doesNotMatch(a.live.stderr, /fault|error/i);
});
