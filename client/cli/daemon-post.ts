/**
 * Posting through the daemon of a home. Should it end, this process goes on by itself: whoever asks twice to queue a
 * text asks under the same id, so that nothing is lost and nothing is sent twice.
 */
import { randomBytes } from 'node:crypto';
import { type Answer, DaemonClient, DaemonGone } from '../daemon/client.ts';
import { isUnknownThere } from '../daemon/wire.ts';
import { BtrError } from '../errors.ts';
import { type FileInfo, homeDirectory, type SendFileOptions } from '../messenger/index.ts';
import type { Running } from './command.ts';
import { OwnPost, type Post, type Told, type Waiting } from './post.ts';

/** How long a daemon may take to answer what it need not ask anybody for, in milliseconds. */
const patience = 10_000;

export class DaemonPost implements Post {
  readonly channels: readonly string[];
  readonly #running: Running;
  readonly #client: DaemonClient;
  /** Once the daemon has gone. */
  #own: Promise<OwnPost> | undefined;
  /** Queued, and not said to be sent yet. */
  readonly #unsaid: string[] = [];
  /** Said to be sent, for those who wait for more. */
  readonly #sent: string[] = [];

  private constructor(running: Running, client: DaemonClient, channels: readonly string[]) {
    this.#running = running;
    this.#client = client;
    this.channels = channels;
  }

  /** Undefined where no daemon serves this home, or one that knows another language. */
  static async open(running: Running): Promise<DaemonPost | undefined> {
    const { terminal, options } = running;
    const client = await DaemonClient.connect(homeDirectory(options.home, terminal.env));
    if (!client) return undefined;
    try {
      const { channels } = await client.call('channels', {}, { signal: terminal.signal, patience });
      return new DaemonPost(
        running,
        client,
        records(channels).map(({ channel }) => String(channel)),
      );
    } catch (error) {
      client.close();
      if (isGone(error)) return undefined;
      throw error;
    }
  }

  async assertChannel(channel: string): Promise<void> {
    await this.#ask<unknown>(
      () => this.#call('channel', { channel }),
      (own) => own.assertChannel(channel),
    );
  }

  async queue(channel: string, texts: readonly string[]): Promise<readonly string[]> {
    const ids = texts.map(() => randomBytes(16).toString('hex'));
    await this.#ask<unknown>(
      () => this.#call('queue', { channel, texts, ids }, patience),
      (own) => own.queue(channel, texts, { ids, again: true }),
    );
    this.#unsaid.push(...ids);
    return ids;
  }

  /** A file may be a stream that only this process has. */
  async sendFile(channel: string, options: SendFileOptions): Promise<FileInfo> {
    return (await this.#self()).sendFile(channel, options);
  }

  async deliver(channel: string, { onNotice, onSent }: Told): Promise<void> {
    const count = this.#unsaid.length;
    const queued = await this.#ask(
      async () => {
        const answer = await this.#call('deliver', { channel });
        for (const { code, text } of records(answer.notices)) {
          onNotice({ type: 'notice', channel, code: String(code), text: String(text) });
        }
        return answer.queued;
      },
      async (own) => {
        await own.deliver(channel, { onNotice, onSent: () => {} });
        return (await own.waiting(channel)).queued;
      },
    );
    if (queued !== 0) return;
    const sent = this.#unsaid.splice(0, count);
    if (this.#running.output.json) this.#sent.push(...sent);
    onSent(sent);
  }

  waiting(channel: string): Promise<Waiting> {
    return this.#ask(
      async () => {
        const { queued, kept } = await this.#call('channel', { channel });
        return { queued: Number(queued), kept: typeof kept === 'string' ? kept : undefined };
      },
      (own) => own.waiting(channel),
    );
  }

  async untilDelivered(channel: string, milliseconds: number): Promise<void> {
    const end = performance.now() + milliseconds;
    await this.#ask(
      async () => {
        await this.#call('wait', { channel, timeout: milliseconds / 1000 });
        for (const id of this.#sent)
          this.#running.output.channelEvent({ type: 'status', channel, id, state: 'delivered' });
      },
      (own) => own.untilDelivered(channel, Math.max(0, end - performance.now())),
    );
  }

  async close(): Promise<void> {
    this.#client.close();
    if (this.#own) await (await this.#own).close();
  }

  #call(method: string, params: Answer, within?: number): Promise<Answer> {
    const { signal } = this.#running.terminal;
    return this.#client.call(method, params, { signal, ...(within === undefined ? {} : { patience: within }) });
  }

  /** Asks the daemon, and does it here where it has gone. */
  async #ask<T>(there: () => Promise<T>, here: (own: OwnPost) => Promise<T>): Promise<T> {
    if (!this.#own) {
      try {
        return await there();
      } catch (error) {
        if (!isGone(error)) throw error;
        if (!this.#own) this.#running.output.note('The daemon has gone: this process goes on by itself.');
      }
    }
    return here(await this.#self());
  }

  #self(): Promise<OwnPost> {
    this.#own ??= this.#running.open().then((messenger) => new OwnPost(this.#running, messenger));
    return this.#own;
  }
}

/** Whether this process had better do it. */
function isGone(error: unknown): boolean {
  if (error instanceof DaemonGone) return true;
  return error instanceof BtrError && (error.code === 'daemon-ending' || isUnknownThere(error));
}

function records(value: unknown): Answer[] {
  return Array.isArray(value) ? value.map((one: unknown) => Object.fromEntries(Object.entries(one ?? {}))) : [];
}
