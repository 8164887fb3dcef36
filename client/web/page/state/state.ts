/** All that the page knows, and what can happen to it. */
import type { ApiChannel, ApiEntry, ApiError, ApiTransfer, Update } from '../../api.ts';
import type { HistoryUpdate, HistoryWindow } from './window.ts';

/**
 * `resting`: another window, out of view as this one is, listens for both. `ended`: the server no longer knows this
 * page; only a new link opens it again.
 */
export type Link = 'connecting' | 'open' | 'resting' | 'lost' | 'ended';

/** A remark that goes away. */
export interface Remark {
  readonly key: number;
  readonly isError: boolean;
  readonly text: string;
  readonly hint?: string;
}

/** A file that waits for its turn to be sent. */
export interface Waiting {
  readonly key: number;
  readonly channel: string;
  readonly name: string;
  readonly size: number;
}

export interface PageState {
  readonly link: Link;
  /** Whose home this is; empty until the first answer. */
  readonly owner: string;
  readonly version: string;
  readonly channels: readonly ApiChannel[];
  readonly transfers: readonly ApiTransfer[];
  /** Ids of transfers whose end the person has seen off. */
  readonly hidden: readonly number[];
  readonly waiting: readonly Waiting[];
  /** The channel on view. */
  readonly current?: string | undefined;
  /** Of the current channel, once its first page has come. */
  readonly history?: HistoryWindow | undefined;
  /** A row to bring into view, such as what a search found; a new object each time. */
  readonly target?: { readonly row: number } | undefined;
  /** The row above which the current channel says "New". */
  readonly mark?: number | undefined;
  /** Whether the person looks at the page, and whether the newest row is in view. */
  readonly isWatched: boolean;
  readonly isAtEnd: boolean;
  /** What was typed and not sent, by channel. */
  readonly drafts: Readonly<Record<string, string>>;
  /** What a screen reader says next. */
  readonly spoken: string;
  readonly remarks: readonly Remark[];
}

export const initialState: PageState = {
  link: 'connecting',
  owner: '',
  version: '',
  channels: [],
  transfers: [],
  hidden: [],
  waiting: [],
  isWatched: true,
  isAtEnd: true,
  drafts: {},
  spoken: '',
  remarks: [],
};

export type Action =
  | Update
  | { readonly type: 'link'; readonly link: Link }
  | { readonly type: 'open'; readonly channel: string | undefined }
  | {
      readonly type: 'page';
      readonly channel: string;
      /** `all` and `again` take the place of what is held: the first shows another part, the other one the same anew. */
      readonly where: 'all' | 'again' | 'before' | 'after';
      readonly entries: readonly ApiEntry[];
      readonly before: boolean;
      readonly after: boolean;
      readonly target?: number | undefined;
      /** What the stream told since the page was asked for: the page may be older. */
      readonly heard?: readonly HistoryUpdate[];
    }
  | { readonly type: 'draft'; readonly channel: string; readonly text: string }
  | { readonly type: 'watched'; readonly isWatched: boolean }
  | { readonly type: 'at-end'; readonly isAtEnd: boolean }
  | { readonly type: 'sent'; readonly channel: string }
  | { readonly type: 'waiting'; readonly files: readonly Waiting[] }
  | { readonly type: 'begun'; readonly key: number }
  | { readonly type: 'hide'; readonly transfer: number }
  | { readonly type: 'say'; readonly text: string }
  | { readonly type: 'fail'; readonly error: Pick<ApiError, 'text' | 'hint'> }
  | { readonly type: 'dismiss'; readonly key: number };

export function currentChannel({ channels, current }: PageState): ApiChannel | undefined {
  return channels.find(({ name }) => name === current);
}

/** The channels as they stand in the list: the newest talk first. */
export function roster(channels: readonly ApiChannel[]): readonly ApiChannel[] {
  return channels.toSorted((one, other) => (other.last?.at ?? '').localeCompare(one.last?.at ?? ''));
}

export function unreadCount({ channels }: Pick<PageState, 'channels'>): number {
  return channels.reduce((sum, { unread }) => sum + unread, 0);
}
