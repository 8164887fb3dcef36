/** One SSH connection with the SFTP subsystem open on it, and nothing else: no command is ever run there. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Client, SFTPWrapper } from 'ssh2';
import ssh2 from 'ssh2';
import type { BtrError } from '../../errors.ts';
import { isProxySet, LargeReads, openSocket } from '../proxy/index.ts';
import type { SftpAddress } from './address.ts';
import { connectError, hostKeyChanged, lost, unreachable } from './errors.ts';
import { Garbage } from './garbage.ts';
import { type Login, loginFor, loginRefused } from './login.ts';

/** Milliseconds for the way to the host, and again for keys, login and the subsystem. */
const CONNECT_PATIENCE = 15_000;
/** The same through a proxy: Tor may need some seconds for a new circuit, and says so itself where it has none. */
const PROXIED_PATIENCE = 25_000;

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

/**
 * Milliseconds without any answer while some are waited for. Not the keepalives of SSH: where a disk hangs they are
 * answered, and on a slow line they wait behind minutes of data.
 */
const ANSWER_PATIENCE = 60_000;
/** What ssh2 says of calls under way when the connection ends before it tells us so. */
const CUT_OFF = 'No response from server';

export type Answer<T> = (error: Error | null | undefined, result: T) => void;

interface Opened {
  readonly client: Client;
  readonly sftp: SFTPWrapper;
  readonly socket: Socket;
  /** `SHA256:...` */
  readonly hostKey: string;
  readonly where: string;
}

export class Session {
  readonly sftp: SFTPWrapper;
  /** `SHA256:...` */
  readonly hostKey: string;
  readonly #client: Client;
  readonly #garbage: Garbage;
  readonly #where: string;
  /** How each call that waits for its answer is told that none will come. */
  readonly #waiting = new Set<(error: Error) => void>();
  readonly #ended: Promise<unknown>;
  #silence: NodeJS.Timeout | undefined;
  #isLost = false;

  constructor({ client, sftp, socket, hostKey, where }: Opened) {
    this.sftp = sftp;
    this.hostKey = hostKey;
    this.#client = client;
    this.#garbage = new Garbage(socket);
    this.#where = where;
    const end = () => {
      this.#isLost = true;
      client.destroy();
      clearTimeout(this.#silence);
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
        this.#listen();
        this.#garbage.collect();
        finish();
      };
      this.#waiting.add(reject);
      if (this.#waiting.size === 1) this.#listen();
      try {
        send(this.sftp, (error, result) => settle(() => (error ? reject(this.#plain(error)) : resolve(result))));
      } catch (error) {
        settle(() => reject(error));
      }
    });
  }

  /** The same for calls without a result. */
  run(send: (sftp: SFTPWrapper, done: (error?: Error | null) => void) => void): Promise<void> {
    return this.call<void>((sftp, done) => send(sftp, (error) => done(error, undefined)));
  }

  /** Counts the silence anew: with each answer, and from the first call that waits for one. */
  #listen(): void {
    clearTimeout(this.#silence);
    if (this.#waiting.size > 0) this.#silence = setTimeout(() => this.#client.destroy(), ANSWER_PATIENCE);
  }

  #plain(error: Error): Error {
    return error.message === CUT_OFF ? lost(this.#where) : error;
  }

  async end(): Promise<void> {
    this.#client.end();
    const patience = setTimeout(() => this.#client.destroy(), 500);
    await this.#ended;
    clearTimeout(patience);
  }
}

/**
 * @param signal gives the opening up. @throws DropError; SecurityError `host-key-changed` where the host shows another
 * key than the address has; SetupError without a key of our own; the signal's reason.
 */
export async function openSession(address: SftpAddress, signal: AbortSignal): Promise<Session> {
  const login = await loginFor(address);
  const reads = new LargeReads();
  const socket = await patiently(address, signal, (either) => openSocket({ ...address, signal: either, reads }));
  return patiently(address, signal, (either) => logIn(address, login, { socket, reads }, either));
}

interface Line {
  readonly socket: Socket;
  readonly reads: LargeReads;
}

async function logIn(
  address: SftpAddress,
  login: Login,
  { socket, reads }: Line,
  signal: AbortSignal,
): Promise<Session> {
  const client = new ssh2.Client();
  let hostKey = '';
  let changed: BtrError | undefined;
  const hostVerifier = (key: Buffer) => {
    hostKey = `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
    if (address.hostKey !== undefined && address.hostKey !== hostKey) changed = hostKeyChanged(address, hostKey);
    return changed === undefined;
  };
  const giveUp = () => client.destroy();
  signal.addEventListener('abort', giveUp);
  const ready = whenReady(client);
  // ssh2 gives every byte to Node's decipher, which has new memory for what it opens: only that is kept. What is not
  // enciphered, and what its other ciphers hold back, it may keep as it came.
  client.on('handshake', ({ sc }) => {
    reads.areLent = sc.cipher.endsWith('-gcm@openssh.com');
  });
  client.connect({
    sock: socket,
    username: address.user,
    algorithms: { serverHostKey: [...algorithms.serverHostKey], cipher: [...algorithms.cipher] },
    hostVerifier,
    authHandler: [...login.methods],
    readyTimeout: 0,
  });
  // Window adjustments are small packets that the other side waits for: without this, reading is four times slower.
  client.setNoDelay(true);
  try {
    await ready;
    const sftp = await openSubsystem(client);
    return new Session({ client, sftp, socket, hostKey, where: address.host });
  } catch (error) {
    client.destroy();
    signal.throwIfAborted();
    if (changed) throw changed;
    throw connectError(error, address, () => loginRefused(address, login));
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}

/** One step on the way to a session. @throws DropError where it takes too long. */
async function patiently<T>(
  address: SftpAddress,
  signal: AbortSignal,
  step: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const patience = new AbortController();
  const giveUp = () => patience.abort(unreachable(address, new Error('no answer')));
  const timer = setTimeout(giveUp, isProxySet() ? PROXIED_PATIENCE : CONNECT_PATIENCE);
  try {
    return await step(AbortSignal.any([signal, patience.signal]));
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
