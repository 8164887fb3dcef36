/**
 * Every physical name of a channel, in one place. All follow from the buddies' names; `-c prefix=NAME` changes how
 * they begin, `-c aToB=NAME`, `-c bToA=NAME` and `-c bucket=NAME` set one alone.
 *
 * The queues, the policies and the users have explicit names so that people can tell them apart in the console, type
 * them, and use the queues by name from other clients. The bucket has none unless it is given: bucket names are shared
 * by all of AWS, so CloudFormation makes a free one up.
 */
import { outputKeyPrefix } from '../client/drops/aws/outputs.ts';
import { UsageError } from '../client/errors.ts';
import type { Direction, Role } from '../client/protocol/roles.ts';

export interface NameSettings {
  readonly prefix?: string;
  readonly aToB?: string;
  readonly bToA?: string;
  readonly bucket?: string;
}

export interface ChannelNames {
  readonly stack: string;
  readonly queues: Readonly<Record<Direction, string>>;
  readonly deadLetterQueues: Readonly<Record<Direction, string>>;
  /** Absent: CloudFormation makes one up. */
  readonly bucket?: string;
  readonly policies: Readonly<Record<Role, string>>;
  /** Of the IAM user, or of the role in its place. */
  readonly principals: Readonly<Record<Role, string>>;
  /** Logical ids of the outputs. */
  readonly outputs: Readonly<Record<Role, string>>;
}

/** @throws UsageError with code `bad-name` where AWS would not take a name. */
export function channelNames(buddies: Readonly<Record<Role, string>>, settings: NameSettings = {}): ChannelNames {
  const stack = `${settings.prefix ?? 'Btr'}-${withoutSeparators(buddies.a)}-${withoutSeparators(buddies.b)}`;
  const aToB = queueBase(settings.aToB ?? `${stack}-a-to-b`);
  const bToA = queueBase(settings.bToA ?? `${stack}-b-to-a`);
  const perBuddy = { a: `${stack}-${buddies.a}`, b: `${stack}-${buddies.b}` };
  const names: ChannelNames = {
    stack,
    queues: { 'a-to-b': `${aToB}.fifo`, 'b-to-a': `${bToA}.fifo` },
    deadLetterQueues: { 'a-to-b': `${aToB}-dead.fifo`, 'b-to-a': `${bToA}-dead.fifo` },
    ...(settings.bucket === undefined ? {} : { bucket: settings.bucket }),
    policies: perBuddy,
    principals: perBuddy,
    outputs: { a: outputKey(buddies.a), b: outputKey(buddies.b) },
  };
  check(names);
  return names;
}

/** A hyphen stands between two names, so those inside a name are doubled: `ann-lee,bob` and `ann,lee-bob` differ. */
function withoutSeparators(name: string): string {
  return name.replaceAll('-', '--');
}

function queueBase(name: string): string {
  return name.replace(/\.fifo$/, '');
}

/** `ClientAnnLee` for `ann-lee`. */
function outputKey(name: string): string {
  const words = name.split('-').map((word) => word.slice(0, 1).toUpperCase() + word.slice(1));
  return outputKeyPrefix + words.join('');
}

function check(names: ChannelNames): void {
  checkName('stack', names.stack, 128, /^[A-Za-z][A-Za-z0-9-]*$/);
  const queues = [...Object.values(names.queues), ...Object.values(names.deadLetterQueues)];
  for (const queue of queues) checkName('queue', queue, 80, /^[A-Za-z0-9_-]+\.fifo$/);
  if (new Set(queues).size < queues.length) {
    throw badName('Two queues would have the same name.', 'Give `aToB` and `bToA` names that differ.');
  }
  for (const user of Object.values(names.principals)) checkName('user', user, 64, /^[A-Za-z0-9-]+$/);
  if (names.bucket !== undefined) checkName('bucket', names.bucket, 63, /^[a-z0-9][a-z0-9.-]+[a-z0-9]$/);
}

function checkName(what: string, name: string, longest: number, pattern: RegExp): void {
  if (name.length > longest) {
    throw badName(
      `The ${what} '${name}' would have a name of ${name.length} characters; AWS takes ${longest}.`,
      'Use shorter names for the buddies, or set what is too long: prefix, aToB, bToA or bucket.',
    );
  }
  if (!pattern.test(name)) {
    throw badName(
      `The ${what} can't be named '${name}'.`,
      'Use letters, digits and hyphens, a letter first; for a bucket, small letters, digits, dots and hyphens.',
    );
  }
}

function badName(what: string, hint: string): UsageError {
  return new UsageError(what, { code: 'bad-name', hint });
}
