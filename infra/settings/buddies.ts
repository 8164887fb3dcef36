/** Who is in a channel, and as what. */
import { isBuddyName, maxBuddyNameLength } from '../../client/drops/aws/outputs.ts';
import type { UsageError } from '../../client/errors.ts';
import { isRole, type Role } from '../../client/protocol/roles.ts';
import { type Field, readList, readRecord, wrong } from './fields.ts';
import { channelKeys, fieldOf, type GivenChannel } from './given.ts';

export interface Buddy {
  readonly name: string;
  /** ARNs of who may assume this buddy's role; empty: the buddy gets an IAM user. */
  readonly principals: readonly string[];
  /** The channel stays as it is, and this buddy has no part in it any more. */
  readonly removed: boolean;
}

/** The first of the list has role a, the second role b. */
export function readBuddies(given: GivenChannel): Record<Role, Buddy> {
  const pair = readPair(fieldOf(given, 'buddies'));
  const principals = readPrincipals(given, pair);
  const removed = readRemoved(fieldOf(given, 'removed'), pair);
  const [a, b] = pair;
  const buddy = (name: string): Buddy => ({
    name,
    principals: principals.get(name) ?? [],
    removed: removed.includes(name),
  });
  return { a: buddy(a), b: buddy(b) };
}

const twoNames = 'Name two: -c buddies=alice,bob, or "buddies": ["alice", "bob"] in btr.infra.json.';

function readPair(field: Field): [string, string] {
  const names = readList(field).map((element) => readBuddyName(element, field.name));
  const [a, b, ...more] = names;
  if (a === undefined || b === undefined || more.length > 0) {
    throw wrong(field.name, 'a channel is for exactly two buddies.', twoNames);
  }
  refuseOtherRole(a, 'a', field.name);
  refuseOtherRole(b, 'b', field.name);
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
const principalArn =
  /^arn:aws[a-z-]*:(iam::\d{12}:(root|(user|role)\/[\w+=,.@/-]+)|sts::\d{12}:assumed-role\/[\w+=,.@-]+\/[\w+=,.@-]+)$/;

function readPrincipals(given: GivenChannel, buddies: readonly string[]): Map<string, readonly string[]> {
  return new Map(
    readRecord(fieldOf(given, 'principals')).map(([name, { value }]) => {
      const list = { name: given.at(`principals.${name}`), value };
      if (!buddies.includes(name)) throw stranger(list.name, name, buddies);
      const arns = readList(list).map((arn) => readPrincipal(arn.value, name, list.name));
      if (arns.length === 0) throw wrong(list.name, 'is an empty list.', `Leave ${name} out for an IAM user.`);
      return [name, arns];
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
