/** Ways through proxies: real ones, and stubs that answer as no proxy of good manners does. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { createServer, type Server, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { inspect } from 'node:util';
import { openSocket, proxyAgents, useProxy } from '../../client/drops/proxy/index.ts';
import { DropError } from '../../client/errors.ts';
import { makeCertificate, noOpenssl } from '../tools/certificate.ts';
import { hiddenName, noProxies, type ProxyName, RealProxy, software } from '../tools/proxies.ts';

afterEach(() => useProxy(undefined));

/** A server on a port of 127.0.0.1, and its connections, which end with it. */
class Listening implements AsyncDisposable {
  readonly port: number;
  readonly sockets: Socket[];
  readonly #server: Server;

  private constructor(server: Server, port: number, sockets: Socket[]) {
    this.#server = server;
    this.port = port;
    this.sockets = sockets;
  }

  static async on(server: Server): Promise<Listening> {
    const sockets: Socket[] = [];
    server.on('connection', (socket: Socket) => {
      socket.on('error', () => {});
      sockets.push(socket);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const address = server.address();
    if (typeof address !== 'object' || address === null) throw new Error('a server without a port');
    return new Listening(server, address.port, sockets);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }
}

/** Says hello before it is asked, then repeats what it is told. */
function echo(): Promise<Listening> {
  return Listening.on(
    createServer((socket) => {
      socket.write('hello\n');
      socket.pipe(socket);
    }),
  );
}

/** Answers whatever it is sent with each of these in turn. */
function stub(...answers: readonly (string | Uint8Array)[]): Promise<Listening> {
  return Listening.on(
    createServer((socket) => {
      const left = [...answers];
      socket.on('data', () => {
        const next = left.shift();
        if (next !== undefined) socket.write(next);
      });
    }),
  );
}

/** Of SOCKS5 (RFC 1928, section 6). */
function reply(code: number, behind = ''): Uint8Array {
  return Buffer.concat([Buffer.from([5, code, 0, 1, 0, 0, 0, 0, 0, 0]), Buffer.from(behind)]);
}
const welcome = Uint8Array.of(5, 0);

async function untilText(socket: Socket, expected: string): Promise<void> {
  let seen = '';
  for await (const piece of socket) {
    seen += String(piece);
    if (seen === expected) return;
    assert.ok(expected.startsWith(seen), seen);
  }
  assert.fail(`it ended after ${JSON.stringify(seen)}`);
}

async function ask(module: typeof http | typeof https, options: https.RequestOptions): Promise<string> {
  const request = module.request(options).end();
  const [response]: [IncomingMessage] | unknown[] = await once(request, 'response');
  assert.ok(response instanceof http.IncomingMessage);
  return text(response);
}

describe('real proxies', { skip: noProxies }, () => {
  for (const name of Object.keys(software).filter((one): one is ProxyName => one in software)) {
    test(`a socket through ${name}, to a name that only the proxy knows`, async () => {
      await using server = await echo();
      await using proxy = await RealProxy.start(name);
      useProxy(proxy.url);
      const socket = await openSocket({ host: hiddenName, port: server.port });
      socket.write('and back');
      await untilText(socket, 'hello\nand back');
    });

    test(`${name}: one connection for several requests of HTTP`, async () => {
      const server = http.createServer((request, response) => void response.end(request.headers.host));
      await using listening = await Listening.on(server);
      await using proxy = await RealProxy.start(name);
      useProxy(proxy.url);
      const agent = proxyAgents(new URL(`http://${hiddenName}`))?.http ?? assert.fail();
      for (const path of ['/one', '/two']) {
        const body = await ask(http, { host: hiddenName, port: listening.port, path, agent });
        assert.equal(body, `${hiddenName}:${listening.port}`);
      }
      assert.equal(listening.sockets.length, 1);
      agent.destroy();
    });

    test(`${name}: TLS goes end to end, and its certificate is checked for the host's name`, {
      skip: noOpenssl,
    }, async () => {
      const { key, cert } = makeCertificate(hiddenName);
      const names: unknown[] = [];
      const server = https.createServer({ key, cert }, (_, response) => void response.end('sealed'));
      server.on('secureConnection', (socket: TLSSocket) => names.push(socket.servername));
      await using listening = await Listening.on(server);
      await using proxy = await RealProxy.start(name);
      useProxy(proxy.url);
      const agent = proxyAgents(new URL(`https://${hiddenName}`))?.https ?? assert.fail();
      const options = { host: hiddenName, port: listening.port, agent };
      for (const path of ['/one', '/two']) assert.equal(await ask(https, { ...options, path, ca: cert }), 'sealed');
      assert.deepEqual(names, [hiddenName]);
      await assert.rejects(ask(https, options), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
      agent.destroy();
    });

    test(`${name} asks for a password`, async () => {
      await using server = await echo();
      const login = { user: 'alice', password: 'correct-horse' };
      await using proxy = await RealProxy.start(name, login);
      const { protocol, host } = new URL(proxy.url);
      useProxy(`${protocol}//alice:correct-horse@${host}`);
      await untilText(await openSocket({ host: hiddenName, port: server.port }), 'hello\n');
      for (const wrong of ['', 'alice:wrong-pony@']) {
        useProxy(`${protocol}//${wrong}${host}`);
        await refuses('proxy-credentials', server.port);
      }
    });

    test(`${name} can't reach what is not there`, async () => {
      const closed = await echo();
      await closed[Symbol.asyncDispose]();
      await using proxy = await RealProxy.start(name);
      useProxy(proxy.url);
      await refuses('proxy-host-unreachable', closed.port);
    });
  }
});

/** Checks that the error names the proxy and no secret. */
async function refuses(code: string, port: number, signal?: AbortSignal): Promise<void> {
  await assert.rejects(openSocket({ host: hiddenName, port, signal }), (error: unknown) => {
    assert.ok(error instanceof DropError, inspect(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, /(http|https|socks5):\/\/127\.0\.0\.1:\d+/);
    assert.ok(error.hint);
    assert.ok(!/wrong-pony|correct-horse/.test(inspect(error, { depth: null })), 'it shows a password');
    return true;
  });
}

test('whatever a proxy answers has a plain name', async () => {
  const status = (line: string) => [`HTTP/1.1 ${line}\r\ncontent-length: 0\r\n\r\n`];
  const table: readonly (readonly [string, readonly (string | Uint8Array)[], string])[] = [
    ['socks5', [welcome, reply(1)], 'proxy-host-unreachable'],
    ['socks5', [welcome, reply(2)], 'proxy-refused'],
    ['socks5', [welcome, reply(3)], 'proxy-host-unreachable'],
    ['socks5', [welcome, reply(4)], 'proxy-host-unreachable'],
    ['socks5', [welcome, reply(5)], 'proxy-host-unreachable'],
    ['socks5', [welcome, reply(8)], 'proxy-host-unreachable'],
    ['socks5', [welcome, reply(99)], 'proxy-host-unreachable'],
    ['socks5', [Uint8Array.of(5, 255)], 'proxy-credentials'],
    ['socks5', ['HTTP/1.1 400 Bad Request\r\n\r\n'], 'proxy-bad-answer'],
    ['http', status('403 Forbidden'), 'proxy-refused'],
    ['http', status('405 Method Not Allowed'), 'proxy-refused'],
    ['http', status('407 Proxy Authentication Required'), 'proxy-credentials'],
    ['http', status('502 Bad Gateway'), 'proxy-host-unreachable'],
    ['http', ['SSH-2.0-nothing of the sort\r\n'], 'proxy-bad-answer'],
  ];
  for (const [scheme, answers, code] of table) {
    await using server = await stub(...answers);
    useProxy(`${scheme}://me:wrong-pony@127.0.0.1:${server.port}`);
    await refuses(code, 443);
  }
});

test('a proxy that is not there, or breaks off', async () => {
  const gone = await stub();
  await gone[Symbol.asyncDispose]();
  await using rude = await Listening.on(createServer((socket) => void socket.once('data', () => socket.destroy())));
  for (const scheme of ['socks5', 'http', 'https']) {
    useProxy(`${scheme}://127.0.0.1:${gone.port}`);
    await refuses('proxy-unreachable', 443);
    useProxy(`${scheme}://127.0.0.1:${rude.port}`);
    await refuses(scheme === 'https' ? 'proxy-unreachable' : 'proxy-connection-lost', 443);
  }
});

test('what the host says in the same breath as the proxy waits for its reader', async () => {
  const table = [
    ['socks5', [welcome, reply(0, 'hello\n')]],
    ['http', ['HTTP/1.1 200 Connected\r\n\r\nhello\n']],
  ] as const;
  for (const [scheme, answers] of table) {
    await using server = await stub(...answers);
    useProxy(`${scheme}://127.0.0.1:${server.port}`);
    const socket = await openSocket({ host: hiddenName, port: 22 });
    for (let turns = 0; turns < 5; turns++) await turn();
    const [first]: unknown[] = await once(socket, 'data');
    assert.equal(String(first), 'hello\n', scheme);
    socket.destroy();
  }
});

test('what is written in one turn leaves in one piece, so that no proxy holds back the rest of it', async (t) => {
  await using server = await stub(welcome, reply(0), 'one', 'two');
  useProxy(`socks5://127.0.0.1:${server.port}`);
  const socket = await openSocket({ host: hiddenName, port: 22 });
  // The stream's own way to the system with a single piece; several at once go by _writev.
  const single = t.mock.method(socket, '_write');
  for (const answer of ['one', 'two']) {
    for (const piece of ['length', 'packet', 'tag']) socket.write(piece);
    const [said]: unknown[] = await once(socket, 'data');
    assert.equal(String(said), answer);
  }
  assert.equal(single.mock.callCount(), 0);
  socket.destroy();
});

test('an https proxy is spoken to in TLS, and only where its certificate is its own', { skip: noOpenssl }, async () => {
  const { key, cert } = makeCertificate('localhost');
  await using target = await echo();
  const tls = createTlsServer({ key, cert });
  await using proxy = await Listening.on(tls);
  useProxy(`https://127.0.0.1:${proxy.port}`);
  await refuses('proxy-unreachable', target.port);
});

test('a signal ends the wait at once, whichever step the proxy hangs at', async () => {
  for (const [scheme, answers] of [
    ['socks5', []],
    ['socks5', [welcome]],
    ['http', []],
    ['https', []],
  ] as const) {
    await using server = await stub(...answers);
    useProxy(`${scheme}://127.0.0.1:${server.port}`);
    const ending = new AbortController();
    const opening = openSocket({ host: hiddenName, port: 443, signal: ending.signal });
    opening.catch(() => {});
    while (server.sockets.length === 0) await turn();
    const reason = new Error('enough');
    ending.abort(reason);
    await assert.rejects(opening, reason, scheme);
    await assert.rejects(openSocket({ host: hiddenName, port: 443, signal: ending.signal }), reason);
  }
});

test('a proxy that never answers is given up after 20 s', async (t) => {
  await using server = await stub();
  t.mock.timers.enable({ apis: ['setTimeout'] });
  for (const scheme of ['socks5', 'http', 'https']) {
    useProxy(`${scheme}://127.0.0.1:${server.port}`);
    const before = server.sockets.length;
    const given = refuses('proxy-no-answer', 443);
    given.catch(() => {});
    while (server.sockets.length === before) await turn();
    t.mock.timers.tick(20_000);
    await given;
  }
});

test('an agent that is destroyed ends the ways it is opening', async () => {
  await using server = await stub();
  useProxy(`socks5://127.0.0.1:${server.port}`);
  const agents = proxyAgents() ?? assert.fail();
  for (const [module, agent] of [
    [http, agents.http],
    [https, agents.https],
  ] as const) {
    const asked = ask(module, { host: hiddenName, agent });
    asked.catch(() => {});
    const before = server.sockets.length;
    while (server.sockets.length === before) await turn();
    const closed = server.sockets.at(-1) ?? assert.fail();
    agent.destroy();
    await assert.rejects(asked, { name: 'AbortError' });
    if (!closed.closed) await once(closed, 'close');
  }
});

test('without a proxy there are no agents, and a socket says what its host did', async () => {
  assert.equal(proxyAgents(), undefined);
  assert.equal(proxyAgents(new URL('https://cloud.example')), undefined);
  const server = await echo();
  await untilText(await openSocket({ host: '127.0.0.1', port: server.port }), 'hello\n');
  await server[Symbol.asyncDispose]();
  await assert.rejects(openSocket({ host: '127.0.0.1', port: server.port }), { code: 'connection-refused' });
  await assert.rejects(openSocket({ host: 'nowhere.invalid', port: 1 }), { code: 'dns-failure' });
});
