/**
 * Every physical name of a channel, in one place. All follow from the buddies' names; `prefix` changes how they begin,
 * `aToB`, `bToA` and `bucket` set one alone.
 *
 * What has a name here has it so that people can tell it apart in the console, type it, and use the queues by name from
 * other clients. The bucket has none unless it is given: bucket names are shared by all of AWS, so CloudFormation makes
 * a free one up.
 *
 * Two channels never share a name that follows from prefix and buddies. A hyphen stands between two parts, so those
 * inside a part are doubled: `ann-lee,bob` and `ann,lee-bob` differ. What belongs to no buddy begins with the stack's
 * name and two hyphens, and no buddy's name begins with a hyphen.
 */
import { outputKeyPrefix } from '../client/drops/aws/outputs.ts';
import type { Direction, Role } from '../client/protocol/roles.ts';

export interface NameSettings {
  /** Default `Btr`. */
  readonly prefix?: string;
  /** With or without `.fifo`. */
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
  /** Of the expiry function, of its role and of the rule that starts it. */
  readonly expiry: string;
  readonly expiryLogs: string;
  readonly topic: string;
  readonly alarms: {
    readonly deadLetters: Readonly<Record<Direction, string>>;
    readonly oldestMessage: Readonly<Record<Direction, string>>;
    readonly expiry: string;
  };
}

export function channelNames(buddies: Readonly<Record<Role, string>>, settings: NameSettings = {}): ChannelNames {
  const stack = [settings.prefix ?? 'Btr', buddies.a, buddies.b].map(withoutSeparators).join('-');
  const aToB = queueBase(settings.aToB ?? `${stack}-a-to-b`);
  const bToA = queueBase(settings.bToA ?? `${stack}-b-to-a`);
  const perBuddy = { a: `${stack}-${buddies.a}`, b: `${stack}-${buddies.b}` };
  return {
    stack,
    queues: { 'a-to-b': `${aToB}.fifo`, 'b-to-a': `${bToA}.fifo` },
    deadLetterQueues: { 'a-to-b': `${aToB}-dead.fifo`, 'b-to-a': `${bToA}-dead.fifo` },
    ...(settings.bucket === undefined ? {} : { bucket: settings.bucket }),
    policies: perBuddy,
    principals: perBuddy,
    outputs: { a: outputKey(buddies.a), b: outputKey(buddies.b) },
    expiry: `${stack}--expire`,
    expiryLogs: `/aws/lambda/${stack}--expire`,
    topic: `${stack}--alarms`,
    alarms: {
      deadLetters: { 'a-to-b': `${stack}--a-to-b-dead`, 'b-to-a': `${stack}--b-to-a-dead` },
      oldestMessage: { 'a-to-b': `${stack}--a-to-b-age`, 'b-to-a': `${stack}--b-to-a-age` },
      expiry: `${stack}--expire-errors`,
    },
  };
}

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
