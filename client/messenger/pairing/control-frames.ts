/** Frames that carry a pairing on inside the session. One that makes no sense is said and left alone. */
import { confirmValue, sameValue } from '../../crypto/pairing-keys.ts';
import { bundleIdentity } from '../../crypto/signal/prekeys.ts';
import { SecurityError } from '../../errors.ts';
import { frameKinds, type KeptFrame } from '../../protocol/frames.ts';
import { decodeProof } from '../../protocol/pairing-wire.ts';
import type { Channel } from '../../store/channels.ts';
import type { Shown } from '../absorb.ts';
import type { Context } from '../context.ts';
import { keepWord } from '../drops/mind.ts';
import { absorbRestored } from '../restored.ts';
import { keepKey } from './key-work.ts';
import { text } from './records.ts';
import { keepPeerBundle } from './renewal.ts';
import { notice } from './step.ts';

/** Within a transaction. */
export function absorbControl(context: Context, channel: Channel, { kind, content }: KeptFrame): Shown[] {
  try {
    switch (kind) {
      case frameKinds.confirm:
        return absorbConfirm(context, channel, content);
      case frameKinds.renewal:
        return absorbBundle(context, channel, content);
      case frameKinds.dropKey:
        return keepKey(context, channel, content) ? [] : [senseless(channel)];
      case frameKinds.drop:
        return keepWord(context, channel, content);
      default:
        return absorbRestored(context, channel, content);
    }
  } catch (error) {
    if (error instanceof SecurityError) return [senseless(channel)];
    throw error;
  }
}

function absorbConfirm(context: Context, channel: Channel, content: Uint8Array): Shown[] {
  const { value, renewal } = decodeProof(content);
  const isRight = channel.roots.some(({ root }) => sameValue(value, confirmValue(Buffer.from(root, 'base64url'))));
  return isRight ? absorbBundle(context, channel, renewal) : [senseless(channel)];
}

/** A bundle of somebody else would let them in at the next renewal. */
function absorbBundle(context: Context, channel: Channel, bundle: Uint8Array): Shown[] {
  if (text(bundleIdentity(bundle)) !== channel.peer?.identity) return [senseless(channel)];
  keepPeerBundle(context, channel, bundle);
  return [];
}

function senseless({ name }: Channel): Shown {
  return notice(name, 'bad-control', `${name}'s client sent something that makes no sense; it is left alone.`);
}
