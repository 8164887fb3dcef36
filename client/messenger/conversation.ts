/** One channel kept going for an interface (conversations.ts). */
import { setTimeout as sleep } from 'node:timers/promises';
import { suiteNamed } from '../crypto/suites.ts';
import { BtrError, withHint } from '../errors.ts';
import type { Change } from './conversations.ts';
import type { ChannelEvent, MessageState, NoticeEvent } from './events.ts';
import type { HistoryEntry } from './history.ts';
import type { Messenger } from './messenger.ts';
import { isRefusal } from './notices.ts';

/** How long to wait after trouble that waiting alone does not mend: somebody may mend it meanwhile. In milliseconds. */
const troublePause = 15_000;
/** New entries read at once. */
const page = 500;
/** How often rows with a timer are looked at, in milliseconds. */
const timerPause = 1000;

export class Conversation {
  readonly #messenger: Messenger;
  readonly #name: string;
  readonly #tell: (change: Change) => void;
  readonly #fail: (error: unknown) => void;
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  /** The state that nothing follows: without frames nobody acknowledges. */
  readonly #last: MessageState;
  /** What an interface has of mine and has not come to its last state, by row. */
  readonly #pending = new Map<number, MessageState>();
  /** Rows of an interface that vanish by themselves. */
  readonly #timed = new Set<number>();
  /** What was said since anything else happened: trouble with a drop comes with every try. */
  readonly #said = new Set<string>();
  #listening: Promise<void> | undefined;
  #delivery: Promise<void> | undefined;
  #more = false;
  #newest: number;
  #unread: number;
  #timersAt = 0;
  #isLooking = false;
  #mustLookAgain = false;

  /** @param fail hears of a fault of ours. */
  constructor(
    messenger: Messenger,
    name: string,
    signal: AbortSignal,
    tell: (change: Change) => void,
    fail: (error: unknown) => void,
  ) {
    this.#messenger = messenger;
    this.#name = name;
    this.#tell = tell;
    this.#fail = fail;
    this.#signal = AbortSignal.any([signal, this.#stop.signal]);
    this.#last = suiteNamed(messenger.channel(name).suite).framed ? 'delivered' : 'sent';
    this.#newest = messenger.newestRow(name);
    this.#unread = messenger.unread(name).count;
  }

  /** @param onEvent called after each event of the channel. */
  start(onEvent: () => void): void {
    this.#listening = this.#listen(onEvent).catch(this.#fail);
    this.deliver();
  }

  async end(): Promise<void> {
    this.#stop.abort();
    await Promise.all([this.#listening, this.#delivery]);
  }

  /**
   * Tells what is new. What a listener changes meanwhile is told when it has returned: each thing once and in order.
   * @param isChanged whether anything may have changed beside new rows.
   */
  look(isChanged: boolean): void {
    if (this.#isLooking) {
      this.#mustLookAgain = true;
      return;
    }
    this.#isLooking = true;
    try {
      this.#tellChanges(isChanged);
      while (this.#mustLookAgain) {
        this.#mustLookAgain = false;
        this.#tellChanges(true);
      }
    } finally {
      this.#isLooking = false;
    }
  }

  #tellChanges(isChanged: boolean): void {
    this.#tellNew();
    if (isChanged) this.#tellStates();
    const now = Date.now();
    if (this.#timed.size > 0 && (isChanged || now - this.#timersAt >= timerPause)) {
      this.#timersAt = now;
      this.#tellGone();
    }
    const { count } = this.#messenger.unread(this.#name);
    if (count === this.#unread) return;
    this.#unread = count;
    this.#tell({ type: 'unread', channel: this.#name, count });
  }

  /** These rows are with an interface now. */
  watch(entries: readonly HistoryEntry[]): void {
    for (const { row, event } of entries) {
      if (event.type === 'notice') continue;
      // What another window has of it is older perhaps, and is told what came since.
      if (event.state && event.state !== this.#last && !this.#pending.has(row)) this.#pending.set(row, event.state);
      if (event.timer !== undefined) this.#timed.add(row);
    }
  }

  /** Sends what is queued, in the background; trouble is said, and what is queued stays queued. */
  deliver(): void {
    this.#more = true;
    this.#delivery ??= this.#deliverAll()
      .catch(this.#fail)
      .finally(() => {
        this.#delivery = undefined;
      });
  }

  #tellNew(): void {
    const newest = this.#messenger.newestRow(this.#name);
    if (newest !== this.#newest) this.#tellWiped();
    while (this.#newest < newest) {
      const entries = this.#messenger.page(this.#name, { after: this.#newest, limit: page });
      this.watch(entries);
      for (const entry of entries) this.#tell({ type: 'entry', channel: this.#name, entry });
      this.#newest = entries.at(-1)?.row ?? newest;
    }
  }

  /** Rows are deleted from the front, or all at once: where the newest is gone, and not by its timer, much may be. */
  #tellWiped(): void {
    if (this.#newest === 0 || this.#timed.has(this.#newest)) return;
    if (this.#messenger.entries(this.#name, [this.#newest]).length > 0) return;
    this.#newest = Math.min(this.#newest, this.#messenger.newestRow(this.#name));
    this.#pending.clear();
    this.#timed.clear();
    this.#tell({ type: 'gone', channel: this.#name });
  }

  #tellStates(): void {
    const before = [...this.#pending.keys()];
    for (const { row, event } of this.#messenger.entries(this.#name, before)) {
      if (event.type === 'notice' || !event.state || event.state === this.#pending.get(row)) continue;
      this.#pending.set(row, event.state);
      if (event.state === this.#last) this.#pending.delete(row);
      this.#tell({ type: 'status', channel: this.#name, id: event.id, state: event.state });
    }
  }

  #tellGone(): void {
    const left = new Set(this.#messenger.entries(this.#name, [...this.#timed]).map(({ row }) => row));
    const rows = [...this.#timed].filter((row) => !left.has(row));
    if (rows.length === 0) return;
    for (const row of rows) {
      this.#timed.delete(row);
      this.#pending.delete(row);
    }
    this.#tell({ type: 'gone', channel: this.#name, rows });
  }

  async #listen(onEvent: () => void): Promise<void> {
    while (!this.#signal.aborted) {
      try {
        const options = { wait: true, statusOnly: true, signal: this.#signal };
        for await (const event of this.#messenger.listen(this.#name, options)) {
          this.#hear(event);
          onEvent();
        }
      } catch (error) {
        if (!this.#isTrouble(error)) throw error;
      }
      await sleep(troublePause, undefined, { signal: this.#signal }).catch(() => {});
    }
  }

  /** New entries and states are seen in the store. */
  #hear(event: ChannelEvent): void {
    if (event.type === 'notice') this.#say(event);
    else this.#said.clear();
  }

  #say(notice: NoticeEvent): void {
    if (this.#said.has(notice.text) && !isRefusal(notice)) return;
    this.#said.add(notice.text);
    this.#tell({ type: 'notice', notice });
  }

  async #deliverAll(): Promise<void> {
    while (this.#more && !this.#signal.aborted) {
      this.#more = false;
      try {
        await this.#messenger.deliver(this.#name, {
          signal: this.#signal,
          onNotice: ({ event }) => this.#hear(event),
          onSent: () => {
            this.#said.clear();
            this.look(true);
          },
        });
      } catch (error) {
        if (!this.#isTrouble(error)) throw error;
      }
    }
  }

  /** Says what a person can mend; anything else is a fault. A listener tries again what was not sent. */
  #isTrouble(error: unknown): boolean {
    if (this.#signal.aborted) return true;
    if (!(error instanceof BtrError)) return false;
    this.#say({ type: 'notice', channel: this.#name, code: error.code, text: withHint(error) });
    return true;
  }
}
