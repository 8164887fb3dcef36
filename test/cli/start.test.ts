/** A short command must not load what it does not use: libraries are found in the loaded chunks by words of theirs. */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { builtProgram } from '../tools/built.ts';
import { invites, joins, newcomer, settle } from '../tools/invited.ts';
import { type Person, Stage } from '../tools/stage.ts';

/** Words that stand in one library's code and in nobody else's. */
const marks = {
  S3: 'S3ServiceException',
  SQS: 'SQSServiceException',
  CloudFormation: 'DescribeStacks',
  'the progress bar': 'noTTYOutput',
  'the embedded cloud': 'fastify',
  'tar writing': 'ustar',
  'the demo': 'third flower pot',
  'the chat': '/nodebug',
  libsignal: 'SenderKeyDistributionMessage_',
  'the word list': 'wrestle',
  'QR codes': 'Mask value out of range',
  pairing: 'btr pairing 1',
} as const;

type Library = keyof typeof marks;
/** Those that are bundled. */
const bundled: readonly Library[] = [
  'S3',
  'SQS',
  'CloudFormation',
  'the progress bar',
  'the embedded cloud',
  'tar writing',
  'the demo',
  'the chat',
  'the word list',
  'QR codes',
  'pairing',
];

/** Native code comes beside the bundle. */
const libraries: readonly Library[] = [...bundled, 'libsignal'];

let stage: Stage;
before(async () => {
  stage = await Stage.make();
});
after(() => stage[Symbol.asyncDispose]());

const hook = fileURLToPath(new URL('../tools/log-loads.ts', import.meta.url));
let runs = 0;

/** Runs a command and answers which of the libraries it loaded. */
async function loadedBy(owner: Stage | Person, args: readonly string[], input?: string): Promise<Library[]> {
  const log = stage.path(`loads-${runs++}`);
  const env = { ...owner.env, NODE_OPTIONS: `--import=${hook}`, BTR_TEST_LOADS: log };
  const { code, stderr } = await owner.run(args, { env, ...(input === undefined ? {} : { input }) });
  assert.equal(code, 0, stderr);
  const urls = (await readFile(log, 'utf8')).split('\n').filter((url) => url.startsWith('file:'));
  const texts = await Promise.all([...new Set(urls)].map((url) => readFile(new URL(url), 'utf8')));
  return libraries.filter((name) => texts.some((text) => text.includes(marks[name])));
}

test('every word is found in what is installed', async () => {
  const folder = dirname(builtProgram());
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.js'));
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  for (const name of bundled)
    assert.ok(
      texts.some((text) => text.includes(marks[name])),
      name,
    );
});

test('--version and help load no library', async () => {
  assert.deepEqual(await loadedBy(stage, ['--version']), []);
  assert.deepEqual(await loadedBy(stage, ['send', '--help']), []);
});

test('a text over queues loads SQS and nothing else; over a folder not even that', async () => {
  const cloud = await stage.cloudPair();
  assert.deepEqual(await loadedBy(cloud.alice, ['send', 'bob', 'hello']), ['SQS']);
  assert.deepEqual(await loadedBy(cloud.bob, ['listen', '--count', '1']), ['SQS']);
  assert.deepEqual(await loadedBy(cloud.alice, ['send', '--json'], 'from stdin\n'), ['SQS']);
  assert.deepEqual(await loadedBy(cloud.alice, ['history']), []);
  const folder = await stage.folderPair();
  assert.deepEqual(await loadedBy(folder.alice, ['send', 'bob', 'hello']), []);
  assert.deepEqual(await loadedBy(folder.bob, ['listen', '--once']), []);
});

test('a ratcheted text loads libsignal and nothing of pairing; only words and codes load their lists', async () => {
  const [alice, bob] = [await newcomer(stage, 'alice'), await newcomer(stage, 'bob')];
  const place = ['--as', 'a', '--drop', `folder:${stage.path('paired')}`];
  assert.deepEqual(await loadedBy(alice, ['invite', 'bob', ...place]), ['pairing', 'libsignal']);
  const words = await loadedBy(alice, ['invite', 'bob', '--words', '--qr']);
  assert.deepEqual(words, ['the word list', 'QR codes', 'pairing', 'libsignal']);
  const invited = await invites(alice, 'bob');
  assert.equal((await joins(bob, invited, invited.pin)).code, 0);
  await settle(alice, bob);
  assert.deepEqual(await loadedBy(alice, ['send', 'bob', 'hello']), ['libsignal']);
  assert.deepEqual(await loadedBy(bob, ['listen', '--count', '1']), ['libsignal']);
  assert.deepEqual(await loadedBy(alice, ['channel', 'list']), []);
  assert.deepEqual(await loadedBy(alice, ['history']), []);
});

test('a file loads S3 as well', async () => {
  const { alice } = await stage.cloudPair();
  assert.deepEqual(await loadedBy(alice, ['send', '--file', '-'], 'x'), ['S3', 'SQS', 'tar writing']);
});
