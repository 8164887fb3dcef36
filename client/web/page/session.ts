/** What the page does: it keeps its state and the server's in step, and carries out what the person asks for. */
import type { ApiEntry, Entries, Update } from '../api.ts';
import { Connection } from './browser/connection.ts';
import { notify } from './browser/notifications.ts';
import { ask, get, inChannel, post, problemOf } from './browser/server.ts';
import { Uploads } from './browser/uploads.ts';
import { currentChannel } from './state/state.ts';
import { Store } from './state/store.ts';
import { pageRows } from './state/window.ts';

type Where = 'before' | 'after';

export class Session {
  readonly store = new Store();
  readonly uploads = new Uploads(this.store);
  readonly #connection = new Connection(this.store, (update) => this.#hear(update));
  readonly #loading = new Set<Where>();
  #readUpTo = 0;
  #isFirst = true;

  start(): void {
    this.#connection.open();
    const look = () =>
      this.store.dispatch({
        type: 'watched',
        isWatched: document.visibilityState === 'visible' && document.hasFocus(),
      });
    for (const event of ['focus', 'blur']) addEventListener(event, look);
    document.addEventListener('visibilitychange', look);
    look();
  }

  /** Shows a channel, from where its unread messages begin. */
  open(name: string | undefined): void {
    this.store.dispatch({ type: 'open', channel: name });
    this.#readUpTo = 0;
    if (name === undefined) return;
    const { mark } = this.store.state;
    void this.try(() => (mark === undefined ? this.#loadNewest(name) : this.#loadAround(name, mark)));
  }

  /** Shows a row of the current channel in its context. */
  jump(row: number): void {
    const { current } = this.store.state;
    if (current !== undefined) void this.try(() => this.#loadAround(current, row));
  }

  toNewest(): void {
    const { current, history } = this.store.state;
    if (current === undefined) return;
    this.store.dispatch({ type: 'at-end', isAtEnd: true });
    if (history?.after) void this.try(() => this.#loadNewest(current));
  }

  /** The next page in a direction, where there is one. */
  async more(where: Where): Promise<void> {
    const { current, history } = this.store.state;
    const edge = (where === 'before' ? history?.entries[0] : history?.entries.at(-1))?.row;
    if (current === undefined || edge === undefined || this.#loading.has(where)) return;
    this.#loading.add(where);
    await this.try(async () => {
      const { entries, more } = await this.#page(current, `${where}=${edge}`);
      if (this.store.state.history !== undefined) {
        this.store.dispatch({ type: 'page', channel: current, where, entries, before: more, after: more });
      }
    });
    this.#loading.delete(where);
  }

  async send(channel: string, text: string): Promise<boolean> {
    return await this.try(async () => {
      this.toNewest();
      await post(inChannel(channel, 'messages'), { texts: [text] });
      this.store.dispatch({ type: 'sent', channel });
    });
  }

  /** The person has seen the history up to this row. */
  read(row: number): void {
    const channel = currentChannel(this.store.state);
    if (!channel || !this.store.state.isWatched || channel.unread === 0 || row <= this.#readUpTo) return;
    this.#readUpTo = row;
    void this.try(() => post(inChannel(channel.name, 'read'), { row }));
  }

  cancel(transfer: number): Promise<boolean> {
    return this.try(() => post(`transfers/${transfer}/cancel`));
  }

  /** Does this, and says what went wrong. Answers whether it went well. */
  async try(work: () => Promise<unknown>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      this.store.dispatch({ type: 'fail', error: problemOf(error) });
      return false;
    }
  }

  say(text: string): void {
    this.store.dispatch({ type: 'say', text });
  }

  async withdrawInvite(channel: string): Promise<boolean> {
    return await this.try(() => ask('DELETE', `invites/${encodeURIComponent(channel)}`));
  }

  #hear(update: Update): void {
    this.store.dispatch(update);
    const { current } = this.store.state;
    if (update.type === 'state') this.#catchUp();
    if (update.type === 'gone' && update.channel === current && !update.rows) this.open(current);
    if (update.type === 'entry' && isIncomingMessage(update.entry)) {
      void notify(update.channel, update.entry.row, () => this.open(update.channel));
    }
  }

  /** After the first answer, and after the stream was away. */
  #catchUp(): void {
    const { channels, current, history } = this.store.state;
    if (this.#isFirst && current === undefined && matchMedia('(min-width: 46rem)').matches)
      this.open(channels[0]?.name);
    this.#isFirst = false;
    const channel = currentChannel(this.store.state);
    if (!channel || !history || history.after) return;
    if (history.entries.length === 0) void this.try(() => this.#loadNewest(channel.name));
    else void this.more('after');
  }

  async #loadNewest(channel: string): Promise<void> {
    const { entries, more } = await this.#page(channel, '');
    this.store.dispatch({ type: 'page', channel, where: 'all', entries, before: more, after: false });
    const { newestRow = 0 } = currentChannel(this.store.state) ?? {};
    if (newestRow > (entries.at(-1)?.row ?? newestRow)) await this.more('after');
  }

  async #loadAround(channel: string, row: number): Promise<void> {
    const [older, newer] = await Promise.all([
      this.#page(channel, `before=${row}`),
      this.#page(channel, `after=${row - 1}`),
    ]);
    const entries = [...older.entries, ...newer.entries];
    const { more: before } = older;
    const { more: after } = newer;
    this.store.dispatch({ type: 'page', channel, where: 'all', entries, before, after, target: row });
  }

  #page(channel: string, query: string): Promise<Entries> {
    return get(inChannel(channel, `messages?limit=${pageRows}&${query}`));
  }
}

function isIncomingMessage(entry: ApiEntry): boolean {
  return entry.event !== 'notice' && entry.receivedAt !== null;
}
