import assert from 'node:assert/strict';
import test from 'node:test';
import { readLoginInfo } from '../../client/drops/sftp/login-info.ts';

const there = { folder: '/keys', isFile: () => true };
const address = (host: string, key: string) => ({
  kind: 'sftp',
  host,
  port: 22,
  user: 'azureuser',
  path: '/~/btr',
  identityFile: `/keys/${key}`,
});
const two = [address('203.0.113.7', 'vm1.pem'), address('2001:db8::1', 'vm 2.pem')];

test('sftp: an inventory is read whatever wrote it', () => {
  const forms = [
    '203.0.113.7,vm1.pem\n2001:db8::1,vm 2.pem\n',
    'IP address,key file name\n203.0.113.7,vm1.pem\n2001:db8::1,vm 2.pem',
    '\uFEFFip,key\r\n\r\n203.0.113.7,vm1.pem\r\n\r\n2001:db8::1,vm 2.pem\r\n\r\n',
    '"host_address","ssh key"\r"203.0.113.7","vm1.pem"\r2001:db8::1 , "vm 2.pem"',
    ',\n  203.0.113.7 ,vm1.pem,,\n\t\n2001:db8::1,vm 2.pem,',
  ];
  for (const form of forms) assert.deepEqual(readLoginInfo(form, there), two, JSON.stringify(form));
});

test('sftp: user, folder and path of an inventory can be chosen', () => {
  const [read] = readLoginInfo('203.0.113.7,"odd ""name"", with a comma"', { ...there, user: 'pi', path: '/srv/btr' });
  const identityFile = '/keys/odd "name", with a comma';
  assert.deepEqual(read, { ...address('203.0.113.7', ''), user: 'pi', path: '/srv/btr', identityFile });
  assert.throws(() => readLoginInfo('203.0.113.7,a.pem', { ...there, user: 'no such\nuser' }), { code: 'bad-address' });
});

test('sftp: what is wrong in an inventory is told with its line', () => {
  const good = '203.0.113.7,vm1.pem\n\n';
  const cases: [text: string, message: RegExp][] = [
    [`${good}example.org,vm1.pem`, /Line 3 .*"example.org" is not an IP address/],
    [`${good}203.0.113.300,vm1.pem`, /Line 3 .*is not an IP address/],
    [`${good}203.0.113.8`, /Line 3 .*names no key file/],
    [`${good}203.0.113.8,a,b`, /Line 3 .*more than two columns/],
    [`${good}203.0.113.8,"vm1.pem`, /Line 3 .*quote/],
    [`${good}203.0.113.8,"vm1".pem`, /Line 3 .*quote/],
    ['example.org,vm1.pem', /Line 1 .*is not an IP address/],
    ['ip,key\nip,key', /Line 2 .*is not an IP address/],
    ['', /names no machine/],
    ['\r\n \r\n', /names no machine/],
    ['ip,key\n', /names no machine/],
  ];
  for (const [text, message] of cases) {
    assert.throws(() => readLoginInfo(text, there), { kind: 'usage', code: 'bad-login-info', message }, text);
  }
  const missing = { folder: '/nowhere/at/all' };
  assert.throws(() => readLoginInfo(good, missing), { message: /Line 1 .*no key file \/nowhere\/at\/all\/vm1.pem/ });
});
