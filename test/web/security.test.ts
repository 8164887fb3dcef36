/** Who gets nothing: other sites, other names for this machine, others on it, and requests that no page makes. */
import assert from 'node:assert/strict';
import { createConnection, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import test, { after, before } from 'node:test';
import { type Person, Stage } from '../tools/stage.ts';
import { errorOf, type Reply, Web, withServer } from '../tools/web.ts';

const page = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };

let stage: Stage;
let alice: Person;
let web: Web;

before(async () => {
  stage = await Stage.make();
  ({ alice } = await stage.folderPair());
  web = await Web.open(alice);
});

after(() => stage[Symbol.asyncDispose]());

function assertRefused(reply: Reply, status: number, what: string): void {
  assert.equal(reply.status, status, `${what}: ${reply.body}`);
  assert.equal(reply.headers['set-cookie'], undefined, what);
  assert.doesNotMatch(reply.body.toString(), /alice|bob/, what);
  assertHeaders(reply, what);
}

function assertHeaders({ headers }: Reply, what: string): void {
  const policy = headers['content-security-policy'] ?? '';
  for (const rule of [
    "default-src 'none'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
  ])
    assert.ok(policy.includes(rule), `${what}: ${policy}`);
  assert.doesNotMatch(policy, /unsafe|\*|https?:/, what);
  const wanted = {
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-embedder-policy': 'require-corp',
    'cross-origin-resource-policy': 'same-origin',
    'cache-control': 'no-store',
  };
  for (const [name, value] of Object.entries(wanted)) assert.equal(headers[name], value, `${what}: ${name}`);
  for (const name of ['server', 'x-powered-by', 'access-control-allow-origin'])
    assert.equal(headers[name], undefined, what);
}

test('without a token there is nothing, for a person in words', async () => {
  const bare = { cookie: undefined, origin: undefined, 'sec-fetch-site': undefined };
  for (const path of [
    '/',
    web.place,
    `${web.place}page.js`,
    `${web.place}api/state`,
    '/api/state',
    '/favicon.ico',
    '/?token=',
  ]) {
    assertRefused(await web.raw(path, { headers: bare }), 401, path);
  }
  const reply = await web.raw('/', { headers: { ...bare, ...page, 'sec-fetch-site': 'none', accept: 'text/html' } });
  assertRefused(reply, 401, 'a person');
  assert.match(reply.body.toString(), /Press Enter in the terminal/);
});

test('a token opens the page once, and leaves the address', async () => {
  const link = new URL(await web.newLink());
  const path = `${link.pathname}${link.search}`;
  assert.ok(Buffer.from(link.searchParams.get('token') ?? '', 'base64url').length === 32);
  const headers = { cookie: undefined, origin: undefined, 'sec-fetch-site': 'none', ...page };
  const wrong = `${path.slice(0, -1)}${path.endsWith('A') ? 'B' : 'A'}`;
  assertRefused(await web.raw(path, { method: 'HEAD', headers }), 401, 'looked at from afar');
  const first = await web.raw(path, { headers });
  assert.equal(first.status, 303);
  assertHeaders(first, 'the redirect');
  assert.equal(first.headers.location, web.place);
  assert.equal(first.headers['set-cookie'], `${web.cookie}; Path=${web.place}; HttpOnly; SameSite=Strict`);
  assertRefused(await web.raw(path, { headers }), 401, 'used twice');
  assertRefused(await web.raw(wrong, { headers }), 401, 'never given');
});

test('a link that is opened from a file gets a page that leads on, since a strict cookie does not follow a redirect', async () => {
  const link = new URL(await web.newLink());
  const headers = { cookie: undefined, origin: undefined, 'sec-fetch-site': 'cross-site', ...page };
  const reply = await web.raw(`${link.pathname}${link.search}`, { headers });
  assert.equal(reply.status, 200);
  assertHeaders(reply, 'the page');
  assert.ok(reply.headers['set-cookie']?.startsWith(web.cookie));
  assert.ok(reply.body.includes(`content="0; url=${web.place}"`));
});

test('another cookie, or ours under another port, is none', async () => {
  const [name = '', value = ''] = web.cookie.split('=');
  for (const cookie of [
    `${name}=`,
    `${name}=${value.slice(1)}`,
    `btr-1=${value}`,
    `x${web.cookie}`,
    `${name}=${value}x`,
  ]) {
    assertRefused(await web.api('state', { headers: { cookie } }), 401, cookie.replace(value, 'SECRET'));
  }
  assert.equal((await web.api('state', { headers: { cookie: `other=1; ${web.cookie}; more=2` } })).status, 200);
});

test('the browser sends the cookie nowhere but to a path that nobody can guess', () => {
  assert.match(web.place, /^\/[\w-]{22}\/$/);
});

test('another name for this machine is foreign, with every secret in hand, and takes no token', async () => {
  const link = new URL(await web.newLink());
  const path = `${link.pathname}${link.search}`;
  for (const host of [
    'evil.example',
    `evil.example:${web.port}`,
    '127.0.0.1',
    `localhost:${web.port}`,
    `[::1]:${web.port}`,
    `127.0.0.1:${web.port}.evil.example`,
    `0.0.0.0:${web.port}`,
  ]) {
    assertRefused(await web.api('state', { headers: { host, origin: undefined } }), 403, `state as ${host}`);
    assertRefused(await web.raw(path, { headers: { host, origin: undefined } }), 403, `the link as ${host}`);
  }
  assert.equal((await web.raw(path, { headers: { origin: undefined } })).status, 303, 'the token is still good');
});

test('another origin is foreign, whatever it asks for, and takes no token', async () => {
  const link = new URL(await web.newLink());
  const path = `${link.pathname}${link.search}`;
  for (const origin of [
    'https://evil.example',
    'null',
    `http://localhost:${web.port}`,
    `http://127.0.0.1:${web.port + 1}`,
    `https://127.0.0.1:${web.port}`,
    '',
  ]) {
    assertRefused(await web.api('state', { headers: { origin } }), 403, `state from ${origin}`);
    assertRefused(await web.raw(path, { headers: { origin } }), 403, `the link from ${origin}`);
    const options = { origin, 'access-control-request-method': 'PUT' };
    assertRefused(await web.api('state', { method: 'OPTIONS', headers: options }), 403, `asking first, from ${origin}`);
  }
  assert.equal((await web.raw(path, { headers: { origin: undefined } })).status, 303, 'the token is still good');
});

test('nothing is changed by a request without an origin, by a form, or from another site', async () => {
  const body = JSON.stringify({ texts: ['forged'] });
  const json = { 'content-type': 'application/json' };
  const tries: readonly (readonly [string, number, Record<string, string | undefined>])[] = [
    ['no origin', 403, { ...json, origin: undefined }],
    ['no origin, an old browser', 403, { ...json, origin: undefined, 'sec-fetch-site': undefined }],
    ['same site, other port', 403, { ...json, 'sec-fetch-site': 'same-site' }],
    ['another site', 403, { ...json, 'sec-fetch-site': 'cross-site' }],
    ['another site, as a link', 403, { ...json, ...page, 'sec-fetch-site': 'cross-site' }],
    ['a form', 415, { 'content-type': 'text/plain' }],
    ['a form that is encoded', 415, { 'content-type': 'application/x-www-form-urlencoded' }],
    ['no type', 415, {}],
  ];
  for (const [what, status, headers] of tries) {
    assertRefused(await web.api('channels/bob/messages', { method: 'POST', headers, body }), status, what);
  }
  for (const [what, headers] of [
    ['a script', { 'sec-fetch-dest': 'script', 'sec-fetch-mode': 'no-cors' }],
    ['a frame', { 'sec-fetch-dest': 'iframe', 'sec-fetch-mode': 'navigate' }],
    ['an image', { 'sec-fetch-dest': 'image', 'sec-fetch-mode': 'no-cors' }],
  ] as const) {
    const reply = await web.raw(web.place, {
      headers: { ...headers, origin: undefined, 'sec-fetch-site': 'cross-site' },
    });
    assertRefused(reply, 403, what);
  }
  assert.deepEqual(await web.history('bob'), []);
});

test('methods and paths are those of the API, and no path leads to the disk', async () => {
  assertRefused(await web.api('state', { method: 'DELETE' }), 405, 'a method');
  assertRefused(await web.api('state', { method: 'TRACE' }), 405, 'TRACE');
  assertRefused(await web.raw(web.place, { method: 'POST' }), 405, 'POST of the page');
  const outside = [
    '../package.json',
    '..%2fpackage.json',
    '%2e%2e/btr.js',
    'page.js/../../btr.js',
    'index.html',
    'constructor',
    '__proto__',
    'api/',
    'api/constructor',
    'api/channels/bob',
    '//evil.example/',
  ];
  for (const path of outside) assertRefused(await web.raw(`${web.place}${path}`), 404, path);
  assertRefused(await web.raw('http://evil.example/'), 404, 'as for a proxy');
  assertRefused(await web.api('channels/%zz/messages'), 400, 'bad encoding');
  const unknown = await web.api('channels/nobody/messages');
  assert.deepEqual([unknown.status, errorOf(unknown).code], [404, 'no-such-channel']);
});

test('a body that is too large, or not what it has to be, is refused as what it is', async () => {
  // As browsers do, which send all of it before they read the answer.
  const headers = { 'content-type': 'application/json', connection: 'keep-alive' };
  const post = (body: string, more = {}) =>
    web.api('channels/bob/messages', { method: 'POST', headers: { ...headers, ...more }, body });
  for (const body of ['', '{', '[]', 'null', '"x"', '{}', '{"texts":"x"}', '{"texts":[1]}', '{"texts":[null]}']) {
    assertRefused(await post(body), 400, body);
  }
  const large = JSON.stringify({ texts: ['x'.repeat(20 * 1024 * 1024)] });
  assertRefused(await post(large), 413, 'large, with its length');
  assertRefused(await post(large, { 'transfer-encoding': 'chunked' }), 413, 'large, in chunks');
  assert.deepEqual(await web.history('bob'), []);
});

test('what is no HTTP is refused with the same headers', async () => {
  for (const [what, bytes] of [
    ['noise', 'EHLO there\r\n\r\n'],
    ['a large head', `GET / HTTP/1.1\r\nHost: 127.0.0.1:${web.port}\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`],
    ['two hosts', `GET / HTTP/1.1\r\nHost: 127.0.0.1:${web.port}\r\nHost: evil.example\r\nConnection: close\r\n\r\n`],
    ['no host', 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n'],
    [
      'smuggling',
      `POST / HTTP/1.1\r\nHost: 127.0.0.1:${web.port}\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    ],
  ] as const) {
    const answer = await text(connect(bytes));
    assert.match(answer, /^HTTP\/1\.1 4\d\d /, what);
    assert.match(answer, /Content-Security-Policy: default-src 'none'/, what);
  }
});

function connect(bytes: string): Socket {
  const socket = createConnection(web.port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write(bytes);
  return socket;
}

test('it listens on 127.0.0.1 alone', async () => {
  const address = await new Promise((resolve) => {
    const socket = createConnection({ port: web.port, host: '127.0.0.2' });
    socket.once('connect', () => resolve('reached')).once('error', ({ message }) => resolve(message));
  });
  assert.match(String(address), /ECONNREFUSED/);
});

test('a link is good for ten minutes, and who sends slowly is sent away', async () => {
  await using other = await Stage.make();
  const { bob } = await other.folderPair();
  let now = 0;
  await withServer(bob, { headTime: 1000, now: () => now }, async ({ server: { access } }) => {
    const open = async (link: string) => (await fetch(link, { redirect: 'manual' })).status;
    const [early, late] = [access.newLink(), access.newLink()];
    now = 599_999;
    assert.equal(await open(early), 303);
    now = 600_000;
    assert.equal(await open(late), 401);
    const first = access.newLink();
    for (let count = 0; count < 8; count++) access.newLink();
    assert.equal(await open(first), 401, 'the oldest of many links is over');
    const port = Number(new URL(access.origin).port);
    for (const bytes of ['', 'GET / HTTP/1.1\r\nHost: 127']) {
      const socket = createConnection(port, '127.0.0.1');
      socket.write(bytes);
      assert.match(await text(socket), /^(HTTP\/1\.1 4\d\d |$)/, bytes);
    }
  });
});

test('nothing that was printed holds a secret but links', () => {
  const [, value = ''] = web.cookie.split('=');
  const printed = `${web.live.stdout}${web.live.stderr}`;
  for (const secret of [value, web.place.slice(1, -1)]) assert.ok(!printed.includes(secret));
});
