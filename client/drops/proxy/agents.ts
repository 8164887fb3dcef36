/** Agents for HTTP clients that ask for each connection anew whether it goes through a proxy; pooled as usual. */
import type { ClientRequestArgs } from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Protocol, proxyFor } from './settings.ts';

/** As for the AWS SDK: see drops/aws/node-http.ts. */
const http = process.getBuiltinModule('node:http');

type Callback = (error: Error | null, stream?: Duplex) => void;

/** Connections as clients of clouds keep them. */
const pool = { keepAlive: true, maxSockets: 50 };

export class HttpAgent extends http.Agent {
  readonly #opening = new Opening('http', 80);

  constructor() {
    super(pool);
  }

  override createConnection(options: ClientRequestArgs, callback: Callback): Duplex | null | undefined {
    const proxied = this.#opening.start(options, callback, (socket) => socket);
    return proxied ? undefined : super.createConnection(options);
  }

  override destroy(): void {
    this.#opening.end();
    super.destroy();
  }
}

export class HttpsAgent extends https.Agent {
  readonly #opening = new Opening('https', 443);

  constructor() {
    super(pool);
  }

  override createConnection(options: ClientRequestArgs, callback: Callback): Duplex | null | undefined {
    const proxied = this.#opening.start(options, callback, (socket) => {
      const over = { ...options, socket };
      return super.createConnection(over);
    });
    return proxied ? undefined : super.createConnection(options);
  }

  override destroy(): void {
    this.#opening.end();
    super.destroy();
  }
}

/** The ways that one agent is opening. */
class Opening {
  readonly #protocol: Protocol;
  readonly #port: number;
  #ending = new AbortController();

  constructor(protocol: Protocol, port: number) {
    this.#protocol = protocol;
    this.#port = port;
  }

  /** False where the destination is reached straight; else `callback` hears of the stream that `over` makes. */
  start(options: ClientRequestArgs, callback: Callback, over: (socket: Socket) => Duplex | null | undefined): boolean {
    const target = { host: options.host ?? 'localhost', port: Number(options.port ?? this.#port) };
    const proxy = proxyFor(this.#protocol, target.host, target.port);
    if (proxy === undefined) return false;
    const { signal } = this.#ending;
    import('./tunnel.ts')
      .then(({ openTunnel }) => openTunnel(proxy, target, signal))
      .then(over)
      .then((stream) => callback(null, stream ?? undefined), callback);
    return true;
  }

  end(): void {
    this.#ending.abort();
    this.#ending = new AbortController();
  }
}
