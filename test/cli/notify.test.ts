/** Desktop notifications: a program in the place of notify-send is told that something came, and nothing else. */
import assert from 'node:assert/strict';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { rpc, startDaemon } from '../daemon/tools.ts';
import { Stage } from '../tools/stage.ts';

const skip = process.platform !== 'linux' && 'notify-send is for Linux';

let stage: Stage;
before(async () => {
  stage = await Stage.make();
  await mkdir(stage.path('bin'));
  await writeFile(stage.path('bin', 'notify-send'), `#!/bin/sh\necho "$@" >> ${stage.path('told')}\n`);
  await chmod(stage.path('bin', 'notify-send'), 0o755);
});
after(() => stage[Symbol.asyncDispose]());

test('notify: listen and the daemon say that something came, once for several, with no word of it', {
  skip,
}, async () => {
  const { alice, bob } = await stage.folderPair();
  const env = { PATH: `${stage.path('bin')}:${alice.env.PATH}` };
  await alice.run(['send'], { input: 'secret one\nsecret two\n' });
  const listened = await bob.run(['listen', '--count', '2', '--notify'], { env });
  assert.deepEqual([listened.code, listened.stderr], [0, '']);
  const live = await startDaemon(bob, ['--notify'], env);
  await rpc(bob, 'ping');
  await alice.run(['send', 'secret three', '--wait', '60']);
  assert.equal((await live.kill('SIGTERM')).code, 0);
  assert.equal(await readFile(stage.path('told'), 'utf8'), '--app-name=btr btr new message\n'.repeat(2));
});

test('notify: where nothing can show it, that is said once and the message all the same', { skip }, async () => {
  const { alice, bob } = await stage.folderPair();
  await alice.run(['send', 'shown']);
  const env = { PATH: stage.path('nowhere') };
  const listening = bob.start(['listen', '--notify'], { env });
  await listening.untilText(/shown/);
  await listening.untilText(/notify-send is not there/);
  const { stderr, lines } = await listening.kill('SIGINT');
  assert.deepEqual(lines, ['shown']);
  assert.equal(stderr, 'No desktop notifications: notify-send is not there.\n');
});
