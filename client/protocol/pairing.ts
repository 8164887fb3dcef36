/**
 * Pairing: what both sides must agree on, as pure tables. `invite` and `reply` are the two flights; the PIN is spoken.
 *
 *     inviter   open ──reply, right──> paired          joiner   waiting ──bundle──> replied ──message──> confirmed
 *               open ──reply, wrong──> burned                   replied ──refusal──> refused ──message──> confirmed
 *               open ──late reply, new invite, taken back──> burned
 *
 * pairing.model.ts explores every order in which these steps can come.
 */

export const inviterStates = ['open', 'paired', 'burned'] as const;
export type InviterState = (typeof inviterStates)[number];

export const joinerStates = ['waiting', 'replied', 'refused', 'confirmed'] as const;
export type JoinerState = (typeof joinerStates)[number];

/** Why an invite was burned, or why a reply to it is refused. Their places in this list are their bytes. */
export const refusalReasons = ['wrong-pin', 'expired', 'not-open', 'other-identity'] as const;
export type RefusalReason = (typeof refusalReasons)[number];

/** A reply as it counts: k0 opened it, it names this invite's session, and its share is a valid one. */
export interface CountedReply {
  /** The invite's time was over when it was opened, by the inviter's clock. */
  readonly expired: boolean;
  /** The box opened under the root, and the bind value in it was right: whoever sealed it knew the PIN. */
  readonly proven: boolean;
  /** The session was started by the identity that the reply names. */
  readonly sameIdentity: boolean;
}

interface InviterStep {
  readonly state: InviterState;
  /** Undefined: the reply is accepted. */
  readonly refuse?: RefusalReason;
}

/**
 * What a reply does to an invite. Every reply that counts ends an open invite: that is the one guess at the PIN that an
 * interceptor has. The test of the PIN counts last, so that one who comes too late learns nothing about it.
 */
export function takeReply(state: InviterState, reply: CountedReply): InviterStep {
  if (state !== 'open') return { state, refuse: 'not-open' };
  if (reply.expired) return { state: 'burned', refuse: 'expired' };
  if (!reply.proven) return { state: 'burned', refuse: 'wrong-pin' };
  if (!reply.sameIdentity) return { state: 'burned', refuse: 'other-identity' };
  return { state: 'paired' };
}

/** A new invite, a wipe, or the discovery that this home is an older copy of itself: an open invite is open no more. */
export function withdraw(state: InviterState): Exclude<InviterState, 'open'> {
  return state === 'open' ? 'burned' : state;
}

type JoinerInput = 'bundle' | 'refusal' | 'message';

/**
 * `bundle`: the one whose hash the invite names. `refusal`: of one's own reply; only a hint, since whoever has the
 * invite can forge it, so that a message of the session undoes it. Undefined: the input means nothing in this state.
 */
export function joinerNext(state: JoinerState, input: JoinerInput): JoinerState | undefined {
  if (input === 'bundle') return state === 'waiting' ? 'replied' : undefined;
  if (input === 'refusal') return state === 'replied' ? 'refused' : undefined;
  return state === 'replied' || state === 'refused' ? 'confirmed' : undefined;
}

/** Whether a joiner may seal messages: it has a session, and nobody told it that it is in vain. */
export function joinerSeals(state: JoinerState): boolean {
  return state === 'replied' || state === 'confirmed';
}
