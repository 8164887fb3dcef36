/** The limits AWS sets to names, and that no two things of one kind have the same. */
import type { ChannelNames, NameSettings } from '../names.ts';
import { wrong } from './fields.ts';

/** By kind and name, the field that a name follows from. */
export type TakenNames = Map<string, string>;

type Kind = 'stack' | 'queue' | 'user' | 'function' | 'bucket';

interface PhysicalName {
  readonly kind: Kind;
  readonly name: string;
  /** The setting that it follows from most. */
  readonly setting: string;
}

/**
 * Amazon SQS Developer Guide, "Amazon SQS message quotas"; IAM User Guide, "IAM and AWS STS quotas"; AWS CloudFormation
 * API Reference, "CreateStack"; AWS Lambda API Reference, "CreateFunction"; Amazon S3 User Guide, "General purpose
 * bucket naming rules" (dots are allowed there, and break the bucket's certificate).
 */
const limits: Readonly<Record<Kind, { longest: number; pattern: RegExp; rule: string }>> = {
  stack: { longest: 128, pattern: /^[A-Za-z][A-Za-z0-9-]*$/, rule: 'letters, digits and hyphens, a letter first' },
  queue: { longest: 80, pattern: /^[A-Za-z0-9_-]+\.fifo$/, rule: 'letters, digits, hyphens and underscores' },
  user: { longest: 64, pattern: /^[A-Za-z0-9-]+$/, rule: 'letters, digits and hyphens' },
  function: { longest: 64, pattern: /^[A-Za-z0-9-]+$/, rule: 'letters, digits and hyphens' },
  bucket: {
    longest: 63,
    pattern: /^(?!xn--|sthree-|amzn-s3-demo-)(?!.*(-s3alias|--ol-s3|--x-s3|--table-s3)$)[a-z0-9][a-z0-9-]+[a-z0-9]$/,
    rule: 'at least three small letters, digits and hyphens inside, and none of the beginnings and ends that AWS keeps',
  },
};

/**
 * Adds the names of a channel to those that are taken.
 *
 * @param at what the place of a setting is called
 * @throws UsageError where AWS would not take a name, or it is taken already. AWS takes user names that differ only in
 *   case for the same; so it is here with all names.
 */
export function takeNames(
  names: ChannelNames,
  given: NameSettings,
  at: (setting: string) => string,
  taken: TakenNames,
): void {
  for (const { kind, name, setting } of physicalNames(names, given)) {
    const field = at(setting);
    checkLimits(kind, name, field);
    const key = `${kind} ${name.toLowerCase()}`;
    const other = taken.get(key);
    if (other !== undefined) {
      throw wrong(
        field,
        `the ${kind} '${name}' would have the name of another, which follows from \`${other}\`.`,
        'Names must differ in more than case. Change buddies, prefix, aToB, bToA or bucket.',
      );
    }
    taken.set(key, field);
  }
}

function physicalNames(names: ChannelNames, given: NameSettings): PhysicalName[] {
  const base = given.prefix === undefined ? 'buddies' : 'prefix';
  const ofQueue = {
    'a-to-b': given.aToB === undefined ? base : 'aToB',
    'b-to-a': given.bToA === undefined ? base : 'bToA',
  };
  const queues = (['a-to-b', 'b-to-a'] as const).flatMap((direction): PhysicalName[] =>
    [names.queues[direction], names.deadLetterQueues[direction]].map((name) => ({
      kind: 'queue',
      name,
      setting: ofQueue[direction],
    })),
  );
  return [
    { kind: 'stack', name: names.stack, setting: base },
    ...queues,
    ...Object.values(names.principals).map((name): PhysicalName => ({ kind: 'user', name, setting: base })),
    { kind: 'function', name: names.expiry, setting: base },
    ...(names.bucket === undefined ? [] : [{ kind: 'bucket', name: names.bucket, setting: 'bucket' } as const]),
  ];
}

function checkLimits(kind: Kind, name: string, field: string): void {
  const { longest, pattern, rule } = limits[kind];
  if (name.length > longest) {
    throw wrong(
      field,
      `the ${kind} '${name}' would have a name of ${name.length} characters; AWS takes ${longest}.`,
      'Use shorter names for the buddies, or set what is too long: prefix, aToB, bToA or bucket.',
    );
  }
  if (!pattern.test(name)) throw wrong(field, `the ${kind} can't be named '${name}'.`, `Its name is made of ${rule}.`);
}
