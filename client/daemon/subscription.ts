/** What a client that subscribed is told: rows of the history from the store, each once and in order, and what changes. */
import type { Change, HistoryEntry } from '../messenger/index.ts';
import { eventJson } from '../ui/event-json.ts';
import type { Daemon } from './daemon.ts';

/** Rows read at once, and changes that may wait for a slow client before it is left alone. */
const page = 100;
const mostWaiting = 10_000;

interface SubscriptionOptions {
  /** Only this channel. */
  readonly channel?: string | undefined;
  /** Begin with what nobody has seen yet, in place of what comes from now on. */
  readonly fromUnread: boolean;
  readonly signal: AbortSignal;
  /** Resolves once there is room for more. */
  readonly tell: (params: Record<string, unknown>) => Promise<void>;
}

interface Cursor {
  /** The last row that was told. */
  after: number;
  /** The last row there was at the beginning: of those up to it, only the unread are told. */
  readonly newest: number;
}

export class Subscription {
  readonly #daemon: Daemon;
  readonly #options: SubscriptionOptions;
  readonly #cursors = new Map<string, Cursor>();
  readonly #unfollow: () => void;
  #changes: Change[] = [];
  #changed = Promise.withResolvers<void>();
  #isOver = false;

  /** Whatever happens from now on will be told. */
  constructor(daemon: Daemon, options: SubscriptionOptions) {
    this.#daemon = daemon;
    this.#options = options;
    for (const name of this.#names()) {
      const newest = daemon.messenger.newestRow(name);
      const first = options.fromUnread ? daemon.messenger.unread(name).first : undefined;
      this.#cursors.set(name, { after: (first ?? newest + 1) - 1, newest });
    }
    this.#unfollow = daemon.follow((change) => this.#hear(change));
    options.signal.addEventListener('abort', this.end, { once: true });
    // Its client may have gone before its request was read.
    if (options.signal.aborted) this.end();
  }

  /** Resolves at its end. */
  async run(): Promise<void> {
    while (!this.#isOver) {
      this.#changed = Promise.withResolvers();
      const changes = this.#changes;
      this.#changes = [];
      for (const name of this.#names()) await this.#tellEntries(name);
      for (const change of changes) await this.#tell(changeJson(change));
      if (this.#changes.length === 0 && !this.#isOver) await this.#changed.promise;
    }
  }

  readonly end = (): void => {
    this.#isOver = true;
    this.#unfollow();
    this.#options.signal.removeEventListener('abort', this.end);
    this.#changed.resolve();
  };

  #names(): string[] {
    const names = this.#daemon.messenger.channels().map(({ name }) => name);
    return names.filter((name) => this.#concerns(name));
  }

  #concerns(name: string): boolean {
    return this.#options.channel === undefined || this.#options.channel === name;
  }

  #hear(change: Change): void {
    const channel = channelOf(change);
    if (channel !== undefined && !this.#concerns(channel)) return;
    if (change.type !== 'entry') this.#changes.push(change);
    // It can subscribe again, and misses nothing that is in the history.
    if (this.#changes.length > mostWaiting) this.end();
    this.#changed.resolve();
  }

  async #tellEntries(name: string): Promise<void> {
    const cursor = this.#cursors.get(name) ?? { after: 0, newest: 0 };
    this.#cursors.set(name, cursor);
    const isThere = () => this.#daemon.messenger.channels().some((channel) => channel.name === name);
    while (!this.#isOver && isThere()) {
      const entries = this.#daemon.conversations.page(name, { after: cursor.after, limit: page });
      for (const entry of entries) {
        cursor.after = entry.row;
        if (entry.row > cursor.newest || !entry.shown) await this.#tell(entryJson(entry));
      }
      if (entries.length < page) return;
    }
  }

  async #tell(params: Record<string, unknown>): Promise<void> {
    if (!this.#isOver) await this.#options.tell(params);
  }
}

/** An event of the history with its row. */
export function entryJson({ row, shown, event }: HistoryEntry): Record<string, unknown> {
  return { row, shown, ...eventJson(event) };
}

function channelOf(change: Change): string | undefined {
  if (change.type === 'channels') return undefined;
  if (change.type === 'notice') return change.notice.channel;
  return change.type === 'transfer' ? change.transfer.channel : change.channel;
}

function changeJson(change: Change): Record<string, unknown> {
  if (change.type === 'notice') return eventJson(change.notice);
  const { type: event, ...rest } = change;
  return { event, ...rest };
}
