import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { isExcepted } from '../../client/drops/proxy/no-proxy.ts';
import { isProxySet, type Protocol, proxyFor, proxyVariables, useProxy } from '../../client/drops/proxy/settings.ts';
import { BtrError } from '../../client/errors.ts';
import { withVariables } from './variables.ts';

const none = Object.fromEntries(
  ['all_proxy', 'https_proxy', 'http_proxy', 'no_proxy'].flatMap((name) => [
    [name, ''],
    [name.toUpperCase(), ''],
  ]),
);

afterEach(() => useProxy(undefined));

/** The proxy's name for one destination. */
function way(protocol: Protocol, host: string, port = 443): string {
  return proxyFor(protocol, host, port)?.name ?? 'straight';
}

test('without an option and variables everything is reached straight', () => {
  using _ = withVariables(none);
  assert.equal(way('https', 'cloud.example'), 'straight');
  assert.equal(isProxySet(), false);
  assert.deepEqual(proxyVariables(), {});
});

test('each protocol has its variable, then ALL_PROXY; small letters come first', () => {
  using _ = withVariables({
    ...none,
    ALL_PROXY: 'socks5h://all.example',
    HTTPS_PROXY: 'http://tls.example',
    https_proxy: 'http://small.example:3128/',
  });
  assert.equal(way('https', 'cloud.example'), 'http://small.example:3128');
  assert.equal(way('http', 'cloud.example'), 'socks5://all.example:1080');
  assert.equal(way('tcp', 'cloud.example'), 'socks5://all.example:1080');
  assert.equal(isProxySet(), true);
});

test('what is no HTTP does not go past a proxy for the web', () => {
  using _ = withVariables({ ...none, HTTP_PROXY: 'web.example:8080' });
  assert.equal(way('tcp', 'cloud.example', 22), 'http://web.example:8080');
  assert.equal(way('https', 'cloud.example'), 'straight');
});

test('variables spare this machine itself and what NO_PROXY names; a proxy that was given spares nothing', () => {
  using _ = withVariables({ ...none, ALL_PROXY: 'socks5://all.example', NO_PROXY: 'corp.example' });
  const spared = ['localhost', 'LOCALHOST.', 'cloud.localhost', '127.0.0.1', '127.9.9.9', '[::1]', 'a.corp.example'];
  for (const host of spared) assert.equal(way('http', host), 'straight', host);
  for (const host of ['localhost.example', '128.0.0.1', '::2', 'corp.example.org']) {
    assert.equal(way('http', host), 'socks5://all.example:1080', host);
  }
  useProxy('https://given.example');
  for (const host of spared) assert.equal(way('http', host), 'https://given.example:443', host);
});

test('NO_PROXY knows names, suffixes, ports, addresses and networks', () => {
  const table: readonly (readonly [string, string, boolean])[] = [
    ['*', 'cloud.example', true],
    ['', 'cloud.example', false],
    ['cloud.example', 'cloud.example', true],
    ['cloud.example', 'a.cloud.example', true],
    ['cloud.example', 'acloud.example', false],
    ['.example', 'cloud.example', true],
    ['*.example', 'Cloud.Example.', true],
    ['one.test, two.test\tthree.test', 'three.test', true],
    ['cloud.example:443', 'cloud.example', true],
    ['cloud.example:80', 'cloud.example', false],
    ['10.0.0.1', '10.0.0.1', true],
    ['10.0.0.1', '10.0.0.2', false],
    ['10.0.0.0/8', '10.9.9.9', true],
    ['10.0.0.0/8', '11.0.0.1', false],
    ['10.0.0.0/99', '10.0.0.1', false],
    ['10.0.0.0/8', 'ten.example', false],
    ['fd00::/8', 'fd12::1', true],
    ['fd00::/8', '[fd12::1]', true],
    ['[fd12::1]:443', 'fd12::1', true],
    ['[fd12::1]:80', 'fd12::1', false],
    ['fd12::1', '10.0.0.1', false],
    ['/, :, [, ]:9, .', 'cloud.example', false],
  ];
  for (const [list, host, expected] of table) assert.equal(isExcepted(list, host, 443), expected, `${list} | ${host}`);
});

test('a proxy of every form', () => {
  const table: readonly (readonly [string, string])[] = [
    ['socks5://127.0.0.1:9050', 'socks5://127.0.0.1:9050'],
    ['socks5h://tor', 'socks5://tor:1080'],
    ['socks://127.0.0.1:1080/', 'socks5://127.0.0.1:1080'],
    ['HTTP://Proxy.Example', 'http://proxy.example:80'],
    ['proxy.example:3128', 'http://proxy.example:3128'],
    ['https://[::1]:8443', 'https://[::1]:8443'],
    ['http://me:a%20secret@proxy.example', 'http://proxy.example:80'],
  ];
  for (const [text, name] of table) {
    useProxy(text);
    assert.equal(way('https', 'cloud.example'), name, text);
  }
  const { user, password, host } = proxyFor('https', 'cloud.example', 443) ?? assert.fail();
  assert.deepEqual([user, password, host], ['me', 'a secret', 'proxy.example']);
  const url = 'http://me:a%20secret@proxy.example:80';
  const { no_proxy, NO_PROXY, ...variables } = proxyVariables();
  assert.deepEqual([no_proxy, NO_PROXY], ['', '']);
  const names = Object.keys(none).filter((name) => name.toLowerCase() !== 'no_proxy');
  assert.deepEqual(variables, Object.fromEntries(names.map((name) => [name, url])));
  useProxy('socks5://[::1]');
  assert.equal(proxyVariables().all_proxy, 'socks5h://[::1]:1080');
});

test('what is no proxy is refused without being repeated', () => {
  const wrong = [
    ...[
      '',
      'socks4://hidden:1',
      'ftp://hidden',
      'http://',
      'http://hidden/path',
      'http://hidden:99999',
      'http://h?hidden',
    ],
    `socks5://${'hidden'.repeat(50)}@proxy.example`,
  ];
  for (const text of wrong) {
    const isPlain = (error: unknown) =>
      error instanceof BtrError && error.code === 'bad-proxy' && !`${error.message}${error.hint}`.includes('hidden');
    assert.throws(
      () => useProxy(text),
      (error) => isPlain(error) && error instanceof BtrError && error.exitCode === 2,
    );
    if (text === '') continue;
    using _ = withVariables({ ...none, ALL_PROXY: text });
    assert.throws(
      () => proxyFor('https', 'cloud.example', 443),
      (error) => isPlain(error) && /ALL_PROXY/.test(String(error)),
    );
  }
});
