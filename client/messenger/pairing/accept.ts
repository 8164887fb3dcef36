/**
 * The inviter's side of a reply. All of it is computed on copies; one transaction then claims the invite and either
 * stores root and identity or burns it. Either way the scalar and the prekeys are erased.
 */
import { finishCpace, isValidShare } from '../../crypto/cpace.ts';
import { bindValue, confirmValue, openBox, rootOf, sameValue } from '../../crypto/pairing-keys.ts';
import { isIdentityKey } from '../../crypto/signal/identity.ts';
import { bundleIdentity, checkBundle, makePrekeys, type Prekeys } from '../../crypto/signal/prekeys.ts';
import type { Opened } from '../../crypto/suite.ts';
import { signalSuite } from '../../crypto/suites.ts';
import { dropTag } from '../../drops/registry.ts';
import { SecurityError } from '../../errors.ts';
import { decodePacket, frameKinds, type Packet } from '../../protocol/frames.ts';
import { type CountedReply, type RefusalReason, takeReply } from '../../protocol/pairing.ts';
import { decodeProof, decodeReply, encodeProof, encodeRefusal, type Reply } from '../../protocol/pairing-wire.ts';
import { directionTo, otherRole } from '../../protocol/roles.ts';
import type { Channel } from '../../store/channels.ts';
import { absorbPacket } from '../absorb.ts';
import type { Context } from '../context.ts';
import { appendControl } from '../control.ts';
import { changeDropRecord } from '../drops/record.ts';
import { establish, isReplaced } from './establish.ts';
import { freshState, inviteBody } from './exchange.ts';
import { ownIdentity } from './identity.ts';
import { sendKey } from './keys.ts';
import { bytes, type ClosedInvite, mostRefusals, type OpenInvite, type StoredPairing, swapPairing } from './records.ts';
import { keepPeerBundle } from './renewal.ts';
import { notice, type Step } from './step.ts';
import { closed } from './withdraw.ts';

/** What a reply turned out to be. */
interface Tested extends CountedReply {
  readonly session?: {
    readonly root: Buffer;
    readonly opened: Opened;
    readonly packet: Packet;
    readonly renewal: Uint8Array;
  };
}

/** @throws SecurityError `malformed`, `other-invite`: it does not count, and burns nothing. */
export async function takeReplyBody(
  context: Context,
  channel: Channel,
  stored: StoredPairing,
  content: Uint8Array,
): Promise<Step> {
  const reply = decodeReply(content);
  const invite = stored.pairing;
  if (invite.side !== 'inviter' || !bytes(invite.session).equals(reply.session) || !isValidShare(reply.share)) {
    throw new SecurityError('A reply to another invite than the one that is open.', { code: 'other-invite' });
  }
  if (invite.state !== 'open') return refuse(context, channel, stored, invite, reply, 'not-open');
  const tested = await test(context, channel, invite, reply);
  const { state, refuse: reason } = takeReply(invite.state, tested);
  if (reason)
    return refuse(context, channel, stored, closed(invite, state === 'open' ? 'burned' : state, reason), reply, reason);
  if (!tested.session) throw new Error('an accepted reply without a session');
  const renewal = await makePrekeys(await ownIdentity(context), 'renewal', context.now());
  const place = await dropTag(channel.drop);
  return accept(context, channel, stored, invite, reply, { ...tested.session, place }, renewal);
}

/** Whoever sealed a box that opens had the PIN; what is wrong inside then was put together by somebody else. */
async function test(context: Context, channel: Channel, invite: OpenInvite, reply: Reply): Promise<Tested> {
  const expired = context.now() > invite.expiresAt;
  const sides = {
    initiator: { share: bytes(invite.share), data: bytes(invite.hash) },
    responder: { share: reply.share, data: reply.identity },
  };
  const isk = finishCpace({ sid: reply.session }, { scalar: bytes(invite.scalar) }, sides, 'initiator');
  const root = rootOf(isk, bytes(invite.secret));
  const message = openBox(root, reply.session, reply.box);
  if (!message) return { expired, proven: false, sameIdentity: false };
  const other = { expired, proven: true, sameIdentity: false };
  if (!(await isIdentityKey(reply.identity))) return other;
  try {
    const state = freshState(channel, await ownIdentity(context), reply.identity);
    const about = { direction: directionTo(channel.role), sender: otherRole(channel.role), now: context.now() };
    const opened = await signalSuite.open(state, message, { ...about, prekeys: () => [invite.prekeys] });
    const packet = decodePacket(opened.content);
    const bind = packet.passing.find(({ kind }) => kind === frameKinds.bind);
    const proof = bind && decodeProof(bind.content);
    if (!proof || !sameValue(proof.value, bindValue(isk))) return { expired, proven: false, sameIdentity: true };
    await checkBundle(proof.renewal);
    if (!bundleIdentity(proof.renewal).equals(reply.identity)) return other;
    return { expired, proven: true, sameIdentity: true, session: { root, opened, packet, renewal: proof.renewal } };
  } catch (error) {
    if (!(error instanceof SecurityError)) throw error;
    return other;
  }
}

function accept(
  context: Context,
  channel: Channel,
  stored: StoredPairing,
  invite: OpenInvite,
  reply: Reply,
  { root, opened, packet, renewal, place }: NonNullable<Tested['session']> & { readonly place: string },
  own: Prekeys,
): Step {
  return {
    opensMore: true,
    commit(hash) {
      if (!swapPairing(context, channel, stored, closed(invite, 'paired'))) return undefined;
      const made = { epoch: invite.epoch, root, state: opened.state, identity: reply.identity, place, own: own.secret };
      const changed = establish(context, channel, made);
      keepPeerBundle(context, channel, renewal);
      const proof = encodeProof({ value: confirmValue(root), renewal: own.bundle });
      appendControl(context, channel, frameKinds.confirm, proof);
      if (invite.keys) sendKey(context, channel, invite.keys.drop, invite.keys.second);
      changeDropRecord(context, channel, { announce: true });
      const absorbed = absorbPacket(context, changed, packet, hash);
      const said = isReplaced(channel, reply.identity)
        ? `${channel.name} has joined anew, with another identity. Compare safety numbers: btr verify`
        : `${channel.name} has joined. To be sure that it is them, compare safety numbers: btr verify`;
      return [notice(channel.name, 'joined', said), ...absorbed];
    },
  };
}

const sentences: Record<RefusalReason, string> = {
  'wrong-pin': 'Somebody answered the invite with a wrong PIN. It was the one try it had: it is burned.',
  expired: 'A reply to the invite came after its time. The invite is burned.',
  'not-open': 'Somebody answered an invite that is not open any more.',
  'other-identity': 'A reply to the invite came in the name of somebody else than who sealed it. The invite is burned.',
};

/** Tells the one who sent it. */
function refuse(
  context: Context,
  channel: Channel,
  stored: StoredPairing,
  after: ClosedInvite,
  reply: Reply,
  reason: RefusalReason,
): Step {
  return {
    opensMore: false,
    commit() {
      const count = (after.refusals ?? 0) + 1;
      if (!swapPairing(context, channel, stored, { ...after, refusals: count })) return undefined;
      // Whoever has the invite can send replies without end: nobody is told of each.
      if (count > mostRefusals) return [];
      const refusal = encodeRefusal({ session: reply.session, share: reply.share, reason });
      context.home.bodies.add(channel.id, inviteBody(channel, bytes(after.key), 'refusal', refusal), undefined);
      const keys = after.liveKeys ?? [];
      const alive = keys.length === 0 ? '' : ` Access keys that still open the drop: ${keys.join(', ')}.`;
      const next = reason === 'not-open' ? '' : ` Make a new one: btr invite ${channel.name}.`;
      return [notice(channel.name, `invite-${reason}`, sentences[reason] + alive + next)];
    },
  };
}
