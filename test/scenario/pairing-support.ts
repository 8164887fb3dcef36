/** What the scenarios of pairing share: people who have not paired, invites that were tampered with, forged flights. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { inviteKey } from '../../client/crypto/pairing-keys.ts';
import { signalSuite } from '../../client/crypto/suites.ts';
import { createMemoryCloud, type MemoryCloud, type MemoryCloudOptions } from '../../client/drops/memory/cloud.ts';
import { BtrError } from '../../client/errors.ts';
import type { InviteOptions, MadeInvite } from '../../client/messenger/pairing/invite.ts';
import { decodeBody, encodeBody } from '../../client/protocol/body.ts';
import { deriveWrapKey, type EnvelopeForm, openEnvelope, sealEnvelope } from '../../client/protocol/envelope.ts';
import {
  decodeInvite,
  encodeInvite,
  formatInvite,
  type Invite,
  parseInviteText,
} from '../../client/protocol/invite.ts';
import { directionFrom, type Role } from '../../client/protocol/roles.ts';
import { makeUnpaired } from '../messenger/pair.ts';
import { channel, type Person } from '../messenger/person.ts';

/** a with a channel that nobody has joined, b and c with none. b and c stand on the same side of the drop. */
export interface Strangers extends AsyncDisposable {
  readonly cloud: MemoryCloud;
  readonly a: Person;
  readonly b: Person;
  readonly c: Person;
}

export async function makeStrangers(options: MemoryCloudOptions = {}): Promise<Strangers> {
  const cloud = createMemoryCloud(options);
  const [a, b, c] = await Promise.all([makeUnpaired(cloud, 'a'), makeUnpaired(cloud, 'b'), makeUnpaired(cloud, 'b')]);
  const close = async () => {
    await Promise.all([a.close(), b.close(), c.close()]);
  };
  return { cloud, a, b, c, [Symbol.asyncDispose]: close };
}

export async function invite({ messenger }: Person, options: InviteOptions = {}): Promise<MadeInvite> {
  return (await messenger.pairings()).invite(channel, options);
}

export async function join({ messenger }: Person, text: string, pin: string, replace = false): Promise<void> {
  const pairings = await messenger.pairings();
  await pairings.join(await pairings.read(text), pin, { name: channel, replace });
}

/** a invites and b joins, whose reply lies in the drop. Answers the invite and the reply's body. */
export async function leaveReply({ cloud, a, b }: Strangers): Promise<MadeInvite & { readonly reply: string }> {
  const made = await invite(a);
  await join(b, made.invite, made.pin);
  await b.listen();
  const [reply] = cloud.waiting('b-to-a');
  assert.ok(reply);
  return { ...made, reply };
}

/** Another PIN of the same form. */
export function wrong(pin: string): string {
  return pin.replace(/[0-9]$/, (digit) => String((Number(digit) + 1) % 10));
}

/** Each listens in turn. */
export async function listenInTurn(...people: readonly Person[]): Promise<void> {
  for (const person of people) await person.listen();
}

/** The codes of notices on the pairing itself. What was written for an invite that is burned can't be opened, too. */
export function told(person: Person): string[] {
  return person.notices().filter((code) => code !== 'unopened');
}

export async function safetyNumber({ messenger }: Person): Promise<string> {
  const { digits } = await (await messenger.pairings()).verification(channel);
  return digits;
}

export function stateOf({ messenger }: Person): string | undefined {
  return messenger.pairing(channel)?.state;
}

/** A text each way, and nothing left over. */
export async function assertTalking(a: Person, b: Person): Promise<void> {
  const [before, after] = [a.texts().length, b.texts().length];
  await b.send('are you there');
  await a.listen();
  await a.send('I am');
  await listenInTurn(b, a, b, a);
  assert.deepEqual(a.texts().slice(before), ['are you there']);
  assert.deepEqual(b.texts().slice(after), ['I am']);
  for (const person of [a, b]) assert.deepEqual(person.messenger.pending(channel), { queued: 0, sent: 0 });
}

/** The code of the error that something ends with, and its exit code. */
export async function failure(work: Promise<unknown>): Promise<string> {
  const outcome = await work.then(
    () => 'done',
    (error: unknown) => error,
  );
  if (outcome instanceof BtrError) return outcome.code;
  throw outcome === 'done' ? new assert.AssertionError({ message: 'it was done' }) : outcome;
}

/** An invite with another content, whole by its own checksum. */
export function changedInvite(text: string, change: Partial<Invite>): string {
  return formatInvite(encodeInvite({ ...decodeInvite(parseInviteText(text)), ...change }));
}

/** The bytes of an invite, changed by hand, with the checksum made right. */
export function rewrittenInvite(text: string, rewrite: (content: Buffer) => Buffer): string {
  const content = rewrite(Buffer.from(parseInviteText(text).subarray(0, -4)));
  return formatInvite(Buffer.concat([content, createHash('sha256').update(content).digest().subarray(0, 4)]));
}

/** What somebody who has the invite reads in one of its bodies. */
export function openFlight(text: string, body: string, sender: Role): { form: EnvelopeForm; content: Uint8Array } {
  const { channelId, secret } = decodeInvite(parseInviteText(text));
  const direction = directionFrom(sender);
  const wrapKey = deriveWrapKey(inviteKey(secret), direction, 0);
  const { form, sealed } = openEnvelope(decodeBody(body), wrapKey, { channelId, direction });
  return { form, content: sealed };
}

/** What somebody who has the invite can leave in the drop. */
export function forgeFlight(text: string, sender: Role, form: EnvelopeForm, content: Uint8Array): string {
  const { channelId, secret } = decodeInvite(parseInviteText(text));
  const direction = directionFrom(sender);
  const wrapKey = deriveWrapKey(inviteKey(secret), direction, 0);
  const envelope = { sender, suite: signalSuite.byte, form, sealed: content };
  return encodeBody(sealEnvelope(envelope, wrapKey, { channelId, direction }, randomBytes(32)));
}

export function sessionOf(text: string): Uint8Array {
  return decodeInvite(parseInviteText(text)).session;
}
