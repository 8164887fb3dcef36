/** What becomes of the page's state when something happens. Pure. */
import type { ApiChannel, ApiEntry, ApiTransfer, State } from '../../api.ts';
import { clipped } from '../words.ts';
import type { Action, PageState, Remark } from './state.ts';
import { append, type HistoryUpdate, type HistoryWindow, prepend, told } from './window.ts';

export function reduce(state: PageState, action: Action): PageState {
  switch (action.type) {
    case 'state':
      return connected(state, action);
    case 'link':
      return state.link === action.link ? state : { ...state, link: action.link };
    case 'open':
      return opened(state, action.channel);
    case 'page':
      return withPage(state, action);
    case 'entry':
      return withEntry(withTold(state, action), action.channel, action.entry);
    case 'status':
    case 'gone':
      return withTold(state, action);
    case 'unread':
      return withChannel(state, action.channel, (channel) => withUnread(channel, action.count));
    case 'notice':
      return withRemark(state, { isError: false, text: `${action.channel}: ${action.text}` });
    case 'transfer':
      return withTransfer(state, action.transfer);
    case 'draft':
      return { ...state, drafts: { ...state.drafts, [action.channel]: action.text } };
    case 'watched':
      return watched(state, action.isWatched);
    case 'at-end':
      return state.isAtEnd === action.isAtEnd ? state : { ...state, isAtEnd: action.isAtEnd };
    case 'sent':
      return action.channel === state.current ? { ...state, mark: undefined, isAtEnd: true } : state;
    case 'waiting':
      return { ...state, waiting: [...state.waiting, ...action.files] };
    case 'begun':
      return { ...state, waiting: state.waiting.filter(({ key }) => key !== action.key) };
    case 'hide':
      return { ...state, hidden: [...state.hidden, action.transfer] };
    case 'say':
      return withRemark(state, { isError: false, text: action.text });
    case 'fail':
      return withRemark(state, { isError: true, ...action.error });
    case 'dismiss':
      return { ...state, remarks: state.remarks.filter(({ key }) => key !== action.key) };
  }
}

function connected(state: PageState, { name, version, channels, transfers }: State): PageState {
  const isThere = channels.some((channel) => channel.name === state.current);
  const firstUnread = channels.find((channel) => channel.name === state.current && channel.unread > 0)?.firstUnread;
  // What came while the stream was away is new to the person.
  const mark = state.mark ?? (state.link === 'open' ? undefined : firstUnread);
  const next: PageState = { ...state, link: 'open', owner: name, version, channels, transfers, mark };
  return isThere || state.current === undefined ? next : opened(next, undefined);
}

function opened(state: PageState, name: string | undefined): PageState {
  const channel = state.channels.find((one) => one.name === name);
  const mark = channel && channel.unread > 0 ? channel.firstUnread : undefined;
  return { ...state, current: name, history: undefined, target: undefined, mark, isAtEnd: true };
}

function withPage(state: PageState, page: Extract<Action, { type: 'page' }>): PageState {
  if (page.channel !== state.current) return state;
  const { where, heard = [] } = page;
  const target = page.target === undefined ? undefined : { row: page.target };
  const view = where === 'all' ? { target, isAtEnd: target === undefined } : {};
  const next: PageState = { ...state, ...view, history: joined(state.history, page) };
  return heard.reduce(withTold, next);
}

function joined(history: HistoryWindow | undefined, page: Extract<Action, { type: 'page' }>): HistoryWindow {
  const { entries, before, after, where } = page;
  if (history && where === 'before') return prepend(history, entries, before);
  if (history && where === 'after') return append(history, entries, after);
  return { entries, before, after };
}

function withTold(state: PageState, update: HistoryUpdate): PageState {
  if (update.channel !== state.current || !state.history) return state;
  return { ...state, history: told(state.history, update, state.isAtEnd) };
}

function withEntry(state: PageState, name: string, entry: ApiEntry): PageState {
  const isIncoming = entry.event === 'notice' ? !entry.shown : entry.receivedAt !== null;
  const isNew = isIncoming && !entry.shown;
  const next = withChannel(state, name, (channel) => ({
    ...channel,
    newestRow: entry.row,
    ...lastOf(entry),
    ...(isNew && { firstUnread: channel.firstUnread ?? entry.row }),
  }));
  if (name !== state.current) return next;
  return {
    ...next,
    ...(isNew && !state.isWatched && state.mark === undefined && { mark: entry.row }),
    ...(isIncoming && { spoken: spokenOf(entry) }),
  };
}

function withUnread({ firstUnread, ...channel }: ApiChannel, unread: number): ApiChannel {
  return { ...channel, unread, ...(unread > 0 && firstUnread !== undefined && { firstUnread }) };
}

function lastOf(entry: ApiEntry): Pick<ApiChannel, 'last'> {
  if (entry.event === 'notice') return {};
  return { last: { text: clipped(entry.event === 'file' ? entry.name : entry.text, 200), at: entry.sentAt } };
}

function spokenOf(entry: ApiEntry): string {
  if (entry.event === 'notice') return entry.text;
  return entry.event === 'file'
    ? `${entry.from} sends the file ${entry.name}`
    : `${entry.from}: ${clipped(entry.text, 500)}`;
}

function withChannel(state: PageState, name: string, change: (channel: ApiChannel) => ApiChannel): PageState {
  return { ...state, channels: state.channels.map((channel) => (channel.name === name ? change(channel) : channel)) };
}

function withTransfer(state: PageState, transfer: ApiTransfer): PageState {
  const isKnown = state.transfers.some(({ id }) => id === transfer.id);
  const transfers = isKnown
    ? state.transfers.map((one) => (one.id === transfer.id ? transfer : one))
    : [...state.transfers, transfer];
  return { ...state, transfers };
}

/** Whoever turns away has read what was there: what comes from then on is new to them. */
function watched(state: PageState, isWatched: boolean): PageState {
  if (state.isWatched === isWatched) return state;
  return isWatched ? { ...state, isWatched } : { ...state, isWatched, mark: undefined };
}

function withRemark(state: PageState, remark: Omit<Remark, 'key'>): PageState {
  const key = (state.remarks.at(-1)?.key ?? 0) + 1;
  const others = state.remarks.filter(({ text }) => text !== remark.text);
  return { ...state, remarks: [...others, { ...remark, key }].slice(-4) };
}
