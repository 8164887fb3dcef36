/** `btr web` of a person, and a client for it that does what a browser would do, or anything else. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { Conversations, Messenger } from '../../client/messenger/index.ts';
import type { ApiEntry, Entries, State, Update } from '../../client/web/api.ts';
import { WebServer, type WebServerOptions } from '../../client/web/server.ts';
import type { Live } from './btr.ts';
import type { Person } from './stage.ts';

export interface Reply {
  readonly status: number;
  /** Several of one name in lines. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
}

export interface Sent {
  readonly method?: string;
  /** In place of, or beside, what the page would send; undefined leaves one out. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: string | Uint8Array | Readable;
  readonly signal?: AbortSignal;
}

/** One request to a server on 127.0.0.1. Resolves with the response's head; its body is still to be read. */
export async function send(port: number, path: string, { method = 'GET', headers = {}, ...sent }: Sent) {
  const given = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined));
  const { body, signal } = sent;
  const outgoing = request({
    port,
    path,
    method,
    host: '127.0.0.1',
    headers: given,
    agent: false,
    ...(signal && { signal }),
  });
  const answer = once(outgoing, 'response');
  if (typeof body === 'string' || body instanceof Uint8Array || body === undefined) outgoing.end(body);
  else body.pipe(outgoing);
  const [response]: IncomingMessage[] = await answer;
  assert.ok(response);
  return response;
}

/** A window of the page, its cookie included. */
export class Web implements AsyncDisposable {
  readonly live: Live;
  readonly port: number;
  readonly origin: string;
  /** The page's address: everything it asks for is below it. */
  place = '/';
  cookie = '';
  readonly #streams = new AbortController();

  private constructor(live: Live, link: string) {
    this.live = live;
    const { port, origin } = new URL(link);
    this.port = Number(port);
    this.origin = origin;
  }

  /** Starts the server and opens the page. */
  static async open(person: Person, ...args: string[]): Promise<Web> {
    const { live, link } = await startWeb(person, ...args);
    const web = new Web(live, link);
    await web.enter(link);
    return web;
  }

  /** Opens a link as the first request of a browser does. */
  async enter(link: string): Promise<void> {
    const { pathname, search } = new URL(link);
    const { status, headers } = await this.raw(`${pathname}${search}`, { headers: { origin: undefined } });
    assert.equal(status, 303);
    this.place = headers.location ?? '';
    this.cookie = headers['set-cookie']?.split(';')[0] ?? '';
  }

  /** One more link, as Enter in the terminal gives it. The process must have been started with stdin open. */
  async newLink(): Promise<string> {
    const before = links(this.live).length;
    this.live.child.stdin.write('\n');
    await this.live.until((live) => links(live).length > before, 'it gave another link');
    return links(this.live).at(-1) ?? '';
  }

  /** A request with the headers of the page, to any path. */
  async raw(path: string, sent: Sent = {}): Promise<Reply> {
    const response = await this.stream(path, sent);
    return { status: response.statusCode ?? 0, headers: headersOf(response.headers), body: await buffer(response) };
  }

  /** The same, its body still to be read. */
  stream(path: string, { headers, ...sent }: Sent = {}): Promise<IncomingMessage> {
    const own = {
      host: `127.0.0.1:${this.port}`,
      origin: this.origin,
      cookie: this.cookie,
      'sec-fetch-site': 'same-origin',
      ...headers,
    };
    return send(this.port, path, { ...sent, headers: own });
  }

  /** A request below `api/`, whatever comes of it. */
  api(path: string, sent: Sent = {}): Promise<Reply> {
    return this.raw(`${this.place}api/${path}`, sent);
  }

  async get<T>(path: string): Promise<T> {
    return json(await this.api(path), path);
  }

  async post<T>(path: string, body: object = {}): Promise<T> {
    return json(await this.try(path, body), path);
  }

  /** A POST that may fail. */
  try(path: string, body: object = {}, method = 'POST'): Promise<Reply> {
    const headers = { 'content-type': 'application/json' };
    return this.api(path, { method, headers, body: JSON.stringify(body) });
  }

  state(): Promise<State> {
    return this.get('state');
  }

  async history(channel: string): Promise<readonly ApiEntry[]> {
    return (await this.get<Entries>(`channels/${encodeURIComponent(channel)}/messages?limit=200`)).entries;
  }

  /** A window that listens from now on; it has its first state. */
  async listen(): Promise<Updates> {
    const response = await this.stream(`${this.place}api/events`, { signal: this.#streams.signal });
    assert.equal(response.statusCode, 200);
    const updates = new Updates(response);
    await updates.until(() => true);
    return updates;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#streams.abort();
    await this.live.kill('SIGINT');
  }
}

/** How long a server may run before the test has hung, in milliseconds. */
const patience = 300_000;

/** The process alone, with its first link. */
export async function startWeb(person: Person, ...args: string[]): Promise<{ live: Live; link: string }> {
  const live = person.start(['web', '--no-open', '--json', ...args], { input: 'open', patience });
  await live.until((started) => links(started).length > 0, 'it gave a link');
  return { live, link: links(live)[0] ?? '' };
}

interface Within {
  readonly messenger: Messenger;
  readonly conversations: Conversations;
  readonly server: WebServer;
}

/** The server in this process, for what a test has to time itself; its conversations do not run. */
export function withServer(
  person: Person,
  options: Partial<WebServerOptions>,
  work: (within: Within) => Promise<void>,
): Promise<void> {
  return person.within(async (messenger) => {
    const stop = new AbortController();
    const { signal } = stop;
    const conversations = await messenger.conversations(signal);
    const onFault = (error: unknown) => assert.fail(String(error));
    const about = { messenger, conversations, port: 0, page: person.home, version: '0', signal, onFault };
    const server = await WebServer.start({ ...about, ...options });
    try {
      await work({ messenger, conversations, server });
    } finally {
      stop.abort();
      await server.close();
      await conversations.run();
    }
  });
}

function links({ events }: Live): string[] {
  return events.filter(({ event }) => event === 'web').map(({ url }) => String(url));
}

function headersOf(headers: IncomingHttpHeaders): Reply['headers'] {
  const joined = Object.entries(headers).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.join('\n') : value,
  ]);
  return Object.fromEntries(joined);
}

function json<T>({ status, body }: Reply, path: string): T {
  assert.equal(status, 200, `${path}: ${body}`);
  const value: T = JSON.parse(body.toString());
  return value;
}

/** The error that a reply carries. */
export function errorOf({ body }: Reply): { code: string; text: string; hint?: string; reasons?: string[] } {
  const { error } = JSON.parse(body.toString());
  return error;
}

/** What a window heard, and hears. */
export class Updates {
  readonly all: Update[] = [];
  /** Resolves when the stream has ended, however. */
  readonly ended: Promise<void>;
  readonly #response: IncomingMessage;
  #isOver = false;
  #changed = Promise.withResolvers<void>();

  constructor(response: IncomingMessage) {
    this.#response = response;
    this.ended = this.#read().finally(() => {
      this.#isOver = true;
      this.#changed.resolve();
    });
  }

  /** Waits until something that was heard is this. */
  async until<T>(find: (update: Update) => T | undefined): Promise<T> {
    for (;;) {
      for (const update of this.all) {
        const found = find(update);
        if (found !== undefined) return found;
      }
      if (this.#isOver) throw new Error(`the stream ended after ${JSON.stringify(this.all)}`);
      await this.#changed.promise;
    }
  }

  /** The entry with this text or file name. */
  entry(words: string): Promise<Extract<ApiEntry, { id: string }>> {
    return this.until((update) => {
      if (update.type !== 'entry' || update.entry.event === 'notice') return undefined;
      const said = update.entry.event === 'message' ? update.entry.text : update.entry.name;
      return said === words ? update.entry : undefined;
    });
  }

  /** The window goes to sleep: nothing is read any more. */
  pause(): void {
    this.#response.pause();
  }

  resume(): void {
    this.#response.resume();
  }

  close(): void {
    this.#response.destroy();
  }

  async #read(): Promise<void> {
    let text = '';
    this.#response.setEncoding('utf8');
    this.#response.on('data', (chunk: string) => {
      text += chunk;
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      this.all.push(...blocks.flatMap(updateIn));
      const changed = this.#changed;
      this.#changed = Promise.withResolvers();
      changed.resolve();
    });
    this.#response.on('error', () => {});
    await new Promise((resolve) => this.#response.once('close', resolve));
  }
}

function updateIn(block: string): Update[] {
  return block.startsWith('data: ') ? [JSON.parse(block.slice('data: '.length))] : [];
}
