/** Explores every state of the pairing model, breadth first, and says the first one that breaks an invariant. */
import {
  commitBundle,
  commitReply,
  computeReply,
  endInvite,
  expire,
  invite,
  join,
  partsOf,
  type Rules,
  type Session,
  type Side,
  seal,
  start,
  takeBundle,
  takeMessage,
  takeRefusal,
  takeReplyNow,
  takeText,
  type World,
  withJoiner,
  without,
} from '../../client/protocol/pairing.model.ts';

const mostInvites = 2;

interface Step {
  readonly name: string;
  readonly next: World;
}

export interface Explored {
  readonly states: number;
  /** Steps looked at, those that lead to a known state included. */
  readonly steps: number;
  readonly inviterStates: ReadonlySet<string>;
  readonly joinerStates: ReadonlySet<string>;
  /** What is broken first, and the shortest way there. */
  readonly broken?: { readonly invariant: string; readonly path: readonly string[] };
}

/** Everything that may happen next. */
function steps(world: World, by: Rules): Step[] {
  const { invites, joiner } = world;
  const newest = invites.length - 1;
  const all: Step[] = [];
  const add = (name: string, next: World | undefined) => next && all.push({ name, next });
  if (invites.length < mostInvites) add('invite', invite(world, by));
  add('withdraw', endInvite(world, by));
  add('expire', expire(world));
  for (const reply of [...joiner.roots, ...othersReplies(newest)]) {
    add(`reply ${reply}`, takeReplyNow(world, reply, by));
    add(`compute ${reply}`, computeReply(world, reply));
  }
  for (const reply of world.computed) {
    add(`commit ${reply}`, commitReply(world, reply, by));
    add(`crash before ${reply}`, without(world, reply));
  }
  for (let to = Math.max(0, joiner.invite); to <= newest; to++) {
    add(`join ${to}`, join(world, to, true));
    add(`join ${to} with a wrong PIN`, join(world, to, false));
  }
  add('bundle', takeBundle(world, by));
  if (joiner.state === 'waiting' && !joiner.computed) add('compute bundle', withJoiner(world, { computed: true }));
  if (joiner.computed) add('commit bundle', commitBundle(world, by));
  // Whoever has the invite can forge a refusal of any reply that was left, so it does not matter which are real.
  for (const reply of joiner.roots) add(`refusal of ${reply}`, takeRefusal(world, reply, by));
  for (const session of world.roots) add(`confirmation ${session}`, takeMessage(world, session, by));
  for (const side of ['inviter', 'joiner'] as const) {
    add(`${side} seals`, seal(world, side, by));
    for (const session of world.texts[side].sealedIn) add(`text of ${side}`, takeText(world, side, session, by));
  }
  return all;
}

/** What others than the joiner may answer the newest invite with. */
function othersReplies(newest: number): Session[] {
  return newest < 0 ? [] : ['wrong', 'right', 'misnamed'].map((proof) => `${newest}/other/${proof}/0`);
}

interface Way {
  readonly world: World;
  readonly name: string;
  readonly from: Way | undefined;
}

export function explore(by: Rules): Explored {
  const keyOf = keys();
  const known = new Set([keyOf(start)]);
  const found = { inviterStates: new Set<string>(), joinerStates: new Set<string>() };
  let count = 0;
  let front: Way[] = [{ world: start, name: 'start', from: undefined }];
  while (front.length > 0) {
    const next: Way[] = [];
    for (const way of front) {
      for (const { state } of way.world.invites) found.inviterStates.add(state);
      found.joinerStates.add(way.world.joiner.state);
      const wrong = brokenState(way.world, by);
      if (wrong) return { ...found, states: known.size, steps: count, broken: { invariant: wrong, path: pathTo(way) } };
      for (const step of steps(way.world, by)) {
        count += 1;
        const after = { world: step.next, name: step.name, from: way };
        const bad = brokenStep(way.world, step);
        if (bad) return { ...found, states: known.size, steps: count, broken: { invariant: bad, path: pathTo(after) } };
        const key = keyOf(step.next);
        if (known.has(key)) continue;
        known.add(key);
        next.push(after);
      }
    }
    front = next;
  }
  return { ...found, states: known.size, steps: count };
}

/** A short name of a world. The parts that a step leaves alone are the same objects, and are written once. */
function keys(): (world: World) => string {
  const names = new WeakMap<object, string>();
  const numbers = new Map<string, string>();
  const nameOf = (part: object) => {
    const named = names.get(part);
    if (named !== undefined) return named;
    const json = JSON.stringify(part);
    const short = numbers.get(json) ?? numbers.size.toString(36);
    numbers.set(json, short);
    names.set(part, short);
    return short;
  };
  return ({ invites, roots, computed, joiner, texts }) =>
    [invites, roots, computed, joiner, texts.inviter, texts.joiner].map(nameOf).join(' ');
}

function pathTo(way: Way): string[] {
  const path: string[] = [];
  for (let at: Way | undefined = way; at; at = at.from) path.unshift(at.name);
  return path;
}

/** The invariant that does not hold in a state. */
function brokenState(world: World, by: Rules): string | undefined {
  const { invites, roots, joiner, texts } = world;
  if (invites.some(({ guesses }) => guesses > 1)) return 'at most one guess at a PIN for each invite';
  if (invites.some(({ accepted }) => accepted.length > 1)) return 'at most one reply is accepted for each invite';
  if (roots.some((session) => partsOf(session).proof !== 'right')) return 'nobody gets in without PIN and own identity';
  const [newest] = joiner.roots;
  const accepted = invites.at(-1)?.accepted[0];
  if (invites.at(-1)?.state === 'paired' && accepted !== undefined && partsOf(accepted).who === 'joiner') {
    const agrees = accepted === newest && ['replied', 'refused', 'confirmed'].includes(joiner.state);
    if (!agrees) return 'both sides believe in the same session once a reply is accepted';
    if (!talks(handOver(world, by), ['inviter', 'joiner'])) return 'what was accepted can talk, whatever was forged';
  }
  const isAccepted = newest !== undefined && roots.includes(newest) && partsOf(newest).invite === joiner.invite;
  if (joiner.state === 'confirmed' && !isAccepted) return 'a joiner is confirmed only by an inviter who accepted it';
  if ([texts.inviter, texts.joiner].some(({ kept, shown }) => !kept && !shown)) return 'no text is dropped unseen';
  return talks(recover(world, by), ['inviter', 'joiner']) ? undefined : 'a new invite always leads to talking';
}

/** The invariant that a step breaks. */
function brokenStep(before: World, { next }: Step): string | undefined {
  for (const [index, { state, over, expired, guesses, accepted }] of before.invites.entries()) {
    const after = next.invites[index];
    if (!after || (state !== 'open' && after.state !== state)) return 'an invite that is closed stays as it is';
    if (over && after.accepted.length > accepted.length) return 'an invite that was taken back lets nobody in';
    if (expired && after.guesses > guesses) return 'an expired invite tells nothing about its PIN';
  }
  const stepsBack = before.joiner.state === 'confirmed' && !['confirmed', 'waiting'].includes(next.joiner.state);
  return stepsBack ? 'what is confirmed stays so until another invite is joined' : undefined;
}

function talks(world: World | undefined, sides: readonly Side[]): boolean {
  return world?.joiner.state === 'confirmed' && sides.every((side) => world.texts[side].shown);
}

/** Without faults and without another invite: what was accepted is confirmed, and what waits is sealed and handed over. */
function handOver(world: World, by: Rules): World | undefined {
  const [session] = world.roots;
  const confirmed = session === undefined ? undefined : takeMessage(world, session, by);
  return confirmed && talk(confirmed, by);
}

/** A new invite, joined with the right PIN, and nothing goes wrong any more. */
function recover(world: World, by: Rules): World | undefined {
  const invited = invite(world, by);
  const to = invited.invites.length - 1;
  const joined = join({ ...invited, joiner: { ...invited.joiner, roots: invited.joiner.roots.slice(0, 2) } }, to, true);
  const replied = joined && takeBundle(joined, by);
  const reply = replied?.joiner.roots[0];
  const accepted = replied && reply !== undefined ? takeReplyNow(replied, reply, by) : undefined;
  return accepted && handOver(accepted, by);
}

/** Only what is sealed now is handed over: everything that was left before may be lost. */
function talk(world: World, by: Rules): World | undefined {
  const heard = talkFrom(world, 'inviter', by);
  return heard && talkFrom(heard, 'joiner', by);
}

function talkFrom(world: World, side: Side, by: Rules): World | undefined {
  if (world.texts[side].shown) return world;
  const [session] = side === 'inviter' ? world.roots : world.joiner.roots;
  const left = world.texts[side].waits ? seal(world, side, by) : world;
  const isThere = session !== undefined && left?.texts[side].sealedIn.includes(session);
  return left && isThere ? takeText(left, side, session, by) : undefined;
}
