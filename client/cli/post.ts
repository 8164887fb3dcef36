/** Where `btr send` posts: the home, opened by this process, or the daemon that serves it (daemon-post.ts). */
import type { FileInfo, Messenger, NoticeEvent, QueueOptions, SendFileOptions } from '../messenger/index.ts';
import { assertAcknowledged, notDelivered } from '../ui/delivery.ts';
import { whyKept } from '../ui/pairing-words.ts';
import type { Running } from './command.ts';

export interface Told {
  onNotice(notice: NoticeEvent): void;
  /** Hears the ids of what the drop has by now. */
  onSent(ids: readonly string[]): void;
}

export interface Waiting {
  /** How many messages wait in the home. */
  readonly queued: number;
  /** Why they do, where the pairing is the reason. */
  readonly kept: string | undefined;
}

export interface Post {
  /** The names of all channels. */
  readonly channels: readonly string[];
  /** @throws SetupError with code `no-such-channel`. */
  assertChannel(name: string): Promise<void>;
  /** Answers the ids of the messages: they are safe from then on. */
  queue(channel: string, texts: readonly string[]): Promise<readonly string[]>;
  /** Uploads a file and queues its notice. */
  sendFile(channel: string, options: SendFileOptions): Promise<FileInfo>;
  /** Leaves everything that waits. @throws DropError; the terminal's reason. */
  deliver(channel: string, told: Told): Promise<void>;
  waiting(channel: string): Promise<Waiting>;
  /** Resolves when the buddy has everything. @throws TimeoutError; UsageError with code `no-receipts`. */
  untilDelivered(channel: string, milliseconds: number): Promise<void>;
  close(): Promise<void>;
}

export class OwnPost implements Post {
  readonly channels: readonly string[];
  readonly #running: Running;
  readonly #messenger: Messenger;

  constructor(running: Running, messenger: Messenger) {
    this.#running = running;
    this.#messenger = messenger;
    this.channels = messenger.channels().map(({ name }) => name);
  }

  async assertChannel(name: string): Promise<void> {
    this.#messenger.channel(name);
  }

  async queue(channel: string, texts: readonly string[], options?: QueueOptions): Promise<readonly string[]> {
    return (await this.#messenger.queue(channel, texts, options)).map(({ id }) => id);
  }

  sendFile(channel: string, options: SendFileOptions): Promise<FileInfo> {
    return this.#messenger.sendFile(channel, options);
  }

  async deliver(channel: string, { onNotice, onSent }: Told): Promise<void> {
    await this.#messenger.deliver(channel, {
      signal: this.#running.terminal.signal,
      onNotice: ({ event }) => {
        if (event.type === 'notice') onNotice(event);
      },
      onSent: (ids) => onSent(ids.map((bytes) => Buffer.from(bytes).toString('hex'))),
    });
  }

  async waiting(channel: string): Promise<Waiting> {
    return { queued: this.#messenger.pending(channel).queued, kept: whyKept(this.#messenger, channel) };
  }

  /** Listens for acknowledgements only: messages that come meanwhile are left for btr listen. */
  async untilDelivered(channel: string, milliseconds: number): Promise<void> {
    const messenger = this.#messenger;
    const { terminal, output } = this.#running;
    assertAcknowledged(messenger, channel);
    const signal = AbortSignal.any([AbortSignal.timeout(milliseconds), terminal.signal]);
    if (!messenger.isAllDelivered(channel)) {
      for await (const event of messenger.listen(channel, { wait: true, signal, statusOnly: true })) {
        output.channelEvent(event);
        if (messenger.isAllDelivered(channel)) break;
      }
    }
    terminal.signal.throwIfAborted();
    if (!messenger.isAllDelivered(channel)) throw notDelivered(messenger, channel);
  }

  close(): Promise<void> {
    return this.#messenger.close();
  }
}
