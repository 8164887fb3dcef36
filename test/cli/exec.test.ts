/** `btr listen --exec`: commands that fail, fork, hang, ask for another try, and files. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { Stage } from '../tools/stage.ts';

let stage: Stage;
before(async () => {
  stage = await Stage.make();
});
after(() => stage[Symbol.asyncDispose]());

describe('exec', { concurrency: 3 }, () => {
  test('75 is tried again until it is done, in order; with --once it is a failure', async () => {
    const { alice, bob } = await stage.folderPair();
    await alice.run(['send'], { input: 'one\ntwo\n' });
    const tried = stage.path('tried');
    const command = `read -r text; echo "$text $BTR_ID"; test -e ${tried} && exit 0; touch ${tried}; exit 75`;
    const once = await bob.run(['listen', '--once', '--exec', 'exit 75']);
    assert.equal(once.code, 1);
    assert.match(once.stderr, /ended with code 75/);
    const { code, lines, stderr } = await bob.run(['listen', '--count', '2', '--exec', command]);
    assert.equal(code, 0, stderr);
    assert.deepEqual(
      lines.map((line) => line.split(' ')[0]),
      ['one', 'one', 'two'],
    );
    assert.equal(lines[0], lines[1], 'the id is the same');
  });

  test('one that ignores its stdin, or leaves something in the background, is done when it ends', async () => {
    const { alice, bob } = await stage.folderPair();
    await alice.run(['send', '--whole'], { input: 'x'.repeat(2_000_000) });
    // The background process inherits stdin and never reads it.
    const command = 'sleep 600 <&0 >/dev/null 2>&1 & echo $! > pid';
    assert.equal((await bob.run(['listen', '--once', '--exec', command], { patience: 30_000 })).code, 0);
    process.kill(Number(await readFile(stage.path('pid'), 'utf8')), 'SIGKILL');
    assert.deepEqual(await bob.listens(), []);
  });

  test('one that is killed, or interrupted with btr, gets its message again', async () => {
    const { alice, bob } = await stage.folderPair();
    await alice.run(['send', 'again']);
    const killed = await bob.run(['listen', '--once', '--exec', 'kill -KILL $$']);
    assert.equal(killed.code, 1);
    assert.match(killed.stderr, /was ended by SIGKILL/);
    const listening = bob.start(['listen', '--exec', 'echo started; exec sleep 600']);
    await listening.untilText(/started/);
    assert.equal((await listening.kill('SIGINT')).code, 130);
    assert.deepEqual(await bob.listens(), ['again']);
  });

  test('with --files it runs for files, too, with name, size and path', async () => {
    const { alice, bob } = await stage.folderPair();
    await writeFile(stage.path('a-file.txt'), 'content');
    await alice.run(['send', 'text', '--file', stage.path('a-file.txt')]);
    const command = 'echo "$BTR_KIND [$BTR_FILE_NAME] $BTR_FILE_SIZE"; cat $BTR_FILE_PATH; echo';
    const { code, lines, stderr } = await bob.run(['listen', '--once', '--files', 'inbox', '--exec', command]);
    assert.equal(code, 0, stderr);
    assert.deepEqual(lines, ['message [] ', 'text', 'file [a-file.txt] 7', 'content']);
  });
});
