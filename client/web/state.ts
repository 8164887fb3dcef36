/** What a window is told first, and each change after it: the messenger's words as those of api.ts. */
import type { Change, ChannelInfo, HistoryEntry, Messenger, TransferInfo } from '../messenger/index.ts';
import { pairingWords, suiteWords, whyKept } from '../ui/pairing-words.ts';
import type { ApiChannel, ApiEntry, ApiTransfer, State, Update } from './api.ts';
import type { Web } from './exchange.ts';

/** Of the newest message, in the roster. */
const previewLength = 200;
/** Rows in which to look for it: notices are none. */
const previewRows = 5;

/** Where each channel goes over, by its name. */
export type Places = ReadonlyMap<string, readonly string[]>;

/** Asks no drop. */
export async function placesOf(messenger: Messenger): Promise<Places> {
  const places = messenger.channels().map(async ({ name }) => [name, await placeOf(messenger, name)] as const);
  return new Map(await Promise.all(places));
}

async function placeOf(messenger: Messenger, channel: string): Promise<readonly string[]> {
  if (messenger.channel(channel).further.length === 0) return [await messenger.describeDrop(channel)];
  const used = (await messenger.drops(channel)).filter(({ state }) => state === 'used');
  return used.map(({ text }) => text);
}

/** Everything as it is at this moment. */
export function stateAt({ messenger, conversations, version }: Web, places: Places): State {
  return {
    type: 'state',
    name: messenger.name,
    version,
    channels: messenger.channels().map((info) => apiChannel(messenger, info, places.get(info.name) ?? [])),
    transfers: conversations.transfers.list().map(apiTransfer),
  };
}

function apiChannel(messenger: Messenger, info: ChannelInfo, drops: readonly string[]): ApiChannel {
  const { name, role, suite, retention } = info;
  const pairing = messenger.pairing(name);
  const unread = messenger.unread(name);
  const kept = whyKept(messenger, name);
  const last = preview(messenger, name);
  return {
    name,
    role,
    suite,
    suiteText: suiteWords(suite),
    drops,
    unread: unread.count,
    ...(unread.first === undefined ? {} : { firstUnread: unread.first }),
    newestRow: messenger.newestRow(name),
    queued: messenger.pending(name).queued,
    ...(pairing && {
      pairing: {
        text: pairingWords(name, pairing),
        state: pairing.state,
        paired: pairing.paired,
        verified: pairing.verified,
        changed: pairing.changed,
      },
    }),
    ...(kept === undefined ? {} : { kept }),
    ...(retention.timer === undefined ? {} : { timer: retention.timer / 1000 }),
    files: messenger.isAcknowledged(name),
    ...(last && { last }),
  };
}

function preview(messenger: Messenger, channel: string): ApiChannel['last'] {
  const events = messenger.page(channel, { limit: previewRows }).map(({ event }) => event);
  const newest = events.findLast((event) => event.type !== 'notice');
  if (!newest) return undefined;
  const text = newest.type === 'file' ? newest.name : newest.text;
  return { text: text.slice(0, previewLength).toWellFormed(), at: iso(newest.receivedAt ?? newest.sentAt) };
}

/** Without `path`: where a file lies on this machine is nothing that a page needs. */
export function apiTransfer({ path: _, error, ...transfer }: TransferInfo): ApiTransfer {
  if (!error) return transfer;
  const { code, text, hint } = error;
  return { ...transfer, error: { code, text, ...(hint === undefined ? {} : { hint }) } };
}

export function apiEntry({ row, shown, event }: HistoryEntry): ApiEntry {
  if (event.type === 'notice') return { row, shown, event: 'notice', code: event.code, text: event.text };
  const { id, from, sentAt, receivedAt, state, timer } = event;
  const common = {
    row,
    shown,
    id,
    from,
    sentAt: iso(sentAt),
    receivedAt: receivedAt === null ? null : iso(receivedAt),
    ...(state && { state }),
    ...(timer === undefined ? {} : { timer }),
  };
  if (event.type === 'message') return { event: 'message', ...common, text: event.text };
  const { name, size, expiresAt } = event;
  return { event: 'file', ...common, name, size, expiresAt: iso(expiresAt) };
}

/** A change as a window hears of it; undefined: everything has to be told anew. */
export function updateOf(change: Change): Update | undefined {
  switch (change.type) {
    case 'channels':
      return undefined;
    case 'entry':
      return { ...change, entry: apiEntry(change.entry) };
    case 'transfer':
      return { ...change, transfer: apiTransfer(change.transfer) };
    case 'notice': {
      const { channel, code, text } = change.notice;
      return { type: 'notice', channel, code, text };
    }
    default:
      return change;
  }
}

export function iso(time: number): string {
  return new Date(time).toISOString();
}
