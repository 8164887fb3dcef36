/** What real shells complete, in a real terminal; and that the scripts know every command and option. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { everyGrammar, grammarOf } from '../../client/cli/completion/grammar.ts';
import { completionScript } from '../../client/cli/completion-run.ts';
import { makeProgram } from '../../client/cli/program.ts';
import { processTerminal } from '../../client/cli/terminal.ts';
import { eventsOf } from '../tools/btr.ts';
import { builtProgram } from '../tools/built.ts';
import { noTerminal, Screen } from '../tools/screen.ts';
import { type Person, Stage } from '../tools/stage.ts';

const shells = ['bash', 'zsh', 'fish'] as const;

let stage: Stage;
let alice: Person;
/** The first digits of a file's id. */
let fileId: string;
before(async () => {
  stage = await Stage.make();
  const pair = await stage.folderPair('plain');
  alice = pair.alice;
  await alice.within((messenger) => messenger.changeChannel('bob', { name: 'Bob Ross' }));
  await writeFile(stage.path('notes.txt'), 'x');
  await mkdir(stage.path('noon'));
  await mkdir(stage.path('bin'));
  await symlink(builtProgram(), stage.path('bin', 'btr'));
  const sent = await alice.run(['send', '--file', 'notes.txt', '--json']);
  const id = eventsOf(sent.stdout).find(({ event }) => event === 'file' || event === 'status')?.id;
  fileId = String(id).slice(0, 8);
  for (const shell of shells) {
    const { stdout } = await alice.run(['completion', shell]);
    await writeFile(stage.path(`completion.${shell}`), stdout);
  }
});
after(() => stage[Symbol.asyncDispose]());

const program = makeProgram({ ...processTerminal(process.exit), env: {} }, '0');
const commands = [...everyGrammar(grammarOf(program))];

/** What stands on the line, the word that was begun, and what it becomes. */
const cases = (): readonly (readonly [before: string, begun: string, word: string])[] => [
  ['btr', 'hist', 'history'],
  ['btr channel', 'rot', 'rotate-key'],
  ['btr help', 'chann', 'channel'],
  ['btr completion', 'z', 'zsh'],
  ['btr send --whole --quiet --burn', '--wa', '--wait'],
  ['btr channel set', '--rec', '--receipts'],
  ['btr channel set --receipts', 'of', 'off'],
  ['btr channel add carol --as a --suite', 'sig', 'signal'],
  ['btr drop use Bob\\ Ross', 'ra', 'random'],
  ['btr drop use', 'ra', 'random'],
  ['btr send', 'B', 'Bob\\ Ross'],
  ['btr send --ttl 1h --to', 'B', 'Bob\\ Ross'],
  ['btr send --home ~/empty -q --home ~/home-alice-1', 'B', 'Bob\\ Ross'],
  ['btr get', fileId.slice(0, 4), fileId],
  ['btr files --recall', fileId.slice(0, 4), fileId],
  ['btr send --file', 'not', 'notes.txt'],
  ['btr join', 'not', 'notes.txt'],
  ['btr listen --files', 'no', 'noon/'],
];

/** Words that nothing completes. */
const nothing = [
  ['btr send Bob\\ Ross', 'B'],
  ['btr send --', '--wa'],
  ['btr channel add', 'B'],
  ['btr send --ttl', 'n'],
  ['btr send --home ~/empty', 'B'],
  ['btr', 'agen'],
] as const;

const begin = {
  bash: { words: ['bash', '--noprofile', '--norc', '-i'], source: 'PS1=; source completion.bash' },
  zsh: { words: ['zsh', '-f', '-i'], source: 'PS1=; autoload -Uz compinit; compinit -D; source completion.zsh' },
} as const;

for (const shell of ['bash', 'zsh'] as const) {
  test(`${shell} completes what was begun, and nothing else`, { skip: noTerminal || missing(shell) }, async () => {
    const { words, source } = begin[shell];
    await using screen = await Screen.run(alice, words, shellEnv());
    await screen.enter(`${source}; clear; echo ready`);
    await screen.until(/^ready/);
    const shows = async (typed: string, line: string) => {
      await screen.type(typed);
      // What is typed behind it shows where the completion has ended.
      await screen.press('Tab', '^');
      await screen.until(new RegExp(`^${line.replaceAll('\\', '\\\\')}\\^`, 'm'));
      await screen.press('C-u');
    };
    for (const [before, begun, word] of cases()) {
      await shows(`${before} ${begun}`, `${before} ${word}${word.endsWith('/') ? '' : ' '}`);
    }
    for (const [before, begun] of nothing) await shows(`${before} ${begun}`, `${before} ${begun}`);
  });
}

test('fish completes what was begun, and nothing else', { skip: missing('fish') }, () => {
  const lines = [...cases(), ...nothing].map(([before, begun]) => `${before} ${begun}`);
  const script = 'source completion.fish; for line in $argv; complete -C$line | cut -f 1; echo ==; end';
  const { stdout } = spawnSync('fish', ['--no-config', '-c', script, ...lines], {
    cwd: stage.folder,
    env: shellEnv(),
    encoding: 'utf8',
  });
  const expected = [...cases().map(([, , word]) => `${word.replace('\\', '')}\n`), ...nothing.map(() => '')];
  assert.deepEqual(stdout.split('==\n').slice(0, -1), expected);
});

function shellEnv(): NodeJS.ProcessEnv {
  return { ...alice.env, PATH: `${stage.path('bin')}:${alice.env.PATH}` };
}

function missing(shell: string): string | false {
  return spawnSync(shell, ['--version']).error !== undefined && `${shell} is not installed`;
}

for (const shell of shells) {
  test(`the script for ${shell} has every command and option, and no hidden one`, () => {
    const script = completionScript(program, shell);
    for (const { path, options } of commands) {
      assert.ok(script.includes(path.at(-1) ?? 'btr'));
      for (const { flags } of options)
        for (const flag of flags) assert.ok(script.includes(flag.replace(/^-+/, '')), flag);
    }
    assert.doesNotMatch(script, /\bagent\b/);
  });
}

test('an option takes a value in every command that has it, or in none: what is typed is counted by that', () => {
  const all = commands.flatMap(({ options }) =>
    options.flatMap(({ flags, value }) => flags.map((flag) => ({ flag, value }))),
  );
  for (const [flag, uses] of Map.groupBy(all, ({ flag }) => flag)) {
    assert.equal(new Set(uses.map(({ value }) => value === undefined)).size, 1, flag);
  }
});

test('nobody is asked for anything, and a home that is locked or missing has no candidates', async () => {
  const locked = stage.person('locked');
  const made = await locked.run(['init'], { env: { BTR_PASSPHRASE: 'correct horse battery' } });
  assert.equal(made.code, 0, made.stderr);
  for (const home of [locked.home, stage.path('no-home')]) {
    const { code, stdout, stderr } = await stage.run(['complete', 'channels', '--', 'btr', 'send', `--home=${home}`]);
    assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: '', stderr: '' });
  }
});

test('btr completion names the shells it knows', async () => {
  const { code, stderr } = await stage.run(['completion', 'tcsh']);
  assert.equal(code, 2);
  assert.match(stderr, /bash, zsh, fish/);
  const [event] = eventsOf((await stage.run(['completion', 'fish', '--json'])).stdout);
  assert.deepEqual(event, { event: 'completion', shell: 'fish', script: completionScript(program, 'fish') });
});
