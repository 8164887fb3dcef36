/** What commands print into pipes that close, at any width, without colours and in other locales. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { PassThrough } from 'node:stream';
import { after, before, test } from 'node:test';
import { makeOutput } from '../../client/cli/command.ts';
import { everyCommand, makeProgram } from '../../client/cli/program.ts';
import { startProgress } from '../../client/cli/progress.ts';
import type { Terminal } from '../../client/cli/terminal.ts';
import { builtProgram } from '../tools/built.ts';
import { noTerminal, Screen } from '../tools/screen.ts';
import { type Pair, Stage } from '../tools/stage.ts';

let stage: Stage;
let pair: Pair;
before(async () => {
  stage = await Stage.make();
  pair = await stage.folderPair();
});
after(() => stage[Symbol.asyncDispose]());

function terminalOf(columns: number, env: NodeJS.ProcessEnv = {}) {
  const stdout = Object.assign(new PassThrough(), { isTTY: true, columns });
  return {
    stdin: new PassThrough(),
    stdout,
    stderr: stdout,
    env,
    signal: new AbortController().signal,
  } satisfies Terminal;
}

for (const width of [20, 40, 80, 200]) {
  test(`help fits ${width} columns, but for words and command lines that are longer`, () => {
    for (const command of everyCommand(makeProgram(terminalOf(width), '0'))) {
      const parts: string[] = [];
      command.configureOutput({ writeOut: (text) => void parts.push(text) }).outputHelp();
      for (const line of parts.join('').split('\n')) {
        const isWhole = /^ *(\$ |-|Usage: |[a-z-]+ [[<]|\S+$)/.test(line);
        assert.ok(line.length <= width || isWhole, `${command.name()}: ${line}`);
      }
    }
  });
}

test('a real terminal of 100 columns is filled, a pipe gets 80', { skip: noTerminal }, async () => {
  await using screen = await Screen.open(stage, ['send', '--help']);
  assert.match(await screen.until(/\[exit 0\]/), /^ +--proxy <url> .{60,}$/m);
  const { stdout } = await stage.run(['send', '--help']);
  assert.ok(stdout.split('\n').every((line) => line.length <= 80 || line.startsWith('  $ ')));
});

test('colours need a terminal that takes them, and nobody who does not want them', async () => {
  const style = (env: NodeJS.ProcessEnv, color = true) => makeOutput(terminalOf(80, env), { color }).style('red', 'x');
  assert.equal(style({ TERM: 'xterm' }), '\u001b[31mx\u001b[39m');
  assert.equal(style({ TERM: 'xterm', NO_COLOR: '1' }), 'x');
  assert.equal(style({ TERM: 'xterm' }, false), 'x');
  assert.equal(style({ TERM: 'dumb' }), 'x');
  const dumb = terminalOf(80, { TERM: 'dumb' });
  const progress = await startProgress(dumb, makeOutput(dumb, { color: true }), 'id', 'file');
  progress.update(1, 2);
  progress.stop();
  assert.equal(dumb.stdout.read(), null);
});

test('readers that leave early end every command that prints much with 0, and nothing is said', async () => {
  const lines = Array.from({ length: 5000 }, (_, index) => `line ${index + 1} ${'.'.repeat(40)}`);
  assert.equal((await pair.alice.run(['send'], { input: `${lines.join('\n')}\n` })).code, 0);
  const env = { ...pair.alice.env, NODE: process.execPath, BTR: builtProgram() };
  for (const args of ['history', 'history --json', 'completion zsh', '--help']) {
    const script = `"$NODE" "$BTR" ${args} | head -1 >/dev/null; echo "$PIPESTATUS"`;
    const { stdout, stderr } = spawnSync('bash', ['-c', script], { env, encoding: 'utf8' });
    assert.deepEqual({ stdout, stderr }, { stdout: '0\n', stderr: '' }, args);
  }
});

test('a locale without UTF-8 changes no byte of what is piped', async () => {
  assert.equal((await pair.alice.run(['send', 'grüße 你好'])).code, 0);
  const env = { ...pair.alice.env, LC_ALL: 'C', LANG: 'C' };
  assert.equal((await pair.alice.run(['history', '--last', '1'], { env })).stdout, 'alice: grüße 你好\n');
});

test('a command line that can not be parsed names the help of its own command', async () => {
  for (const [args, command] of [
    [['channel', 'add'], 'channel add '],
    [['send', '--nonsense'], 'send '],
    [['channel', 'nonsense'], 'channel '],
    [['nonsense'], ''],
  ] as const) {
    const { code, stderr } = await stage.run(args);
    assert.equal(code, 2);
    assert.ok(stderr.endsWith(`\nSee: btr ${command}--help\n`), stderr);
  }
});
