/** The sftp drop at servers that take a connection and then say nothing, or no more. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Connection } from 'ssh2';
import ssh2 from 'ssh2';
import { useProxy } from '../../client/drops/proxy/index.ts';
import { settleSftp } from '../../client/drops/sftp/sftp-drop.ts';
import { freshKey, parcelOf, parcelsOf, putParcel } from '../contract/tools.ts';
import { Relay } from '../tools/relay.ts';
import { freshPlace, needsSshd, openDrop, startSshd } from './sftp-tools.ts';

const letter = [{ to: 'b', body: 'x' }] as const;
const unreachable = { kind: 'drop', code: 'sftp-unreachable', retryable: true };
const lost = { kind: 'drop', code: 'sftp-lost', retryable: true };

/** How far it lets a client come. */
type Manners = 'no greeting' | 'no subsystem' | 'no answers';

interface Silent {
  readonly port: number;
  /** Resolves when the client waits for what never comes. */
  readonly reached: Promise<void>;
  hangUp(): void;
}

async function startSilent(context: TestContext, manners: Manners, hostKey: string): Promise<Silent> {
  const { promise: reached, resolve } = Promise.withResolvers<void>();
  const connections: { end(): unknown }[] = [];
  const greet = (connection: Connection) => {
    connections.push(connection);
    connection.on('authentication', (login) => login.accept());
    connection.on('error', () => undefined);
    connection.on('session', (accept) => {
      accept().on('sftp', (acceptSftp) => {
        if (manners === 'no subsystem') resolve();
        else acceptSftp().on('STAT', () => resolve());
      });
    });
  };
  const plain = () =>
    createServer((socket) => {
      connections.push(socket);
      socket.on('error', () => undefined).once('data', () => resolve());
    });
  const server = manners === 'no greeting' ? plain() : new ssh2.Server({ hostKeys: [await readFile(hostKey)] }, greet);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const hangUp = () => {
    for (const connection of connections) connection.end();
  };
  context.after(() => {
    hangUp();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return { port: address.port, reached, hangUp };
}

for (const [manners, patience, error] of [
  ['no greeting', 15_000, unreachable],
  ['no subsystem', 15_000, unreachable],
  ['no answers', 60_000, lost],
] as const) {
  test(
    `sftp: a call to a server that gives ${manners} ends by itself, and at once with the drop`,
    needsSshd,
    async (context) => {
      const sshd = await startSshd(context);
      const { address } = await freshPlace(sshd);
      const silent = await startSilent(context, manners, join(sshd.folder, 'host'));
      context.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
      const drop = openDrop(context, { ...address, port: silent.port }, 'a');
      let isOver = false;
      const left = drop.leave(letter).finally(() => {
        isOver = true;
      });
      left.catch(() => undefined);
      await silent.reached;
      context.mock.timers.tick(patience - 1);
      await new Promise((resolve) => setImmediate(resolve));
      assert.equal(isOver, false);
      context.mock.timers.tick(1);
      await assert.rejects(left, error);

      const other = await startSilent(context, manners, join(sshd.folder, 'host'));
      const closing = openDrop(context, { ...address, port: other.port }, 'a');
      const pending = assert.rejects(closing.leave(letter), { kind: 'drop' });
      await other.reached;
      // No time passes.
      await closing.close();
      await pending;
    },
  );
}

test('sftp: a proxy that opens no way is what is told of', needsSshd, async (context) => {
  const sshd = await startSshd(context);
  const { address } = await freshPlace(sshd);
  const proxy = await startSilent(context, 'no greeting', join(sshd.folder, 'host'));
  useProxy(`socks5://127.0.0.1:${proxy.port}`);
  context.after(() => useProxy(undefined));
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const left = openDrop(context, address, 'a').leave(letter);
  const told = assert.rejects(left, { code: 'proxy-no-answer', retryable: true });
  await proxy.reached;
  context.mock.timers.tick(20_000);
  await told;
});

test('sftp: a server that hangs up under a call is told as one to try again', needsSshd, async (context) => {
  const sshd = await startSshd(context);
  const { address } = await freshPlace(sshd);
  const silent = await startSilent(context, 'no answers', join(sshd.folder, 'host'));
  const left = openDrop(context, { ...address, port: silent.port }, 'a').leave(letter);
  const told = assert.rejects(left, lost);
  await silent.reached;
  silent.hangUp();
  await told;
});

test(
  'sftp: a connection that is lost while a reader takes its time is told at its next step',
  needsSshd,
  async (context) => {
    const sshd = await startSshd(context);
    const { address } = await freshPlace(sshd);
    const settled = await settleSftp(address);
    const store = parcelsOf(openDrop(context, settled, 'a'));
    const [key, parcel] = [freshKey('a'), parcelOf(store, 3, 1_000_000)];
    await putParcel(store, key, parcel);
    const relay = await Relay.start(sshd.port);
    context.after(() => relay[Symbol.asyncDispose]());
    const theirs = parcelsOf(openDrop(context, { ...settled, port: relay.port }, 'b'));
    const pieces = theirs.get(key, { offset: 0, length: parcel.bytes.length })[Symbol.asyncIterator]();
    await pieces.next();
    relay.stop();
    const beside = assert.rejects(theirs.remove(freshKey('a')), lost);
    relay.cut();
    await beside;
    // What nobody had waited for would end the process here.
    await new Promise((resolve) => setImmediate(resolve));
    await assert.rejects(pieces.next(), lost);
  },
);
