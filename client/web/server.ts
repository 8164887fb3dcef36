/**
 * The server of `btr web`: one home's page, for browsers on this machine. Every request passes the same gates in the
 * same order: where it comes from, whether it may, what it wants.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Conversations, Messenger } from '../messenger/index.ts';
import { Access } from './access.ts';
import { apiError, HttpError, statusOf } from './errors.ts';
import { EventStreams } from './events.ts';
import { Exchange, type Routes, type Web } from './exchange.ts';
import { securityHeaders } from './headers.ts';
import { Router } from './router.ts';
import { channelRoutes } from './routes/channels.ts';
import { fileRoutes } from './routes/files.ts';
import { pairingRoutes } from './routes/pairing.ts';
import { placesOf, stateAt } from './state.ts';
import { readStaticFiles, type StaticFile } from './static-files.ts';

/** How long the head of a request may take to come, in milliseconds. */
const usualHeadTime = 10_000;
const mostConnections = 128;

export interface WebServerOptions {
  readonly messenger: Messenger;
  readonly conversations: Conversations;
  /** 0 for any free one. */
  readonly port: number;
  /** Where the built page lies. */
  readonly page: string;
  readonly version: string;
  /** Aborts everything under way. */
  readonly signal: AbortSignal;
  /** Hears of a fault of ours; the page was told, too. */
  readonly onFault: (error: unknown) => void;
  readonly headTime?: number;
  readonly now?: () => number;
}

const stateRoutes: Routes = {
  'GET state': async ({ web }) => stateAt(web, await placesOf(web.messenger)),
  'GET events': async ({ web, response }) => {
    await web.streams.add(response);
    return undefined;
  },
};

export class WebServer {
  readonly access: Access;
  readonly #server: Server;
  readonly #web: Web;
  readonly #files: ReadonlyMap<string, StaticFile>;
  readonly #router = new Router(stateRoutes, channelRoutes, fileRoutes, pairingRoutes);
  readonly #fail: (error: unknown) => void;
  readonly #unfollow: () => void;

  private constructor(server: Server, files: ReadonlyMap<string, StaticFile>, options: WebServerOptions) {
    const { messenger, conversations, signal, version, onFault } = options;
    this.#server = server;
    this.#files = files;
    this.#fail = onFault;
    this.access = new Access(portOf(server), options.now);
    const streams = new EventStreams(() => this.#states(), onFault);
    this.#web = { messenger, conversations, streams, version, signal };
    this.#unfollow = conversations.follow((change) => streams.tell(change));
    const listener = (request: IncomingMessage, response: ServerResponse) => void this.#answer(request, response);
    server.on('request', listener).on('checkContinue', listener).on('checkExpectation', listener);
    server.on('clientError', refuse);
  }

  /** Listens on 127.0.0.1. @throws the error of a port that can't be had. */
  static async start(options: WebServerOptions): Promise<WebServer> {
    const files = await readStaticFiles(options.page);
    const server = createServer({
      headersTimeout: options.headTime ?? usualHeadTime,
      // A file may take as long as it takes; other bodies have their own time.
      requestTimeout: 0,
      connectionsCheckingInterval: 1000,
      // Answered with our own headers, as any other foreign host.
      requireHostHeader: false,
    });
    server.maxConnections = mostConnections;
    server.listen(options.port, '127.0.0.1');
    await once(server, 'listening');
    return new WebServer(server, files, options);
  }

  /** Resolves once every connection is closed. */
  async close(): Promise<void> {
    this.#unfollow();
    this.#web.streams.end();
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  /** Changes that nobody was told of are told before the state is taken, so that no window hears of them twice. */
  async #states() {
    const places = await placesOf(this.#web.messenger);
    return () => {
      this.#web.conversations.refresh();
      return stateAt(this.#web, places);
    };
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value);
    try {
      await this.#pass(request, response);
    } catch (error) {
      this.#refuse(request, response, error);
    }
  }

  async #pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { access } = this;
    access.checkOrigin(request);
    const { path, query } = targetOf(request);
    const token = query.get('token');
    if (path === '/' && request.method === 'GET' && token !== null) return this.#letIn(token, request, response);
    access.checkCookie(request);
    if (!path.startsWith(access.place)) throw new HttpError(404, 'There is nothing here.', { code: 'no-such-path' });
    const rest = path.slice(access.place.length);
    const file = this.#files.get(rest);
    if (file) return sendFile(request, response, file);
    await this.#route(request, response, rest, query);
  }

  /** The token leaves the address bar at once. */
  #letIn(token: string, { headers }: IncomingMessage, response: ServerResponse): void {
    const { access } = this;
    access.takeToken(token);
    response.setHeader('Set-Cookie', access.setCookie);
    if (headers['sec-fetch-site'] !== 'cross-site') {
      response.writeHead(303, { Location: access.place }).end();
      return;
    }
    // From a file on the disk: a browser follows a redirect as part of the same journey, without a strict cookie.
    const next = `<!doctype html><title>btr</title><meta http-equiv="refresh" content="0; url=${access.place}">`;
    response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end(next);
  }

  async #route(request: IncomingMessage, response: ServerResponse, path: string, query: URLSearchParams) {
    const [, below = ''] = /^api\/(.*)$/.exec(path) ?? [];
    const { route, parameters } = this.#router.find(request.method ?? '', below);
    const answer = await route(new Exchange(this.#web, request, response, query, parameters));
    if (answer !== undefined) sendJson(response, 200, answer);
  }

  #refuse(request: IncomingMessage, response: ServerResponse, error: unknown): void {
    if (response.destroyed || this.#web.signal.aborted) {
      response.destroy();
      return;
    }
    const status = statusOf(error);
    if (status === 500) this.#fail(error);
    // Half a file can only be told by its end that does not come.
    if (response.headersSent) {
      response.destroy();
      return;
    }
    for (const name of ['Content-Length', 'Content-Disposition']) response.removeHeader(name);
    // Strangers are sent away with what they still have to say. Others are heard out: a browser reads no answer before.
    if (status === 401 || status === 403) response.setHeader('Connection', 'close');
    else request.resume();
    response.setHeader('Content-Security-Policy', securityHeaders['Content-Security-Policy'] ?? '');
    if (request.headers.accept?.includes('text/html')) sendText(response, status, error);
    else sendJson(response, status, { error: apiError(error) });
  }
}

function portOf(server: Server): number {
  const address = server.address();
  if (typeof address === 'object' && address !== null) return address.port;
  throw new Error('the server listens nowhere');
}

/** Taken apart as it was sent: nothing is resolved in it, so nothing can lead out of anywhere. */
function targetOf({ url = '' }: IncomingMessage): { path: string; query: URLSearchParams } {
  const [path = '', ...rest] = url.split('?');
  return { path, query: new URLSearchParams(rest.join('?')) };
}

function sendFile({ method = '' }: IncomingMessage, response: ServerResponse, { type, content }: StaticFile): void {
  if (method !== 'GET') throw new HttpError(405, `This can't be done by ${method}.`, { code: 'bad-method' });
  response.writeHead(200, { 'Content-Type': type, 'Content-Length': content.length }).end(content);
}

function sendJson(response: ServerResponse, status: number, value: object): void {
  const body = JSON.stringify(value);
  const headers = { 'Content-Type': 'application/json; charset=utf-8', 'Content-Length': Buffer.byteLength(body) };
  response.writeHead(status, headers).end(body);
}

/** For a person who opened an address by hand. */
function sendText(response: ServerResponse, status: number, error: unknown): void {
  const { text, hint = '' } = apiError(error);
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(`${text}\n${hint}\n`);
}

/** What is no HTTP, or does not come to its end. */
function refuse(_error: Error, socket: Socket): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const headers = Object.entries({ ...securityHeaders, Connection: 'close', 'Content-Length': '0' });
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 400 Bad Request\r\n${lines.join('')}\r\n`);
}
