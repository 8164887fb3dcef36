/** `btr send` through a daemon: as without one, and whole when the daemon dies over it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmod, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { eventsOf } from '../tools/btr.ts';
import { wordsOf } from '../tools/said.ts';
import { Stage } from '../tools/stage.ts';
import { startDaemon } from './tools.ts';

let stage: Stage;
before(async () => {
  stage = await Stage.make();
});
after(() => stage[Symbol.asyncDispose]());

describe('sending through a daemon', { concurrency: 2 }, () => {
  test('a locked home sends without its passphrase, with the same events and exit codes', async () => {
    const given = { BTR_PASSPHRASE: 'a long enough secret' };
    const carol = stage.person('carol');
    assert.equal((await carol.run(['init', '--name', 'carol'], { env: given })).code, 0);
    const add = ['channel', 'add', 'dan', '--as', 'a', '--suite', 'fernet', '--drop', `folder:${stage.path('drop-c')}`];
    const added = await carol.run(add, { env: { ...given, BTR_PIN: 'a-pin-for-tests' } });
    assert.equal(added.code, 0, added.stderr);
    const live = await startDaemon(carol, [], given);
    const sent = await carol.run(['send', '--json'], { input: 'one\n\ntwo\n' });
    assert.equal(sent.code, 0, sent.stderr);
    const states = eventsOf(sent.stdout).map(({ state }) => state);
    assert.deepEqual(states, ['queued', 'queued', 'sent', 'sent']);
    const nobody = await carol.run(['send', '--to', 'nobody', 'x']);
    assert.equal(nobody.code, 3);
    assert.match(nobody.stderr, /^btr: There is no channel "nobody"/);
    assert.equal((await carol.run(['send', 'dan', ''])).code, 2);
    const waiting = await carol.run(['send', 'dan', 'three', '--wait', '0.1']);
    assert.equal(waiting.code, 6, waiting.stderr);
    const texts = (await carol.run(['history', '--json'], { env: given })).stdout;
    assert.deepEqual(
      eventsOf(texts).map(({ text, state }) => [text, state]),
      [
        ['one', 'sent'],
        ['two', 'sent'],
        ['three', 'sent'],
      ],
    );
    await live.kill('SIGKILL');
    const locked = await carol.run(['send', 'four']);
    assert.equal(locked.code, 3, 'without the daemon it is locked again');
  });

  test('what waits for the buddy to be delivered is said as delivered', async () => {
    const { alice, bob } = await stage.folderPair();
    await startDaemon(alice);
    await startDaemon(bob);
    const { code, stdout, stderr } = await alice.run(['send', 'hello', '--wait', '60', '--json']);
    assert.equal(code, 0, stderr);
    assert.deepEqual(
      eventsOf(stdout).map(({ state }) => state),
      ['queued', 'sent', 'delivered'],
    );
  });

  test('a daemon that took the texts and died before it said so is not doubled', async () => {
    const { alice, bob } = await stage.folderPair();
    await alice.within(async (messenger) => {
      const address = join(alice.home, 'daemon-00000000.sock');
      const server = createServer((socket) => {
        socket.on('error', () => {});
        createInterface({ input: socket }).on('line', async (line) => {
          const { id, method, params } = JSON.parse(line);
          const answer = { jsonrpc: '2.0', id, result: { channels: [{ channel: 'bob' }] } };
          if (method === 'channels') return void socket.write(`${JSON.stringify(answer)}\n`);
          await messenger.queue(params.channel, params.texts, { ids: params.ids });
          socket.destroy();
        });
      });
      server.listen(address);
      await once(server, 'listening');
      await chmod(address, 0o600);
      await writeFile(join(alice.home, 'daemon'), `${process.pid} ${address}\n`, { mode: 0o600 });
      const { code, stderr } = await alice.run(['send'], { input: 'one\ntwo\n' });
      assert.equal(code, 0, stderr);
      assert.match(stderr, /The daemon has gone/);
      server.close();
      assert.deepEqual(wordsOf(messenger, 'bob'), ['one', 'two']);
    });
    assert.deepEqual(await bob.listens(), ['one', 'two']);
  });

  for (const [signal, pause] of [
    ['SIGKILL', 0],
    ['SIGKILL', 25],
    ['SIGTERM', 10],
  ] as const) {
    test(`a daemon that is ended by ${signal} after ${pause} ms loses and doubles nothing`, async () => {
      const { alice, bob } = await stage.folderPair();
      const live = await startDaemon(alice);
      const lines = Array.from({ length: 3000 }, (_, index) => `line ${index}`);
      const sending = alice.start(['send', '--json'], { input: 'open' });
      sending.child.stdin.write(`${lines.slice(0, 1000).join('\n')}\n`);
      await sending.untilText(/"queued"/);
      const more = setTimeout(() => live.child.kill(signal), pause);
      // Written while the daemon dies.
      for (let start = 1000; start < 3000; start += 100) {
        sending.child.stdin.write(`${lines.slice(start, start + 100).join('\n')}\n`);
        await new Promise((resolve) => setImmediate(resolve));
      }
      await live.ended;
      clearTimeout(more);
      sending.child.stdin.end('after its end\n');
      const { code, stderr, stdout } = await sending.ended;
      assert.equal(code, 0, stderr);
      assert.match(stderr, /The daemon has gone: this process goes on by itself\./);
      assert.deepEqual(await bob.listens(), [...lines, 'after its end']);
      const ids = (state: string) => eventsOf(stdout).flatMap((event) => (event.state === state ? [event.id] : []));
      assert.equal(ids('queued').length, 3001);
      assert.deepEqual(ids('sent'), ids('queued'));
    });
  }
});
