/** `btr drop` with each kind of drop beside a folder, and machines out of an inventory. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { userInfo } from 'node:os';
import { dirname } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { BlobServiceClient } from '@azure/storage-blob';
import { Azurite } from '../tools/azurite.ts';
import { expectEnd, invites, joins, newcomer, settle } from '../tools/invited.ts';
import { Sshd, withoutSshd } from '../tools/sshd.ts';
import { type Pair, Stage } from '../tools/stage.ts';
import { dropsOf, idOf } from './drop-tools.ts';

let stage: Stage;
before(async () => {
  stage = await Stage.make();
});
after(() => stage[Symbol.asyncDispose]());

/** The folder that both began with goes, and what they write goes on by what is left. */
async function talkWithoutFolder({ alice, bob }: Pair): Promise<void> {
  await rm(await alice.within((messenger) => String(messenger.channel('bob').drop.path)), { recursive: true });
  for (const [from, to, text] of [
    [alice, bob, 'from alice'],
    [bob, alice, 'from bob'],
  ] as const) {
    await expectEnd(from.run(['send', text]), 0, /^/);
    await expectEnd(to.run(['listen', '--count', '1']), 0, /^/, new RegExp(`^${text}$`, 'm'));
  }
}

/** A pair over a folder with these variables. */
function pairWith(env: NodeJS.ProcessEnv): Promise<Pair> {
  folders += 1;
  return stage.pairAt({ kind: 'folder', path: stage.path(`first-${folders}`) }, { a: env, b: env });
}

let folders = 0;

describe('drop add', { concurrency: 2 }, () => {
  test('aws: queues and a bucket of the embedded cloud, after a yes where no key came with them', async () => {
    const cloud = await stage.cloud();
    const { queues, bucket } = cloud.makeChannel({ a: 'furthera', b: 'furtherb' });
    const pair = await pairWith({ ...cloud.env });
    const { alice, bob } = pair;
    const uri = `aws:tx=${queues['a-to-b']},rx=${queues['b-to-a']},bucket=${bucket}`;
    await expectEnd(alice.run(['drop', 'add', 'bob', uri]), 0, /goes over aws queues .* as well, id /);
    await bob.listens();
    const id = await idOf(bob, { kind: 'aws' });
    await expectEnd(bob.run(['drop', 'add', id]), 2, /this machine's own AWS credentials would be used/);
    await expectEnd(bob.run(['drop', 'add', id, '--yes']), 0, /goes over aws queues .* as well/);
    await expectEnd(alice.run(['drop', 'test']), 0, /^$/, /^ok {2}bob [0-9a-f]{8}: .*queue/m);
    await talkWithoutFolder(pair);
    await expectEnd(alice.run(['cost']), 0, /A drop of channel bob is a folder: it costs nothing/, /SendMessage/);
  });

  test('azure: in the account of a connection string, with a key for the buddy', async () => {
    await using azurite = await Azurite.start();
    const pair = await pairWith({});
    const { alice, bob } = pair;
    const file = stage.path('connection-string');
    const add = ['drop', 'add', 'azure', '--with-key', '--connection-string-file', file];
    await expectEnd(alice.run(add), 3, /^btr: The file with the connection string can't be read: /);
    await writeFile(file, 'Endpoint=sb://x.servicebus.windows.net/;SharedAccessKey=hush');
    const { stderr } = await expectEnd(
      alice.run(add),
      2,
      /no connection string of an Azure storage account: .*Service Bus/,
    );
    assert.doesNotMatch(stderr, /hush/);
    await expectEnd(
      alice.run(add.filter((word) => !word.includes('file') && word !== file)),
      3,
      /--connection-string-file/,
    );
    await writeFile(file, `${azurite.connectionString}\n`);
    await expectEnd(alice.run(add), 0, /goes over azure account .* as well, id /);
    await bob.listens();
    const id = await idOf(bob, { kind: 'azure' });
    await expectEnd(
      bob.run(['drop', 'add', id]),
      2,
      /^btr: This wants a yes\.\n.*--yes\.\nIt leads to a service on this machine: /,
    );
    await expectEnd(bob.run(['drop', 'add', id, '--yes']), 0, /goes over azure account /);
    const service = BlobServiceClient.fromConnectionString(`DefaultEndpointsProtocol=http;${azurite.connectionString}`);
    const name = String((await dropsOf(alice)).at(-1)?.text)
      .split(', ')
      .at(-1);
    await service.deleteContainer(`btr-${name}-a`);
    await expectEnd(alice.run(['drop', 'test', id]), 4, /./, /^BAD .*put files .*is gone/m);
    const again = ['drop', 'add', `azure:${name}`, '--connection-string-file', file];
    await expectEnd(alice.run(again), 0, new RegExp(`reaches ${id} as azure account .* from now on`));
    await expectEnd(alice.run(['drop', 'test', id]), 0, /^$/);
    await talkWithoutFolder(pair);
    await expectEnd(bob.run(['cost']), 0, /A drop of channel alice is at Azure: what it costs is not counted here/);
  });

  test('sftp: after a yes, by keys of each side; a host with another key is refused, and the rest goes on', {
    skip: withoutSshd,
  }, async () => {
    await using sshd = await Sshd.start();
    const pair = await pairWith({});
    const { alice, bob } = pair;
    bob.env.HOME = stage.path('home-of-bob');
    delete bob.env.SSH_AUTH_SOCK;
    const { username } = userInfo();
    const uri = `sftp://${username}@127.0.0.1:${sshd.port}${sshd.folder}/drop?identity=${sshd.keyFile}`;
    await expectEnd(alice.run(['drop', 'add', uri]), 0, /goes over sftp:.*host key SHA256:.* as well/);
    await bob.listens();
    const id = await idOf(bob, { kind: 'sftp' });
    await expectEnd(bob.run(['drop', 'add', id]), 2, /with your own SSH keys/);
    await expectEnd(
      bob.run(['drop', 'add', id, '--yes']),
      0,
      /as well.*\n.*There is no SSH key[\s\S]*by another path or login: btr drop add alice DROP/,
    );
    await expectEnd(
      bob.run(['drop', 'add', uri]),
      0,
      new RegExp(`^Channel alice reaches ${id} as sftp:.* from now on`),
    );
    await expectEnd(bob.run(['drop', 'test']), 0, /^$/);
    await expectEnd(bob.run(['drop', 'add', uri]), 2, /goes over that drop already/);
    await expectEnd(bob.run(['drop', 'add', id]), 2, /goes over that drop already/);
    await sshd.restartWithAnotherKey();
    const tested = await expectEnd(bob.run(['drop', 'test']), 4, /Something is wrong with/);
    assert.match(tested.stdout, new RegExp(`^BAD alice ${id}: .*key`, 'm'));
    assert.match(tested.stdout, /^ok {2}alice [0-9a-f]{8}: folder/m);
    await expectEnd(bob.run(['listen', '--once']), 0, /^sftp:.* shows another host key than before/);
    await expectEnd(bob.run(['drop', 'remove', id]), 5, /shows another host key[\s\S]*--force$/m);
    await expectEnd(bob.run(['drop', 'add', uri]), 0, new RegExp(`^Channel alice reaches ${id} as .*host key SHA256:`));
    await expectEnd(bob.run(['drop', 'test']), 0, /^$/);
    await expectEnd(alice.run(['drop', 'remove', id, '--force']), 0, /was not emptied: .* shows another host key/);
  });
});

describe('invited to', { concurrency: 2 }, () => {
  test('azure: the invite brings a key, another comes inside the session, and a third by rotate-key', async () => {
    await using azurite = await Azurite.start();
    const file = stage.path('connection-string-to-invite');
    await writeFile(file, azurite.connectionString);
    const account = ['--connection-string-file', file];
    const [alice, bob] = [await newcomer(stage, 'alice'), await newcomer(stage, 'bob')];
    const invited = await invites(alice, 'bob', '--as', 'a', '--drop', 'azure', '--with-key', ...account);
    await expectEnd(joins(bob, invited, invited.pin), 0, /./);
    await settle(alice, bob);
    await expectEnd(
      alice.run(['channel', 'rotate-key', 'bob', ...account]),
      0,
      /^Made access key [A-Za-z0-9]+ for bob/,
    );
    await bob.listens();
    await expectEnd(bob.run(['send', 'by the third']), 0, /^/);
    assert.deepEqual(await alice.listens(), ['by the third']);
  });

  test("sftp: --drop puts a login of one's own in place of the one in the invite", { skip: withoutSshd }, async () => {
    await using sshd = await Sshd.start();
    const [alice, bob] = [await newcomer(stage, 'alice'), await newcomer(stage, 'bob')];
    const uri = `sftp://${userInfo().username}@127.0.0.1:${sshd.port}${sshd.folder}/drop?identity=${sshd.keyFile}`;
    const invited = await invites(alice, 'bob', '--as', 'a', '--drop', uri);
    await expectEnd(joins(bob, invited, invited.pin), 3, /^btr: There is no SSH key to log in with/);
    await expectEnd(joins(bob, invited, invited.pin, '--drop', uri), 0, /./);
    await settle(alice, bob);
    await expectEnd(bob.run(['send', 'with my key']), 0, /^/);
    assert.deepEqual(await alice.listens(), ['with my key']);
  });
});

/** An HTTP proxy that takes this address for the server at the port, and no other. */
async function proxyTo(address: string, port: number): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer().on('connect', ({ url }, near) => {
    near.on('error', () => {});
    if (url !== `${address}:22`) {
      near.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
      return;
    }
    const far = connect(port, '127.0.0.1', () => near.write('HTTP/1.1 200 OK\r\n\r\n'));
    far.on('error', () => near.destroy());
    near.pipe(far).pipe(near);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const where = server.address();
  if (where === null || typeof where === 'string') throw new Error('the proxy has no port');
  return {
    url: `http://127.0.0.1:${where.port}`,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
}

describe('drop import', () => {
  test('sftp: what can be reached is added, the rest is said, and the exit code tells whether anything came of it', {
    skip: withoutSshd,
  }, async () => {
    await using sshd = await Sshd.start();
    await using proxy = await proxyTo('203.0.113.7', sshd.port);
    const { alice } = await pairWith({});
    const csv = `${dirname(sshd.keyFile)}/login_info.csv`;
    const imports = (...args: string[]) =>
      alice.run(['drop', 'import', csv, '--proxy', proxy.url, '--user', userInfo().username, ...args]);
    await writeFile(csv, '\uFEFFIP address,key file\r\n\r\n203.0.113.8,me\r\n203.0.113.7,me\r\n');
    const { stderr } = await expectEnd(
      imports('--path', `${sshd.folder}/drop`),
      0,
      /1 of 2 machines are drops of channel bob now\./,
    );
    assert.match(stderr, /^203\.0\.113\.8: .*proxy/m);
    assert.match(stderr, /goes over sftp:\/\/.*@203\.0\.113\.7\/.*\/drop, host key SHA256:.* as well/);
    await idOf(alice, { kind: 'sftp' });
    await expectEnd(
      imports('--path', `${sshd.folder}/drop`),
      4,
      /203\.0\.113\.7: .*already[\s\S]*None of the 2 machines could be added\./,
    );
  });

  test('an inventory that can not be used is refused, and nothing is changed', async () => {
    const { alice } = await pairWith({});
    const csv = stage.path('login_info.csv');
    await writeFile(stage.path('vm.pem'), 'no key');
    const bad: readonly (readonly [string, RegExp])[] = [
      ['', /^btr: The inventory names no machine\.\nEach line is an IP address/],
      ['IP address,key file\r\n', /names no machine/],
      [
        '203.0.113.7,vm.pem\nexample,vm.pem\n',
        /^btr: Line 2 of the inventory can't be used: "example" is not an IP address/,
      ],
      ['203.0.113.7,other.pem\n', /Line 1 .*there is no key file .*other\.pem/],
    ];
    for (const [text, pattern] of bad) {
      await writeFile(csv, text);
      await expectEnd(alice.run(['drop', 'import', 'bob', csv]), 2, pattern);
    }
    await expectEnd(alice.run(['drop', 'import']), 2, /^btr: Which inventory\?/);
    await expectEnd(alice.run(['drop', 'import', 'nowhere.csv']), 3, /^btr: The inventory can't be read: nowhere\.csv/);
    assert.equal((await alice.run(['drop', 'list'])).lines.length, 1);
  });
});
