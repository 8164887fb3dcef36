/** The parts of a pairing's flights that both sides compute alike. */
import { createHash, randomBytes } from 'node:crypto';
import type { CpaceInput } from '../../crypto/cpace.ts';
import { encodeState } from '../../crypto/signal/state.ts';
import type { SuiteState } from '../../crypto/suite.ts';
import { signalSuite } from '../../crypto/suites.ts';
import { encodeBody } from '../../protocol/body.ts';
import { deriveWrapKey, type EnvelopeForm, sealEnvelope } from '../../protocol/envelope.ts';
import { directionFrom, otherRole } from '../../protocol/roles.ts';
import type { Channel } from '../../store/channels.ts';
import { channelIdBytes } from '../session.ts';

/** CPace's channel identifier: what the two are doing. Who they are stands in the associated data. */
const pairingId = Buffer.from('btr pairing 1');

/** @param pin as `pinBytes` writes it. @param session the session id of the invite. */
export function cpaceInput(pin: Uint8Array, session: Uint8Array): CpaceInput {
  return { prs: pin, ci: pairingId, sid: session };
}

/** ADa. */
export function inviteHash(invite: Uint8Array): Buffer {
  return createHash('sha256').update(invite).digest();
}

/** A body under the key of an invite. @param key k0. */
export function inviteBody(channel: Channel, key: Uint8Array, form: EnvelopeForm, content: Uint8Array): string {
  const direction = directionFrom(channel.role);
  const about = { channelId: channelIdBytes(channel), direction };
  const sender = { sender: channel.role, suite: signalSuite.byte, form };
  return encodeBody(
    sealEnvelope({ ...sender, sealed: content }, deriveWrapKey(key, direction, 0), about, randomBytes(32)),
  );
}

/** The state of a session that is about to start, with the other side's identity pinned. */
export function freshState(channel: Channel, identity: Uint8Array, peerIdentity: Uint8Array): SuiteState {
  const address = (member: string) => `${channel.channelId}.${member}`;
  const [own, peer] = [address(channel.role), address(otherRole(channel.role))];
  const none = Buffer.alloc(0);
  return encodeState({ own, peer, identity, peerIdentity, record: none, retired: none });
}
