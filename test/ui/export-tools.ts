/** Histories for tests of the export. */
import type { FileEvent, HistoryEvent, MessageEvent, Messenger } from '../../client/messenger/index.ts';

/** Noon of 20 November 2026, by the local clock. */
export const noon = new Date(2026, 10, 20, 12, 0).getTime();

const id = 'ab'.repeat(16);

/** From bob, unless it says otherwise. */
export function message(text: string, more: Partial<MessageEvent> = {}): MessageEvent {
  const times = { sentAt: noon, receivedAt: noon + 1000 };
  return { type: 'message', channel: 'bob', id, seq: 1, from: 'bob', text, ...times, ...more };
}

export function file(name: string, more: Partial<FileEvent> = {}): FileEvent {
  const times = { sentAt: noon, receivedAt: noon + 1000, expiresAt: noon + 3_600_000 };
  return { type: 'file', channel: 'bob', id, from: 'bob', name, size: 2048, ...times, path: null, ...more };
}

export function notice(text: string): HistoryEvent {
  return { type: 'notice', channel: 'bob', code: 'lost', text };
}

/** A messenger whose one channel holds this, given out in pages as the store does. */
export function holding(events: readonly HistoryEvent[]): Pick<Messenger, 'page' | 'name'> {
  return {
    name: 'alice',
    page: (_, { after = 0, limit }) =>
      events.slice(after, after + limit).map((event, index) => ({ row: after + index + 1, shown: true, event })),
  };
}
