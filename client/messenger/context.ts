/** What the parts of the messenger share: the home, the clock, and the drops they have opened. */

import { isDeepStrictEqual } from 'node:util';
import { suiteNamed } from '../crypto/suites.ts';
import type { Drop } from '../drops/drop.ts';
import { type DropAddress, openDrop } from '../drops/registry.ts';
import type { Meter } from '../drops/usage.ts';
import type { DropError } from '../errors.ts';
import { UsageError } from '../errors.ts';
import type { Channel } from '../store/channels.ts';
import type { Home } from '../store/home.ts';
import { Claims } from './claims.ts';
import { UsageCounts } from './usage.ts';

export type DropOpener = (channel: Channel, onTrouble: (error: DropError) => void, meter: Meter) => Promise<Drop>;

export class Context {
  readonly home: Home;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly claims: Claims;
  readonly #usage: UsageCounts;
  readonly #open: DropOpener;
  readonly #drops = new Map<string, Promise<Drop>>();
  readonly #trouble = new Map<number, (error: DropError) => void>();

  constructor(home: Home, options: { now?: () => number; openDrop?: DropOpener } = {}) {
    this.home = home;
    this.now = options.now ?? Date.now;
    this.claims = new Claims(home, this.now);
    this.#usage = new UsageCounts(home, this.now);
    this.#open = options.openDrop ?? openChannelDrop;
  }

  /** The channel's drop, opened once; again after its role or address changed. */
  drop(channel: Channel): Promise<Drop> {
    const key = JSON.stringify([channel.id, channel.role, channel.suite, channel.drop]);
    const known = this.#drops.get(key);
    if (known) return known;
    const onTrouble = (error: DropError) => this.#trouble.get(channel.id)?.(error);
    const opened = this.#open(channel, onTrouble, this.#usage.meter(channel.id));
    this.#drops.set(key, opened);
    opened.catch(() => this.#drops.delete(key));
    return opened;
  }

  /** Who hears of trouble that a drop gets over by itself. */
  onTrouble(channel: Channel, listener: ((error: DropError) => void) | undefined): void {
    if (listener) this.#trouble.set(channel.id, listener);
    else this.#trouble.delete(channel.id);
  }

  async close(): Promise<void> {
    this.claims.end();
    const opened = await Promise.allSettled(this.#drops.values());
    for (const result of opened) if (result.status === 'fulfilled') await result.value.close();
    this.#drops.clear();
    this.#usage.end();
    this.home.close();
  }
}

function openChannelDrop(channel: Channel, onTrouble: (error: DropError) => void, meter: Meter): Promise<Drop> {
  const style = suiteNamed(channel.suite).framed ? 'btr' : 'btrchat';
  return openDrop(channel.drop, { role: channel.role, style, onTrouble, meter });
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
