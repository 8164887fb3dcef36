/** From rows of the history to events, and the history's end. */
import { randomBytes } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { suiteNamed } from '../crypto/suites.ts';
import { decodeFileNotice } from '../protocol/file-notice.ts';
import { frameIdBytes, frameKinds } from '../protocol/frames.ts';
import type { Channel } from '../store/channels.ts';
import type { Message } from '../store/messages.ts';
import type { Shown } from './absorb.ts';
import type { Context } from './context.ts';
import type { HistoryEvent, MessageState, NoticeEvent } from './events.ts';
import { historyCutoff, sweep } from './retention.ts';

/** A notice that is kept as messages are. No frame has this kind: theirs are single bytes. */
const noticeKind = 0x100;

/** The event of a stored message; undefined for kinds that a newer client knows and this one does not. */
export function toEvent(channel: Channel, message: Message, ownName = ''): HistoryEvent | undefined {
  if (message.kind === noticeKind) return toNotice(channel, message.content);
  const { framed } = suiteNamed(channel.suite);
  const state = message.state && stateOf(message.state, framed);
  const common = {
    channel: channel.name,
    from: message.outgoing ? ownName : channel.name,
    sentAt: message.sentAt,
    receivedAt: message.receivedAt ?? null,
    ...(state ? { state } : {}),
    ...(message.timer === undefined ? {} : { timer: message.timer / 1000 }),
  };
  if (message.kind === frameKinds.text) {
    const seq = framed ? (message.seq ?? null) : null;
    return { type: 'message', ...common, id: message.frameId.toString('hex'), seq, text: message.content.toString() };
  }
  if (message.kind !== frameKinds.file) return undefined;
  const { id, name, size, expiresAt } = decodeFileNotice(message.content);
  return { type: 'file', ...common, id: Buffer.from(id).toString('hex'), name, size, expiresAt, path: null };
}

function stateOf(state: Message['state'], framed: boolean): MessageState {
  if (state === 'settled') return framed ? 'delivered' : 'sent';
  return state ?? 'queued';
}

/**
 * Within a transaction: keeps a notice that must reach the people, whatever process is killed before it is shown, and
 * that stands in the history from then on.
 * @param code without a line break.
 */
export function storeNotice({ home, now }: Context, channel: Channel, code: string, text: string): Shown {
  const content = Buffer.from(`${code}\n${text}`);
  const at = now();
  const about = { channel: channel.id, kind: noticeKind, frameId: randomBytes(frameIdBytes) };
  const message = home.messages.add({ ...about, sentAt: at, receivedAt: at, content }, true);
  return { event: toNotice(channel, content), message };
}

function toNotice(channel: Channel, content: Buffer): NoticeEvent {
  const kept = content.toString();
  const end = kept.indexOf('\n');
  return { type: 'notice', channel: channel.name, code: kept.slice(0, end), text: kept.slice(end + 1) };
}

/** What was said in a channel, oldest first. @param last only so many of the newest. */
export function* history(context: Context, channel: Channel, last?: number): Iterable<HistoryEvent> {
  sweep(context, channel.id);
  const ownName = context.home.name;
  const now = context.now();
  for (const message of context.home.messages.list(channel.id, { now, cutoff: historyCutoff(channel, now), last })) {
    const event = toEvent(channel, message, ownName);
    if (event) yield event;
  }
}

/** A row of the history with its event. Rows grow with time; a row never stands for anything else. */
export interface HistoryEntry {
  readonly row: number;
  /** Whether a person has seen it; what was sent from here counts as seen. */
  readonly shown: boolean;
  readonly event: HistoryEvent;
}

export interface PageOptions {
  /** Only rows before this one. */
  readonly before?: number | undefined;
  /** Only rows after this one: the oldest of them, where the default is the newest. */
  readonly after?: number | undefined;
  /** Most entries. */
  readonly limit: number;
}

/** A page of a channel's history, oldest first. Kinds that only a newer client knows are left out. */
export function historyPage(context: Context, channel: Channel, options: PageOptions): HistoryEntry[] {
  return toEntries(context, channel, rowsOfPage(context, channel, options));
}

function rowsOfPage({ home, now }: Context, channel: Channel, options: PageOptions): Message[] {
  const time = now();
  return home.messages.page(channel.id, { ...options, now: time, cutoff: historyCutoff(channel, time) });
}

/** Those of these rows that are still there. */
export function historyRows(context: Context, channel: Channel, rows: readonly number[]): HistoryEntry[] {
  const now = context.now();
  const cutoff = historyCutoff(channel, now);
  return toEntries(context, channel, context.home.messages.some(channel.id, rows, { now, cutoff }));
}

function toEntries(context: Context, channel: Channel, messages: readonly Message[]): HistoryEntry[] {
  const ownName = context.home.name;
  return messages.flatMap((message) => {
    const event = toEvent(channel, message, ownName);
    return event ? [{ row: message.id, shown: message.shown, event }] : [];
  });
}

/** Entries looked through at once, before others have their turn. */
const searchPage = 500;

/**
 * Entries whose text or file name contains this, whatever the case; newest first. Everything is sealed, so each is
 * opened and looked at: some 100,000 a second.
 */
export async function* searchHistory(
  context: Context,
  channel: Channel,
  text: string,
  before?: number,
): AsyncGenerator<HistoryEntry> {
  const wanted = text.toLocaleLowerCase();
  for (let end = before; ; await setImmediate()) {
    // By rows: a page of kinds that this client does not know is not the end.
    const rows = rowsOfPage(context, channel, { before: end, limit: searchPage });
    const page = toEntries(context, channel, rows);
    yield* page.filter(({ event }) => wordsOf(event).toLocaleLowerCase().includes(wanted)).reverse();
    end = rows[0]?.id;
    if (end === undefined) return;
  }
}

function wordsOf(event: HistoryEvent): string {
  return event.type === 'file' ? event.name : event.text;
}

/** Forgets what was said in a channel, with its files, on the disk too; the channel goes on. */
export function wipeHistory({ home, now }: Context, { id }: Channel): void {
  home.db.transaction(() => {
    home.inbox.rememberReceived(id, now());
    home.messages.removeAll(id);
    home.files.removeAll(id);
    home.quarantine.removeAll(id);
  });
  home.db.compact();
}
