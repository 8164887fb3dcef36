/**
 * A suite says how the content of an envelope is sealed. State goes in and comes out, so that the caller can commit
 * it in the same transaction as the body; no suite touches a file, a socket or a clock of its own.
 */
import type { Direction, MemberId } from '../protocol/roles.ts';
import type { PrivatePrekeys } from './signal/prekeys.ts';
import type { Accepted } from './signal/stores.ts';

/** What a suite needs to go on, opaque to everyone else; kept sealed in the store. */
export type SuiteState = Uint8Array;

export interface SuiteContext {
  /** The way of the envelope. */
  readonly direction: Direction;
  /** Who sealed it, or is going to. */
  readonly sender: MemberId;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** What opening the first message of a session needs; asked for only then. */
  readonly prekeys?: () => readonly PrivatePrekeys[];
}

export interface Sealed {
  readonly state: SuiteState;
  readonly sealed: Uint8Array;
}

export interface Opened {
  readonly state: SuiteState;
  readonly content: Uint8Array;
  /** It started a session: with these prekeys. */
  readonly accepted?: Accepted;
}

export interface Suite {
  readonly name: string;
  /** Its byte in the envelope. */
  readonly byte: number;
  /**
   * Framed suites carry frames in an envelope: numbered, acknowledged, coalesced. An unframed one carries one text a
   * body, in the queue's own order, and nothing else.
   */
  readonly framed: boolean;
  /** Most bytes that sealing adds to a content of this many bytes. */
  overhead(contentBytes: number): number;
  seal(state: SuiteState, content: Uint8Array, context: SuiteContext): Promise<Sealed>;
  /** @throws SecurityError with code `unopened` where the bytes were not sealed for this state. */
  open(state: SuiteState, sealed: Uint8Array, context: SuiteContext): Promise<Opened>;
  /**
   * Suites with identities: a new session with the same person, from their renewal bundle. What is sealed with the
   * state that comes out starts it on the other side; what is under way in the old one can still be opened.
   * @param retire nothing is sealed in the old one any more, since its keys may have been used.
   */
  renew?(state: SuiteState, bundle: Uint8Array, now: number, retire: boolean): Promise<SuiteState>;
}
