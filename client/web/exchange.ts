/** One request with its response, as the routes see it. */
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Conversations, Messenger } from '../messenger/index.ts';
import { HttpError } from './errors.ts';
import type { EventStreams } from './events.ts';
import { Fields } from './fields.ts';

/** What the routes work on. */
export interface Web {
  readonly messenger: Messenger;
  readonly conversations: Conversations;
  readonly streams: EventStreams;
  readonly version: string;
  /** Aborts when the server ends. */
  readonly signal: AbortSignal;
}

/** Answers what becomes the body, as JSON; undefined where it has answered by itself. */
export type Route = (exchange: Exchange) => object | undefined | Promise<object | undefined>;

/** Routes by method and path below `api/`; a part of the path that begins with a colon is a parameter. */
export type Routes = Readonly<Record<string, Route>>;

/** Largest body of JSON, in bytes: many pasted lines, an invite. */
const maxBodyBytes = 4 * 1024 * 1024;
/** How long such a body may take to come, in milliseconds. */
const bodyTime = 15_000;

export class Exchange {
  readonly web: Web;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
  readonly #parameters: ReadonlyMap<string, string>;
  readonly #gone = new AbortController();
  /** Aborts when the server ends, or the client goes before it has its answer. */
  readonly signal: AbortSignal;

  constructor(
    web: Web,
    request: IncomingMessage,
    response: ServerResponse,
    query: URLSearchParams,
    parameters: ReadonlyMap<string, string>,
  ) {
    this.web = web;
    this.request = request;
    this.response = response;
    this.query = query;
    this.#parameters = parameters;
    this.signal = AbortSignal.any([web.signal, this.#gone.signal]);
    response.once('close', () => this.#gone.abort());
  }

  parameter(name: string): string {
    const value = this.#parameters.get(name);
    if (value === undefined) throw new Error(`the path has no ${name}`);
    return value;
  }

  /** The channel that the path names. @throws SetupError with code `no-such-channel`. */
  get channel(): string {
    return this.web.messenger.channel(this.parameter('channel')).name;
  }

  /** The JSON object that was sent. @throws HttpError 400, 408, 413, 415. */
  async body(): Promise<Fields> {
    const { headers } = this.request;
    // No form can send this type, and no script of another origin without being asked about first.
    if (headers['content-type']?.split(';')[0]?.trim() !== 'application/json') {
      throw new HttpError(415, 'Only JSON is understood here.', { code: 'bad-type' });
    }
    if (Number(headers['content-length'] ?? 0) > maxBodyBytes) throw tooLarge();
    const timer = setTimeout(() => this.request.destroy(tooSlow()), bodyTime);
    try {
      return Fields.parse(await text(this.#bounded()));
    } finally {
      clearTimeout(timer);
    }
  }

  async *#bounded(): AsyncGenerator<Uint8Array> {
    let bytes = 0;
    for await (const chunk of this.request.iterator({ destroyOnReturn: false })) {
      bytes += chunk.length;
      if (bytes > maxBodyBytes) throw tooLarge();
      yield chunk;
    }
  }

  /** Writes all of it at the speed of whoever reads; the headers are set before. */
  async pour(pieces: Iterable<string>): Promise<void> {
    for (const piece of pieces) {
      this.signal.throwIfAborted();
      if (!this.response.write(piece)) await once(this.response, 'drain', { signal: this.signal });
    }
    this.response.end();
  }
}

function tooLarge(): HttpError {
  return new HttpError(413, 'This is too much for one request.', { code: 'too-large', hint: 'Send it as a file.' });
}

function tooSlow(): HttpError {
  return new HttpError(408, 'The request did not come to its end.', { code: 'too-slow' });
}
