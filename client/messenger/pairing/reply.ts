/** The joiner's side: answers the inviter's bundle with the reply, and takes what the inviter says to that. */
import { createHash } from 'node:crypto';
import { bindValue, inviteKey, rootOf, sealBox } from '../../crypto/pairing-keys.ts';
import { bundleIdentity, checkBundle, makePrekeys } from '../../crypto/signal/prekeys.ts';
import { renew } from '../../crypto/signal/suite.ts';
import { signalSuite } from '../../crypto/suites.ts';
import { dropTag } from '../../drops/registry.ts';
import { SecurityError } from '../../errors.ts';
import { encodePacket, frameKinds } from '../../protocol/frames.ts';
import type { RefusalReason } from '../../protocol/pairing.ts';
import { decodeRefusal, encodeProof, encodeReply } from '../../protocol/pairing-wire.ts';
import { directionFrom } from '../../protocol/roles.ts';
import type { Channel } from '../../store/channels.ts';
import type { Context } from '../context.ts';
import { establish } from './establish.ts';
import { freshState, inviteBody } from './exchange.ts';
import { ownIdentity } from './identity.ts';
import { bytes, type StoredPairing, swapPairing, text } from './records.ts';
import { notice, type Step } from './step.ts';

/** @throws SecurityError `other-invite` where it is not the bundle that the invite names. */
export async function takeBundle(
  context: Context,
  channel: Channel,
  stored: StoredPairing,
  bundle: Uint8Array,
): Promise<Step> {
  const { pairing } = stored;
  const isAwaited = pairing.side === 'joiner' && pairing.state === 'waiting';
  if (!isAwaited || !bytes(pairing.bundleHash).equals(createHash('sha256').update(bundle).digest())) {
    throw new SecurityError('The keys of another invite than the one that was joined.', { code: 'other-invite' });
  }
  // Before anything rests on it: a bundle that no session can be started from is not one of a btr client.
  await checkBundle(bundle);
  const now = context.now();
  const identity = await ownIdentity(context);
  const peer = bundleIdentity(bundle);
  const [isk, secret, session] = [bytes(pairing.isk), bytes(pairing.secret), bytes(pairing.session)];
  const root = rootOf(isk, secret);
  const renewal = await makePrekeys(identity, 'renewal', now);
  const proof = encodeProof({ value: bindValue(isk), renewal: renewal.bundle });
  const content = encodePacket({
    stream: context.home.streams.wireId(channel.id),
    kept: [],
    passing: [{ kind: frameKinds.bind, deadline: 0, content: proof }],
  });
  const fresh = await renew(freshState(channel, identity, peer), bundle, now);
  const about = { direction: directionFrom(channel.role), sender: channel.role, now };
  const { state, sealed } = await signalSuite.seal(fresh, content, about);
  const publicKey = bytes(pairing.identity);
  const place = await dropTag(channel.drop);
  const reply = encodeReply({
    session,
    share: bytes(pairing.share),
    identity: publicKey,
    box: sealBox(root, session, sealed),
  });
  const body = inviteBody(channel, inviteKey(secret), 'reply', reply);
  return {
    opensMore: true,
    commit() {
      const { side, session: id, share, hash: invite } = pairing;
      const replied = { side, session: id, share, hash: invite, reply: body, repliedAt: now, attempt: 0 } as const;
      const key = text(inviteKey(secret));
      if (!swapPairing(context, channel, stored, { ...replied, state: 'replied', key })) return undefined;
      const made = { epoch: pairing.epoch, root, state, identity: peer, place, own: renewal.secret };
      establish(context, channel, { ...made, unconfirmed: 'replied' });
      context.home.bodies.add(channel.id, body, undefined);
      const said = `Joined ${channel.name}, whose home has yet to confirm it. You can write already.`;
      return [notice(channel.name, 'replied', said)];
    },
  };
}

const sentences: Record<RefusalReason, string> = {
  'wrong-pin': 'the PIN was wrong',
  expired: 'the invite had expired',
  'not-open': 'the invite was not open any more: somebody answered it before, or a newer one was made',
  'other-identity': 'the reply was changed on its way',
};

/** A refusal is a hint: whoever has the invite could have written it. */
export function takeRefusal(context: Context, channel: Channel, stored: StoredPairing, content: Uint8Array): Step {
  const { session, share, reason } = decodeRefusal(content);
  const { pairing } = stored;
  const isOurs = pairing.side === 'joiner' && pairing.state === 'replied';
  if (!isOurs || !bytes(pairing.session).equals(session) || !bytes(pairing.share).equals(share)) {
    throw new SecurityError('A refusal of another reply than the one that was given.', { code: 'other-invite' });
  }
  return {
    opensMore: false,
    commit() {
      if (!swapPairing(context, channel, stored, { ...pairing, state: 'refused', why: reason })) return undefined;
      const { channels } = context.home;
      channels.update(channels.get(channel.id), { unconfirmed: 'refused' });
      const said = `${channel.name} did not let you in: ${sentences[reason]}. Ask for a new invite and join with it; what you wrote is kept.`;
      return [notice(channel.name, `join-${reason}`, said)];
    },
  };
}
