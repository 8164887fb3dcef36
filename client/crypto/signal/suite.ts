/**
 * Suite `signal` on libsignal: PQXDH starts a session ("The PQXDH Key Agreement Protocol"), the triple ratchet carries
 * it on ("The Double Ratchet Algorithm", with the post-quantum ratchet beside it). State: see state.ts.
 *
 *     sealed = type (1): 2 for a message of a session, 3 for one that starts it | the message as libsignal writes it
 *
 * libsignal keeps up to 2,000 keys of skipped messages a chain and jumps over 25,000 at most.
 */

import { SecurityError } from '../../errors.ts';
import { malformed } from '../../protocol/bytes.ts';
import type { Opened, Sealed, SuiteContext, SuiteState } from '../suite.ts';
import { ownBytes } from './bytes.ts';
import * as signal from './libsignal.ts';
import { LibSignalErrorBase } from './libsignal.ts';
import { readBundle } from './prekeys.ts';
import { decodeState, encodeState, type SignalState } from './state.ts';
import { PinnedIdentity, StagedPrekeys, StagedSessions } from './stores.ts';

const types = { message: 2, start: 3 } as const;
const device = 1;

/** What stays the same whatever is sealed and opened. */
interface Members {
  readonly own: signal.ProtocolAddress;
  readonly peer: signal.ProtocolAddress;
  readonly identity: PinnedIdentity;
}

/** Those of a state that was used or written in this process: a batch makes them once. */
const known = new WeakMap<SignalState, Members>();

function membersOf(state: SignalState): Members {
  const members = known.get(state) ?? {
    own: signal.ProtocolAddress.new(state.own, device),
    peer: signal.ProtocolAddress.new(state.peer, device),
    identity: new PinnedIdentity(state.identity, state.peerIdentity),
  };
  known.set(state, members);
  return members;
}

/** libsignal's stores over a copy of the state. */
class Staged {
  readonly members: Members;
  readonly sessions: StagedSessions;
  readonly #state: SignalState;

  constructor(state: SignalState) {
    this.#state = state;
    this.members = membersOf(state);
    this.sessions = new StagedSessions(state.record);
  }

  /** What the sessions are now. */
  state(): SignalState {
    const next = { ...this.#state, record: this.sessions.record };
    known.set(next, this.members);
    return next;
  }
}

/** @throws SecurityError with code `out-of-step`: nothing was ever answered in the session for a month. */
export async function seal(state: SuiteState, content: Uint8Array, { now }: SuiteContext): Promise<Sealed> {
  const staged = new Staged(decodeState(state));
  const { own, peer, identity } = staged.members;
  const { sessions } = staged;
  const message = await explained(() =>
    signal.signalEncrypt(ownBytes(content), peer, own, sessions, identity, new Date(now)),
  );
  return {
    state: encodeState(staged.state()),
    sealed: Buffer.concat([Buffer.of(message.type()), message.serialize()]),
  };
}

/**
 * @throws SecurityError: `unopened`; `malformed`; `identity-changed` where it starts a session under another identity
 *   than the pinned one; `repeated-key` where its message key was used before; `out-of-step` where the sessions of the
 *   two sides do not fit together.
 */
export async function open(state: SuiteState, sealed: Uint8Array, context: SuiteContext): Promise<Opened> {
  const decoded = decodeState(state);
  try {
    const { staged, ...opened } = await openIn(decoded, sealed, context);
    return { ...opened, state: encodeState(staged) };
  } catch (error) {
    if (decoded.retired.length === 0 || !isOutOfStep(error)) throw error;
    const { staged, ...opened } = await openIn({ ...decoded, record: decoded.retired }, sealed, {});
    return { ...opened, state: encodeState({ ...decoded, retired: staged.record }) };
  }
}

function isOutOfStep(error: unknown): boolean {
  return error instanceof SecurityError && error.code === 'out-of-step';
}

type OpenedIn = Omit<Opened, 'state'> & { readonly staged: SignalState };

async function openIn(
  state: SignalState,
  sealed: Uint8Array,
  { prekeys }: Pick<SuiteContext, 'prekeys'>,
): Promise<OpenedIn> {
  const staged = new Staged(state);
  const { own, peer, identity } = staged.members;
  const { sessions } = staged;
  const message = ownBytes(sealed.subarray(1));
  if (sealed[0] === types.message) {
    const content = await explained(async () =>
      signal.signalDecrypt(signal.SignalMessage.deserialize(message), peer, own, sessions, identity),
    );
    return { staged: staged.state(), content };
  }
  if (sealed[0] !== types.start) throw malformed('a message of another type than libsignal has');
  const stores = new StagedPrekeys(prekeys?.() ?? []);
  const { oneTime, signed, kyber } = stores;
  const content = await explained(async () =>
    signal.signalDecryptPreKey(
      signal.PreKeySignalMessage.deserialize(message),
      peer,
      own,
      sessions,
      identity,
      oneTime,
      signed,
      kyber,
    ),
  );
  return { staged: staged.state(), content, ...(stores.accepted ? { accepted: stores.accepted } : {}) };
}

/**
 * Starts a session from the other side's bundle; what is sealed next starts it there, too.
 * @param retire the sessions there are seal no more: this home went back in time. @throws SecurityError.
 */
export async function renew(state: SuiteState, bundle: Uint8Array, now: number, retire = false): Promise<SuiteState> {
  const decoded = decodeState(state);
  const staged = new Staged(retire ? { ...decoded, record: Buffer.alloc(0), retired: decoded.record } : decoded);
  const { own, peer, identity } = staged.members;
  const { sessions } = staged;
  const read = await readBundle(bundle);
  await explained(() => signal.processPreKeyBundle(read, peer, own, sessions, identity, new Date(now)));
  return encodeState(staged.state());
}

/** What libsignal's errors mean here. */
async function explained<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof LibSignalErrorBase ? explain(error) : error;
  }
}

function explain(cause: LibSignalErrorBase): SecurityError {
  switch (cause.code) {
    case signal.ErrorCode.UntrustedIdentity:
      return new SecurityError('Somebody else started a session in the name of your buddy.', {
        code: 'identity-changed',
        cause,
      });
    case signal.ErrorCode.DuplicatedMessage:
      return new SecurityError('A message used a key that was used before.', { code: 'repeated-key', cause });
    default:
      return new SecurityError('A message does not fit the session that this home has.', {
        code: 'out-of-step',
        cause,
      });
  }
}
