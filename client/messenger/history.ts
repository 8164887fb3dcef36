/** From rows of the history to events, and the history's end. */
import { randomBytes } from 'node:crypto';
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
