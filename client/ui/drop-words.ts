/** What people and scripts are told of a channel's drops. */
import type { DropInfo, DropPolicy } from '../messenger/index.ts';
import { visible } from './visible.ts';

/** So much of an id tells drops of one channel apart, and is what people type. */
export function shortId({ id }: Pick<DropInfo, 'id'>): string {
  return id.slice(0, 8);
}

/** In an event. */
export function dropFields({ id, kind, text, state, reasons }: DropInfo): Record<string, unknown> {
  return { id, kind, text, state, reasons };
}

/** One line a drop, those in use in their order. */
export function dropRows(drops: readonly DropInfo[]): readonly string[] {
  return drops.map((drop, index) => {
    const place = drop.state === 'used' ? `${index + 1}.` : 'offered';
    return `${shortId(drop)}  ${place.padEnd(7)}  ${visible(drop.text)}`;
  });
}

/** Where a channel goes over: one drop as it is, several with their order and policy. */
export function dropLines(drops: readonly DropInfo[], policy: DropPolicy): readonly string[] {
  if (drops.length === 1) return drops.map(({ text }) => visible(text));
  return [...dropRows(drops), policyWords(policy)];
}

const meanings: Readonly<Record<DropPolicy, string>> = {
  first: 'in this order, the next where one fails',
  all: 'everything by every drop',
  random: 'a random one each time, another where it fails',
  meet: 'the one that both sides compute for the hour, another where it fails',
};

export function policyWords(policy: DropPolicy): string {
  return `policy ${policy}: ${meanings[policy]}`;
}

export function isDropPolicy(word: string): word is DropPolicy {
  return Object.hasOwn(meanings, word);
}
