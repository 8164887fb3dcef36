/** Bodies made by hand: what no real peer would leave, and what one would leave only after hours. */
import { randomBytes } from 'node:crypto';
import { deriveKey } from '../../client/crypto/keys.ts';
import { encodeBody } from '../../client/protocol/body.ts';
import { deriveWrapKey, type EnvelopeContent, sealEnvelope } from '../../client/protocol/envelope.ts';
import { encodePacket, type Packet } from '../../client/protocol/frames.ts';
import type { Direction } from '../../client/protocol/roles.ts';

/** The root of suite `plain` over this memory drop: bodies can be made by hand that a real peer would not make. */
const root = deriveKey(Buffer.from('memory'), 'btr plain root');

export interface Forged {
  readonly content?: Partial<EnvelopeContent>;
  readonly packet?: Partial<Packet>;
  readonly direction?: Direction;
  readonly from?: Uint8Array;
}

export function forge({ content, packet, direction = 'a-to-b', from = root }: Forged): string {
  const sealed = encodePacket({ stream: randomBytes(16), kept: [], passing: [], ...packet });
  const channelId = deriveKey(from, 'btr channel id').subarray(0, 16);
  const inner = { sender: 'a', suite: 3, form: 'inline', sealed, ...content } as const;
  return encodeBody(sealEnvelope(inner, deriveWrapKey(from, direction, 0), { channelId, direction }, randomBytes(32)));
}
