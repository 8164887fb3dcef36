/** Help and usage of every command, and what no command takes: a secret as an argument. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { makeProgram } from '../../client/cli/program.ts';
import { processTerminal } from '../../client/cli/terminal.ts';
import { eventsOf } from '../tools/btr.ts';
import { repository } from '../tools/built.ts';
import { Stage } from '../tools/stage.ts';

let stage: Stage;
before(async () => {
  stage = await Stage.make();
});
after(() => stage[Symbol.asyncDispose]());

type Command = ReturnType<typeof makeProgram>;

function* leaves(
  command: Command,
  path: readonly string[] = [],
): Iterable<{ path: readonly string[]; command: Command }> {
  for (const child of command.commands) {
    const childPath = [...path, child.name()];
    if (child.commands.length > 0) yield* leaves(child, childPath);
    else yield { path: childPath, command: child };
  }
}

const terminal = { ...processTerminal(process.exit), env: {} };
const all = [...leaves(makeProgram(terminal, '0'))];

test('the commands are those of the design', () => {
  const expected =
    'channel add, channel list, channel remove, channel rotate-key, channel set, channel show, chat, cloud, demo, doctor, files, get, history, identity show, init, invite, join, listen, lock, passphrase, send, swap, unlock, verify, wipe';
  const names = all.map(({ path }) => path.join(' ')).sort();
  assert.deepEqual(
    expected.split(', ').filter((name) => !names.includes(name)),
    [],
  );
});

test('every command explains itself, with an example that begins as one would type it', async () => {
  for (const { path, command } of all) {
    const { code, stdout, stderr } = await stage.run([...path, '--help']);
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' }, path.join(' '));
    assert.ok(stdout.startsWith(`Usage: btr ${path.join(' ')} `), stdout);
    assert.match(stdout, /\nExamples:\n {2}\$ /, `${path.join(' ')} has no example`);
    for (const line of stdout.split('\n').filter((text) => text.startsWith('  $ '))) {
      assert.ok(line.includes(`btr ${path.join(' ')}`), line);
    }
    for (const name of ['--home', '--json', '--quiet', '--no-color', '--passphrase-file']) {
      assert.ok(stdout.includes(name), `${path.join(' ')} lacks ${name}`);
    }
    for (const option of command.options) assert.ok(option.description, `${path.join(' ')} ${option.flags}`);
  }
});

test('no option of any command takes a secret as its value', () => {
  for (const { path, command } of all) {
    for (const { long, required, optional } of command.options) {
      if (!required && !optional) continue;
      assert.ok(!/pin|pass|secret|key|token/.test(long ?? '') || long?.endsWith('-file'), `${path.join(' ')} ${long}`);
    }
  }
});

test('btr alone, btr help and btr --version', async () => {
  const alone = await stage.run([]);
  assert.equal(alone.code, 0);
  assert.match((await stage.run(['channel'])).stdout, /^Usage: btr channel /);
  assert.match(alone.stdout, /^Usage: btr .*\n(.*\n)*Exit codes: 0 done; 1 a fault of btr; 2 usage/);
  assert.equal((await stage.run(['help', 'send'])).stdout, (await stage.run(['send', '--help'])).stdout);
  const { version }: { version: string } = JSON.parse(await readFile(`${repository}/package.json`, 'utf8'));
  assert.ok((await stage.run(['--version'])).stdout.startsWith(`btr ${version} (`));
});

test('what is no command or option ends with code 2, a sentence and a hint, also as NDJSON', async () => {
  const calls: readonly (readonly [string[], RegExp])[] = [
    [['nonsense'], /^btr: Unknown command 'nonsense'\.\nSee: btr --help/],
    [['channel', 'nonsense'], /^btr: Unknown command 'nonsense'/],
    [['send', '--nonsense'], /^btr: Unknown option '--nonsense'/],
    [['channel', 'add', 'bob'], /^btr: Required option '--as <role>' not specified\./],
    [['get'], /^btr: Missing required argument 'file-id'\./],
    [['wipe'], /^btr: Wipe the history of one channel, or everything\?\nbtr wipe CHANNEL, or btr wipe --all/],
    [['wipe', 'bob', '--all'], /^btr: Wipe the history of one channel, or everything\?/],
    [['demo', 'extra'], /^btr: Too many arguments for 'demo'/],
    [['cloud', '--port', '65536'], /^btr: "65536" is not a port\.\n0 takes any free one\./],
    [['cloud', '--people', 'alice'], /^btr: --people takes two names/],
    [['cloud', '--port', '0', '--people', 'a b,c'], /^btr: --people takes two names/],
  ];
  for (const [args, pattern] of calls) {
    const { code, stdout, stderr } = await stage.run(args);
    assert.deepEqual({ code, stdout }, { code: 2, stdout: '' }, args.join(' '));
    assert.match(stderr, pattern);
  }
  const { stdout } = await stage.run(['channel', 'add', 'bob', '--json']);
  assert.deepEqual(eventsOf(stdout), [
    {
      event: 'error',
      code: 'usage',
      text: "Required option '--as <role>' not specified.",
      hint: 'See: btr channel add --help',
    },
  ]);
});
