/**
 * The scenarios once more, through SQS and S3 as alice and bob, with signatures verified and the deployed policies
 * enforced. A new file of scenarios finds its place in one of the two lists, or this fails.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const kills = 'kills a home between two turns of this process: its requests to an account would go on';
const faults = 'lets single calls fail, as an account does not when asked';
const swaps = 'takes the other role, which the policies forbid where a stack was not deployed for it';
const clouds = 'goes over several clouds of its own, which fail one by one';

/** Those that run, each with the tests that can't, named by a part of their name, and why. */
const through: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'bad-bodies': {},
  files: { 'removes a parcel under the own role': swaps },
  keys: {},
  listening: {
    'a listener killed after the commit': kills,
    'a killed sender leaves nothing half done': kills,
    'listening outlasts failures that may pass': faults,
    'a large message that can not be fetched now': faults,
  },
  move: {
    'where the old drop can not be read': faults,
    'another process that is slow to open the old drop': faults,
    'btrchat takes along what was not left for certain': faults,
  },
  order: {},
  pairing: {},
  'pairing-attacks': {},
  'pairing-hostile': {},
  'pairing-hostile-copies': {},
  'pairing-hostile-numbers': {},
  'pairing-hostile-place': {},
  'pairing-invite': {},
  'pairing-order': {
    'opened by another process, where the first one was killed': kills,
    'a kill at any moment of the step': kills,
  },
  'pairing-pin': {},
  'pairing-replace': {},
  'pairing-secrets': {},
  renewal: {},
  restored: {},
  'restored-doubt': {},
  'restored-signal': {},
  retention: {},
  sessions: {},
  timers: {},
  wipe: {},
};

const notThrough: Readonly<Record<string, string>> = {
  'aws-account': 'has accounts of its own, with processes of btr',
  'btrchat-swap': swaps,
  'kept-notices': kills,
  'move-kill': 'has folders of its own, with processes of btr that are killed',
  'move-property': kills,
  'restored-chance': kills,
  secrecy: 'has a folder of its own, with processes of btr',
  several: clouds,
  'several-files': clouds,
  'several-hostile': clouds,
  'several-keys': clouds,
  'several-late': clouds,
  'several-move': clouds,
  'several-partition': clouds,
  'several-spoiled': clouds,
  'several-storm': clouds,
  'several-trouble': clouds,
  'several-words': clouds,
  swap: swaps,
  'through-account': 'is this',
};

const folder = fileURLToPath(new URL('.', import.meta.url));
const reporter = fileURLToPath(new URL('events-reporter.ts', import.meta.url));

interface TestEvent {
  readonly type: string;
  /** Absent where it is about the run as a whole. */
  readonly file?: string;
  readonly line?: number;
  readonly message?: string;
  readonly skip?: string | boolean;
  readonly todo?: string | boolean;
}

test('every file of scenarios goes through an account or says why not', async () => {
  const names = (await readdir(folder)).flatMap((name) => /^(.*)\.test\.ts$/.exec(name)?.[1] ?? []);
  assert.deepEqual([...Object.keys(through), ...Object.keys(notThrough)].toSorted(), names.toSorted());
});

describe('in an account', { concurrency: 2 }, () => {
  const names = Object.keys(through);
  for (const half of [0, 1]) {
    const some = names.filter((_, index) => index % 2 === half);
    test(`as alice and bob: ${some.join(', ')}`, async () => {
      const events = await run(some);
      const passed = events.filter(({ type, skip, todo }) => type === 'test:pass' && !skip && !todo);
      const wanted = await Promise.all(some.map(placesOfTests));
      const places = passed.map(({ file = '', line }) => `${basename(file)}:${line}`);
      assert.deepEqual(new Set(places), new Set(wanted.flat()));
      const asked = events.filter(({ message }) => message === 'through an account');
      assert.deepEqual(
        new Set(asked.map(({ file = '' }) => basename(file))),
        new Set(some.map((name) => `${name}.test.ts`)),
      );
    });
  }
});

/** One process for all of them, which synthesizes the stack once. @throws where it does not end with 0. */
async function run(names: readonly string[]): Promise<TestEvent[]> {
  const others = names.flatMap((name) => Object.keys(through[name] ?? {}));
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const outputs = ['--test-reporter', reporter, '--test-reporter-destination', 'stdout'];
  const people = ['--test-reporter', 'spec', '--test-reporter-destination', 'stderr'];
  // What waits for a message that is refused would wait for ever.
  const limits = ['--test-isolation=none', '--test-timeout=180000'];
  const skip = others.map((name) => `--test-skip-pattern=${name}`);
  const files = names.map((name) => `${name}.test.ts`);
  const child = spawn(process.execPath, ['--test', ...limits, ...outputs, ...people, ...skip, ...files], {
    cwd: folder,
    env: { ...env, BTR_TEST_DROP: 'account' },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 480_000,
  });
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  assert.equal(code, 0, stderr);
  return stdout
    .trimEnd()
    .split('\n')
    .map((line): TestEvent => JSON.parse(line));
}

/** File and line of each test that must run. */
async function placesOfTests(name: string): Promise<string[]> {
  const file = `${name}.test.ts`;
  const source = await readFile(join(folder, file), 'utf8');
  const tests = [...source.matchAll(/^ *test[.\w]*\(\s*(?<title>.*)/gm)].map(({ index, groups }) => ({
    title: groups?.title ?? '',
    place: `${file}:${source.slice(0, index).split('\n').length}`,
  }));
  const others = Object.keys(through[name] ?? {});
  const unknown = others.filter((other) => !tests.some(({ title }) => title.includes(other)));
  assert.deepEqual(unknown, [], `${file} has no such tests`);
  return tests.filter(({ title }) => !others.some((other) => title.includes(other))).map(({ place }) => place);
}
