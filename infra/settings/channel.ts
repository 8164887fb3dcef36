/** One channel's settings, read strictly, wherever they were given. */
import { isBuddyName, maxBuddyNameLength } from '../../client/drops/aws/outputs.ts';
import type { Role } from '../../client/protocol/roles.ts';
import { type ChannelNames, channelNames, type NameSettings } from '../names.ts';
import { type Buddy, readBuddies } from './buddies.ts';
import { type Field, readChoice, readFlag, readText, refuseUnknownKey, wrong } from './fields.ts';
import { channelKeys, fieldOf, type GivenChannel, nameKeys } from './given.ts';
import { type TakenNames, takeNames } from './physical-names.ts';
import { readTags } from './tags.ts';

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

/** @throws UsageError that names the field and the rule. */
export function readChannel(given: GivenChannel, taken: TakenNames): ChannelSettings {
  for (const key of Object.keys(given.values)) refuseUnknownKey(key, given.at(key), channelKeys);
  const buddies = readBuddies(given);
  const named = readNames(given);
  const names = channelNames({ a: buddies.a.name, b: buddies.b.name }, named);
  takeNames(names, named, given.at, taken);
  const alarms = readFlag(fieldOf(given, 'alarms'), true);
  return {
    buddies,
    names,
    allowSwap: readFlag(fieldOf(given, 'allowSwap'), false),
    expiry: readFlag(fieldOf(given, 'expiry'), true),
    alarms,
    alarmEmail: readEmail(fieldOf(given, 'alarmEmail'), alarms),
    bucketRemoval: readChoice(fieldOf(given, 'bucketRemoval'), ['destroy', 'retain']),
    tags: readTags(fieldOf(given, 'tags')),
  };
}

function readNames(given: GivenChannel): NameSettings {
  const prefix = readText(fieldOf(given, 'prefix'));
  if (prefix !== undefined && !(isBuddyName(prefix) && /^[A-Za-z]/.test(prefix))) {
    throw wrong(
      given.at('prefix'),
      `names of stacks can't begin with '${prefix}'.`,
      `It is 1 to ${maxBuddyNameLength} letters (A to Z), digits and single hyphens inside it, a letter first.`,
    );
  }
  return Object.fromEntries(
    nameKeys.flatMap((key) => {
      const text = readText(fieldOf(given, key));
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
