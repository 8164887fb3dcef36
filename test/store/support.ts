/** What the store's tests share: folders that go away, and other processes that talk in lines. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type ChannelKey, Messenger, type MessengerOptions, type Role } from '../../client/messenger/index.ts';

export class Folder implements AsyncDisposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async make(): Promise<Folder> {
    return new Folder(await mkdtemp(join(tmpdir(), 'btr-store-')));
  }

  join(...names: string[]): string {
    return join(this.path, ...names);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true });
  }
}

/** Another process of ours. Disposing it ends it, if it has not ended by itself. */
export class Other implements AsyncDisposable {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  readonly #exited: Promise<unknown>;
  #errors = '';

  constructor(command: string, args: readonly string[]) {
    this.#child = spawn(command, args, { stdio: 'pipe' });
    this.#exited = once(this.#child, 'exit');
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
    this.#child.stderr.on('data', (chunk: Buffer) => {
      this.#errors += chunk.toString();
    });
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error('the process did not start');
    return this.#child.pid;
  }

  /** The next line that it prints. */
  async line(): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error(`the process ended without another line: ${this.#errors}`);
    return value;
  }

  /** Resolves when the line is on its way. */
  say(line: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#child.stdin.write(`${line}\n`, (error) => (error ? reject(error) : resolve()));
    });
  }

  async end(): Promise<void> {
    this.#child.stdin.end();
    await this.#exited;
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await this.kill();
  }
}

/** Starts one of the scripts beside this file. */
export function startScript(name: string, ...args: string[]): Other {
  return new Other(process.execPath, [fileURLToPath(new URL(name, import.meta.url)), ...args]);
}

/** With a channel key, the PIN and it lead to the same keys on both sides, wherever the drop is. */
export const channelKey: ChannelKey = { form: 'key', text: Buffer.alloc(32, 7).toString('base64url') };

/** A home with one channel. Its drop is whatever `openDrop` says. */
export async function homeWithChannel(options: MessengerOptions, name: string, role: Role): Promise<Messenger> {
  const messenger = await Messenger.create({ ...options, name: `owner of ${role}` });
  const drop = { kind: 'memory' };
  await messenger.addChannel({ name, role, drop, suite: 'fernet', pin: '4711', key: channelKey });
  return messenger;
}

/** The texts of the messages that a channel shows now. */
export async function showNow(messenger: Messenger, name: string): Promise<string[]> {
  const texts: string[] = [];
  for await (const event of messenger.listen(name, { wait: false })) {
    if (event.type === 'message') texts.push(event.text);
  }
  return texts;
}

export function historyTexts(messenger: Messenger, name: string): string[] {
  return [...messenger.history(name)].flatMap((event) => (event.type === 'message' ? [event.text] : []));
}
