/** The man page: all of the definitions is in it, and man renders it without a complaint. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { everyGrammar, grammarOf } from '../../client/cli/completion/grammar.ts';
import { makeProgram } from '../../client/cli/program.ts';
import { processTerminal } from '../../client/cli/terminal.ts';
import { exitCodes } from '../../client/errors.ts';
import { builtProgram, repository } from '../tools/built.ts';

const {
  man: [man = ''],
}: { man: string[] } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'));
const path = join(dirname(builtProgram()), man.replace(/^\.\/dist\//, ''));
const source = readFileSync(path, 'utf8');
/** As one reads it: the escapes of roff undone. */
const page = source.replaceAll('\\-', '-').replaceAll('\\(aq', "'").replaceAll('\\(dq', '"');

test('every command, option and example is in it, and no hidden command', () => {
  const program = makeProgram({ ...processTerminal(process.exit), env: {} }, '0');
  for (const { path: words, commands, options } of everyGrammar(grammarOf(program))) {
    if (commands.length === 0) assert.match(page, new RegExp(`^\\.SS "btr ${words.join(' ')} .*\\[options\\]`, 'm'));
    for (const { flags, text } of options) {
      assert.ok(page.includes(`\n\\fB${flags.join(', ')}`), `${words.join(' ')} ${flags}`);
      assert.ok(page.includes(`\n${text}`), `${words.join(' ')} ${flags}: ${text}`);
    }
  }
  assert.ok(page.includes('\n\\fBtail -f app.log | btr send bob\\fR\neach line is a message\n'));
  assert.doesNotMatch(page, /btr (agent|complete) /);
});

test('every variable that the program reads and every exit code is in it', () => {
  const names = readdirSync(join(repository, 'client'), { recursive: true, encoding: 'utf8' });
  const sources = names
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => readFileSync(join(repository, 'client', name), 'utf8'));
  const read = sources.flatMap((text) => [...text.matchAll(/\benv\.([A-Z][A-Z_]+)|'(BTR_[A-Z_]+)'/g)]);
  const variables = new Set(read.map(([, one, other]) => one ?? other ?? ''));
  assert.ok(variables.has('BTR_PASSPHRASE') && variables.has('NO_COLOR'), [...variables].join(' '));
  for (const name of variables) if (!elsewhere.has(name)) assert.ok(page.includes(name), name);
  for (const code of Object.values(exitCodes)) assert.ok(page.includes(`\n\\fB${code}\\fR\n`), String(code));
});

/** Known of the system or of AWS's programs, and not ours to explain. */
const elsewhere = new Set([
  'PATH',
  'LOCALAPPDATA',
  'AWS_DEFAULT_REGION',
  'AWS_ENDPOINT_URL_IAM',
  'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS',
  'AWS_MAX_ATTEMPTS',
]);

const skip =
  spawnSync('man', ['--version']).error !== undefined && 'man is not installed (test/system/setup.sh does it)';

test('man shows it without a warning', { skip }, () => {
  for (const width of ['80', '200']) {
    const env = { PATH: process.env.PATH, LC_ALL: 'C.UTF-8', MANWIDTH: width, MANROFFOPT: '-ww' };
    const { status, stdout, stderr } = spawnSync('man', ['--warnings', '-l', path], { env, encoding: 'utf8' });
    assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
    for (const name of [
      'NAME',
      'SYNOPSIS',
      'DESCRIPTION',
      'COMMANDS',
      'ENVIRONMENT',
      'EXIT STATUS',
      'FILES',
      'SEE ALSO',
    ])
      assert.match(stdout, new RegExp(`^${name}$`, 'm'));
    assert.match(stdout, /^ +--passphrase-file <file>$/m);
  }
});
