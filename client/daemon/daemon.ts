/** `btr daemon`: keeps the channels of a home going, and serves the other commands of that home over a local socket. */
import { setTimeout as sleep } from 'node:timers/promises';
import { SetupError } from '../errors.ts';
import {
  announceDaemon,
  becomeDaemon,
  findDaemon,
  isAnnounced,
  newDaemonAddress,
  removeDaemonTraces,
  type SocketPlace,
} from '../messenger/daemon-place.ts';
import type { Change, Conversations, Messenger } from '../messenger/index.ts';
import { DaemonClient } from './client.ts';
import { methodsOf } from './methods.ts';
import { RpcServer } from './server.ts';

/** How often to look whether others still find this daemon, in milliseconds. */
const glance = 2000;

interface DaemonOptions {
  /** The home's folder, and its messenger, which the caller closes. */
  readonly home: string;
  readonly messenger: Messenger;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Called once others can find it. */
  readonly onReady: (daemon: Daemon, place: SocketPlace) => void;
}

/**
 * For those who would only find out after they have opened the home.
 * @throws SetupError with code `daemon-runs`, or where this system has no place for its socket.
 */
export async function assertNoDaemon(home: string): Promise<void> {
  if (process.platform === 'win32') {
    throw new SetupError('btr daemon needs sockets with permissions, which Windows does not have.', {
      code: 'no-daemon-here',
      hint: 'Let btr listen run instead.',
    });
  }
  const client = await DaemonClient.connect(home);
  client?.close();
  if (client) throw daemonRuns(client.place);
}

/**
 * Serves until the signal aborts, a client asks for the end, or others don't find it any more.
 * @throws SetupError with code `daemon-runs`.
 */
export async function serveDaemon({ home, messenger, signal, onReady }: DaemonOptions): Promise<void> {
  using lock = await becomeDaemon(home);
  const other = await findDaemon(home);
  if (!lock) throw daemonRuns(other);
  // One that was killed has left it.
  if (other) await removeDaemonTraces(home, other);
  const daemon = new Daemon(home, messenger, signal);
  const server = new RpcServer(methodsOf(daemon), daemon.ending);
  const place = { address: await newDaemonAddress(home), pid: process.pid };
  await server.listen(place.address);
  try {
    await announceDaemon(home, place);
    await daemon.start();
    onReady(daemon, place);
    await Promise.all([daemon.run(), untilLost(home, place, daemon)]);
  } finally {
    daemon.end();
    await removeDaemonTraces(home, place);
    await server.close();
  }
}

async function untilLost(home: string, place: SocketPlace, daemon: Daemon): Promise<void> {
  while (await isAnnounced(home, place)) {
    await sleep(glance, undefined, { signal: daemon.ending }).catch(() => {});
    if (daemon.ending.aborted) return;
  }
  daemon.end();
}

/** The home that is served, for the methods. */
export class Daemon {
  readonly home: string;
  readonly messenger: Messenger;
  readonly startedAt = Date.now();
  readonly ending: AbortSignal;
  readonly #end = new AbortController();
  readonly #listeners = new Set<(change: Change) => void>();
  #conversations: Conversations | undefined;
  #round = new AbortController();
  #reloaded: PromiseWithResolvers<void> | undefined;

  constructor(home: string, messenger: Messenger, signal: AbortSignal) {
    this.home = home;
    this.messenger = messenger;
    this.ending = AbortSignal.any([signal, this.#end.signal]);
  }

  get conversations(): Conversations {
    if (this.#conversations) return this.#conversations;
    throw new Error('the daemon has not started');
  }

  /** Calls `listener` with every change from now on, whatever is reloaded. Answers what ends that. */
  follow(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Ends it soon. */
  readonly end = (): void => this.#end.abort();

  /**
   * Drops every connection and begins anew, with channels, settings and credentials as they are by then. Files that are
   * on their way go on where they were with the next try.
   */
  reload(): Promise<void> {
    this.#reloaded ??= Promise.withResolvers();
    this.#round.abort();
    return this.#reloaded.promise;
  }

  async start(): Promise<void> {
    this.#round = new AbortController();
    this.#conversations = await this.messenger.conversations(AbortSignal.any([this.ending, this.#round.signal]));
    this.#conversations.follow((change) => {
      for (const listener of [...this.#listeners]) listener(change);
    });
  }

  /** Resolves at the end. @throws Error for a fault of ours. */
  async run(): Promise<void> {
    for (;;) {
      await this.conversations.run();
      if (!this.ending.aborted) await this.messenger.disconnect();
      if (!this.ending.aborted) await this.start();
      this.#reloaded?.resolve();
      this.#reloaded = undefined;
      if (this.ending.aborted) return;
    }
  }
}

/** @param place unless it has just begun. */
function daemonRuns(place: SocketPlace | undefined): SetupError {
  return new SetupError('A daemon of this home runs already.', {
    code: 'daemon-runs',
    hint: `${place ? `It is process ${place.pid}. ` : ''}To end it: btr rpc shutdown`,
  });
}
