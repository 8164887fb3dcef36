/** Every command line that the documentation shows is one that the program, the CDK app or npm understands. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import type { Command } from 'commander';
import { everyCommand, makeProgram } from '../../client/cli/program.ts';
import type { Terminal } from '../../client/cli/terminal.ts';
import { readSettings } from '../../infra/settings.ts';
import { blocks, codeSpans, type Page, pages, root } from './pages.ts';
import { btrArguments, commandsIn } from './shell.ts';

/** The real program, whose commands parse and then do nothing. */
function idleProgram(): Command {
  const terminal: Terminal = {
    stdin: new PassThrough(),
    stdout: new PassThrough(),
    stderr: new PassThrough(),
    env: {},
    signal: new AbortController().signal,
  };
  const program = makeProgram(terminal, '0.0.0');
  for (const command of everyCommand(program)) if (command.commands.length === 0) command.action(() => {});
  return program;
}

function shellLines(page: Page): string[] {
  return blocks(page, 'sh').flat();
}

for (const page of pages()) {
  test(`docs: the commands of ${page.path} parse`, async () => {
    for (const line of shellLines(page)) {
      for (const words of commandsIn(line)) {
        const given = btrArguments(words);
        if (given) await assert.doesNotReject(idleProgram().parseAsync([...given], { from: 'user' }), line);
      }
    }
  });

  test(`docs: what ${page.path} names of the program is there`, () => {
    for (const span of codeSpans(page)) {
      const given = btrArguments(span.split(' '));
      if (given) assertNamed(given, span);
      else if (span.startsWith('--')) assertSomeOption(span);
    }
  });

  test(`docs: the settings that ${page.path} gives to cdk are ones`, () => {
    const lines = [...shellLines(page), ...codeSpans(page).filter((span) => span.startsWith('npx cdk'))];
    for (const words of lines.flatMap(commandsIn)) {
      if (words[0] !== 'npx' || words[1] !== 'cdk' || words.length === 2) continue;
      if (words.includes('-c')) assert.doesNotThrow(() => readSettings(contextOf(words)), words.join(' '));
    }
  });

  test(`docs: the npm scripts that ${page.path} runs are there`, () => {
    const { scripts }: { scripts: Record<string, string> } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
    const known = new Set(['ci', 'pack', 'install', ...Object.keys(scripts)]);
    for (const [, run, name = ''] of page.text.matchAll(/\bnpm (run )?([a-z]+)\b/g)) {
      // `npm` is also a word: only what could be a command is looked at.
      if (run !== undefined || codeSpans(page).some((span) => span.includes(`npm ${name}`))) {
        assert.ok(known.has(name), `npm ${run ?? ''}${name}`);
      }
    }
  });
}

test('docs: the checks of command lines can fail', async () => {
  await assert.rejects(idleProgram().parseAsync(['send', '--no-such-option'], { from: 'user' }));
  await assert.rejects(idleProgram().parseAsync(['files', 'bob', 'carol'], { from: 'user' }));
  assert.throws(() => assertNamed(['listen', '--no-such-option'], ''));
  assert.throws(() => assertNamed(['telegraph'], ''));
  assert.throws(() => assertSomeOption('--no-such-option'));
  assert.throws(() => readSettings(contextOf(['npx', 'cdk', 'synth', '-c', 'budies=alice,bob'])));
  assert.deepEqual(commandsIn(`A=1 tail -f app.log | btr send "to all" 'a b' < letter.txt # said`), [
    ['tail', '-f', 'app.log'],
    ['btr', 'send', 'to all', 'a b'],
  ]);
});

/** In running text a command need not be whole, but what stands there has to exist. */
function assertNamed(given: readonly string[], span: string): void {
  let command: Command = idleProgram();
  for (const word of given) {
    // Placeholders such as COMMAND and BUDDY, and --help, which commander adds.
    if (word === '--help' || /^[A-Z]/.test(word)) continue;
    if (word.startsWith('-')) {
      assert.ok(optionsOf(command).has(word), `${span}: ${word}`);
      continue;
    }
    const child = command.commands.find((one) => one.name() === word);
    assert.ok(child ?? command.commands.length === 0, `${span}: there is no command ${word}`);
    command = child ?? command;
  }
}

/** An option named alone: of any command, or of the few tools that the documentation uses. */
function assertSomeOption(span: string): void {
  const [name = ''] = span.split(/[ =]/);
  const ours = [...everyCommand(idleProgram())].some((command) => optionsOf(command).has(name));
  assert.ok(ours || name === '--outputs-file', `there is no option ${name}`);
}

function optionsOf(command: Command): Set<string> {
  return new Set(command.options.flatMap(({ short, long }) => [short ?? '', long ?? '']));
}

function contextOf(words: readonly string[]): Record<string, string> {
  const pairs = words.flatMap((word, index) => (words[index - 1] === '-c' ? [word.split('=')] : []));
  return Object.fromEntries(pairs.map(([key = '', ...value]) => [key, value.join('=')]));
}
