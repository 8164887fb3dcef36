/**
 * The world around the tables of pairing.ts, small enough to be explored whole: one inviter with up to two invites, one
 * joiner, an interceptor who has every invite, and a drop between them. Nothing here runs in the product.
 *
 * The drop is the set of all that was ever left in it: anything may be handed over at any time, again and again, or
 * never. That is loss, doubling and reordering in one. A step is computed from a copy of what is stored and committed
 * later, perhaps by one of two processes at once, perhaps never: that is a crash between any two steps.
 *
 * The interceptor answers with a wrong PIN, a lucky right one, or with the right one under another identity than it
 * names, and forges refusals. What it can do to a PIN offline is CPace's matter (crypto/cpace.ts), not this model's.
 */
import { type InviterState, type JoinerState, joinerNext, joinerSeals, takeReply, withdraw } from './pairing.ts';

/** The tables, and the rules of the code around them: a test puts broken ones in, to see that they are found. */
export interface Rules {
  readonly takeReply: typeof takeReply;
  readonly withdraw: (state: InviterState) => InviterState;
  readonly joinerNext: typeof joinerNext;
  readonly joinerSeals: typeof joinerSeals;
  /** A step is committed only where what it was computed from is still stored. */
  readonly compares: boolean;
  /** With new keys, what is not acknowledged is sealed once more. */
  readonly sealsAnew: boolean;
  /** A refusal leaves what was written where it is. */
  readonly keeps: boolean;
}

export const rules: Rules = {
  takeReply,
  withdraw,
  joinerNext,
  joinerSeals,
  compares: true,
  sealsAnew: true,
  keeps: true,
};

/** A session by the reply that starts it, `invite/who/proof/run`; a reply by the same. `proof`: right, wrong, misnamed. */
export type Session = string;

interface ModelInvite {
  readonly state: InviterState;
  readonly expired: boolean;
  /** Taken back, or followed by a newer one. */
  readonly over: boolean;
  /** How often an answer told whether a PIN was right. */
  readonly guesses: number;
  readonly accepted: readonly Session[];
}

/** What one side wrote, as one text. It waits from the start: sealing it may come at any time. */
interface Text {
  /** In the outbox, until it is acknowledged. */
  readonly kept: boolean;
  readonly waits: boolean;
  /** The sessions in which bodies with it were left. */
  readonly sealedIn: readonly Session[];
  readonly shown: boolean;
}

export type Side = 'inviter' | 'joiner';

export interface World {
  readonly invites: readonly ModelInvite[];
  /** The inviter's sessions, newest first. In each it has left a confirmation. */
  readonly roots: readonly Session[];
  /** What processes of the inviter have computed from an open invite, and not committed yet. */
  readonly computed: readonly Session[];
  readonly joiner: {
    readonly state: JoinerState | 'none';
    readonly invite: number;
    readonly right: boolean;
    /** The sessions of the replies that were made and left, newest first. */
    readonly roots: readonly Session[];
    /** A process has computed a reply while the joiner was waiting, and not committed it yet. */
    readonly computed: boolean;
  };
  readonly texts: Readonly<Record<Side, Text>>;
}

const written: Text = { kept: true, waits: true, sealedIn: [], shown: false };

export const start: World = {
  invites: [],
  roots: [],
  computed: [],
  joiner: { state: 'none', invite: -1, right: false, roots: [], computed: false },
  texts: { inviter: written, joiner: written },
};

/** More than a joiner makes by two invites: a broken table may make ever more. */
const mostReplies = 3;

export function invite(world: World, by: Rules): World {
  const before = endInvite(world, by) ?? world;
  const fresh: ModelInvite = { state: 'open', expired: false, over: false, guesses: 0, accepted: [] };
  return { ...before, invites: [...before.invites, fresh] };
}

export function endInvite(world: World, by: Rules): World | undefined {
  const last = world.invites.at(-1);
  return last && withInvite(world, { ...last, state: by.withdraw(last.state), over: true });
}

export function expire(world: World): World | undefined {
  const last = world.invites.at(-1);
  return last?.state === 'open' ? withInvite(world, { ...last, expired: true }) : undefined;
}

/** The newest one: of older ones nothing is stored any more. */
function withInvite(world: World, changed: ModelInvite): World {
  return { ...world, invites: [...world.invites.slice(0, -1), changed] };
}

/** A reply counts where it is one to the newest invite. */
function isCounted(world: World, reply: Session): boolean {
  return world.invites.length > 0 && partsOf(reply).invite === world.invites.length - 1;
}

/** Read, computed and committed at one go. */
export function takeReplyNow(world: World, reply: Session, by: Rules): World | undefined {
  const last = world.invites.at(-1);
  return last && isCounted(world, reply) ? settleReply(world, reply, last.state, by) : undefined;
}

export function computeReply(world: World, reply: Session): World | undefined {
  const mayStart = isCounted(world, reply) && world.invites.at(-1)?.state === 'open' && world.computed.length < 2;
  return mayStart && !world.computed.includes(reply)
    ? { ...world, computed: [...world.computed, reply].sort() }
    : undefined;
}

export function without(world: World, reply: Session): World {
  return { ...world, computed: world.computed.filter((one) => one !== reply) };
}

/** What was computed counts where the record is still the one that was read: an open invite. */
export function commitReply(world: World, reply: Session, by: Rules): World | undefined {
  const isStale = !isCounted(world, reply) || world.invites.at(-1)?.state !== 'open';
  const rest = without(world, reply);
  return isStale && (by.compares || !isCounted(world, reply)) ? rest : settleReply(rest, reply, 'open', by);
}

function settleReply(world: World, reply: Session, read: InviterState, by: Rules): World | undefined {
  const last = world.invites.at(-1);
  if (!last) return undefined;
  const { proof } = partsOf(reply);
  const counted = { expired: last.expired, proven: proof !== 'wrong', sameIdentity: proof !== 'misnamed' };
  const { state, refuse } = by.takeReply(read, counted);
  const tells = refuse !== 'not-open' && refuse !== 'expired';
  const changed = { ...last, state, guesses: last.guesses + (tells ? 1 : 0) };
  if (refuse) return withInvite(world, changed);
  const after = withInvite(world, { ...changed, accepted: [...last.accepted, reply] });
  return withNewKeys({ ...after, roots: [reply, ...after.roots] }, 'inviter', by);
}

/** With new keys, what is not acknowledged waits to be sealed once more. */
function withNewKeys(world: World, side: Side, by: Rules): World {
  return by.sealsAnew ? withText(world, side, { waits: world.texts[side].kept }) : world;
}

/** An invite is good for one reply: only until that is made may it be joined once more, with another PIN. */
export function join(world: World, to: number, right: boolean): World | undefined {
  const { joiner } = world;
  if (to === joiner.invite && joiner.state !== 'waiting') return undefined;
  return withJoiner(world, { state: 'waiting', invite: to, right });
}

export function takeBundle(world: World, by: Rules): World | undefined {
  return makeReply(world, world.joiner.state, by);
}

export function commitBundle(world: World, by: Rules): World | undefined {
  const rest = withJoiner(world, { computed: false });
  return by.compares && world.joiner.state !== 'waiting' ? rest : makeReply(rest, 'waiting', by);
}

function makeReply(world: World, read: JoinerState | 'none', by: Rules): World | undefined {
  const { joiner } = world;
  const state = read === 'none' ? undefined : by.joinerNext(read, 'bundle');
  if (!state || joiner.roots.length >= mostReplies) return undefined;
  const reply = `${joiner.invite}/joiner/${joiner.right ? 'right' : 'wrong'}/${joiner.roots.length}`;
  return withNewKeys(withJoiner(world, { state, roots: [reply, ...joiner.roots] }), 'joiner', by);
}

export function takeRefusal(world: World, reply: Session, by: Rules): World | undefined {
  const { joiner } = world;
  const state =
    joiner.state === 'none' || joiner.roots[0] !== reply ? undefined : by.joinerNext(joiner.state, 'refusal');
  const after = state && withJoiner(world, { state });
  return after && !by.keeps ? withText(after, 'joiner', { kept: false }) : after;
}

/** The joiner takes anything of the inviter. What comes before its keys is kept until they are there: it comes again. */
export function takeMessage(world: World, session: Session, by: Rules): World | undefined {
  const { joiner } = world;
  if (!joiner.roots.includes(session)) return undefined;
  const state =
    joiner.state === 'none' || joiner.roots[0] !== session ? undefined : by.joinerNext(joiner.state, 'message');
  return state ? withJoiner(world, { state }) : world;
}

/** What waits goes out in the newest session. */
export function seal(world: World, side: Side, by: Rules): World | undefined {
  const { roots, joiner, texts } = world;
  const [session] = side === 'inviter' ? roots : joiner.roots;
  if (session === undefined || !texts[side].waits) return undefined;
  if (side === 'joiner' && (joiner.state === 'none' || !by.joinerSeals(joiner.state))) return undefined;
  return withText(world, side, { waits: false, sealedIn: [...new Set([...texts[side].sealedIn, session])].sort() });
}

/** What was shown will be acknowledged, and is of no more interest: whatever is left of it is dropped as a repeat. */
export function takeText(world: World, from: Side, session: Session, by: Rules): World | undefined {
  const shown = withText(world, from, { kept: false, waits: false, sealedIn: [], shown: true });
  if (from === 'joiner') return world.roots.includes(session) ? shown : undefined;
  return takeMessage(shown, session, by);
}

function withText(world: World, side: Side, change: Partial<Text>): World {
  return { ...world, texts: { ...world.texts, [side]: { ...world.texts[side], ...change } } };
}

export function withJoiner(world: World, change: Partial<World['joiner']>): World {
  return { ...world, joiner: { ...world.joiner, ...change } };
}

export function partsOf(session: Session): { readonly invite: number; readonly who: string; readonly proof: string } {
  const [to = '', who = '', proof = ''] = session.split('/');
  return { invite: Number(to), who, proof };
}
