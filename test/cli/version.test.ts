/** What a program says of its own making, and that the same commit always makes the same program. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { builtProgram, copyProject, repository } from '../tools/built.ts';

const project = mkdtempSync(join(tmpdir(), 'btr-version-'));
const env = { PATH: process.env.PATH, HOME: project, GIT_CONFIG_NOSYSTEM: '1' };

before(async () => {
  await copyProject(project);
  git('init', '--quiet');
  git('add', '--', 'client', 'lambdas', 'build.ts', 'package.json');
  commit('first');
});
after(() => rmSync(project, { recursive: true, force: true }));

function git(...args: readonly string[]): string {
  return execFileSync('git', args, { cwd: project, env, encoding: 'utf8' }).trim();
}

function commit(text: string): void {
  git('-c', 'user.name=test', '-c', 'user.email=test@example.org', 'commit', '--quiet', '-m', text);
}

/** Builds the project anew. @returns the program. */
function build(name: string): string {
  execFileSync(process.execPath, ['build.ts', name], { cwd: project, env });
  return join(project, name, 'btr.js');
}

function says(program: string, ...args: readonly string[]): string {
  return execFileSync(process.execPath, [program, ...args], { encoding: 'utf8' });
}

/** The files of a build but for its entry, which names the commit. */
function partsOf(folder: string): Map<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name !== 'btr.js');
  const files = names.filter((name) => statSync(join(folder, name)).isFile()).sort();
  return new Map(
    files.map((name) => [
      name,
      createHash('sha256')
        .update(readFileSync(join(folder, name)))
        .digest('hex'),
    ]),
  );
}

function versionOf(path: string): string {
  const { version }: { version: string } = JSON.parse(readFileSync(path, 'utf8'));
  return version;
}

const version = versionOf(join(repository, 'package.json'));
const libsignal = versionOf(join(repository, 'node_modules', '@signalapp', 'libsignal-client', 'package.json'));
const { node } = process.versions;

test('built without git, it names its version, Node and libsignal, as a line and as an event', () => {
  assert.equal(says(builtProgram(), '--version'), `btr ${version} (Node ${node}, libsignal ${libsignal})\n`);
  assert.equal(says(builtProgram(), '-V'), says(builtProgram(), '--version'));
  for (const args of [
    ['--version', '--json'],
    ['--json', '--version'],
  ]) {
    const event: unknown = JSON.parse(says(builtProgram(), ...args));
    assert.deepEqual(event, { event: 'version', version, commit: null, changed: false, libsignal, node });
  }
});

test('built from a repository, it names the commit and local changes, and is the same bytes wherever it is built', () => {
  // What a build leaves must not be a change of its own.
  appendFileSync(join(project, '.git', 'info', 'exclude'), '*\n');
  const one = build('one');
  const head = git('rev-parse', 'HEAD').slice(0, 7);
  assert.equal(says(one, '--version'), `btr ${version} (commit ${head}, Node ${node}, libsignal ${libsignal})\n`);
  const elsewhere = partsOf(dirname(builtProgram()));
  for (const [name, hash] of partsOf(join(project, 'one'))) assert.equal(elsewhere.get(name), hash, name);
  appendFileSync(join(project, 'client', 'main.ts'), '// changed\n');
  const changed = build('two');
  assert.match(says(changed, '--version'), new RegExp(`\\(commit ${head} with local changes, Node `));
  const event: { commit: unknown; changed: unknown } = JSON.parse(says(changed, '--version', '--json'));
  assert.deepEqual({ commit: event.commit, changed: event.changed }, { commit: head, changed: true });
});
