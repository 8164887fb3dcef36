/** The agent that `btr unlock` leaves behind: holds the master key of one home until its deadline, for this user alone. */
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { resolve } from 'node:path';
import { UsageError } from '../errors.ts';
import { Deadline } from './deadline.ts';
import { readKeyFile } from './key-file.ts';
import { announceServer, findServer, newAddress, removeTraces } from './socket-place.ts';
import { answerBytes, decodeStart, readAll, requestBytes, requests, startBytes, statuses } from './unlock-wire.ts';

/** How often the agent looks whether it is still wanted, in milliseconds. */
const glance = 2_000;
/** How long a connection may stand without a whole request, in milliseconds. */
const patience = 5_000;

interface AgentOptions {
  /** The home's folder, and its key file. */
  readonly home: string;
  readonly keyFile: string;
  /** The start, see unlock-wire.ts, and its end. */
  readonly input: AsyncIterable<Buffer>;
  /** Ends the agent. */
  readonly signal: AbortSignal;
  /** Called once others can find the agent, with the end of its time in milliseconds since 1970. */
  readonly onReady: (until: number) => void;
}

/** Serves until the deadline, a request to lock, the signal, or until the key file or the notice is another's. */
export async function serveAgent({ home, keyFile, input, signal, onReady }: AgentOptions): Promise<void> {
  const bytes = await readAll(input, startBytes);
  const start = bytes && decodeStart(bytes);
  if (!bytes || !start) {
    throw new UsageError('This is what btr unlock runs; alone it does nothing.', { code: 'usage', hint: 'btr unlock' });
  }
  const agent = new Agent(start.master, start.binding, new Deadline(start.milliseconds));
  signal.addEventListener('abort', agent.end, { once: true });
  try {
    const place = { address: await newAddress(home, 'agent'), pid: process.pid };
    await agent.listen(place.address);
    try {
      await announceServer(home, 'agent', place);
      onReady(agent.deadline.at);
      await agent.until(async () => {
        const [found, file] = [await findServer(home, 'agent'), await readKeyFile(keyFile)];
        return found?.address === place.address && file.binding.equals(start.binding);
      });
    } finally {
      await removeTraces(resolve(home), 'agent', place);
    }
  } finally {
    bytes.fill(0);
    await agent.close();
  }
}

class Agent {
  readonly deadline: Deadline;
  readonly #master: Buffer;
  readonly #binding: Buffer;
  readonly #server: Server;
  readonly #connections = new Set<Socket>();
  readonly #ended = Promise.withResolvers<void>();

  constructor(master: Buffer, binding: Buffer, deadline: Deadline) {
    this.deadline = deadline;
    this.#master = master;
    this.#binding = binding;
    this.#server = createServer((socket) => this.#serve(socket));
  }

  /** Wipes the key at once; `until` ends. */
  readonly end = (): void => {
    this.#master.fill(0);
    this.#isOver = true;
    this.#ended.resolve();
  };
  #isOver = false;

  async listen(address: string): Promise<void> {
    // Nobody else may connect from the first moment on.
    process.umask(0o177);
    this.#server.listen(address);
    await once(this.#server, 'listening');
  }

  /** Resolves when the agent has ended; `isWanted` is asked now and then. */
  async until(isWanted: () => Promise<boolean>): Promise<void> {
    while (!this.#isOver) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, Math.min(glance, Math.max(1, this.deadline.left)));
      await Promise.race([promise, this.#ended.promise]);
      clearTimeout(timer);
      if (this.deadline.isOver || (!this.#isOver && !(await isWanted()))) this.end();
    }
  }

  async close(): Promise<void> {
    this.end();
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#connections) socket.end();
    await closed;
  }

  #serve(socket: Socket): void {
    this.#connections.add(socket);
    const pieces: Buffer[] = [];
    socket.setTimeout(patience, () => socket.destroy());
    // An asker that has gone is its own affair.
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#connections.delete(socket));
    socket.on('data', (piece: Buffer) => {
      pieces.push(piece);
      const request = Buffer.concat(pieces);
      if (request.length > requestBytes) socket.destroy();
      if (request.length === requestBytes) this.#answer(socket, request);
    });
  }

  #answer(socket: Socket, request: Buffer): void {
    if (this.deadline.isOver) this.end();
    const answer = Buffer.alloc(answerBytes);
    if (request[0] === requests.lock) {
      this.end();
      // The connection ends when the traces are gone.
      return;
    }
    if (request[0] !== requests.key) return void socket.destroy();
    answer[0] = this.#status(request.subarray(1));
    if (answer[0] === statuses.given) this.#master.copy(answer, 1);
    socket.end(answer, () => answer.fill(0));
  }

  #status(binding: Buffer): number {
    if (this.#isOver) return statuses.over;
    return binding.equals(this.#binding) ? statuses.given : statuses.void;
  }
}
