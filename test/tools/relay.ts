/** A way to a server on 127.0.0.1 that can be cut or stopped up, as networks are. */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

export class Relay implements AsyncDisposable {
  readonly port: number;
  readonly #server: Server;
  readonly #pairs: Set<readonly [Socket, Socket]>;

  private constructor(server: Server, port: number, pairs: Set<readonly [Socket, Socket]>) {
    this.#server = server;
    this.port = port;
    this.#pairs = pairs;
  }

  /** @param on a port; by default any that is free. */
  static async start(to: number, on = 0): Promise<Relay> {
    const pairs = new Set<readonly [Socket, Socket]>();
    const server = createServer((near) => {
      const far = connect({ host: '127.0.0.1', port: to });
      const pair = [near, far] as const;
      pairs.add(pair);
      near.pipe(far).pipe(near);
      for (const socket of pair) {
        // Whatever ends one side ends the other.
        socket.on('error', () => undefined);
        socket.on('close', () => {
          for (const one of pair) one.destroy();
          pairs.delete(pair);
        });
      }
    });
    server.listen(on, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('the relay has no port');
    return new Relay(server, address.port, pairs);
  }

  /** Ends what is up; new connections are taken. */
  cut(): void {
    for (const [near] of this.#pairs) near.resetAndDestroy();
  }

  /** Lets nothing through any more on what is up, without a word to either side. */
  stop(): void {
    for (const [near, far] of this.#pairs) {
      near.unpipe(far).pause();
      far.unpipe(near).pause();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, 'close');
  }
}
