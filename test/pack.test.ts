/**
 * The package as people install it: packed, installed globally into an empty prefix with its dependencies from a
 * registry on this machine, and used from a folder elsewhere in an empty environment. Nothing of the checkout or of its
 * development dependencies is in reach.
 */
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, realpath, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { copyProject, repository } from './tools/built.ts';
import { Registry } from './tools/registry.ts';
import { Sshd, withoutSshd } from './tools/sshd.ts';

const run = promisify(execFile);

let folder: string;
/** What was installed. */
let installed: string;
let btr: string;
/** Nothing but what finds node, and a home that is empty. */
let env: NodeJS.ProcessEnv;

before(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'btr-pack-')));
  env = { PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`, HOME: join(folder, 'nobody') };
  const project = join(folder, 'project');
  await mkdir(join(folder, 'nobody'));
  await copyProject(project);
  await using registry = await Registry.start();
  const settings = { npm_config_cache: join(folder, 'npm'), npm_config_registry: registry.url };
  const npm = { cwd: project, env: { ...env, ...settings } };
  const packed = await run('npm', ['pack', '--json', '--pack-destination', folder], npm);
  const [, name = ''] = /"filename": "([^"]+\.tgz)"/.exec(packed.stdout) ?? [];
  const prefix = join(folder, 'prefix');
  await run('npm', ['install', '-g', '--prefix', prefix, join(folder, name)], { ...npm, cwd: folder });
  await rm(project, { recursive: true });
  installed = join(prefix, 'lib', 'node_modules', 'btr');
  btr = join(prefix, 'bin', 'btr');
  await mkdir(join(folder, 'elsewhere'));
});
after(() => rm(folder, { recursive: true, force: true }));

interface Call {
  readonly input?: string;
  readonly variables?: NodeJS.ProcessEnv;
}

async function runBtr(args: readonly string[], { input = '', variables }: Call = {}): Promise<string> {
  const child = run(btr, [...args], { cwd: join(folder, 'elsewhere'), env: { ...env, ...variables } });
  child.child.stdin?.end(input);
  return (await child).stdout;
}

/** Homes of two people with a channel over a drop. */
async function makePair(one: string, other: string, drop: string): Promise<void> {
  for (const [home, buddy, role] of [[one, other, 'a'] as const, [other, one, 'b'] as const]) {
    await runBtr(['init', '--home', home, '--name', home, '--no-passphrase']);
    const add = ['channel', 'add', buddy, '--home', home, '--as', role, '--drop', drop, '--suite', 'fernet'];
    await runBtr(add, { variables: { BTR_PIN: 'agreed-on' } });
  }
}

/** The packages in a node_modules folder, scoped ones as `@scope/name`. */
async function packagesIn(modules: string): Promise<string[]> {
  const names = (await readdir(modules)).filter((name) => !name.startsWith('.'));
  const nested = await Promise.all(
    names.map(async (name) =>
      name.startsWith('@') ? (await readdir(join(modules, name))).map((child) => `${name}/${child}`) : [name],
    ),
  );
  return nested.flat().sort();
}

test('the prefix holds btr alone: a program, its types and the licences of all that is bundled', async () => {
  assert.deepEqual(await readdir(join(installed, '..')), ['btr']);
  const names = await readdir(installed);
  for (const name of ['dist', 'LICENSE', 'package.json']) assert.ok(names.includes(name), name);
  for (const name of ['client', 'test', 'infra']) assert.ok(!names.includes(name), name);
  const licences = await readFile(join(installed, 'dist', 'THIRD-PARTY-LICENSES.txt'), 'utf8');
  for (const name of ['@aws-sdk/client-sqs', '@aws-sdk/client-s3', 'commander', 'cli-progress', 'fauxqs']) {
    assert.match(licences, new RegExp(`^${name} \\d+\\.\\d+.* \\(.+\\)\\n-+\\n.+\\n`, 'm'));
  }
  assert.match(licences, /^@signalapp\/libsignal-client .*\n-+\nGNU AFFERO GENERAL PUBLIC LICENSE\n +Version 3/m);
});

test('beside it lie only the two libraries of native code and what they need', async () => {
  const packages = await packagesIn(join(installed, 'node_modules'));
  const isKeyring = (name: string) => name.startsWith('@napi-rs/keyring');
  assert.deepEqual(
    packages.filter((name) => !isKeyring(name)),
    ['@signalapp/libsignal-client', 'node-gyp-build', 'type-fest'],
  );
  assert.ok(packages.filter(isKeyring).length <= 2, packages.join(' '));
  const use = `
    const { IdentityKeyPair } = await import('@signalapp/libsignal-client');
    console.log(IdentityKeyPair.generate().publicKey.serialize().length)`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', use], { cwd: installed, env });
  assert.equal(stdout, '33\n');
});

test('of libsignal only the file that loads its native code is left outside the bundle', async () => {
  const chunks = join(installed, 'dist', 'chunks');
  const outside = new Set<string>();
  for (const name of await readdir(chunks)) {
    const text = await readFile(join(chunks, name), 'utf8');
    for (const [, path = ''] of text.matchAll(/["'](@signalapp\/[^"']+)["']/g)) outside.add(path);
  }
  assert.deepEqual([...outside], ['@signalapp/libsignal-client/dist/Native.js']);
});

test('without the optional library a home is made as ever, and --keyring says what is missing', async () => {
  const scope = join(installed, 'node_modules', '@napi-rs');
  await rename(scope, join(folder, 'away'));
  try {
    await assert.rejects(runBtr(['init', '--home', 'kept', '--keyring']), {
      code: 3,
      stderr: /^btr: The library that talks to keyrings is not installed\.\nInstall btr with its optional dependencies/,
    });
    await runBtr(['init', '--home', 'kept', '--no-passphrase']);
  } finally {
    await rename(join(folder, 'away'), scope);
  }
});

test('the demo runs from there', async () => {
  assert.match(await runBtr(['demo']), /the same bytes on both sides: yes/);
});

test('two homes talk and pass a file over a folder', async () => {
  await writeFile(join(folder, 'elsewhere', 'picture.jpg'), 'not really');
  await makePair('alice', 'bob', 'folder:drop');
  await runBtr(['send', '--home', 'alice', 'hello', '--file', 'picture.jpg']);
  const heard = await runBtr(['listen', '--home', 'bob', '--once', '--files', 'inbox']);
  assert.equal(heard.split('\n')[0], 'hello');
  assert.equal(await readFile(join(folder, 'elsewhere', 'inbox', 'picture.jpg'), 'utf8'), 'not really');
  await runBtr(['send', '--home', 'bob'], { input: 'one\ntwo\n' });
  assert.equal(await runBtr(['listen', '--home', 'alice', '--once']), 'one\ntwo\n');
});

test('a large file passes through sshd, in the packets that the build makes larger', {
  skip: withoutSshd,
}, async () => {
  await using sshd = await Sshd.start(['LogLevel DEBUG1']);
  const place = `sftp://${userInfo().username}@127.0.0.1:${sshd.port}${sshd.folder}/drop?identity=${sshd.keyFile}`;
  const file = join(folder, 'elsewhere', 'film');
  await writeFile(file, randomBytes(5_000_000));
  await makePair('carol', 'dave', place);
  await runBtr(['send', '--home', 'carol', '--file', file]);
  await runBtr(['listen', '--home', 'dave', '--once', '--files', 'inbox']);
  assert.ok((await readFile(file)).equals(await readFile(join(folder, 'elsewhere', 'inbox', 'film'))));
  const opened = sshd.log.filter((line) => line.includes('server_input_channel_open: ctype'));
  assert.ok(opened.length > 0 && opened.every((line) => line.endsWith(' max 131072')), opened.join('\n'));
});

test('a message loads the program in few files: each takes time of its own', async () => {
  const log = join(folder, 'loads');
  const hook = join(repository, 'test', 'tools', 'log-loads.ts');
  const variables = { NODE_OPTIONS: `--import=${hook}`, BTR_TEST_LOADS: log };
  await runBtr(['send', '--home', 'alice', 'hello again'], { variables });
  const loaded = new Set((await readFile(log, 'utf8')).split('\n').filter((url) => url.includes('/btr/dist/')));
  assert.ok(loaded.size > 1 && loaded.size <= 25, [...loaded].join('\n'));
});

const usage = `
import { type ChannelEvent, Messenger } from 'btr';

const messenger = await Messenger.open({ home: process.argv[2] ?? '' });
const texts: string[] = [];
for (const event of messenger.history('bob') satisfies Iterable<ChannelEvent>) {
  if (event.type === 'message') texts.push(event.text);
}
await messenger.close();
console.log(texts.join(' '));
`;

test('the library can be imported, and has types', async () => {
  const project = join(folder, 'embedder');
  await mkdir(join(project, 'node_modules', '@types'), { recursive: true });
  await symlink(installed, join(project, 'node_modules', 'btr'));
  for (const name of ['@types/node', 'undici-types']) {
    await symlink(join(repository, 'node_modules', name), join(project, 'node_modules', name));
  }
  await writeFile(join(project, 'package.json'), '{ "type": "module" }');
  await writeFile(join(project, 'use.ts'), usage);
  const flags = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2024', '--types', 'node', 'use.ts'];
  const tsc = join(repository, 'node_modules', '.bin', 'tsc');
  const checked = spawnSync(tsc, flags, { cwd: project, env, encoding: 'utf8' });
  assert.deepEqual({ status: checked.status, stdout: checked.stdout }, { status: 0, stdout: '' });
  await runBtr(['init', '--home', 'embedded', '--no-passphrase']);
  const add = [
    'channel',
    'add',
    'bob',
    '--home',
    'embedded',
    '--as',
    'a',
    '--drop',
    'folder:embedded-drop',
    '--suite',
    'fernet',
  ];
  await runBtr(add, { variables: { BTR_PIN: 'agreed-on' } });
  await runBtr(['send', '--home', 'embedded'], { input: 'from\nthe\nlibrary\n' });
  const home = join(folder, 'elsewhere', 'embedded');
  const used = await run(process.execPath, ['use.ts', home], { cwd: project, env });
  assert.equal(used.stdout, 'from the library\n');
});

/** A Node of the system that is older than ours. */
const oldNode = ['/usr/bin/node', '/usr/local/bin/node'].find((path) => {
  const { stdout } = spawnSync(path, ['--version'], { encoding: 'utf8' });
  return /^v(\d|1\d|2[0-3])\./.test(stdout ?? '');
});
const skip = oldNode === undefined && 'there is no Node older than 24 on this machine';

test('an old Node is told plainly which one is needed', { skip }, () => {
  const { status, stdout, stderr } = spawnSync(oldNode ?? '', [join(installed, 'dist', 'btr.js'), 'demo'], {
    env,
    encoding: 'utf8',
  });
  assert.deepEqual({ status, stdout }, { status: 3, stdout: '' });
  assert.match(stderr, /^btr needs Node 24 or later; this is Node \d+\.\d+\.\d+\.\n/);
});
