/** What the parts of the messenger share: the home, the clock, and the drops they have opened. */

import { isDeepStrictEqual } from 'node:util';
import { deriveKey } from '../crypto/keys.ts';
import { suiteNamed } from '../crypto/suites.ts';
import type { Drop } from '../drops/drop.ts';
import { type DropAddress, dropKind, dropTag, openDrop } from '../drops/registry.ts';
import type { DropPolicy, SeveralTiming, Way } from '../drops/several/index.ts';
import type { Meter } from '../drops/usage.ts';
import type { DropError } from '../errors.ts';
import { UsageError } from '../errors.ts';
import type { Channel } from '../store/channels.ts';
import type { Home } from '../store/home.ts';
import { Claims } from './claims.ts';
import { UsageCounts } from './usage.ts';

export type DropOpener = (channel: Channel, onTrouble: (error: DropError) => void, meter: Meter) => Promise<Drop>;

export interface ContextOptions {
  /** Milliseconds since 1970; by default the machine's clock. */
  readonly now?: () => number;
  /** Opens drops; by default those of the registry. */
  readonly openDrop?: DropOpener;
  /** How patient the drops of a channel are with one another. */
  readonly dropTiming?: Partial<SeveralTiming>;
}

export class Context {
  readonly home: Home;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly claims: Claims;
  readonly #usage: UsageCounts;
  readonly #open: DropOpener;
  readonly #timing: Partial<SeveralTiming>;
  readonly #drops = new Map<string, Promise<Drop>>();
  readonly #trouble = new Map<number, (error: DropError) => void>();

  constructor(home: Home, options: ContextOptions = {}) {
    this.home = home;
    this.now = options.now ?? Date.now;
    this.claims = new Claims(home, this.now);
    this.#usage = new UsageCounts(home, this.now);
    this.#open = options.openDrop ?? openChannelDrop;
    this.#timing = options.dropTiming ?? {};
  }

  /** The channel's drop, or one made of all it has; opened once, and again after its role or addresses changed. */
  drop(channel: Channel): Promise<Drop> {
    const key = `${channel.id} ${placeOf(channel)}`;
    const known = this.#drops.get(key);
    if (known) return known;
    const opened = this.#openAll(channel);
    this.#drops.set(key, opened);
    opened.catch(() => this.#drops.delete(key));
    return opened;
  }

  /** Opens one of a channel's drops, or one that it may have, by itself. The caller closes it. */
  openAlone(channel: Channel, drop: DropAddress, onTrouble = this.#teller(channel)): Promise<Drop> {
    return this.#open({ ...channel, drop, further: [] }, onTrouble, this.#usage.meter(channel.id));
  }

  async #openAll(channel: Channel): Promise<Drop> {
    const addresses = addressesOf(channel);
    if (addresses.length === 1) return this.openAlone(channel, channel.drop);
    const { openSeveral } = await import('../drops/several/index.ts');
    const root = meetingRoot(channel);
    return openSeveral({
      ways: await Promise.all(addresses.map((address) => this.#way(channel, address))),
      policy: sendingPolicy(channel),
      ...(root === undefined ? {} : { meetingKey: deriveKey(Buffer.from(root, 'base64url'), 'btr meeting place') }),
      onTrouble: this.#teller(channel),
      now: this.now,
      timing: this.#timing,
    });
  }

  async #way(channel: Channel, address: DropAddress): Promise<Way> {
    const { bodyBytes, describe } = await dropKind(address.kind);
    const open: Way['open'] = (onTrouble) => this.openAlone(channel, address, onTrouble);
    return { tag: await dropTag(address), name: describe(address), bodyBytes, open };
  }

  /** Who hears of trouble that a drop gets over by itself. */
  onTrouble(channel: Channel, listener: ((error: DropError) => void) | undefined): void {
    if (listener) this.#trouble.set(channel.id, listener);
    else this.#trouble.delete(channel.id);
  }

  #teller(channel: Channel): (error: DropError) => void {
    return (error) => this.#trouble.get(channel.id)?.(error);
  }

  /** Ends every connection. Who needs a drop again opens it anew. */
  async closeDrops(): Promise<void> {
    const drops = [...this.#drops.values()];
    this.#drops.clear();
    const opened = await Promise.allSettled(drops);
    for (const result of opened) if (result.status === 'fulfilled') await result.value.close();
  }

  async close(): Promise<void> {
    this.claims.end();
    await this.closeDrops();
    this.#usage.end();
    this.home.close();
  }
}

function openChannelDrop(channel: Channel, onTrouble: (error: DropError) => void, meter: Meter): Promise<Drop> {
  const style = suiteNamed(channel.suite).framed ? 'btr' : 'btrchat';
  return openDrop(channel.drop, { role: channel.role, style, onTrouble, meter });
}

/** A channel's drops in order of preference. */
export function addressesOf({
  drop,
  further = [],
}: Pick<Channel, 'drop' | 'further'>): [DropAddress, ...DropAddress[]] {
  return [drop, ...further];
}

/** What a channel's drop is opened from; where it changes, the drop is opened anew. */
export function placeOf(channel: Channel): string {
  const { role, suite } = channel;
  return JSON.stringify([role, suite, addressesOf(channel), sendingPolicy(channel), meetingRoot(channel)]);
}

/** Without a root there is no place to agree on. */
function sendingPolicy({ policy = 'first', roots }: Channel): DropPolicy {
  return policy === 'meet' && roots.length === 0 ? 'first' : policy;
}

/** The root, base64url, whose key leads both sides to one drop at a time; undefined with any other policy. */
function meetingRoot(channel: Channel): string | undefined {
  return sendingPolicy(channel) === 'meet' ? channel.roots[0]?.root : undefined;
}

/** Whether two addresses lead to one place, whatever key they hold. */
export function isSamePlace(
  { credentials: _oneKey, ...one }: DropAddress,
  { credentials: _otherKey, ...other }: DropAddress,
): boolean {
  return isDeepStrictEqual(one, other);
}

/** @throws UsageError with code `no-parcels`. */
export function parcelsOf(drop: Drop) {
  if (drop.parcels) return drop.parcels;
  throw new UsageError('The drop of this channel keeps no files.', {
    code: 'no-parcels',
    hint: 'Add the channel anew with a drop that has a bucket: aws:tx=QUEUE,rx=QUEUE,bucket=NAME',
  });
}
