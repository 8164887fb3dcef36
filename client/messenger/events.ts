/** What a channel tells those who listen: the events of docs/protocol.md's command line, before they are printed. */

/** `queued`: in this home. `sent`: a drop has it. `delivered`: the buddy's home has it. */
export type MessageState = 'queued' | 'sent' | 'delivered';

export interface MessageEvent {
  readonly type: 'message';
  readonly channel: string;
  /** Hexadecimal, 32 digits. */
  readonly id: string;
  /** The sender's number; null in an unframed suite. */
  readonly seq: number | null;
  /** The name this home uses for whoever wrote it. */
  readonly from: string;
  readonly text: string;
  /** Milliseconds since 1970. */
  readonly sentAt: number;
  /** Null: mine. */
  readonly receivedAt: number | null;
  /** Of mine only. */
  readonly state?: MessageState;
  /** Seconds: how long both sides keep it. Absent: no timer came with it. */
  readonly timer?: number;
}

export interface FileEvent {
  readonly type: 'file';
  readonly channel: string;
  readonly id: string;
  readonly from: string;
  /** As its sender wrote it: not to be trusted as a path. */
  readonly name: string;
  readonly size: number;
  readonly expiresAt: number;
  readonly sentAt: number;
  readonly receivedAt: number | null;
  /** Where it was written, once it was. */
  readonly path: string | null;
  readonly state?: MessageState;
  readonly timer?: number;
}

export interface StatusEvent {
  readonly type: 'status';
  readonly channel: string;
  readonly id: string;
  readonly state: MessageState;
}

export interface NoticeEvent {
  readonly type: 'notice';
  readonly channel: string;
  /** Stable, for scripts. */
  readonly code: string;
  readonly text: string;
}

/** What a history keeps: of the notices, those that tell of messages that will not come or not arrive. */
export type HistoryEvent = MessageEvent | FileEvent | NoticeEvent;

export type ChannelEvent = HistoryEvent | StatusEvent;
