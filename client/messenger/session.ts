/** The keys of a channel: which session seals, which wrap keys may open. */
import { SecurityError } from '../errors.ts';
import { deriveWrapKey } from '../protocol/envelope.ts';
import { type Direction, directionFrom, directionTo, otherRole } from '../protocol/roles.ts';
import type { Channel, ChannelSettings, EpochRoot } from '../store/channels.ts';
import type { SessionKey } from '../store/sessions.ts';

export interface WrapKey {
  readonly epoch: number;
  readonly key: Uint8Array;
}

/** The session a body of this epoch belongs to: with the other member. */
export function sessionKey(channel: Channel, epoch: number): SessionKey {
  return { channel: channel.id, member: otherRole(channel.role), epoch };
}

/** Whether there is a session to seal with; in a suite with identities, not before the buddy has joined. */
export function maySeal(channel: ChannelSettings): boolean {
  return channel.roots.length > 0 && channel.unconfirmed !== 'refused' && !channel.peer?.changed;
}

/** @throws SecurityError with code `identity-changed`. */
export function assertSameIdentity({ name, peer }: ChannelSettings): void {
  if (!peer?.changed) return;
  throw new SecurityError(`Somebody who is not the ${name} you paired with wrote in this channel.`, {
    code: 'identity-changed',
    hint: `Ask ${name} in another way. To go on with the one you know: btr verify ${name} --keep. If they have a new home: btr invite ${name} --replace`,
  });
}

/** The newest epoch: what is sealed now belongs to it. */
export function currentEpoch(channel: ChannelSettings): EpochRoot {
  const [newest] = channel.roots;
  if (!newest) throw new Error('a channel without a root');
  return newest;
}

/** A new root, and the one before it, which stays readable for what is under way. */
export function withNewRoot(channel: Pick<ChannelSettings, 'roots'>, root: EpochRoot): EpochRoot[] {
  return [root, ...channel.roots.filter(({ epoch }) => epoch !== root.epoch).slice(0, 1)];
}

export function sendingKey(channel: Channel): WrapKey {
  return wrapKey(currentEpoch(channel), directionFrom(channel.role));
}

/** Newest first. */
export function receivingKeys(channel: Channel): WrapKey[] {
  return channel.roots.map((root) => wrapKey(root, directionTo(channel.role)));
}

export function channelIdBytes(channel: ChannelSettings): Buffer {
  return Buffer.from(channel.channelId, 'base64url');
}

export function wrapKey({ epoch, root }: EpochRoot, direction: Direction): WrapKey {
  return { epoch, key: deriveWrapKey(Buffer.from(root, 'base64url'), direction, epoch) };
}
