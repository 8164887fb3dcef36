import assert from 'node:assert/strict';
import { homedir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import fc from 'fast-check';
import { parseSftpUri, remotePath } from '../../client/drops/sftp/address.ts';
import { sftpKind } from '../../client/drops/sftp/kind.ts';

const hostKey = `SHA256:${'A'.repeat(43)}`;
const settled = {
  kind: 'sftp',
  host: 'example.org',
  port: 2222,
  user: 'pi',
  path: '/srv/btr',
  id: '0'.repeat(32),
  hostKey,
};
const bad = { kind: 'usage', code: 'bad-address' };

test('sftp: a URI says host, port, user, path and key file', () => {
  const plain = { kind: 'sftp', host: 'example.org', port: 22, user: 'pi', path: '/srv/btr' };
  const cases: [uri: string, parts: object][] = [
    ['sftp://pi@example.org/srv/btr', {}],
    ['sftp://pi@example.org:22/srv/btr/', {}],
    ['sftp://pi@example.org:2222/srv/btr', { port: 2222 }],
    ['sftp://pi@203.0.113.7/srv/btr', { host: '203.0.113.7' }],
    ['sftp://pi@[2001:db8::1]:2222/srv/btr', { host: '2001:db8::1', port: 2222 }],
    ['sftp://pi@example.org/~/my%20drop', { path: '/~/my drop' }],
    ['sftp://pi@example.org/srv/btr?identity=/keys/vm.pem', { identityFile: '/keys/vm.pem' }],
    ['sftp://pi@example.org/srv/btr?identity=~/vm.pem', { identityFile: join(homedir(), 'vm.pem') }],
  ];
  for (const [uri, parts] of cases) assert.deepEqual(parseSftpUri(uri), { ...plain, ...parts }, uri);
});

test('sftp: a URI that can not be right is told', () => {
  const uris = [
    'sftp:',
    'sftp://example.org/srv/btr',
    'sftp://pi@example.org',
    'sftp://pi@example.org/',
    'sftp://pi:secret@example.org/srv/btr',
    'sftp://pi@example.org/srv//btr',
    'sftp://pi@example.org/srv/btr#x',
    'sftp://pi@example.org/srv/btr?key=/x',
    'sftp://pi@example.org/srv/%e2%80%aebtr',
    'sftp://pi@example.org/srv/%zz',
    'sftp://pi@example.org/srv/%00',
    'sftp://pi@example.org:70000/srv/btr',
    'sftp://pi@exa%20mple.org/srv/btr',
    'sftp://-oProxyCommand=x@example.org/srv/btr',
    `sftp://pi@example.org/${'x'.repeat(1024)}`,
  ];
  for (const uri of uris) assert.throws(() => parseSftpUri(uri), bad, uri);
});

test('sftp: a path after /~/ begins in the folder of the login', () => {
  const at = (path: string) => remotePath({ ...parseSftpUri('sftp://pi@example.org/x'), path });
  assert.deepEqual(['/~/a/b', '/~', '/srv', '/~x'].map(at), ['a/b', '.', '/srv', '/~x']);
});

test('sftp: what goes to the other side names no key file, and is used there only after a yes', async () => {
  const shared = await sftpKind.share({ ...settled, identityFile: '/keys/vm.pem' }, 'b');
  assert.deepEqual(shared, settled);
  assert.deepEqual(sftpKind.parse(shared), settled);
  const [reason = '', ...more] = sftpKind.consent(shared);
  assert.deepEqual(more, []);
  for (const part of ['pi@example.org:2222', '/srv/btr', 'SSH keys']) assert.ok(reason.includes(part), part);
  assert.equal(sftpKind.describe(shared), `sftp://pi@example.org:2222/srv/btr, host key ${hostKey}`);
  assert.equal(await sftpKind.id(shared), settled.id);
});

test('sftp: the question for a yes tells this machine and this network from others, however they are written', () => {
  const places: readonly (readonly [string, string])[] = [
    ['localhost', 'on this machine'],
    ['2130706433', 'on this machine'],
    ['::1', 'on this machine'],
    ['::ffff:127.0.0.1', 'on this machine'],
    ['192.168.1.5', 'inside this network'],
    ['fd00::7', 'inside this network'],
    ['203.0.113.7', 'on another machine'],
    ['no:host', 'on another machine'],
  ];
  for (const [host, where] of places) {
    const [reason = ''] = sftpKind.consent({ ...settled, host });
    assert.ok(reason.startsWith(`It is a folder ${where}, where btr logs in`), `${host}: ${reason}`);
  }
});

test("sftp: an address of somebody else's is read strictly", () => {
  const { id, ...withoutId } = settled;
  const { hostKey: _, ...withoutKey } = settled;
  const others = [
    withoutId,
    withoutKey,
    { ...settled, identityFile: '/etc/shadow' },
    { ...settled, more: 1 },
    null,
    'x',
  ];
  const changed = {
    host: ['a b', '-x', '', 1],
    port: [0, 1.5, '22'],
    user: ['-l', 'a b', ''],
    id: ['x'],
    hostKey: ['MD5:x'],
  };
  for (const [name, values] of Object.entries(changed)) {
    others.push(...values.map((value) => Object.assign({ ...settled }, { [name]: value })));
  }
  for (const other of others) assert.throws(() => sftpKind.parse(other), bad, JSON.stringify(other));
  fc.assert(
    fc.property(fc.constantFrom('host', 'port', 'user', 'path', 'id', 'hostKey'), fc.jsonValue(), (name, value) => {
      try {
        assert.deepEqual(sftpKind.parse({ ...settled, [name]: value }), { ...settled, [name]: value });
      } catch (error) {
        assert.ok(error instanceof Error && 'code' in error && error.code === 'bad-address', String(error));
      }
    }),
  );
});
