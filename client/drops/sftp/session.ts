/** One SSH connection with the SFTP subsystem open on it, and nothing else: no command is ever run there. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Client, SFTPWrapper } from 'ssh2';
import ssh2 from 'ssh2';
import type { BtrError } from '../../errors.ts';
import { openSocket } from '../proxy/index.ts';
import type { SftpAddress } from './address.ts';
import { connectError, hostKeyChanged, lost, unreachable } from './errors.ts';
import { loginFor, loginRefused } from './login.ts';

/** Milliseconds for the way to the host, and again for keys and login. */
const CONNECT_PATIENCE = 15_000;
const KEEP_ALIVE = 10_000;
/** So many of them without an answer end the connection. */
const MOST_UNANSWERED = 3;

/**
 * Written out, so that the same of a host's keys is asked for by every version of btr: it is the one that is pinned.
 * AES first: Node's own is several times faster than ssh2's ChaCha20 in JavaScript, which is left for old servers.
 */
const algorithms = {
  serverHostKey: ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'rsa-sha2-512', 'rsa-sha2-256'],
  cipher: [
    'aes256-gcm@openssh.com',
    'aes128-gcm@openssh.com',
    'aes256-ctr',
    'aes128-ctr',
    'chacha20-poly1305@openssh.com',
  ],
} as const;

export type Answer<T> = (error: Error | null | undefined, result: T) => void;

export class Session {
  readonly sftp: SFTPWrapper;
  /** `SHA256:...` */
  readonly hostKey: string;
  readonly #client: Client;
  readonly #where: string;
  /** How each call that waits for its answer is told that none will come. */
  readonly #waiting = new Set<(error: Error) => void>();
  readonly #ended: Promise<unknown>;
  #isLost = false;

  constructor(client: Client, sftp: SFTPWrapper, hostKey: string, where: string) {
    this.sftp = sftp;
    this.hostKey = hostKey;
    this.#client = client;
    this.#where = where;
    const end = () => {
      this.#isLost = true;
      client.destroy();
      for (const reject of this.#waiting) reject(lost(where));
      this.#waiting.clear();
    };
    // What went wrong is told by the calls that wait; without anybody who listens it would end the process.
    client.on('error', end);
    sftp.on('error', end);
    sftp.on('close', end);
    this.#ended = once(client, 'close').then(end, end);
  }

  get isLost(): boolean {
    return this.#isLost;
  }

  /** Makes one call of ssh2's. Rejects with its error, or with a DropError where the connection ended before. */
  call<T>(send: (sftp: SFTPWrapper, done: Answer<T>) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#isLost) throw lost(this.#where);
      const settle = (finish: () => void) => {
        this.#waiting.delete(reject);
        finish();
      };
      this.#waiting.add(reject);
      try {
        send(this.sftp, (error, result) => settle(() => (error ? reject(error) : resolve(result))));
      } catch (error) {
        settle(() => reject(error));
      }
    });
  }

  /** The same for calls without a result. */
  run(send: (sftp: SFTPWrapper, done: (error?: Error | null) => void) => void): Promise<void> {
    return this.call<void>((sftp, done) => send(sftp, (error) => done(error, undefined)));
  }

  async end(): Promise<void> {
    this.#client.end();
    const patience = setTimeout(() => this.#client.destroy(), 500);
    await this.#ended;
    clearTimeout(patience);
  }
}

/**
 * @param signal ends the connection, also when it is up. @throws DropError; SecurityError `host-key-changed` where the
 * host shows another key than the address has; SetupError without a key of our own.
 */
export async function openSession(address: SftpAddress, signal: AbortSignal): Promise<Session> {
  const login = await loginFor(address);
  const socket = await reach(address, signal);
  const client = new ssh2.Client();
  let hostKey = '';
  let changed: BtrError | undefined;
  const hostVerifier = (key: Buffer) => {
    hostKey = `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
    if (address.hostKey !== undefined && address.hostKey !== hostKey) changed = hostKeyChanged(address, hostKey);
    return changed === undefined;
  };
  const ready = whenReady(client);
  client.connect({
    sock: socket,
    username: address.user,
    algorithms: { serverHostKey: [...algorithms.serverHostKey], cipher: [...algorithms.cipher] },
    hostVerifier,
    authHandler: [...login.methods],
    readyTimeout: CONNECT_PATIENCE,
    keepaliveInterval: KEEP_ALIVE,
    keepaliveCountMax: MOST_UNANSWERED,
  });
  // Window adjustments are small packets that the other side waits for: without this, reading is four times slower.
  client.setNoDelay(true);
  try {
    await ready;
    const sftp = await openSubsystem(client);
    return new Session(client, sftp, hostKey, address.host);
  } catch (error) {
    client.destroy();
    signal.throwIfAborted();
    if (changed) throw changed;
    throw connectError(error, address, () => loginRefused(address, login));
  }
}

async function reach(address: SftpAddress, signal: AbortSignal): Promise<Socket> {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(unreachable(address, new Error('no answer'))), CONNECT_PATIENCE);
  try {
    return await openSocket({ ...address, signal: AbortSignal.any([signal, patience.signal]) });
  } finally {
    clearTimeout(timer);
  }
}

function whenReady(client: Client): Promise<void> {
  return new Promise((resolve, reject) => {
    client.once('ready', resolve);
    client.once('close', () => reject(new Error('it ended the connection')));
    client.on('error', (error) => {
      // An agent that is not there, or refuses to sign, is no reason to leave the key files untried.
      if (error.level !== 'agent') reject(error);
    });
  });
}

function openSubsystem(client: Client): Promise<SFTPWrapper> {
  return new Promise((resolve, reject) => {
    client.once('close', () => reject(new Error('it ended the connection')));
    client.sftp((error, sftp) => {
      if (error) reject(Object.assign(error, { level: 'subsystem' }));
      else resolve(sftp);
    });
  });
}
