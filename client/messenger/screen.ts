/**
 * Showing each message once: a received message is claimed by the process that is about to show it, and marked as
 * shown when it was. What a process claimed and never showed, because it was killed, is claimed by the next one.
 */
import type { Shown } from './absorb.ts';
import type { Context } from './context.ts';
import type { ChannelEvent } from './events.ts';
import { toEvent } from './history.ts';

/** Messages claimed at once from the history. */
const claimPage = 500;
/**
 * After so many events, or when its taker is as slow as this (milliseconds), what was shown is marked. A process that is
 * killed in between shows so much once more, since nobody can tell whether it was seen.
 */
const markCount = 100;
const markPause = 20;

export class Screen {
  readonly #context: Context;
  readonly #channelId: number;
  readonly #statusOnly: boolean;
  readonly #signal: AbortSignal;

  /**
   * @param statusOnly messages are left for another listener of this home to show.
   * @param signal nothing more is shown once it aborts.
   */
  constructor(context: Context, channelId: number, statusOnly: boolean, signal: AbortSignal) {
    this.#context = context;
    this.#channelId = channelId;
    this.#statusOnly = statusOnly;
    this.#signal = signal;
  }

  /**
   * Hands events on one by one. A message counts as shown once the next event is asked for or the iteration is left;
   * one during which an error was thrown into the iteration does not.
   */
  async *show(list: readonly Shown[]): AsyncGenerator<ChannelEvent> {
    let [marked, taken] = [0, 0];
    let markedAt = performance.now();
    try {
      for (const { event, message } of list) {
        if (this.#signal.aborted) break;
        if (this.#statusOnly && message !== undefined) continue;
        if (!this.#statusOnly && (taken - marked >= markCount || performance.now() - markedAt >= markPause)) {
          this.#mark(list.slice(marked, taken));
          marked = taken;
          markedAt = performance.now();
        }
        taken++;
        yield event;
      }
    } catch (error) {
      taken--;
      throw error;
    } finally {
      if (this.#statusOnly) taken = marked;
      this.#mark(list.slice(marked, taken));
      this.release(list.slice(taken));
    }
  }

  /** What was received and not shown: by a process that was killed, or that had other things to do. */
  claim(): Shown[] {
    const { db, messages, channels } = this.#context.home;
    if (this.#statusOnly || !messages.hasUnshown(this.#channelId)) return [];
    const channel = channels.get(this.#channelId);
    const { claims, now } = this.#context;
    const claimed = db.transaction(() =>
      messages
        .claim(this.#channelId, now(), claimPage, (row) => claims.has(row))
        .flatMap((message) => {
          const event = toEvent(channel, message);
          if (event) return [{ event, message: message.id }];
          messages.markShown([message.id], now());
          return [];
        }),
    );
    claims.hold(rowsOf(claimed));
    return claimed;
  }

  /** Gives back what was claimed and not shown. */
  release(list: readonly Shown[]): void {
    const { claims, home } = this.#context;
    const rows = rowsOf(list);
    if (rows.length === 0) return;
    home.db.transaction(() => home.messages.unclaim(rows));
    claims.drop(rows);
  }

  #mark(list: readonly Shown[]): void {
    const { claims, home, now } = this.#context;
    const rows = rowsOf(list);
    if (rows.length === 0) return;
    home.db.transaction(() => home.messages.markShown(rows, now()));
    claims.drop(rows);
  }
}

/** The rows of the history among events. */
export function rowsOf(list: readonly Shown[]): number[] {
  return list.flatMap(({ message }) => (message === undefined ? [] : [message]));
}
