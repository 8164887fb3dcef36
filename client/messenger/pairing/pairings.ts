/** Pairing and identities, for interfaces and embedders: `messenger.pairings()`. */

import { safetyWords } from '../../crypto/safety-words.ts';
import { publicIdentity, safetyNumber } from '../../crypto/signal/identity.ts';
import { canonicalPin } from '../../crypto/spoken-pin.ts';
import { SecurityError, SetupError, UsageError } from '../../errors.ts';
import { otherRole } from '../../protocol/roles.ts';
import type { Channel, Peer } from '../../store/channels.ts';
import type { Context } from '../context.ts';
import { findDrop, usedDrops } from '../drops/set.ts';
import { ownIdentity } from './identity.ts';
import { createInvite, type InviteOptions, type MadeInvite } from './invite.ts';
import { assertJoinable, type JoinOptions, join, type ReadInvite, readInvite } from './join.ts';
import { type KeyOptions, rememberUser, removeBuddyKeys, rotateBuddyKey, takeOwnKey } from './keys.ts';
import { bytes, readPairing } from './records.ts';
import { forgetKeys, keyDrop, keysOf, withdrawInvite } from './withdraw.ts';

export interface Verification {
  /** 60 decimal digits, the same on both sides. */
  readonly digits: string;
  /** Twelve words that stand for them. */
  readonly words: readonly string[];
  /** What a QR code carries. */
  readonly scannable: Buffer;
  /** When it was marked as compared; milliseconds since 1970. */
  readonly verifiedAt: number | undefined;
  /** Somebody with another identity wrote under the channel's keys. */
  readonly changed: boolean;
}

export class Pairings {
  readonly #context: Context;
  readonly #channel: (name: string) => Channel;

  constructor(context: Context, channel: (name: string) => Channel) {
    this.#context = context;
    this.#channel = channel;
  }

  /** Makes an invite for the buddy of this channel. @throws UsageError, SetupError, DropError. */
  async invite(name: string, options: InviteOptions = {}): Promise<MadeInvite> {
    const channel = await rememberUser(this.#context, this.#channel(name), { user: options.user });
    return createInvite(this.#context, channel, options);
  }

  /** Takes back an open invite. Answers the ids of access keys that it gave away and that still open the drop. */
  withdraw(name: string): readonly string[] {
    const channel = this.#channel(name);
    this.#context.home.db.transaction(() => withdrawInvite(this.#context, channel));
    return this.liveKeys(name);
  }

  /** Ids of access keys that went out with an invite nobody joined by. */
  liveKeys(name: string): readonly string[] {
    const pairing = readPairing(this.#context, this.#channel(name))?.pairing;
    return pairing?.side === 'inviter' && pairing.state === 'burned' ? keysOf(pairing) : [];
  }

  /** Removes access keys of the buddy, with the owner's rights. @throws DropError. */
  async removeKeys(name: string, ids: readonly string[]): Promise<void> {
    const channel = this.#channel(name);
    const drop = keyDrop(readPairing(this.#context, channel)?.pairing);
    const address = drop === undefined ? channel.drop : findDrop(await usedDrops(channel), drop).address;
    await removeBuddyKeys(address, otherRole(channel.role), ids, 'owner');
    this.#context.home.db.transaction(() => forgetKeys(this.#context, channel, ids));
  }

  /** Sends the buddy a new access key inside the session. Answers its id. @throws SetupError, DropError. */
  async rotateKey(name: string, options: KeyOptions = {}): Promise<string> {
    const channel = await rememberUser(this.#context, this.#channel(name), options);
    return rotateBuddyKey(this.#context, channel, options);
  }

  /** Another access key for this side, in place of whatever it used so far. Answers its id. @throws SetupError, DropError. */
  takeOwnKey(name: string, options: Omit<KeyOptions, 'user'> = {}): Promise<string> {
    return takeOwnKey(this.#context, this.#channel(name), options);
  }

  /** @throws UsageError `bad-address`; SetupError `bad-invite`, `invite-newer`, `invite-expired`. */
  read(text: string): Promise<ReadInvite> {
    return readInvite(this.#context, text);
  }

  /** What `join` would refuse, before the PIN is asked for. Answers the channel's name. */
  assertJoinable(read: ReadInvite, options: JoinOptions = {}): string {
    return assertJoinable(this.#context, read, options);
  }

  /**
   * Joins. The reply goes out when the invite's other half has come out of the drop: `listen` until `isWaiting` is over.
   * @throws UsageError `bad-pin` where it can be no PIN at all: that costs no try.
   */
  async join(read: ReadInvite, pin: string, options: JoinOptions = {}): Promise<string> {
    const canonical = await canonicalPin(pin);
    if (canonical === undefined) {
      throw new UsageError('This can be no PIN of an invite.', {
        code: 'bad-pin',
        hint: 'It has six digits, or two words with a hyphen between them. This did not count as a try.',
      });
    }
    return (await join(this.#context, read, canonical, options)).name;
  }

  /** Joined, and the inviter's keys have not come out of the drop yet. */
  isWaiting(name: string): boolean {
    return readPairing(this.#context, this.#channel(name))?.pairing.state === 'waiting';
  }

  /** This home's public identity key, 33 bytes. */
  async identity(): Promise<Buffer> {
    return publicIdentity(await ownIdentity(this.#context));
  }

  /** @throws SetupError `not-paired`. */
  async verification(name: string): Promise<Verification> {
    const { peer } = this.#paired(name);
    const number = await safetyNumber(await this.identity(), bytes(peer.identity));
    const words = await safetyWords(number.digits);
    return { ...number, words, verifiedAt: peer.verifiedAt, changed: peer.changed ?? false };
  }

  /**
   * Remembers that this safety number was compared.
   * @param digits as `verification` gave them. @throws SecurityError `identity-changed` where it is another by now.
   */
  async markVerified(name: string, digits: string): Promise<void> {
    const { channel, peer } = this.#paired(name);
    if ((await this.verification(name)).digits !== digits || this.#paired(name).peer.identity !== peer.identity) {
      throw new SecurityError(`${name} has another identity than a moment ago: this number is not theirs any more.`, {
        code: 'identity-changed',
        hint: `Compare the new one: btr verify ${name}`,
      });
    }
    this.#update(channel, { ...peer, verifiedAt: this.#context.now() });
  }

  /** Forgets that it was. */
  unmarkVerified(name: string): void {
    const { channel, peer } = this.#paired(name);
    const { verifiedAt: _, ...rest } = peer;
    this.#update(channel, rest);
  }

  /** Goes on with the pinned identity after another one wrote in the channel. */
  keepIdentity(name: string): void {
    const { channel, peer } = this.#paired(name);
    this.#update(channel, { ...peer, changed: false });
  }

  /** The channel as it was read: where another process changed it meanwhile, nothing is done. */
  #update(channel: Channel, peer: Peer): void {
    this.#context.home.db.transaction(() => this.#context.home.channels.update(channel, { peer }));
  }

  #paired(name: string) {
    const channel = this.#channel(name);
    if (channel.peer) return { channel, peer: channel.peer };
    throw new SetupError(`Nobody has joined ${name} yet, so there is nobody to know.`, {
      code: 'not-paired',
      hint: `Suite ${channel.suite} ${channel.suite === 'signal' ? `needs an invite: btr invite ${name}` : 'has no identities.'}`,
    });
  }
}
