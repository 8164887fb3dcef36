/** What the program writes about a channel whose address holds a key: everything but the key. */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { Messenger } from '../../client/messenger/index.ts';
import { pin, Stage } from '../tools/stage.ts';

const own = { accessKeyId: 'AKIAOFTHEDROPONE', secretAccessKey: 'secretOfTheDrop/ItsOwnAndNoOthers' };

test("no command's output and no file of the home shows the key in a channel's address", async () => {
  await using stage = await Stage.make();
  const cloud = await stage.cloud();
  const { address } = cloud.makeChannel({ a: 'alice', b: 'bob' });
  const alice = stage.person('alice');
  const messenger = await Messenger.create({ home: alice.home, name: 'alice' });
  const drop = { ...address, credentials: own };
  await messenger.addChannel({ name: 'bob', role: 'a', drop, suite: 'fernet', pin });
  await messenger.close();
  let written = '';
  const commands = [
    ['channel', 'list', '--json'],
    ['channel', 'show', 'bob'],
    ['channel', 'show', 'bob', '--json'],
    ['send', 'bob', 'hello', '--json'],
    ['listen', '--once', '--json'],
    ['doctor'],
    ['doctor', '--json'],
    ['channel', 'show', 'bob', '--colour'],
  ];
  for (const command of commands) {
    const { stdout, stderr } = await alice.run(command);
    written += stdout + stderr;
    for (const secret of Object.values(own)) {
      assert.ok(!`${stdout}${stderr}`.includes(secret), `btr ${command.join(' ')}: ${stdout}${stderr}`);
    }
  }
  assert.match(written, /Btr-alice-bob-a-to-b\.fifo/, 'the address is shown');
  // There are no other credentials in the environment.
  assert.equal(cloud.peek('Btr-alice-bob-a-to-b.fifo').length, 1, 'the channel works with its key');
  for (const file of await readdir(alice.home, { recursive: true, withFileTypes: true })) {
    if (!file.isFile()) continue;
    const bytes = await readFile(join(file.parentPath, file.name));
    for (const secret of Object.values(own)) assert.ok(!bytes.includes(secret), `${file.name} holds it in the clear`);
  }
});
