/** One channel's settings, read strictly, wherever they were given. */
import { isBuddyName, maxBuddyNameLength } from '../../client/drops/aws/outputs.ts';
import type { UsageError } from '../../client/errors.ts';
import { isRole, type Role } from '../../client/protocol/roles.ts';
import { type ChannelNames, channelNames, type NameSettings } from '../names.ts';
import { type Field, readChoice, readFlag, readList, readRecord, readText, refuseUnknownKey, wrong } from './fields.ts';
import { type TakenNames, takeNames } from './physical-names.ts';
import { readTags } from './tags.ts';

export interface Buddy {
  readonly name: string;
  /** ARNs of who may assume this buddy's role; empty: the buddy gets an IAM user. */
  readonly principals: readonly string[];
  /** The channel stays as it is, and this buddy has no part in it any more. */
  readonly removed: boolean;
}

export interface ChannelSettings {
  readonly buddies: Readonly<Record<Role, Buddy>>;
  readonly names: ChannelNames;
  /** Both buddies may do what the other may. */
  readonly allowSwap: boolean;
  /** Whether a function removes what has expired. */
  readonly expiry: boolean;
  readonly alarms: boolean;
  /** Where alarms are told; absent: only in CloudWatch. */
  readonly alarmEmail: string | undefined;
  /** What becomes of the bucket when the stack is removed. */
  readonly bucketRemoval: 'destroy' | 'retain';
  readonly tags: Readonly<Record<string, string>>;
}

/** A channel as it was given, in the form of btr.infra.json. */
export interface GivenChannel {
  readonly values: Readonly<Record<string, unknown>>;
  /** What the place of a key is called in errors. */
  readonly at: (key: string) => string;
}

export const nameKeys = ['prefix', 'aToB', 'bToA', 'bucket'] as const;
export const flagKeys = ['allowSwap', 'expiry', 'alarms'] as const;
export const channelKeys = [
  'buddies',
  'principals',
  'removed',
  ...flagKeys,
  'alarmEmail',
  'bucketRemoval',
  ...nameKeys,
  'tags',
] as const;

/** @throws UsageError that names the field and the rule. */
export function readChannel({ values, at }: GivenChannel, taken: TakenNames): ChannelSettings {
  for (const key of Object.keys(values)) refuseUnknownKey(key, at(key), channelKeys);
  const field = (key: (typeof channelKeys)[number]): Field => ({ name: at(key), value: values[key] });
  const names = readBuddies(field('buddies'));
  const principals = readPrincipals(field('principals'), names, at);
  const removed = readRemoved(field('removed'), names);
  const buddy = (name: string): Buddy => ({
    name,
    principals: principals.get(name) ?? [],
    removed: removed.includes(name),
  });
  const given = readNames(field);
  const physical = channelNames({ a: names[0], b: names[1] }, given);
  takeNames(physical, given, at, taken);
  const alarms = readFlag(field('alarms'), true);
  return {
    buddies: { a: buddy(names[0]), b: buddy(names[1]) },
    names: physical,
    allowSwap: readFlag(field('allowSwap'), false),
    expiry: readFlag(field('expiry'), true),
    alarms,
    alarmEmail: readEmail(field('alarmEmail'), alarms),
    bucketRemoval: readChoice(field('bucketRemoval'), ['destroy', 'retain']),
    tags: readTags(field('tags')),
  };
}

const twoNames = 'Name two: -c buddies=alice,bob, or "buddies": ["alice", "bob"] in btr.infra.json.';

function readBuddies(field: Field): [string, string] {
  const names = readList(field).map((element) => readBuddyName(element, field.name));
  const [a, b, ...more] = names;
  if (a === undefined || b === undefined || more.length > 0) {
    throw wrong(field.name, 'a channel is for exactly two buddies.', twoNames);
  }
  for (const [name, role] of [
    [a, 'a'],
    [b, 'b'],
  ] as const)
    refuseOtherRole(name, role, field.name);
  // AWS takes user names that differ only in case for the same, and the outputs' keys have no hyphens.
  if (plain(a) === plain(b)) {
    throw wrong(
      field.name,
      `the names '${a}' and '${b}' are the same, or too much alike.`,
      'They must differ in more than case and hyphens.',
    );
  }
  return [a, b];
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll('-', '');
}

function readBuddyName({ value }: Field, list: string): string {
  if (value === '') throw wrong(list, 'a name is empty.', twoNames);
  if (typeof value !== 'string' || !isBuddyName(value)) {
    throw wrong(
      list,
      `the name '${value}' can't be used in the cloud.`,
      `A buddy's name here is 1 to ${maxBuddyNameLength} letters (A to Z), digits and single hyphens inside it.`,
    );
  }
  // After -c, a name and a setting would be the same word.
  if (['config', ...channelKeys].some((key) => key.toLowerCase() === value.toLowerCase())) {
    throw wrong(list, `the name '${value}' is the name of a setting.`, 'Use another name for this buddy.');
  }
  return value;
}

/** `--as b` must never mean role a. */
function refuseOtherRole(name: string, role: Role, list: string): void {
  const lower = name.toLowerCase();
  if (!isRole(lower) || lower === role) return;
  throw wrong(
    list,
    `the name '${name}' is the name of the other role.`,
    'The first buddy has role a, the second role b; use another name, or change their order.',
  );
}

/** A whole account, a user or a role of it, or one of its sessions. */
const principalArn = /^arn:aws[a-z-]*:(iam|sts)::\d{12}:(root|(user|role|assumed-role)\/[\w+=,.@/-]+)$/;

function readPrincipals(
  field: Field,
  buddies: readonly string[],
  at: GivenChannel['at'],
): Map<string, readonly string[]> {
  return new Map(
    readRecord(field).map(([name, { value }]) => {
      const list = { name: at(`principals.${name}`), value };
      if (!buddies.includes(name)) throw stranger(list.name, name, buddies);
      return [name, readList(list).map((arn) => readPrincipal(arn.value, name, list.name))];
    }),
  );
}

/** What is meant for somebody who isn't there would end in an IAM user that nobody asked for, or in one that stays. */
export function stranger(field: string, name: unknown, buddies: readonly string[]): UsageError {
  return wrong(field, `'${name}' is not among the buddies.`, `Write the name as there: ${buddies.join(' or ')}.`);
}

function readPrincipal(value: unknown, name: string, field: string): string {
  if (typeof value === 'string' && principalArn.test(value)) return value;
  throw wrong(
    field,
    `'${value}' is not the ARN of somebody who could take ${name}'s role.`,
    `Give ARNs of IAM users, roles or accounts without wildcards, such as arn:aws:iam::123456789012:user/${name}.`,
  );
}

function readRemoved(field: Field, buddies: readonly string[]): string[] {
  const removed = readList(field).map(({ value }) => {
    const found = buddies.find((name) => name === value);
    if (found !== undefined) return found;
    throw stranger(field.name, value, buddies);
  });
  if (buddies.every((name) => removed.includes(name))) {
    throw wrong(field.name, 'nobody would be left.', 'Remove one buddy, or the whole stack: npx cdk destroy.');
  }
  return removed;
}

function readNames(field: (key: (typeof nameKeys)[number]) => Field): NameSettings {
  const prefix = readText(field('prefix'));
  if (prefix !== undefined && !(isBuddyName(prefix) && /^[A-Za-z]/.test(prefix))) {
    throw wrong(
      field('prefix').name,
      `names of stacks can't begin with '${prefix}'.`,
      `It is 1 to ${maxBuddyNameLength} letters (A to Z), digits and single hyphens inside it, a letter first.`,
    );
  }
  return Object.fromEntries(
    nameKeys.flatMap((key) => {
      const text = readText(field(key));
      return text === undefined ? [] : [[key, text]];
    }),
  );
}

function readEmail(field: Field, alarms: boolean): string | undefined {
  const email = readText(field);
  if (email === undefined) return undefined;
  if (!alarms) throw wrong(field.name, 'there are no alarms to tell of.', 'Leave alarms on, or this out.');
  if (email.length <= 254 && /^[^\s@]+@[^\s@]+\.[^\s@.]+$/.test(email)) return email;
  throw wrong(field.name, `'${email}' is no e-mail address.`, 'Give one address, such as me@example.org.');
}
