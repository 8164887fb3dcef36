/** Real btr processes with a proxy set: every name is looked up by the proxy, every connection goes to it. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import { type Duplex, pipeline } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { giveAccount } from '../../client/drops/azure/account.ts';
import { parseAzureAddress } from '../../client/drops/azure/address.ts';
import { makeSet } from '../../client/drops/azure/keys.ts';
import { azureKind } from '../../client/drops/azure/kind.ts';
import { settleSftp } from '../../client/drops/sftp/sftp-drop.ts';
import { type DropAddress, Messenger, type Role } from '../../client/messenger/index.ts';
import { listen } from '../drops/aws-tools.ts';
import { Azurite } from '../tools/azurite.ts';
import type { Ended } from '../tools/btr.ts';
import { makeCertificate, noOpenssl } from '../tools/certificate.ts';
import { hiddenName, noProxies, type ProxyName, RealProxy, software } from '../tools/proxies.ts';
import { Sshd, withoutSshd } from '../tools/sshd.ts';
import { type Pair, type Person, pin, Stage } from '../tools/stage.ts';

const hook = fileURLToPath(new URL('../tools/watch-network.ts', import.meta.url));

let stage: Stage;
const opened = new AsyncDisposableStack();
before(async () => {
  stage = opened.use(await Stage.make());
});
after(() => opened.disposeAsync());

interface Kind {
  readonly skip: string | false;
  /** Two people whose drop is at a name that only the proxies know. */
  pair(): Promise<Pair>;
}

const kinds: Readonly<Record<string, Kind>> = {
  aws: {
    skip: false,
    pair: async () => stage.cloudPair('fernet', { AWS_ENDPOINT_URL: await cloudAt(hiddenName) }),
  },
  azure: {
    skip: false,
    async pair() {
      const azurite = opened.use(await Azurite.start());
      giveAccount(azurite.connectionString);
      const mine = parseAzureAddress(await azureKind.settle(azureKind.parseUri('azure', 'a'), 'a'));
      const { queue, blob } = azurite.endpoints;
      const endpoints = { queue: hidden(queue), blob: hidden(blob) };
      const theirs = await makeSet(mine, 'b', {});
      return pairOver({ a: { ...mine, endpoints }, b: { ...mine, endpoints, credentials: theirs } });
    },
  },
  sftp: {
    skip: withoutSshd,
    async pair() {
      const sshd = opened.use(await Sshd.start());
      const address = await settleSftp(sshd.address(join(sshd.folder, 'drop')));
      return pairOver({ a: { ...address, host: hiddenName }, b: { ...address, host: hiddenName } });
    },
  },
};

async function cloudAt(host: string): Promise<string> {
  return (await stage.cloud()).endpoint.replace('127.0.0.1', host);
}

function hidden(url: string): string {
  return url.replace('127.0.0.1', hiddenName);
}

/** Where each side has an address of its own. */
async function pairOver(drops: Readonly<Record<Role, DropAddress>>): Promise<Pair> {
  const make = async (name: string, buddy: string, role: Role) => {
    const person = stage.person(`${name}-${runs++}`);
    const messenger = await Messenger.create({ home: person.home, name });
    await messenger.addChannel({ name: buddy, role, drop: drops[role], suite: 'fernet', pin });
    await messenger.close();
    return person;
  };
  return { alice: await make('alice', 'bob', 'a'), bob: await make('bob', 'alice', 'b') };
}

let runs = 0;

/** Runs a command and answers what it looked up and where it connected to, each once. */
async function watched(
  person: Person | Stage,
  args: readonly string[],
  more: NodeJS.ProcessEnv = {},
): Promise<{ ended: Ended; network: readonly string[] }> {
  const log = stage.path(`network-${runs++}`);
  await writeFile(log, '');
  const env = { ...person.env, NODE_OPTIONS: `--import=${hook}`, BTR_TEST_NETWORK: log, ...more };
  const ended = await person.run(args, { env });
  const lines = (await readFile(log, 'utf8')).split('\n').filter((line) => line !== '');
  return { ended, network: [...new Set(lines)] };
}

describe('through real proxies', { skip: noProxies }, () => {
  for (const [kind, { skip, pair }] of Object.entries(kinds)) {
    for (const name of Object.keys(software).filter((one): one is ProxyName => one in software)) {
      test(`${kind}: nothing goes past ${name}`, { skip }, async () => {
        await using proxy = await RealProxy.start(name);
        const { alice, bob } = await pair();
        const file = stage.path(`file-${runs}`);
        await writeFile(file, 'what is in the file');
        const steps: readonly (readonly [Person, readonly string[]])[] = [
          [alice, ['send', 'bob', 'hello']],
          [alice, ['send', '--file', file]],
          [bob, ['listen', '--count', '1', '--json']],
          [bob, ['listen', '--once', '--files', stage.path(`files-${runs}`), '--json']],
          [bob, ['doctor']],
        ];
        const outputs: string[] = [];
        for (const [person, args] of steps) {
          const { ended, network } = await watched(person, [...args, '--proxy', proxy.url]);
          assert.equal(ended.code, 0, `${args.join(' ')}: ${ended.stdout}${ended.stderr}`);
          assert.deepEqual(network, [`connect ${proxy.address}`], args.join(' '));
          outputs.push(ended.stdout);
        }
        assert.match(outputs[2] ?? '', /"text":"hello"/);
        assert.match(outputs.join(''), /"event":"file"/);
      });
    }
  }

  test('the variables do the same, with a user and a password that are never shown', async () => {
    const login = { user: 'alice', password: 'correct-horse' };
    await using proxy = await RealProxy.start('microsocks', login);
    const { alice, bob } = await stage.cloudPair('fernet', { AWS_ENDPOINT_URL: await cloudAt(hiddenName) });
    const url = (password: string) => `socks5://${login.user}:${password}@${proxy.address}`;
    const { ended, network } = await watched(alice, ['send', 'hello'], { ALL_PROXY: url(login.password) });
    assert.equal(ended.code, 0, ended.stderr);
    assert.deepEqual(network, [`connect ${proxy.address}`]);
    const wrong = await bob.run(['listen', '--once'], { env: { ALL_PROXY: url('wrong-pony'), BTR_DEBUG: '1' } });
    assert.equal(wrong.code, 4, wrong.stderr);
    assert.match(wrong.stderr, /asks for a user and a password, or refuses those it was given/);
    assert.ok(!`${wrong.stdout}${wrong.stderr}`.includes('wrong-pony'));
    assert.deepEqual((await bob.run(['listen', '--once'], { env: { ALL_PROXY: url(login.password) } })).lines, [
      'hello',
    ]);
  });
});

test('a proxy of https, whose own name is the one that is looked up here', { skip: noOpenssl }, async () => {
  const { key, cert } = makeCertificate('localhost');
  const trusted = stage.path('proxy.pem');
  await writeFile(trusted, cert);
  const server = createTlsServer({ key, cert }).on('connect', ({ url }, socket: Duplex) => {
    const target = connect(Number(url?.replace(`${hiddenName}:`, '')), '127.0.0.1');
    socket.write('HTTP/1.1 200 Connected\r\n\r\n');
    pipeline(socket, target, socket, () => {});
  });
  const { port } = new URL(await listen(server));
  try {
    const { alice, bob } = await stage.cloudPair('fernet', { AWS_ENDPOINT_URL: await cloudAt(hiddenName) });
    const proxy = ['--proxy', `https://localhost:${port}`];
    const trust = { NODE_EXTRA_CA_CERTS: trusted };
    const { ended, network } = await watched(alice, ['send', 'hello', ...proxy], trust);
    assert.equal(ended.code, 0, ended.stderr);
    assert.deepEqual(network, [`connect localhost:${port}`, 'lookup localhost']);
    assert.deepEqual((await bob.run(['listen', '--once', ...proxy], { env: trust })).lines, ['hello']);
    const untrusted = await bob.run(['listen', '--once', ...proxy]);
    assert.match(untrusted.stderr, /The proxy https:\/\/localhost:\d+ can't be reached/);
    assert.equal(untrusted.code, 4);
  } finally {
    server.close();
  }
});

test('a program that btr starts is told of the proxy', async () => {
  const { alice, bob } = await stage.folderPair();
  assert.equal((await alice.run(['send', 'hello'])).code, 0);
  const seen = stage.path('seen');
  const args = ['listen', '--count', '1', '--exec', `env > ${seen}`, '--proxy', 'socks5://127.0.0.1:1'];
  assert.equal((await bob.run(args, { env: { NO_PROXY: '*' } })).code, 0);
  const variables = (await readFile(seen, 'utf8')).split('\n').filter((line) => /^\w+_proxy=/i.test(line));
  const url = 'socks5h://127.0.0.1:1';
  const names = ['ALL_PROXY', 'HTTPS_PROXY', 'HTTP_PROXY', 'all_proxy', 'http_proxy', 'https_proxy'];
  assert.deepEqual(variables.sort(), [...names.map((name) => `${name}=${url}`), 'NO_PROXY=', 'no_proxy='].sort());
});

test('the watcher sees names and connections where there is no proxy', async () => {
  const endpoint = await cloudAt('localhost');
  const { alice } = await stage.cloudPair('fernet', { AWS_ENDPOINT_URL: endpoint });
  const { ended, network } = await watched(alice, ['send', 'hello']);
  assert.equal(ended.code, 0, ended.stderr);
  assert.deepEqual(network, [`connect ${new URL(endpoint).host}`, 'lookup localhost']);
});

test('a proxy that is not there: nothing goes past it, what was written waits, and variables spare this machine', async () => {
  const { alice, bob } = await stage.cloudPair();
  const dead = 'socks5://127.0.0.1:1';
  const { ended, network } = await watched(alice, ['send', 'hello', '--proxy', dead]);
  assert.equal(ended.code, 4, ended.stderr);
  assert.match(ended.stderr, /The proxy socks5:\/\/127\.0\.0\.1:1 can't be reached\.\n.*Nothing goes past it/);
  assert.deepEqual(network, ['connect 127.0.0.1:1']);
  const variables = { ALL_PROXY: dead, HTTPS_PROXY: dead, HTTP_PROXY: dead };
  assert.equal((await alice.run(['send', 'again'], { env: variables })).code, 0);
  assert.deepEqual((await bob.run(['listen', '--once'], { env: variables })).lines, ['hello', 'again']);
});

test('a proxy that btr can not use, or one with a password that others could see, is refused', async () => {
  const { alice } = await stage.cloudPair('fernet', { AWS_ENDPOINT_URL: 'http://cloud.example' });
  const calls: readonly (readonly [readonly string[], NodeJS.ProcessEnv, RegExp])[] = [
    [['--proxy', 'ftp://127.0.0.1:1'], {}, /^btr: What was given as the proxy is none that btr can use\.\nA proxy is/],
    [['--proxy', 'http://me:hidden@127.0.0.1:1'], {}, /^btr: --proxy takes no user and no password.*\n.*ALL_PROXY/],
    [[], { HTTP_PROXY: 'socks4://me:hidden@127.0.0.1:1' }, /What the variable HTTP_PROXY holds is no proxy/],
  ];
  for (const [args, env, expected] of calls) {
    const { code, stderr } = await alice.run(['send', 'hello', ...args], { env });
    assert.match(stderr, expected);
    assert.ok(!stderr.includes('hidden'));
    assert.equal(code, args.length > 0 ? 2 : 4, stderr);
  }
});

/** A profile each whose credentials the SDK has to ask a service for. */
const profiles = {
  role: {
    host: 'sts.us-east-1.amazonaws.com:443',
    lines: ['role_arn = arn:aws:iam::123456789012:role/there', 'source_profile = base'],
  },
  sso: {
    host: 'portal.sso.eu-central-1.amazonaws.com:443',
    lines: [
      'sso_start_url = https://start.example/start',
      'sso_region = eu-central-1',
      'sso_account_id = 123456789012',
      'sso_role_name = there',
    ],
  },
  session: {
    host: 'oidc.eu-central-1.amazonaws.com:443',
    lines: ['sso_session = mine', 'sso_account_id = 123456789012', 'sso_role_name = there'],
  },
} as const;

async function writeProfiles(home: string): Promise<void> {
  const cache = join(home, '.aws', 'sso', 'cache');
  await mkdir(cache, { recursive: true });
  const sections = [
    '[profile base]\naws_access_key_id = AKIAOFTHEBASEONE\naws_secret_access_key = secretOfTheBase',
    '[sso-session mine]\nsso_start_url = https://start.example/start\nsso_region = eu-central-1',
    ...Object.entries(profiles).map(([name, { lines }]) => `[profile ${name}]\n${lines.join('\n')}`),
  ];
  await writeFile(join(home, '.aws', 'config'), `${sections.join('\n')}\n`);
  const token = { accessToken: 'one', clientId: 'two', clientSecret: 'three', refreshToken: 'four' };
  const minute = 60_000;
  for (const [name, stays] of [
    ['https://start.example/start', 60 * minute],
    ['mine', minute],
  ] as const) {
    const file = `${createHash('sha1').update(name).digest('hex')}.json`;
    const expiresAt = new Date(Date.now() + stays).toISOString();
    await writeFile(join(cache, file), JSON.stringify({ ...token, expiresAt }));
  }
}

test('what the AWS SDK asks for credentials is asked through the proxy too', async () => {
  const asked: (string | undefined)[] = [];
  const server = createServer().on('connect', ({ url }, socket) => {
    asked.push(url);
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
  });
  const proxy = await listen(server);
  try {
    const home = stage.path('with-profiles');
    await writeProfiles(home);
    const { alice } = await stage.cloudPair('fernet', {
      AWS_ENDPOINT_URL: '',
      AWS_ACCESS_KEY_ID: '',
      AWS_SECRET_ACCESS_KEY: '',
      AWS_REGION: 'eu-central-1',
      HOME: home,
    });
    for (const [name, { host }] of Object.entries(profiles)) {
      asked.length = 0;
      const { ended, network } = await watched(alice, ['send', 'hello', '--proxy', proxy], { AWS_PROFILE: name });
      assert.equal(ended.code, 4, ended.stderr);
      assert.deepEqual(network, [`connect ${new URL(proxy).host}`], name);
      assert.ok(asked.includes(host), `${name}: ${asked.join(' ')}`);
    }
  } finally {
    server.close();
  }
});
