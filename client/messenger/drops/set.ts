/** The set of a channel's drops: those in use, those the buddy offers, and the order and policy they are used by. */
import type { Finding } from '../../drops/drop.ts';
import { dropConsent, dropKind, dropTag } from '../../drops/registry.ts';
import type { DropPolicy } from '../../drops/several/index.ts';
import { DropError, SetupError, UsageError, withHint } from '../../errors.ts';
import type { Channel } from '../../store/channels.ts';
import { addressesOf, type Context } from '../context.ts';
import { assertNoPairing } from '../pairing/under-way.ts';
import { readDropRecord, type TaggedDrop } from './record.ts';

/** Most drops that a channel uses, and most that a buddy may offer beside. */
export const mostDrops = 8;

export interface DropInfo {
  /** Its tag: 16 hexadecimal digits, the same on both sides. */
  readonly id: string;
  readonly kind: string;
  /** One line for a person; no secret in it. */
  readonly text: string;
  /** `offered`: the buddy names it, and it is not used before this home's user says yes. */
  readonly state: 'used' | 'offered';
  /** Why an offer needs a yes; empty for those in use. */
  readonly reasons: readonly string[];
}

/** A channel's drops in order of preference. */
export function usedDrops(channel: Channel): Promise<TaggedDrop[]> {
  return Promise.all(addressesOf(channel).map(async (address) => ({ tag: await dropTag(address), address })));
}

/** Those in use in order of preference, then what the buddy offers. */
export async function listDrops(context: Context, channel: Channel): Promise<DropInfo[]> {
  const used = await usedDrops(channel);
  const offers = readDropRecord(context, channel).offers;
  return Promise.all([
    ...used.map((drop) => dropInfo(drop, 'used')),
    ...offers.map((drop) => dropInfo(drop, 'offered')),
  ]);
}

export async function dropInfo({ tag, address }: TaggedDrop, state: DropInfo['state']): Promise<DropInfo> {
  const text = (await dropKind(address.kind)).describe(address);
  const reasons = state === 'offered' ? await dropConsent(address) : [];
  return { id: tag, kind: address.kind, text, state, reasons };
}

/** The one whose tag begins like this. @throws UsageError `no-such-drop`: none, or more than one. */
export function findDrop(drops: readonly TaggedDrop[], prefix: string): TaggedDrop {
  const found = /^[0-9a-f]{1,16}$/i.test(prefix) ? drops.filter(({ tag }) => tag.startsWith(prefix.toLowerCase())) : [];
  const [drop] = found;
  if (drop && found.length === 1) return drop;
  const what = drop ? `More than one drop has an id that begins with ${prefix}.` : `There is no drop ${prefix}.`;
  throw new UsageError(what, { code: 'no-such-drop', hint: 'btr drop list shows the ids.' });
}

/**
 * Runs a transaction with the channel and its drops as they are at that moment: where another process changed the
 * channel while their tags were computed, both are read anew.
 */
export async function withDrops<T>(
  context: Context,
  channelId: number,
  work: (channel: Channel, drops: readonly TaggedDrop[]) => T,
): Promise<T> {
  const { channels, db } = context.home;
  for (;;) {
    const channel = channels.get(channelId);
    const drops = await usedDrops(channel);
    const done = db.attempt(() =>
      channels.generation(channelId) === channel.generation ? { result: work(channel, drops) } : undefined,
    );
    if (done) return done.result;
  }
}

export interface DropUse {
  readonly policy?: DropPolicy | undefined;
  /** The beginning of the id of the drop that is to be the first. */
  readonly first?: string | undefined;
}

/** @throws UsageError `no-such-drop`; SetupError `invite-open`, `join-open`: those hang on the first drop. */
export function useDrops(context: Context, channelId: number, { policy, first }: DropUse): Promise<Channel> {
  return withDrops(context, channelId, (channel, drops) => {
    const chosen = first === undefined ? undefined : findDrop(drops, first);
    if (chosen && chosen !== drops[0]) assertNoPairing(context, channel);
    const order = chosen ? { drop: chosen.address, further: addressesBut(drops, chosen.tag) } : {};
    return context.home.channels.update(channel, { ...order, ...(policy ? { policy } : {}) });
  });
}

/** The addresses of all drops but one. */
export function addressesBut(drops: readonly TaggedDrop[], tag: string) {
  return drops.filter((drop) => drop.tag !== tag).map(({ address }) => address);
}

export interface CheckedDrop {
  readonly drop: DropInfo;
  readonly findings: readonly Finding[];
}

/** What each drop in use, or one of them, says about itself. A drop that can't be opened is a finding, too. */
export async function checkDrops(
  context: Context,
  channel: Channel,
  prefix: string | undefined,
  signal: AbortSignal | undefined,
): Promise<CheckedDrop[]> {
  const used = await usedDrops(channel);
  const chosen = prefix === undefined ? used : [findDrop(used, prefix)];
  return Promise.all(
    chosen.map(async (drop) => ({
      drop: await dropInfo(drop, 'used'),
      findings: await findingsOf(context, channel, drop, signal),
    })),
  );
}

/** Why a drop needs a yes, in one line. */
export function reasonsText(reasons: readonly string[]): string {
  return reasons.map((reason) => (reason.endsWith('.') ? reason : `${reason}.`)).join(' ');
}

async function findingsOf(
  context: Context,
  channel: Channel,
  { address }: TaggedDrop,
  signal: AbortSignal | undefined,
): Promise<readonly Finding[]> {
  try {
    const drop = await context.openAlone(channel, address);
    try {
      return await drop.check(signal ? { signal } : {});
    } finally {
      await drop.close();
    }
  } catch (error) {
    if (!(error instanceof DropError || error instanceof SetupError)) throw error;
    return [{ what: 'reach', ok: false, text: withHint(error) }];
  }
}
