/**
 * What goes between the page and its server, as JSON. Every path is below `api/`, relative to the page's own address,
 * which has a path that nobody can guess: `fetch('api/state')`. Every request has the page's cookie, which the browser
 * sends to that path alone.
 * What changes anything is a POST, PUT or DELETE with the page's own Origin. Errors have a status above 399 and the
 * body `{ "error": ApiError }`: 400 for what the user can mend, 401 without a cookie, 403 from elsewhere, 404, 409 where
 * a yes is needed, 502 for trouble with a drop, 500 for a fault of ours.
 *
 * | request | body | answer |
 * | --- | --- | --- |
 * | GET state | | State |
 * | GET events | | text/event-stream, each `data:` one Update; the first one is a State |
 * | GET channels/NAME/messages?before=ROW&after=ROW&limit=N | | Entries |
 * | GET channels/NAME/search?q=TEXT&before=ROW | | Entries, newest first, at most 50 |
 * | POST channels/NAME/messages | SendRequest | {} |
 * | POST channels/NAME/read | { row: number } | {} |
 * | PUT channels/NAME/files?name=NAME | the file | { file: string }; aborting the request cancels it |
 * | GET files/ID | | the file, as an attachment |
 * | POST files/ID/recall | {} | {} |
 * | POST transfers/ID/cancel | {} | {} |
 * | GET channels/NAME/files | | { files: ApiFile[] } |
 * | GET channels/NAME/verification | | Verification |
 * | POST channels/NAME/verification | { digits: string, verified: boolean } | Verification |
 * | GET channels/NAME/drops | | Drops |
 * | POST channels/NAME/check | {} | { drops: CheckedDrop[] } |
 * | POST channels/NAME/swap | {} | {} |
 * | POST channels/NAME/timer | { seconds: number or null } | {} |
 * | GET channels/NAME/export?format=text, json or html | | the export, as an attachment |
 * | POST invites | InviteRequest | Invite |
 * | DELETE invites/NAME | | {} |
 * | POST join | JoinRequest | { channel: string }, or 409 with `reasons` where the drop needs the user's yes |
 */

export interface SendRequest {
  readonly texts: readonly string[];
  /** One for each text, 32 random hexadecimal digits: what was asked for again by the same ids goes once. */
  readonly ids?: readonly string[];
}

export interface ApiError {
  readonly code: string;
  readonly text: string;
  readonly hint?: string;
  /** Why a yes is needed. */
  readonly reasons?: readonly string[];
}

export type ApiMessageState = 'queued' | 'sent' | 'delivered';

/** A row of the history: `btr history --json` with its row, and whether a person has seen it. */
export type ApiEntry = { readonly row: number; readonly shown: boolean } & (
  | {
      readonly event: 'message';
      readonly id: string;
      readonly from: string;
      readonly text: string;
      /** RFC 3339. */
      readonly sentAt: string;
      /** Null: mine. */
      readonly receivedAt: string | null;
      readonly state?: ApiMessageState;
      /** Seconds it stays once it was seen. */
      readonly timer?: number;
    }
  | {
      readonly event: 'file';
      readonly id: string;
      readonly from: string;
      readonly name: string;
      readonly size: number;
      readonly sentAt: string;
      readonly receivedAt: string | null;
      readonly expiresAt: string;
      readonly state?: ApiMessageState;
      readonly timer?: number;
    }
  | { readonly event: 'notice'; readonly code: string; readonly text: string }
);

export interface Entries {
  readonly entries: readonly ApiEntry[];
  /** Whether there are more in the direction that was asked for. */
  readonly more: boolean;
}

export interface ApiPairing {
  /** One line for a person. */
  readonly text: string;
  readonly state: string;
  readonly paired: boolean;
  readonly verified: boolean;
  /** Somebody with another identity wrote: nothing is sent until the user decides. */
  readonly changed: boolean;
}

export interface ApiChannel {
  readonly name: string;
  readonly role: 'a' | 'b';
  readonly suite: string;
  /** What the suite is worth, for a person. */
  readonly suiteText: string;
  /** Where it goes over, for a person; no secret in it. */
  readonly drops: readonly string[];
  readonly unread: number;
  /** The row that unread begins with. */
  readonly firstUnread?: number;
  readonly newestRow: number;
  readonly queued: number;
  /** Absent in suites without pairing. */
  readonly pairing?: ApiPairing;
  /** Why what is written waits. */
  readonly kept?: string;
  /** Seconds that new messages stay. */
  readonly timer?: number;
  /** Whether files can be sent. */
  readonly files: boolean;
  /** The newest message, for the roster. */
  readonly last?: { readonly text: string; readonly at: string };
}

export interface ApiTransfer {
  readonly id: number;
  readonly channel: string;
  readonly direction: 'in' | 'out';
  readonly name: string;
  readonly file?: string;
  readonly done: number;
  readonly total?: number;
  readonly state: 'running' | 'done' | 'failed' | 'cancelled';
  readonly error?: ApiError;
}

export interface State {
  readonly type: 'state';
  /** The owner of this home. */
  readonly name: string;
  /** What `btr --version` says. */
  readonly version: string;
  readonly channels: readonly ApiChannel[];
  readonly transfers: readonly ApiTransfer[];
}

export type Update =
  | State
  | { readonly type: 'entry'; readonly channel: string; readonly entry: ApiEntry }
  | { readonly type: 'status'; readonly channel: string; readonly id: string; readonly state: ApiMessageState }
  | { readonly type: 'gone'; readonly channel: string; readonly rows?: readonly number[] }
  | { readonly type: 'unread'; readonly channel: string; readonly count: number }
  | { readonly type: 'notice'; readonly channel: string; readonly code: string; readonly text: string }
  | { readonly type: 'transfer'; readonly transfer: ApiTransfer };

export interface ApiFile {
  readonly id: string;
  readonly outgoing: boolean;
  readonly name: string;
  readonly size: number;
  readonly at: string;
  readonly expiresAt: string;
  readonly burn: boolean;
  readonly state: string;
}

export interface Verification {
  /** 60 digits. */
  readonly digits: string;
  readonly words: readonly string[];
  /** A QR code as an SVG's path, and the length of its side in modules. */
  readonly qr: QrCode;
  readonly verified: boolean;
  readonly changed: boolean;
}

export interface QrCode {
  /** Of an SVG path in modules, dark on light. */
  readonly path: string;
  readonly size: number;
}

export interface Drops {
  readonly policy: string;
  readonly drops: readonly { readonly id: string; readonly text: string; readonly state: string }[];
}

export interface CheckedDrop {
  readonly text: string;
  readonly findings: readonly { readonly ok: boolean; readonly what: string; readonly text: string }[];
}

/** For a channel that is there, its name alone. For a new one also where it goes over: a drop's URI, or the file of a deployed stack as text. */
export interface InviteRequest {
  readonly channel: string;
  readonly as?: string;
  readonly drop?: string;
  readonly outputs?: string;
  /** The PIN in two words rather than six digits. */
  readonly words?: boolean;
  readonly replace?: boolean;
}

export interface Invite {
  readonly channel: string;
  readonly invite: string;
  /** To be told by voice. */
  readonly pin: string;
  readonly expiresAt: string;
  /** Absent where the invite is too long for one. */
  readonly qr?: QrCode;
}

export interface JoinRequest {
  readonly invite: string;
  readonly pin: string;
  readonly name?: string;
  /** The user has said yes to the reasons. */
  readonly yes?: boolean;
}
