/** What the page does: it keeps its state and the server's in step, and carries out what the person asks for. */
import type { ApiEntry, Entries, SendRequest, State, Update } from '../api.ts';
import { Connection } from './browser/connection.ts';
import { notify } from './browser/notifications.ts';
import { ask, get, inChannel, post, problemOf } from './browser/server.ts';
import { Uploads } from './browser/uploads.ts';
import { type Action, currentChannel, type PageState, roster } from './state/state.ts';
import { Store } from './state/store.ts';
import { type HistoryUpdate, type HistoryWindow, isHistoryUpdate, mostRows, pageRows } from './state/window.ts';

type Where = 'before' | 'after';
type Page = Omit<Extract<Action, { type: 'page' }>, 'type' | 'channel' | 'heard'>;

export class Session {
  readonly store = new Store();
  readonly uploads = new Uploads(this.store);
  readonly #connection = new Connection(this.store, (update) => this.#hear(update));
  /** What the stream tells while a page is on its way, for each of these. */
  readonly #heard = new Set<HistoryUpdate[]>();
  /** Another object for each window of the history. Busy: more of it is on its way, or failed to come. */
  #window = { isBusy: false };
  /** Ends when everything was sent that was to be sent before. */
  #sent: Promise<unknown> = Promise.resolve();
  /** Ids of texts that the server may or may not have. */
  readonly #unanswered = new Map<string, string>();
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
    this.#begin(name, () => (mark === undefined ? this.#newest(name) : this.#around(name, mark)));
  }

  /** Shows a row of the current channel in its context. */
  jump(row: number): void {
    const { current } = this.store.state;
    if (current !== undefined) this.#begin(current, () => this.#around(current, row));
  }

  toNewest(): void {
    const { current, history } = this.store.state;
    if (current === undefined) return;
    this.store.dispatch({ type: 'at-end', isAtEnd: true });
    if (history?.after) this.#begin(current, () => this.#newest(current));
  }

  /** The next page in a direction, where there is one. */
  async more(where: Where): Promise<void> {
    const { current, history, link } = this.store.state;
    const window = this.#window;
    if (current === undefined || !history || link !== 'open' || window.isBusy) return;
    const edge = (where === 'before' ? history.entries[0] : history.entries.at(-1))?.row;
    window.isBusy = true;
    const next = () => (edge === undefined ? this.#newest(current) : this.#next(current, where, edge));
    // A failure is not tried again in this window: whoever looks at its edge would ask without end.
    window.isBusy = !(await this.try(() => this.#show(current, next)));
  }

  /** One after the other: a short text must not overtake a long one. */
  send(channel: string, text: string): Promise<boolean> {
    this.toNewest();
    const sent = this.#sent.then(() =>
      this.try(async () => {
        await this.#post(channel, text);
        this.store.dispatch({ type: 'sent', channel });
      }),
    );
    this.#sent = sent;
    return sent;
  }

  /** Where the answer did not come, the same text has the same id when it is sent again: it goes once. */
  async #post(channel: string, text: string): Promise<void> {
    const key = JSON.stringify([channel, text]);
    const id = this.#unanswered.get(key) ?? crypto.randomUUID().replaceAll('-', '');
    this.#unanswered.set(key, id);
    const request: SendRequest = { texts: [text], ids: [id] };
    await post(inChannel(channel, 'messages'), request);
    this.#unanswered.delete(key);
  }

  /** The person has seen the history up to this row. */
  read(row: number): void {
    const { link, isWatched } = this.store.state;
    const channel = currentChannel(this.store.state);
    if (!channel || link !== 'open' || !isWatched || channel.unread === 0 || row <= this.#readUpTo) return;
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
    const { link } = this.store.state;
    this.store.dispatch(update);
    const { current } = this.store.state;
    if (update.type === 'state' && link !== 'open') this.#catchUp(update);
    if (isHistoryUpdate(update)) for (const heard of this.#heard) heard.push(update);
    if (update.type === 'gone' && update.channel === current && !update.rows) this.open(current);
    if (update.type === 'entry' && isNewMessage(update.entry)) {
      void notify(update.channel, update.entry.row, () => this.open(update.channel));
    }
  }

  /** After the first answer, and after the stream was away: what is on view may have changed in every way. */
  #catchUp({ channels }: State): void {
    const isFirst = this.#isFirst;
    this.#isFirst = false;
    this.#readUpTo = 0;
    const { current, history } = this.store.state;
    if (current === undefined) {
      if (isFirst && matchMedia('(min-width: 46rem)').matches) this.open(roster(channels)[0]?.name);
    } else if (history) this.#renew(current, history, this.store.state);
    else this.open(current);
  }

  #renew(channel: string, { entries: [first], before }: HistoryWindow, { isAtEnd }: PageState): void {
    this.#begin(channel, async () => {
      if (isAtEnd || !first) return this.#newest(channel);
      const { entries, more } = await this.#page(channel, `after=${first.row - 1}`, mostRows);
      return { where: 'again', entries, before, after: more };
    });
  }

  /** Begins another window of the history: what is on its way to the one before has no place in it. */
  #begin(channel: string, ask: () => Promise<Page>): void {
    this.#window = { isBusy: false };
    void this.try(() => this.#show(channel, ask));
  }

  async #show(channel: string, ask: () => Promise<Page>): Promise<void> {
    const window = this.#window;
    const heard: HistoryUpdate[] = [];
    this.#heard.add(heard);
    try {
      const page = await ask();
      if (window === this.#window) this.store.dispatch({ type: 'page', channel, heard, ...page });
    } finally {
      this.#heard.delete(heard);
    }
  }

  async #newest(channel: string): Promise<Page> {
    const { entries, more } = await this.#page(channel);
    return { where: 'all', entries, before: more, after: false };
  }

  async #next(channel: string, where: Where, edge: number): Promise<Page> {
    const { entries, more } = await this.#page(channel, `${where}=${edge}`);
    return { where, entries, before: more, after: more };
  }

  async #around(channel: string, row: number): Promise<Page> {
    const [older, newer] = await Promise.all([
      this.#page(channel, `before=${row}`),
      this.#page(channel, `after=${row - 1}`),
    ]);
    const entries = [...older.entries, ...newer.entries];
    return { where: 'all', entries, before: older.more, after: newer.more, target: row };
  }

  #page(channel: string, place = '', limit = pageRows): Promise<Entries> {
    return get(inChannel(channel, `messages?limit=${limit}&${place}`));
  }
}

function isNewMessage(entry: ApiEntry): boolean {
  return entry.event !== 'notice' && entry.receivedAt !== null && !entry.shown;
}
