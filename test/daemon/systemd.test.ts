/** docs/systemd.md: its unit is one, and the daemon says what the unit waits for. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { blocks, pages } from '../docs/pages.ts';
import { Stage } from '../tools/stage.ts';
import { startDaemon } from './tools.ts';

const skip =
  spawnSync('systemd-analyze', ['--version']).error !== undefined && 'systemd-analyze (systemd) is not there';

let stage: Stage;
before(async () => {
  stage = await Stage.make();
});
after(() => stage[Symbol.asyncDispose]());

test('systemd: the unit of the documentation is one that systemd takes', { skip }, async () => {
  const page = pages().find(({ path }) => path === 'docs/systemd.md');
  assert.ok(page);
  const [unit = [], credential = []] = blocks(page, 'ini');
  const program = stage.path('btr');
  await writeFile(program, '#!/bin/sh\n', { mode: 0o755 });
  const withProgram = (lines: readonly string[]) => `${lines.join('\n').replaceAll('/usr/local/bin/btr', program)}\n`;
  const verify = async (name: string, text: string) => {
    await writeFile(stage.path(name), text);
    return spawnSync('systemd-analyze', ['verify', '--man=no', stage.path(name)], { encoding: 'utf8', env: stage.env });
  };
  const own = (stderr: string) => stderr.split('\n').filter((line) => line.includes(stage.folder));
  const whole = await verify('btr.service', withProgram(unit));
  assert.deepEqual(own(whole.stderr), []);
  assert.deepEqual(own((await verify('locked.service', withProgram(credential))).stderr), []);
  const wrong = await verify('wrong.service', withProgram(unit).replace('Type=notify', 'Tipe=notify'));
  assert.notDeepEqual(own(wrong.stderr), [], 'the check can fail');
});

test('systemd: it is told when the daemon is ready, begins anew and ends', async () => {
  const { alice } = await stage.folderPair();
  const told = stage.path('told');
  await mkdir(stage.path('bin'));
  await writeFile(stage.path('bin', 'systemd-notify'), `#!/bin/sh\necho "$@" >> ${told}\n`);
  await chmod(stage.path('bin', 'systemd-notify'), 0o755);
  const env = { PATH: `${stage.path('bin')}:${alice.env.PATH}`, NOTIFY_SOCKET: stage.path('notify') };
  const live = await startDaemon(alice, [], env);
  live.child.kill('SIGHUP');
  await live.untilText(/Begun anew/);
  assert.equal((await live.kill('SIGTERM')).code, 0);
  const pid = `--pid=${live.child.pid}`;
  const lines = (await readFile(told, 'utf8')).split('\n');
  assert.deepEqual(lines, [`${pid} READY=1`, `${pid} RELOADING=1`, `${pid} READY=1`, `${pid} STOPPING=1`, '']);
});
