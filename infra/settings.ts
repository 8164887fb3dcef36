/**
 * What can be set when a channel is deployed, each as `-c key=value` of the CDK's command line or in the `context` of
 * cdk.json:
 *
 * - `buddies=alice,bob`: whom the channel is for. The first has role a, the second role b.
 * - `NAME=arn:...[,arn:...]`: that buddy gets a role for these principals to assume, in place of an IAM user.
 * - `allowSwap=true`: both buddies may do what the other may, for test stacks and `btr swap`.
 * - `prefix`, `aToB`, `bToA`, `bucket`: physical names, see names.ts.
 */
import { isBuddyName, maxBuddyNameLength } from '../client/drops/aws/outputs.ts';
import { UsageError } from '../client/errors.ts';
import { isRole, type Role } from '../client/protocol/roles.ts';
import type { NameSettings } from './names.ts';

export interface Buddy {
  readonly name: string;
  readonly role: Role;
  /** ARNs of who may assume this buddy's role; empty: the buddy gets an IAM user. */
  readonly principals: readonly string[];
}

export interface ChannelSettings {
  readonly buddies: Readonly<Record<Role, Buddy>>;
  readonly allowSwap: boolean;
  readonly names: NameSettings;
}

const nameKeys = ['prefix', 'aToB', 'bToA', 'bucket'] as const;
/** `expiry` belongs to the function that removes what has expired; no buddy may be called so. */
const keys: readonly string[] = ['buddies', 'allowSwap', 'expiry', ...nameKeys];

/** @throws UsageError that says which setting is wrong and what would be right. */
export function readSettings(context: Readonly<Record<string, unknown>>): ChannelSettings {
  refuseMisspelledKeys(context);
  const [a, b] = readNames(context.buddies);
  refuseForeignPrincipals(context, [a, b]);
  return {
    buddies: {
      a: { name: a, role: 'a', principals: readPrincipals(a, context[a]) },
      b: { name: b, role: 'b', principals: readPrincipals(b, context[b]) },
    },
    allowSwap: readFlag('allowSwap', context.allowSwap),
    names: Object.fromEntries(nameKeys.flatMap((key) => readText(key, context[key]).map((text) => [key, text]))),
  };
}

const example = 'For example: npx cdk deploy -c buddies=alice,bob';

function wrong(what: string, code: string, hint: string): UsageError {
  return new UsageError(what, { code, hint });
}

function readNames(value: unknown): [string, string] {
  if (value === undefined || value === '') throw wrong('Whom is the channel for?', 'no-buddies', example);
  if (typeof value !== 'string') throw wrong('`buddies` is not a text.', 'bad-buddies', example);
  const [a, b, ...more] = value.split(',').map((name) => name.trim());
  if (a === undefined || b === undefined || more.length > 0) {
    throw wrong('A channel is for exactly two buddies, with one comma between them.', 'bad-buddies', example);
  }
  checkName(a, 'a');
  checkName(b, 'b');
  // AWS takes user names that differ only in case for the same, and the outputs' keys have no hyphens.
  if (plain(a) === plain(b)) {
    throw wrong(
      `The names '${a}' and '${b}' are too much alike.`,
      'bad-buddies',
      'They must differ in more than case and hyphens.',
    );
  }
  return [a, b];
}

function checkName(name: string, role: Role): void {
  if (name === '') throw wrong('A name in `buddies` is empty.', 'bad-buddies', example);
  if (!isBuddyName(name)) {
    throw wrong(
      `The name '${name}' can't be used in the cloud.`,
      'bad-buddies',
      `A buddy's name here is 1 to ${maxBuddyNameLength} letters (A to Z), digits and single hyphens inside it.`,
    );
  }
  const lower = name.toLowerCase();
  if (isRole(lower) && lower !== role) {
    throw wrong(
      `The name '${name}' is the name of the other role.`,
      'bad-buddies',
      'The first buddy has role a, the second role b; use another name, or change their order.',
    );
  }
  if (keys.some((key) => key.toLowerCase() === lower)) {
    throw wrong(`The name '${name}' is the name of a setting.`, 'bad-buddies', 'Use another name for this buddy.');
  }
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll('-', '');
}

/** One ARN, or several with commas between them: a whole account, a user or a role of it, or one of its sessions. */
function readPrincipals(name: string, value: unknown): string[] {
  return readText(name, value).flatMap((text) =>
    text.split(',').map((part) => {
      const arn = part.trim();
      if (!/^arn:aws[a-z-]*:(iam|sts)::\d{12}:(root|(user|role|assumed-role)\/[\w+=,.@/-]+)$/.test(arn)) {
        throw wrong(
          `'${arn}' is not the ARN of somebody who could take ${name}'s role.`,
          'bad-principal',
          `For example: -c ${name}=arn:aws:iam::123456789012:user/${name}`,
        );
      }
      return arn;
    }),
  );
}

function readFlag(key: string, value: unknown): boolean {
  if (value === undefined || value === false || value === 'false') return false;
  if (value === true || value === 'true') return true;
  throw wrong(`\`${key}\` is neither true nor false.`, 'bad-setting', `Write -c ${key}=true, or leave it out.`);
}

/** No element or one. */
function readText(key: string, value: unknown): string[] {
  if (value === undefined) return [];
  if (typeof value === 'string' && value !== '') return [value];
  throw wrong(`\`${key}\` is empty or not a text.`, 'bad-setting', `Write -c ${key}=VALUE, or leave it out.`);
}

/** A setting that is misspelled would be left out without a word. */
function refuseMisspelledKeys(context: Readonly<Record<string, unknown>>): void {
  for (const key of Object.keys(context)) {
    const meant = keys.find((known) => known.toLowerCase() === key.toLowerCase());
    if (meant !== undefined && meant !== key) {
      throw wrong(`There is no setting \`${key}\`.`, 'bad-setting', `You may have meant -c ${meant}=...`);
    }
  }
}

/** An ARN for a name that is no buddy would end in an IAM user that nobody asked for. */
function refuseForeignPrincipals(context: Readonly<Record<string, unknown>>, buddies: readonly string[]): void {
  for (const [key, value] of Object.entries(context)) {
    if (typeof value !== 'string' || !value.startsWith('arn:') || !/^[A-Za-z0-9-]+$/.test(key)) continue;
    if (keys.includes(key) || buddies.includes(key)) continue;
    throw wrong(
      `There is an ARN for '${key}', who is not among the buddies.`,
      'bad-principal',
      `Write the name as in \`buddies\`: ${buddies.join(' or ')}.`,
    );
  }
}
