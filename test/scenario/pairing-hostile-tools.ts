/** What somebody can put together who is no btr client: with a session, with an invite, or with an invite and its PIN. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { finishCpace, scalarSeedBytes, startCpace } from '../../client/crypto/cpace.ts';
import { bindValue, rootOf, sealBox } from '../../client/crypto/pairing-keys.ts';
import { generateIdentity, publicIdentity } from '../../client/crypto/signal/identity.ts';
import { bundleIdentity, makePrekeys } from '../../client/crypto/signal/prekeys.ts';
import { encodeState } from '../../client/crypto/signal/state.ts';
import { renew } from '../../client/crypto/signal/suite.ts';
import { canonicalPin, pinBytes } from '../../client/crypto/spoken-pin.ts';
import { signalSuite } from '../../client/crypto/suites.ts';
import type { MadeInvite } from '../../client/messenger/pairing/invite.ts';
import { encodePacket, frameIdBytes, frameKinds, streamBytes } from '../../client/protocol/frames.ts';
import { decodeInvite, parseInviteText } from '../../client/protocol/invite.ts';
import { encodeProof, encodeReply } from '../../client/protocol/pairing-wire.ts';
import type { Person } from '../messenger/person.ts';
import { changedInvite, forgeFlight, openFlight, type Strangers } from './pairing-support.ts';
import { within } from './restored-tools.ts';

/** 33 bytes that are no public key. */
export const noKey = Buffer.alloc(33, 0xff);

/** Sends a numbered frame. @param sentAt milliseconds since 1970; by default the cloud's time. */
export async function says(person: Person, kind: number, content: Uint8Array, sentAt?: number): Promise<void> {
  await within(person, ({ db, outbox }, { id }) =>
    db.transaction(() => {
      const frame = { kind, content, id: randomBytes(frameIdBytes), sentAt: sentAt ?? person.cloud.now };
      outbox.append(id, [frame]);
    }),
  );
  await person.deliver();
}

/** Sends a frame without a number. */
export async function whispers(person: Person, kind: number, content: Uint8Array): Promise<void> {
  await within(person, ({ db, passing }, { id }) =>
    db.transaction(() => passing.add(id, { kind, deadline: 0, content })),
  );
  await person.deliver();
}

/** The reasons for which bodies are in quarantine. */
export function refused({ messenger }: Person, channel: string): string[] {
  return messenger.quarantine(channel).map(({ reason }) => reason);
}

/** The same bytes, the last one changed: of a bundle, that is in its last signature. */
export function bent(bytes: Uint8Array): Buffer {
  const copy = Buffer.from(bytes);
  copy[copy.length - 1] = copy.readUInt8(copy.length - 1) ^ 1;
  return copy;
}

/** The bundle of the invite that was made last, which nobody has taken out of the drop. */
export function bundleOf({ cloud }: Strangers, text: string): Buffer {
  return Buffer.from(openFlight(text, cloud.waiting('a-to-b').at(-1) ?? '', 'a').content);
}

/** The invite with another bundle, which takes the place of the right one in the drop. Whoever does it needs no PIN. */
export function withBundle({ cloud }: Strangers, text: string, bundle: Uint8Array): string {
  const forged = changedInvite(text, { bundleHash: createHash('sha256').update(bundle).digest() });
  cloud.tamper('a-to-b', () => undefined);
  cloud.inject('a-to-b', forgeFlight(forged, 'a', 'bundle', bundle));
  return forged;
}

export interface ForgedReply {
  /** ADb; by default that of the identity that starts the session. */
  readonly identity?: Uint8Array;
  /** What is sealed in place of the first message of a session. */
  readonly message?: Uint8Array;
  /** Makes another renewal bundle of the right one. */
  readonly bundle?: (right: Buffer) => Uint8Array | Promise<Uint8Array>;
  /** Leaves the proof out. */
  readonly isUnproven?: boolean;
}

/** A reply by somebody who has the PIN, that is right but for what is asked for. Answers its body. */
export async function replyWithPin(made: MadeInvite, bundle: Buffer, forged: ForgedReply): Promise<string> {
  const bytes = parseInviteText(made.invite);
  const invite = decodeInvite(bytes);
  const own = await generateIdentity();
  const identity = forged.identity ?? (await publicIdentity(own));
  const pin = await canonicalPin(made.pin);
  assert.ok(pin);
  const input = { prs: pinBytes(pin), ci: Buffer.from('btr pairing 1'), sid: invite.session };
  const shares = startCpace(input, randomBytes(scalarSeedBytes));
  const sides = {
    initiator: { share: invite.share, data: createHash('sha256').update(bytes).digest() },
    responder: { share: shares.share, data: identity },
  };
  const isk = finishCpace(input, shares, sides, 'responder');
  const root = rootOf(isk, invite.secret);
  const message = forged.message ?? (await firstMessage(own, bundle, invite.channelId, isk, forged));
  const box = sealBox(root, invite.session, message);
  const reply = encodeReply({ session: invite.session, share: shares.share, identity, box });
  return forgeFlight(made.invite, 'b', 'reply', reply);
}

async function firstMessage(
  own: Buffer,
  bundle: Buffer,
  channelId: Uint8Array,
  isk: Uint8Array,
  { bundle: change = (right) => right, isUnproven }: ForgedReply,
): Promise<Uint8Array> {
  const address = (role: string) => `${Buffer.from(channelId).toString('base64url')}.${role}`;
  const none = Buffer.alloc(0);
  const peerIdentity = bundleIdentity(bundle);
  const now = Date.UTC(2026, 0, 1);
  const fresh = { own: address('b'), peer: address('a'), identity: own, peerIdentity, record: none, retired: none };
  const renewal = await change((await makePrekeys(own, 'renewal', now)).bundle);
  const bind = { kind: frameKinds.bind, deadline: 0, content: encodeProof({ value: bindValue(isk), renewal }) };
  const packet = encodePacket({ stream: randomBytes(streamBytes), kept: [], passing: isUnproven ? [] : [bind] });
  const about = { direction: 'b-to-a', sender: 'b', now } as const;
  return (await signalSuite.seal(await renew(encodeState(fresh), bundle, now), packet, about)).sealed;
}
