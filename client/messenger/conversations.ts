/**
 * All channels of a home, kept going for an interface: it listens in each, sends what is queued, moves files, and tells
 * of everything that changes, whoever changes it. What comes is received and acknowledged at once, and counts as unread
 * until the interface says that a person has seen it (`Messenger.markRead`).
 *
 * It watches the store rather than its own events alone: what other processes of this home send, receive or delete
 * shows as well.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Conversation } from './conversation.ts';
import type { MessageState, NoticeEvent } from './events.ts';
import type { HistoryEntry, PageOptions } from './history.ts';
import type { Messenger } from './messenger.ts';
import type { Queued } from './send.ts';
import { type TransferInfo, TransferList } from './transfer-list.ts';

export type { TransferInfo };

export type Change =
  /** Something new in the history, each once and in order. */
  | { readonly type: 'entry'; readonly channel: string; readonly entry: HistoryEntry }
  /** What became of a message or file of mine. */
  | { readonly type: 'status'; readonly channel: string; readonly id: string; readonly state: MessageState }
  /** Rows that are no longer there; without them: much may be gone, read the pages anew. */
  | { readonly type: 'gone'; readonly channel: string; readonly rows?: readonly number[] }
  | { readonly type: 'unread'; readonly channel: string; readonly count: number }
  /** A remark that is kept nowhere: trouble with a drop, a pairing that goes on. */
  | { readonly type: 'notice'; readonly notice: NoticeEvent }
  /** A channel came, went, or is another than it was: its role, drops, pairing or settings. */
  | { readonly type: 'channels' }
  | { readonly type: 'transfer'; readonly transfer: TransferInfo };

/** How often to look for what other processes did, in milliseconds. */
const tick = 250;

export class Conversations {
  readonly transfers: TransferList;
  readonly #messenger: Messenger;
  readonly #signal: AbortSignal;
  readonly #listeners = new Set<(change: Change) => void>();
  readonly #open = new Map<string, Conversation>();
  /** Rejects with a fault in the background. */
  readonly #fault = Promise.withResolvers<never>();
  /** Of channels that were removed. */
  readonly #ending = new Set<Promise<void>>();
  #channels = '';
  #version = -1;
  #isRunning = false;

  /** @param signal ends it. */
  constructor(messenger: Messenger, signal: AbortSignal) {
    this.#messenger = messenger;
    this.#signal = signal;
    this.#fault.promise.catch(() => undefined);
    const tell = (transfer: TransferInfo) => this.#hearOf(transfer);
    const tellNotice = (notice: NoticeEvent) => this.#tell({ type: 'notice', notice });
    this.transfers = new TransferList(messenger, signal, tell, tellNotice, this.#fault.reject);
    // What an interface shows before it runs them is watched as well.
    this.#lookAtChannels();
  }

  /** Calls `listener` with every change from now on. Answers what ends that. */
  follow(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves when the signal has aborted and everything under way has ended. @throws Error for a fault of ours. */
  async run(): Promise<void> {
    this.#isRunning = true;
    for (const conversation of this.#open.values()) this.#start(conversation);
    try {
      while (!this.#signal.aborted) {
        const version = this.#messenger.storeVersion();
        this.#look(version !== this.#version);
        this.#version = version;
        await Promise.race([sleep(tick, undefined, { signal: this.#signal }), this.#fault.promise]);
      }
    } catch (error) {
      if (!this.#signal.aborted) throw error;
    } finally {
      for (const conversation of this.#open.values()) this.#end(conversation);
      await Promise.all(this.#ending);
      await this.transfers.end();
    }
  }

  /** Looks at once, after a change that was made by the messenger directly. */
  refresh(): void {
    if (!this.#signal.aborted) this.#look(true);
  }

  /** A page of the history, whose rows are watched from now on. @throws SetupError with code `no-such-channel`. */
  page(channel: string, options: PageOptions): HistoryEntry[] {
    const entries = this.#messenger.page(channel, options);
    this.#open.get(channel)?.watch(entries);
    return entries;
  }

  /** Queues texts, all or none, and sends them in the background. @throws UsageError as `Messenger.queue`. */
  async send(channel: string, texts: readonly string[]): Promise<Queued[]> {
    const queued = await this.#messenger.queue(channel, texts);
    this.refresh();
    this.deliver(channel);
    return queued;
  }

  /** Sends what is queued, in the background. */
  deliver(channel: string): void {
    this.#open.get(channel)?.deliver();
  }

  /** A person has seen a channel's history up to this row. */
  markRead(channel: string, row: number): void {
    if (this.#messenger.markRead(channel, row) > 0) this.refresh();
  }

  #hearOf(transfer: TransferInfo): void {
    this.#tell({ type: 'transfer', transfer });
    if (transfer.state !== 'done') return;
    this.refresh();
    if (transfer.direction === 'out') this.deliver(transfer.channel);
  }

  #look(isChanged: boolean): void {
    if (isChanged) this.#lookAtChannels();
    for (const conversation of this.#open.values()) conversation.look(isChanged);
  }

  #lookAtChannels(): void {
    const infos = this.#messenger.channels();
    const channels = JSON.stringify(infos.map((info) => [info, this.#messenger.pairing(info.name)]));
    if (channels === this.#channels) return;
    const isFirst = this.#channels === '';
    this.#channels = channels;
    const names = new Set(infos.map(({ name }) => name));
    for (const [name, conversation] of this.#open) {
      if (names.has(name)) continue;
      this.#open.delete(name);
      this.#end(conversation);
    }
    for (const name of names) if (!this.#open.has(name)) this.#add(name);
    if (!isFirst) this.#tell({ type: 'channels' });
  }

  #add(name: string): void {
    const conversation = new Conversation(this.#messenger, name, this.#signal, this.#tell, this.#fault.reject);
    this.#open.set(name, conversation);
    if (this.#isRunning) this.#start(conversation);
  }

  #start(conversation: Conversation): void {
    conversation.start(() => this.refresh());
  }

  #end(conversation: Conversation): void {
    const ended = conversation.end().finally(() => this.#ending.delete(ended));
    this.#ending.add(ended);
  }

  readonly #tell = (change: Change): void => {
    for (const listener of [...this.#listeners]) listener(change);
  };
}
