/** Ctrl-C, SIGTERM, the end of input and closed pipes: commands end soon, with the right code, and lose nothing. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import type { Live } from '../tools/btr.ts';
import { builtProgram } from '../tools/built.ts';
import { type Pair, type Person, Stage } from '../tools/stage.ts';
import { sqsError, stubEndpoint } from '../tools/stub.ts';

let stage: Stage;
before(async () => {
  stage = await Stage.make();
});
after(() => stage[Symbol.asyncDispose]());

/** Generous for a busy machine, and far from the 20 s of a long poll. */
const soon = 8_000;

async function endsSoon(live: Live, signal: NodeJS.Signals, code: number): Promise<void> {
  const began = performance.now();
  const ended = await live.kill(signal);
  const took = performance.now() - began;
  assert.equal(ended.code, code, ended.stderr);
  assert.doesNotMatch(ended.stderr, /\n\s+at |Error/);
  assert.ok(took < soon, `it took ${took} ms`);
}

const drops = [
  ['folder', () => stage.folderPair()],
  ['embedded cloud', () => stage.cloudPair()],
] as const;

// Processes wait for one another most of the time, so several tests go side by side.
describe('interrupted', { concurrency: 2 }, () => {
  for (const [kind, makePair] of drops) {
    test(`${kind}: a pending wait does not hold up the end, nor does it take the next message with it`, async () => {
      const { alice, bob }: Pair = await makePair();
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
        const listening = bob.start(['listen']);
        assert.equal((await alice.run(['send', `before ${signal}`])).code, 0);
        await listening.untilText(new RegExp(`before ${signal}`));
        await endsSoon(listening, signal, 130);
        await alice.run(['send', `after ${signal}`]);
        assert.deepEqual((await bob.run(['listen', '--count', '1'])).lines, [`after ${signal}`]);
      }
    });

    test(`${kind}: chat ends with its input, its commands and Ctrl-C; what was typed is delivered`, async () => {
      const { alice, bob }: Pair = await makePair();
      const piped = await alice.run(['chat'], { input: 'one\ntwo\n' });
      assert.equal(piped.code, 0, piped.stderr);
      const quit = await alice.run(['chat', 'bob'], { input: 'three\n//four\n/nonsense\n/quit\nnever sent\n' });
      assert.equal(quit.code, 0, quit.stderr);
      assert.match(quit.stdout, /no command \/nonsense\. \/help lists them/);
      const chatting = alice.start(['chat'], { input: 'open' });
      chatting.child.stdin.write('five\n');
      assert.deepEqual((await bob.run(['listen', '--count', '5'])).lines, ['one', 'two', 'three', '/four', 'five']);
      await bob.run(['send', 'seen by alice']);
      await chatting.untilText(/bob: seen by alice/);
      await endsSoon(chatting, 'SIGINT', 130);
    });
  }

  test('send ends while stdin is open; the lines that were read are sent or kept', async () => {
    const { alice, bob } = await stage.folderPair();
    const sending = alice.start(['send', '--json'], { input: 'open' });
    sending.child.stdin.write('read before the end\n');
    await sending.untilText(/"queued"/);
    await endsSoon(sending, 'SIGTERM', 130);
    await alice.run(['send', 'next']);
    assert.deepEqual(await bob.listens(), ['read before the end', 'next']);
  });

  test('send --wait, cloud and demo end as well; the demo leaves nothing behind', async () => {
    const { alice } = await stage.folderPair();
    const waiting = alice.start(['send', 'anybody?', '--wait', '600', '--json']);
    await waiting.untilText(/"sent"/);
    await endsSoon(waiting, 'SIGINT', 130);
    const cloud = stage.start(['cloud', '--port', '0']);
    await cloud.untilText(/types the other\./);
    await endsSoon(cloud, 'SIGINT', 130);
    const env = { ...stage.env, TMPDIR: stage.folder };
    const demo = stage.start(['demo'], { env });
    await demo.untilText(/1\. A wrong PIN/);
    await endsSoon(demo, 'SIGINT', 130);
    assert.deepEqual(
      (await readdir(stage.folder)).filter((name) => name.startsWith('btr-demo-')),
      [],
    );
  });

  const lines = Array.from({ length: 20_000 }, (_, index) => `line ${index + 1} ${'.'.repeat(20)}`);

  async function sendMany(alice: Person): Promise<void> {
    const { code, stderr } = await alice.run(['send'], { input: `${lines.join('\n')}\n` });
    assert.equal(code, 0, stderr);
  }

  test('a reader that leaves (| head -1) ends listen with 0, and what it did not take comes next', async () => {
    const { alice, bob } = await stage.folderPair();
    await sendMany(alice);
    const env = { ...bob.env, NODE: process.execPath, BTR: builtProgram() };
    const script = '"$NODE" "$BTR" listen | head -1; echo "$PIPESTATUS"';
    const shell = spawn('bash', ['-c', script], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    let seen = '';
    shell.stdout.setEncoding('utf8').on('data', (text: string) => {
      seen += text;
    });
    await once(shell, 'close');
    assert.equal(seen, `${lines[0]}\n0\n`);
    const next = await bob.listens();
    // What had left btr before head was gone is not told from what was read.
    assert.ok(next.length > lines.length / 2, `${next.length} lines`);
    assert.deepEqual(next, lines.slice(-next.length));
  });

  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    test(`a reader that stands still holds up neither ${signal} nor a message`, async () => {
      const { alice, bob } = await stage.folderPair();
      await sendMany(alice);
      const listening = bob.start(['listen']);
      await listening.untilText(/line 1 /);
      listening.child.stdout.pause();
      const pending = listening.kill(signal);
      const [code] = await once(listening.child, 'exit');
      assert.equal(code, signal === 'SIGTERM' ? 130 : null);
      listening.child.stdout.resume();
      const { stdout } = await pending;
      const taken = stdout.split('\n').slice(0, -1);
      const next = await bob.listens();
      const first = next[0] ?? '';
      const repeated = taken.indexOf(first);
      const head = repeated === -1 ? taken : taken.slice(0, repeated);
      assert.deepEqual([...head, ...next], lines, 'a line is missing');
      // Marked in batches, so a kill repeats a hundred at most; an interrupt repeats the one under way.
      assert.ok(
        taken.length - head.length <= (signal === 'SIGTERM' ? 1 : 101),
        `${taken.length - head.length} repeats`,
      );
    });
  }

  test('trouble with the drop is said once while it lasts, and a message then comes all the same', async () => {
    const { alice, bob } = await stage.cloudPair();
    const cloud = await stage.cloud();
    await using stub = await stubEndpoint(cloud.endpoint, (action, before) =>
      action === 'ReceiveMessage' && before < 4 ? sqsError(500, 'InternalFailure') : undefined,
    );
    await alice.run(['send', 'in spite of all']);
    const listening = bob.start(['listen'], { env: { AWS_ENDPOINT_URL: stub.endpoint, AWS_MAX_ATTEMPTS: '1' } });
    await listening.untilText(/in spite of all/);
    const { stderr } = await listening.kill('SIGINT');
    const said = stderr.split('\n').filter((line) => line !== '');
    assert.equal(said.length, 1, stderr);
    assert.match(stderr, /failure of its own \(sqs:ReceiveMessage\)/);
  });

  test('stderr that nobody reads is no reason to stop', async () => {
    const { alice, bob } = await stage.folderPair();
    const sending = alice.start(['send', '--file', '-'], { input: 'open' });
    sending.child.stderr.destroy();
    sending.child.stdin.end('content');
    assert.equal((await sending.ended).code, 0);
    assert.match((await bob.listens()).join('\n'), /^file stdin, 7 B/);
  });
});
