/** `btr daemon`: who reaches it, how it begins, begins anew and ends, and what it does meanwhile. */
import assert from 'node:assert/strict';
import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { becomeDaemon } from '../../client/messenger/daemon-place.ts';
import { eventsOf } from '../tools/btr.ts';
import { asNobody, noOtherUser } from '../tools/nobody.ts';
import { type Person, Stage } from '../tools/stage.ts';
import { addressOf, rpc, startDaemon, Wire } from './tools.ts';

let stage: Stage;
before(async () => {
  stage = await Stage.make();
});
after(() => stage[Symbol.asyncDispose]());

/** The lock stays: were it removed, two could hold one each. */
async function traces({ home }: Person): Promise<string[]> {
  return (await readdir(home)).filter((name) => name.startsWith('daemon') && name !== 'daemon.lock');
}

describe('daemon', { concurrency: 3 }, () => {
  test('two daemons talk: what comes is unread, is told to those who subscribe, and again until it was read', async () => {
    const { alice, bob } = await stage.cloudPair();
    await startDaemon(alice);
    await startDaemon(bob);
    await rpc(alice, 'send', { channel: 'bob', texts: ['one', 'two'], wait: 'delivered', timeout: 60 });
    const sent = await rpc(alice, 'history', { channel: 'bob' });
    assert.deepEqual(field(sent.entries, 'state'), ['delivered', 'delivered']);
    for (const _ of ['once', 'and once more']) {
      using wire = await Wire.to(bob);
      wire.write({ jsonrpc: '2.0', id: 1, method: 'subscribe', params: { from: 'unread' } });
      await wire.until(({ params }) => has(params, 'text', 'two'));
      assert.deepEqual(Object.keys(wire.lines[0] ?? {}), ['jsonrpc', 'id', 'result'], 'the answer comes first');
    }
    using wire = await Wire.to(bob);
    const row = Number(field((await rpc(bob, 'history', { channel: 'alice' })).entries, 'row').at(-1));
    assert.deepEqual(await rpc(bob, 'read', { channel: 'alice', row }), { read: 2 });
    wire.write({ jsonrpc: '2.0', id: 1, method: 'subscribe', params: { from: 'unread', channel: 'alice' } });
    await wire.until(({ id }) => id === 1);
    await rpc(alice, 'send', { channel: 'bob', texts: ['three'] });
    await wire.until(({ params }) => has(params, 'text', 'three'));
    await wire.until(({ params }) => has(params, 'event', 'unread'));
    const texts = wire.events.flatMap(({ text }) => (text === undefined ? [] : [text]));
    assert.deepEqual(texts, ['three'], 'what was read does not come again');
    assert.deepEqual(await rpc(bob, 'unread', { channel: 'alice' }), { count: 1, first: row + 1 });
    assert.deepEqual((await bob.run(['listen', '--once'])).lines, ['three'], 'btr listen shows it all the same');
  });

  test('files go both ways through it, and --files fetches what comes', async () => {
    const { alice, bob } = await stage.folderPair();
    await startDaemon(alice);
    await startDaemon(bob, ['--files', stage.path('inbox')]);
    await writeFile(stage.path('note.txt'), 'content');
    const { file } = await rpc(alice, 'sendFile', { channel: 'bob', path: stage.path('note.txt'), ttl: 3600 });
    using wire = await Wire.to(bob);
    wire.write({ jsonrpc: '2.0', id: 1, method: 'subscribe' }, { jsonrpc: '2.0', id: 2, method: 'transfers' });
    const isDone = (value: unknown) => JSON.stringify(value)?.includes('"state":"done"') ?? false;
    await wire.until(({ params, result }) => isDone(params) || isDone(result));
    assert.equal(await readFile(stage.path('inbox', 'note.txt'), 'utf8'), 'content');
    assert.deepEqual(field((await rpc(bob, 'files', { channel: 'alice' })).files, 'state'), ['fetched']);
    const out = stage.path('again.txt');
    const got = await bob.run(['rpc', 'getFile', JSON.stringify({ id: 'ffffffff', out })]);
    assert.deepEqual([got.code, got.stdout], [2, ''], got.stderr);
    assert.match(got.stderr, /^btr: There is no file ffffffff/);
    assert.match(String(file), /^[0-9a-f]{32}$/);
    const missing = { channel: 'bob', path: stage.path('no-such-file') };
    const failed = await alice.run(['rpc', 'sendFile', JSON.stringify(missing)]);
    assert.equal(failed.code, 2, failed.stderr);
  });

  test("the socket is its owner's alone, and one that is not is not believed", async () => {
    const { alice } = await stage.folderPair();
    const live = await startDaemon(alice);
    const address = await addressOf(alice);
    assert.equal((await stat(address)).mode & 0o777, 0o600);
    assert.equal((await stat(dirname(address))).mode & 0o777, 0o700);
    assert.equal((await stat(join(alice.home, 'daemon'))).mode & 0o777, 0o600);
    await chmod(address, 0o660);
    const { code, stderr } = await alice.run(['rpc', 'ping']);
    assert.equal(code, 5);
    assert.match(stderr, /^btr: Something that others can reach stands where btr daemon is talked with/);
    await chmod(address, 0o600);
    assert.equal((await live.kill('SIGTERM')).code, 0);
    await chmod(alice.home, 0o755);
    const open = await alice.run(['daemon']);
    assert.equal(open.code, 3);
    assert.match(open.stderr, /^btr: The home is open to others\./);
  });

  test('another user of the machine does not reach it', { skip: noOtherUser }, async () => {
    const { alice } = await stage.folderPair();
    await startDaemon(alice);
    const script = 'require("node:net").connect(process.argv[1]).on("error", (e) => console.log(e.code))';
    assert.equal(asNobody(script, await addressOf(alice)), 'EACCES\n');
  });

  test('one a home: a second says so; the place of one that was killed is taken', async () => {
    const { alice } = await stage.folderPair();
    const none = await alice.run(['rpc', 'ping']);
    assert.equal(none.code, 3);
    assert.match(none.stderr, /^btr: There is no daemon of this home\.\nStart it again: btr daemon/);
    const first = await startDaemon(alice);
    const second = await alice.run(['daemon', '--json']);
    assert.equal(second.code, 3);
    assert.equal(eventsOf(second.stdout).at(-1)?.code, 'daemon-runs');
    assert.match(second.stderr, new RegExp(`It is process ${first.child.pid}\\.`));
    await first.kill('SIGKILL');
    assert.equal((await alice.run(['rpc', 'ping'])).code, 3);
    const third = await startDaemon(alice);
    assert.equal((await rpc(alice, 'ping')).pid, third.child.pid);
    assert.equal((await alice.run(['rpc', 'shutdown'])).code, 0);
    const next = await startDaemon(alice);
    assert.equal((await third.ended).code, 0);
    assert.equal((await next.kill('SIGTERM')).code, 0);
    assert.deepEqual(await traces(alice), []);
  });

  test('where another has begun and can not be found yet, a second says so; where that one ends, it takes over', async () => {
    const { alice } = await stage.folderPair();
    const first = await becomeDaemon(alice.home);
    const { code, stdout } = await alice.run(['daemon', '--json']);
    assert.deepEqual([code, eventsOf(stdout).map((event) => event.code)], [3, ['daemon-runs']]);
    const second = startDaemon(alice);
    first?.[Symbol.dispose]();
    assert.equal((await (await second).kill('SIGTERM')).code, 0);
  });

  test('a client that asks much and reads nothing keeps no daemon from ending', async () => {
    const { alice } = await stage.folderPair();
    await alice.within((messenger) => messenger.queue('bob', ['x'.repeat(1_000_000)]));
    const live = await startDaemon(alice);
    using wire = await Wire.to(alice);
    wire.socket.pause();
    for (let id = 0; id < 40; id++) wire.write({ jsonrpc: '2.0', id, method: 'history', params: { channel: 'bob' } });
    // Its requests were read when those of a later connection are.
    await rpc(alice, 'history', { channel: 'bob' });
    const { code, stderr } = await live.kill('SIGTERM');
    assert.equal(code, 0);
    assert.match(stderr, /^Listening; [^\n]+\nEnded\.\n$/);
  });

  test('SIGHUP and reload begin anew under the same connection; SIGINT and a home that is gone end it', async () => {
    const { alice, bob } = await stage.folderPair();
    const live = await startDaemon(alice, ['--json']);
    using wire = await Wire.to(alice);
    wire.write({ jsonrpc: '2.0', id: 1, method: 'subscribe' });
    await wire.until(({ id }) => id === 1);
    live.child.kill('SIGHUP');
    await live.untilText(/Begun anew/);
    wire.write({ jsonrpc: '2.0', id: 2, method: 'reload' });
    await wire.until(({ id }) => id === 2);
    await bob.run(['send', 'after it']);
    await wire.until(({ params }) => has(params, 'text', 'after it'));
    assert.deepEqual(
      eventsOf(live.stdout).map(({ code }) => code),
      ['daemon-ready', 'daemon-reloaded'],
    );
    const began = performance.now();
    assert.equal((await live.kill('SIGINT')).code, 0);
    await wire.closed;
    assert.ok(!`${live.stdout}${live.stderr}`.includes('after it'), 'no text is in the log');
    assert.ok(performance.now() - began < 20_000);
    const other = await startDaemon(alice);
    assert.equal((await alice.run(['wipe', '--all', '--yes'])).code, 0);
    await other.ended;
  });

  test('afterwards nobody needs the passphrase', async () => {
    const carol = stage.person('carol');
    const given = { BTR_PASSPHRASE: 'a long enough secret' };
    assert.equal((await carol.run(['init', '--name', 'carol'], { env: given })).code, 0);
    const locked = await carol.run(['daemon']);
    assert.equal(locked.code, 3);
    assert.match(locked.stderr, /^btr: No passphrase was given/);
    await startDaemon(carol, [], given);
    assert.deepEqual(await rpc(carol, 'channels'), { channels: [] });
  });
});

/** A field of each of a list. */
function field(list: unknown, name: string): unknown[] {
  return Array.isArray(list) ? list.map((one) => one[name]) : [];
}

function has(value: unknown, name: string, wanted: string): boolean {
  return typeof value === 'object' && value !== null && new Map(Object.entries(value)).get(name) === wanted;
}
