/** The protocol of the daemon's socket, as JSON-RPC 2.0 and docs/rpc.md have it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { DaemonClient } from '../../client/daemon/client.ts';
import { Daemon } from '../../client/daemon/daemon.ts';
import { methodsOf } from '../../client/daemon/methods.ts';
import { RpcServer } from '../../client/daemon/server.ts';
import { Subscription } from '../../client/daemon/subscription.ts';
import { mostLineBytes } from '../../client/daemon/wire.ts';
import { root } from '../docs/pages.ts';
import { type Person, Stage } from '../tools/stage.ts';
import { type Json, startDaemon, Wire } from './tools.ts';

let stage: Stage;
let alice: Person;
before(async () => {
  stage = await Stage.make();
  ({ alice } = await stage.folderPair());
  await startDaemon(alice);
});
after(() => stage[Symbol.asyncDispose]());

function codeOf({ error }: Json): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}

test('rpc: what is no request is refused as the specification says, and the connection goes on', async () => {
  using wire = await Wire.to(alice);
  const bad = ['{', '[]', '1', '{"method":1}', '{"method":"ping","id":{}}', '"\ud800"'.replace('\ud800', '')];
  wire.write(...bad, { jsonrpc: '2.0', id: 'last', method: 'ping' });
  const last = await wire.until(({ id }) => id === 'last');
  assert.deepEqual(Object.keys(last), ['jsonrpc', 'id', 'result']);
  assert.deepEqual(wire.lines.slice(0, -1).map(codeOf), [-32_700, -32_600, -32_600, -32_600, -32_600, -32_600]);
  for (const { id, jsonrpc } of wire.lines.slice(0, -1)) assert.deepEqual([id, jsonrpc], [null, '2.0']);
});

test('rpc: errors carry the code, the hint and the exit code of the command line', async () => {
  using wire = await Wire.to(alice);
  wire.write(
    { jsonrpc: '2.0', id: 1, method: 'telegraph' },
    { jsonrpc: '2.0', id: 2, method: 'unread', params: { channel: 1 } },
    { jsonrpc: '2.0', id: 3, method: 'unread', params: { channel: 'bob', more: 1 } },
    { jsonrpc: '2.0', id: 4, method: 'unread', params: ['bob'] },
    { jsonrpc: '2.0', id: 5, method: 'unread', params: { channel: 'nobody' } },
    { jsonrpc: '2.0', id: 6, method: 'sendFile', params: { channel: 'bob', path: 'relative' } },
  );
  await wire.until(({ id }) => id === 6);
  const errors = new Map(wire.lines.map((line) => [line.id, line]));
  assert.deepEqual(
    [1, 2, 3, 4, 5, 6].map((id) => codeOf(errors.get(id) ?? {})),
    [-32_601, -32_602, -32_602, -32_602, -32_000, -32_602],
  );
  const hint = 'See: btr channel list. Make one with: btr channel add';
  assert.deepEqual(errors.get(5)?.error, {
    code: -32_000,
    message: 'There is no channel "nobody".',
    data: { code: 'no-such-channel', exitCode: 3, hint },
  });
});

test('rpc: a batch is answered as one, notifications not at all, and calls begin in their order', async () => {
  using wire = await Wire.to(alice);
  const queue = (text: string) => ({ jsonrpc: '2.0', method: 'queue', params: { channel: 'bob', texts: [text] } });
  wire.write(queue('0'), [{ ...queue('1'), id: 1 }, queue('2'), { ...queue('3'), id: 3 }], [queue('4')]);
  wire.write({ ...queue('5'), id: 'end' });
  await wire.until(({ id }) => id === 'end');
  wire.write({ jsonrpc: '2.0', id: 'all', method: 'history', params: { channel: 'bob' } });
  const { result } = await wire.until(({ id }) => id === 'all');
  assert.deepEqual(
    [...JSON.stringify(result).matchAll(/"text":"(\d)"/g)].map(([, text]) => text),
    ['0', '1', '2', '3', '4', '5'],
  );
  assert.equal(wire.lines.length, 3);
  const batch = wire.lines.find((line) => Array.isArray(line));
  assert.match(JSON.stringify(batch), /^\[\{"jsonrpc":"2.0","id":1,.*\{"jsonrpc":"2.0","id":3,/);
});

test('rpc: who closes its half still gets every answer; a line beyond the limit ends the connection', async () => {
  using wire = await Wire.to(alice);
  wire.write({ jsonrpc: '2.0', id: 1, method: 'search', params: { channel: 'bob', text: 'x' } });
  wire.socket.end();
  await wire.closed;
  assert.deepEqual(wire.lines, [{ jsonrpc: '2.0', id: 1, result: { entries: [] } }]);
  using endless = await Wire.to(alice);
  endless.socket.write(Buffer.alloc(mostLineBytes + 1, 0x20));
  await endless.closed;
  assert.deepEqual(endless.lines.map(codeOf), [-32_600]);
});

test('rpc: a client reads no further event before it is done with the last', async () => {
  const heard: unknown[] = [];
  const hears = Promise.withResolvers<void>();
  const done = Promise.withResolvers<void>();
  const client = await DaemonClient.connect(alice.home, (event) => {
    heard.push(event);
    hears.resolve();
    return done.promise;
  });
  assert.ok(client);
  await client.call('subscribe');
  using wire = await Wire.to(alice);
  wire.write({ jsonrpc: '2.0', id: 1, method: 'queue', params: { channel: 'bob', texts: ['x', 'y'] } });
  await hears.promise;
  await wire.until(({ id }) => id === 1);
  const answer = client.call('ping');
  assert.equal(heard.length, 1);
  done.resolve();
  await answer;
  assert.ok(heard.length > 1);
  client.close();
});

test('rpc: an answer that no string can hold is an error, and the connection goes on', async () => {
  const tooLong = {
    toJSON() {
      throw new RangeError('Invalid string length');
    },
  };
  const methods = new Map([
    ['much', () => () => tooLong],
    ['little', () => () => ({})],
  ]);
  const ending = new AbortController();
  const server = new RpcServer(methods, ending.signal);
  const address = stage.path('rpc.sock');
  await server.listen(address);
  using wire = Wire.at(address);
  wire.write({ jsonrpc: '2.0', id: 1, method: 'much' }, { jsonrpc: '2.0', id: 2, method: 'little' });
  await wire.until(({ id }) => id === 2);
  const [much] = wire.lines.filter(({ id }) => id === 1);
  assert.match(JSON.stringify(much?.error), /"code":"answer-too-long".*"hint":"Ask for fewer: limit\."/);
  ending.abort();
  await server.close();
});

test('rpc: a subscription whose client has gone before it begins is over at once', async () => {
  await alice.within(async (messenger) => {
    const daemon = new Daemon(alice.home, messenger, new AbortController().signal);
    const tell = () => Promise.reject(new Error('nobody is there'));
    await new Subscription(daemon, { fromUnread: true, signal: AbortSignal.abort(), tell }).run();
  });
});

test('rpc: docs/rpc.md has every method, and no other', async () => {
  await alice.within((messenger) => {
    const methods = methodsOf(new Daemon(alice.home, messenger, new AbortController().signal));
    const page = readFileSync(`${root}docs/rpc.md`, 'utf8');
    const described = [...page.matchAll(/^\| `([A-Za-z]+)` \|/gm)].map(([, name = '']) => name);
    assert.deepEqual(described.sort(), [...methods.keys()].sort());
  });
});
