/** Nothing that people say, and no key, may stand in any file of a home: every byte of every file is searched. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { createMemoryCloud, type MemoryCloud } from '../../client/drops/memory/cloud.ts';
import { type ChannelKey, Messenger } from '../../client/messenger/index.ts';
import { Home } from '../../client/store/home.ts';
import { said } from '../tools/said.ts';
import { Folder, showNow } from './support.ts';

/** Made up anew each time, so that nothing else in a file can be like them. */
function secrets() {
  const word = (what: string) => `${what}${randomBytes(9).toString('base64url')}`;
  return {
    passphrase: word('passphrase-'),
    pin: word('PIN-'),
    key: { form: 'key', text: randomBytes(32).toString('base64url') } satisfies ChannelKey,
    owner: word('Alice-'),
    buddy: word('Bob-'),
    renamed: word('Robert-'),
    place: word('https://queue.example/'),
    sent: word('sent-'),
    received: word('received-'),
    held: word('held-'),
    waiting: word('waiting-'),
    long: word('long-'),
    stranger: word('stranger-'),
    fileName: word('plan-'),
    fileText: word('in the file '),
  };
}

type Secrets = ReturnType<typeof secrets>;

/** The forms in which bytes could stand in a file. */
function forms(secret: string | Uint8Array): Map<string, Buffer> {
  const bytes = Buffer.from(secret);
  const found = new Map([
    ['as it is', bytes],
    ['UTF-16', Buffer.from(bytes.toString('latin1'), 'utf16le')],
    ['hexadecimal', Buffer.from(bytes.toString('hex'))],
    ['HEXADECIMAL', Buffer.from(bytes.toString('hex').toUpperCase())],
  ]);
  for (const encoding of ['base64', 'base64url'] as const) {
    for (const shift of [0, 1, 2]) {
      const text = Buffer.concat([Buffer.alloc(shift), bytes]).toString(encoding);
      // The first and last characters also depend on the neighbours.
      found.set(`${encoding}, ${shift} bytes in`, Buffer.from(text.slice(shift === 0 ? 0 : 4, -4)));
    }
  }
  return found;
}

async function filesOf(folder: string): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) files.set(entry.name, await readFile(join(entry.parentPath, entry.name)));
  }
  return files;
}

function places(files: Map<string, Buffer>, secret: string | Uint8Array): string[] {
  return [...files].flatMap(([name, content]) =>
    [...forms(secret)].flatMap(([form, bytes]) => (content.includes(bytes) ? [`${name}, ${form}`] : [])),
  );
}

/** A home in which everything that a home can hold is there; `cloud` is shared with the buddy. */
async function fill(folder: Folder, secret: Secrets, passphrase: string | undefined): Promise<Messenger> {
  const cloud = createMemoryCloud();
  const alice = await Messenger.create({
    home: folder.join('home'),
    name: secret.owner,
    passphrase,
    openDrop: async () => cloud.drop('a'),
  });
  const bob = await Messenger.create({ home: folder.join('bob'), name: 'b', openDrop: async () => cloud.drop('b') });
  const drop = { kind: 'memory', place: secret.place };
  const common = { drop, suite: 'fernet', pin: secret.pin, key: secret.key };
  await alice.addChannel({ ...common, name: secret.buddy, role: 'a' });
  await bob.addChannel({ ...common, name: 'alice', role: 'b' });

  await alice.send(secret.buddy, secret.sent);
  await bob.send('alice', secret.received);
  await receiveOutOfOrder(bob, cloud, secret);
  await alice.queue(secret.buddy, [secret.waiting, secret.long + 'x'.repeat(300_000)]);
  await sendFile(folder, alice, secret);
  await quarantine(folder, cloud, secret);
  assert.deepEqual(await showNow(alice, secret.buddy), [secret.received]);
  assert.equal(alice.quarantine(secret.buddy).length, 1);
  alice.changeChannel(secret.buddy, { name: secret.renamed });
  await bob.close();
  return alice;
}

/** Of two messages the first is lost, so that the second is held back. */
async function receiveOutOfOrder(bob: Messenger, cloud: MemoryCloud, secret: Secrets): Promise<void> {
  const before = cloud.waiting('b-to-a').length;
  await bob.send('alice', 'lost');
  cloud.tamper('b-to-a', (body, index) => (index >= before ? undefined : body));
  await bob.send('alice', secret.held);
}

async function sendFile(folder: Folder, alice: Messenger, secret: Secrets): Promise<void> {
  const path = folder.join(secret.fileName);
  await writeFile(path, secret.fileText);
  await alice.sendFile(secret.buddy, { path });
}

/** Somebody with another PIN, whose bodies do not open. */
async function quarantine(folder: Folder, cloud: MemoryCloud, secret: Secrets): Promise<void> {
  const options = { home: folder.join('eve'), name: 'e', openDrop: async () => cloud.drop('b') };
  const eve = await Messenger.create(options);
  const drop = { kind: 'memory' };
  await eve.addChannel({ name: 'alice', role: 'b', drop, suite: 'fernet', pin: 'another', key: secret.key });
  await eve.send('alice', secret.stranger);
  await eve.close();
}

/** The channel's root and the master key, as the program holds them in memory. */
async function innerKeys(folder: Folder, passphrase: string | undefined): Promise<Buffer[]> {
  const home = await Home.open(folder.join('home'), passphrase);
  const [channel] = home.channels.list();
  home.close();
  assert.ok(channel);
  return [channel.channelId, ...channel.roots.map(({ root }) => root)].map((text) => Buffer.from(text, 'base64url'));
}

for (const locked of [true, false]) {
  test(`no byte of a home ${locked ? 'with' : 'without'} a passphrase gives anything away`, async () => {
    await using folder = await Folder.make();
    const secret = secrets();
    const alice = await fill(folder, secret, locked ? secret.passphrase : undefined);
    const { key, ...texts } = secret;
    const openFiles = await filesOf(folder.join('home'));
    assert.ok((openFiles.get('btr.sqlite-wal')?.length ?? 0) > 10_000, 'the write-ahead log is searched too');
    const [message] = said(alice, secret.renamed);
    assert.ok(message);
    await alice.close();
    const closedFiles = await filesOf(folder.join('home'));
    assert.deepEqual([...closedFiles.keys()].sort(), ['btr.sqlite', 'key'], 'the log is gone');
    const keys = await innerKeys(folder, locked ? secret.passphrase : undefined);

    // The search finds what is there: ids are not sealed.
    assert.notEqual(places(openFiles, Buffer.from(message.id, 'hex')).length, 0);
    assert.notEqual(places(closedFiles, Buffer.from(message.id, 'hex')).length, 0);
    const everything = [...Object.values(texts), key.text, Buffer.from(key.text, 'base64url'), ...keys];
    for (const what of everything) {
      const where = [...places(openFiles, what), ...places(closedFiles, what)];
      assert.deepEqual(where, [], `found ${what.toString()}`);
    }
  });
}

test('what was wiped is gone from the disk, sealed or not', async () => {
  await using folder = await Folder.make();
  const cloud = createMemoryCloud();
  const home = folder.join('home');
  const alice = await Messenger.create({ home, name: 'a', openDrop: async () => cloud.drop('a') });
  const key: ChannelKey = { form: 'key', text: randomBytes(32).toString('base64url') };
  await alice.addChannel({ name: 'bob', role: 'a', drop: { kind: 'memory' }, suite: 'fernet', pin: '4711', key });
  await alice.send('bob', 'hello');
  const [message] = said(alice, 'bob');
  assert.ok(message);
  const id = Buffer.from(message.id, 'hex');
  assert.notEqual(places(await filesOf(home), id).length, 0);
  alice.removeChannel('bob');
  assert.deepEqual(places(await filesOf(home), id), []);
  await alice.close();
});
