/**
 * What the buddy says of drops: kept within the transaction that commits the frame, and looked at afterwards, since
 * reading an address takes time. A drop that needs no yes is used from then on; any other is kept as an offer.
 */
import { isDeepStrictEqual } from 'node:util';
import { dropConsent, dropKind, dropTag, parseDropAddress } from '../../drops/registry.ts';
import { BtrError } from '../../errors.ts';
import { type DropWord, decodeDropWord, type NamedAddress } from '../../protocol/drop-word.ts';
import { frameKinds } from '../../protocol/frames.ts';
import type { Channel } from '../../store/channels.ts';
import type { Shown } from '../absorb.ts';
import type { Context } from '../context.ts';
import { isInviteOpen } from '../pairing/records.ts';
import { notice } from '../pairing/step.ts';
import { announceAll } from './announce.ts';
import { leaveOut, use } from './change.ts';
import { forgetFormer, keepFormer } from './former.ts';
import { changeDropRecord, readDropRecord, type TaggedDrop } from './record.ts';
import { findDrop, mostDrops, reasonsText, withDrops } from './set.ts';

/** Words that wait; a buddy's client says fewer between two looks. */
const mostWords = 64;

/** Within a transaction. @throws SecurityError with code `malformed`. */
export function keepWord(context: Context, channel: Channel, content: Uint8Array): Shown[] {
  const word = decodeDropWord(content);
  const { words } = readDropRecord(context, channel);
  if (words.length >= mostWords) {
    return [notice(channel.name, 'drops-ignored', `${channel.name} names more drops than anybody has: not heard.`)];
  }
  changeDropRecord(context, channel, { words: [...words, word] });
  return [];
}

/** Does what the words that came ask for, one at a time, and what those before could not yet. */
export async function mindDrops(context: Context, channelId: number): Promise<Shown[]> {
  const channel = { id: channelId };
  const shown: Shown[] = [];
  for (let [word] = readDropRecord(context, channel).words; word; [word] = readDropRecord(context, channel).words) {
    shown.push(...(await heed(context, channelId, word)));
  }
  const { left, announce, former } = readDropRecord(context, channel);
  for (const _ of left) shown.push(...(await withDrops(context, channelId, (...now) => follow(context, ...now))));
  if (announce) await announceAll(context, channelId);
  if (former.length > 0) forgetFormer(context, context.home.channels.get(channelId));
  return shown;
}

async function heed(context: Context, channelId: number, word: DropWord): Promise<Shown[]> {
  const { name } = context.home.channels.get(channelId);
  const act = 'add' in word ? await judge(name, word.add) : heedRemove(word.remove);
  return withDrops(context, channelId, (channel, drops) => {
    const { words } = readDropRecord(context, channel);
    // Another process of this home may have been first.
    if (!isDeepStrictEqual(words[0], word)) return [];
    changeDropRecord(context, channel, { words: words.slice(1) });
    return act(context, channel, drops);
  });
}

/** Within a transaction. */
type Heed = (context: Context, channel: Channel, drops: readonly TaggedDrop[]) => Shown[];

/** Reads an address that the buddy named, before anything is done with it. */
async function judge(name: string, named: NamedAddress): Promise<Heed> {
  try {
    const address = await parseDropAddress(named);
    const { bodyBytes, describe } = await dropKind(address.kind);
    const about = { tag: await dropTag(address), address, bodyBytes, text: describe(address) };
    return heedAdd({ ...about, reasons: await dropConsent(address) });
  } catch (error) {
    if (!(error instanceof BtrError)) throw error;
    const text = `${name} named a drop that can't be used here. ${error.message}`;
    return () => [notice(name, 'drop-unusable', text)];
  }
}

interface NamedDrop extends TaggedDrop {
  readonly bodyBytes: number;
  readonly text: string;
  readonly reasons: readonly string[];
}

function heedAdd({ bodyBytes, text, reasons, ...drop }: NamedDrop): Heed {
  return (context, channel, drops) => {
    const { name } = channel;
    const { offers, left } = readDropRecord(context, channel);
    changeDropRecord(context, channel, { left: left.filter((tag) => tag !== drop.tag) });
    if (drops.some(({ tag }) => tag === drop.tag) || isBeingRemoved(context, channel, drop.tag)) return [];
    if (reasons.length === 0 && drops.length < mostDrops) {
      use(context, channel, drop, bodyBytes, 'named');
      return [notice(name, 'drop-added', `${name} added a drop, which is used from now on: ${text}`)];
    }
    // A newer word on the same drop counts: it may bring the key that the one before lacked.
    const others = offers.filter(({ tag }) => tag !== drop.tag);
    if (others.length >= mostDrops) {
      return [notice(name, 'drops-ignored', `${name} offers more drops than are kept: one more is not.`)];
    }
    const before = offers.find(({ tag }) => tag === drop.tag);
    changeDropRecord(context, channel, { offers: [...others, drop] });
    if (isDeepStrictEqual(before, drop)) return [];
    const why = reasons.length > 0 ? reasonsText(reasons) : `There are ${mostDrops} drops already.`;
    const said = `${name} offers a drop: ${text}. ${why} To use it: btr drop add ${name} ${short(drop.tag)}`;
    return [notice(name, 'drop-offered', said)];
  };
}

/** The word on its removal crossed this one, and is the later of the two on both sides. */
function isBeingRemoved(context: Context, channel: Channel, removed: string): boolean {
  return context.home.outbox
    .contents(channel.id, frameKinds.drop)
    .map(decodeDropWord)
    .some((word) => 'remove' in word && word.remove === removed);
}

function heedRemove(removed: string): Heed {
  return (context, channel, drops) => {
    const { offers, left } = readDropRecord(context, channel);
    changeDropRecord(context, channel, { offers: offers.filter(({ tag }) => tag !== removed) });
    if (!drops.some(({ tag }) => tag === removed)) return [];
    changeDropRecord(context, channel, { left: [...left.filter((tag) => tag !== removed), removed] });
    const said = follow(context, channel, drops);
    if (said.length > 0 || drops.length > 1) return said;
    const text = `${channel.name} goes over drop ${short(removed)} no more, but it is the only one here: it stays until there is another. To add one: btr drop add ${channel.name} DROP`;
    return [notice(channel.name, 'drop-kept', text)];
  };
}

/** Within a transaction: leaves what the buddy has left, but for the last drop, and one that an open invite leads to. */
function follow(context: Context, channel: Channel, drops: readonly TaggedDrop[]): Shown[] {
  const { left } = readDropRecord(context, channel);
  const [tag] = left.filter((one) => drops.some((drop) => drop.tag === one));
  const isNeeded = drops.length === 1 || (drops[0]?.tag === tag && isInviteOpen(context, channel));
  if (tag === undefined || isNeeded) return [];
  keepFormer(context, channel, findDrop(drops, tag));
  leaveOut(context, channel, drops, tag);
  changeDropRecord(context, channel, { left: left.filter((one) => one !== tag) });
  const text = `${channel.name} goes over drop ${short(tag)} no more: it is left out here, too. What was not acknowledged goes by the others.`;
  return [notice(channel.name, 'drop-removed', text)];
}

function short(tag: string): string {
  return tag.slice(0, 8);
}
