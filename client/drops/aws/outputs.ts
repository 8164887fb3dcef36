/**
 * What a deployed channel tells each buddy's client: one JSON value an output of the stack, and no secret in it.
 * infra/channel-stack.ts writes it; this file says what it looks like and reads it strictly, without any AWS code.
 */
import { SetupError, UsageError } from '../../errors.ts';
import { type Direction, isRole, type Role } from '../../protocol/roles.ts';
import { isUserName } from './access-key.ts';
import type { AwsUsers } from './address.ts';

/** The value of one output. A later version that this client can't read carries a higher number in `btr`. */
export interface ClientOutput {
  readonly btr: 1;
  /** The stack's name, such as `Btr-alice-bob`. */
  readonly stack: string;
  /** Whose output it is. */
  readonly buddy: string;
  readonly role: Role;
  readonly region: string;
  /** Twelve digits. */
  readonly account: string;
  /** Queue URLs. */
  readonly queues: Readonly<Record<Direction, string>>;
  readonly bucket: string;
  /** The IAM user of each buddy that has one and not a role. Absent: written by a stack from before it was told. */
  readonly users?: AwsUsers;
}

export interface OutputChoice {
  /** A role (`a`, `b`) or a buddy's name in any case. May be left out where there is just one output. */
  readonly buddy?: string;
}

/** How the keys of our outputs begin; whatever else a stack puts out is not ours. */
export const outputKeyPrefix = 'Client';

/** Letters, digits and single hyphens inside: what the names of queues, users and stacks have in common. */
const buddyName = /^[A-Za-z0-9]+(-[A-Za-z0-9]+)*$/;
export const maxBuddyNameLength = 20;

export function isBuddyName(name: string): boolean {
  return name.length <= maxBuddyNameLength && buddyName.test(name);
}

/**
 * Reads what `cdk deploy --outputs-file` wrote, or one stack's object of it, or one output's bare JSON value, and
 * returns the output for a buddy.
 *
 * @throws SetupError where the text is not such outputs (`outputs-not-json`, `outputs-not-btr`, `outputs-malformed`)
 *   or was written for a newer client (`outputs-newer`).
 * @throws UsageError where the choice doesn't fit: `no-such-buddy`, `which-buddy`, `several-stacks`.
 */
export function parseOutputs(text: string, choice: OutputChoice = {}): ClientOutput {
  return chooseOutput(parseJson(text, 'The outputs'), choice);
}

/** As parseOutputs, for outputs that were parsed already, such as `{OutputKey: OutputValue}` of a described stack. */
export function chooseOutput(outputs: unknown, { buddy }: OutputChoice = {}): ClientOutput {
  const all = findOutputs(outputs);
  const found = buddy === undefined ? all : all.filter((output) => isFor(output, buddy));
  const [first, ...others] = found;
  if (first === undefined) {
    throw new UsageError(`These outputs have nothing for '${buddy}'; they are for ${listBuddies(all)}.`, {
      code: 'no-such-buddy',
      hint: 'Give the role a or b, or the name that the channel was deployed with, after --as.',
    });
  }
  if (others.length === 0) return first;
  const stacks = [...new Set(found.map((output) => output.stack))];
  if (stacks.length > 1) {
    throw new UsageError(`These outputs hold several channels: ${stacks.join(', ')}.`, {
      code: 'several-stacks',
      hint: "Keep only one stack's part in the file; its own `cdk deploy --outputs-file FILE` writes just that.",
    });
  }
  throw new UsageError(`These outputs are for ${listBuddies(found)}, and it was not said which one.`, {
    code: 'which-buddy',
    hint: 'Say who you are with --as and a name or role.',
  });
}

function isFor(output: ClientOutput, buddy: string): boolean {
  return output.role === buddy || output.buddy.toLowerCase() === buddy.toLowerCase();
}

function listBuddies(outputs: readonly ClientOutput[]): string {
  return outputs.map(({ buddy, role }) => `${buddy} (role ${role})`).join(' and ');
}

function findOutputs(value: unknown): ClientOutput[] {
  if (isRecord(value)) {
    if ('btr' in value) return [readOutput(value)];
    const own = findInStack(value);
    const found = own.length > 0 ? own : Object.values(value).filter(isRecord).flatMap(findInStack);
    if (found.length > 0) return found;
  }
  throw new SetupError('These are no outputs of a btr channel.', {
    code: 'outputs-not-btr',
    hint: 'Take the file that `npx cdk deploy -c buddies=... --outputs-file FILE` wrote.',
  });
}

function findInStack(outputs: Record<string, unknown>): ClientOutput[] {
  return Object.entries(outputs).flatMap(([key, value]) =>
    key.startsWith(outputKeyPrefix) && typeof value === 'string'
      ? [readOutput(parseJson(value, `The output ${key}`))]
      : [],
  );
}

function parseJson(text: string, what: string): unknown {
  try {
    // Editors and shells of Windows put a byte order mark before a file's text.
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    // The parser's own message quotes the text, which may be any file that was given by mistake: it is not passed on.
    if (!(error instanceof SyntaxError)) throw error;
    throw new SetupError(`${what} can't be read: the text is not JSON.`, {
      code: 'outputs-not-json',
      hint: 'Take the file as `npx cdk deploy -c buddies=... --outputs-file FILE` wrote it.',
    });
  }
}

/** Keys that are not known are left out: what this version can't do without would come with a new number. */
function readOutput(value: unknown): ClientOutput {
  if (!isRecord(value)) throw malformed('it is not an object');
  if (typeof value.btr === 'number' && Number.isInteger(value.btr) && value.btr > 1) {
    throw new SetupError(`This channel was deployed with a newer btr (its outputs have version ${value.btr}).`, {
      code: 'outputs-newer',
      hint: 'Install the current btr, then try again.',
    });
  }
  if (value.btr !== 1) throw malformed("its version, 'btr', is not 1");
  if (!isRole(value.role)) throw malformed("'role' is neither a nor b");
  if (!isRecord(value.queues)) throw malformed("'queues' is missing");
  const queues = { 'a-to-b': queueUrl(value.queues, 'a-to-b'), 'b-to-a': queueUrl(value.queues, 'b-to-a') };
  if (queues['a-to-b'] === queues['b-to-a']) throw malformed('both queues are the same');
  return {
    btr: 1,
    stack: field(value, 'stack', /^[A-Za-z][A-Za-z0-9-]{0,127}$/),
    buddy: field(value, 'buddy', buddyName),
    role: value.role,
    region: field(value, 'region', /^[a-z]{2,}(-[a-z0-9]+)+$/),
    account: field(value, 'account', /^\d{12}$/),
    queues,
    bucket: field(value, 'bucket', /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/),
    ...(value.users === undefined ? {} : { users: readUsers(value.users) }),
  };
}

function readUsers(value: unknown): AwsUsers {
  if (!isRecord(value)) throw malformed("'users' is not an object");
  return Object.fromEntries(
    (['a', 'b'] as const).flatMap((role) => {
      const user = value[role];
      if (user === undefined) return [];
      if (!isUserName(user)) throw malformed(`'users' has no name of an IAM user for ${role}`);
      return [[role, user]];
    }),
  );
}

function field(value: Record<string, unknown>, key: string, pattern: RegExp): string {
  const text = value[key];
  if (typeof text !== 'string' || !pattern.test(text)) throw malformed(`'${key}' is missing or not what it should be`);
  return text;
}

/** Plain http is let through for emulators; AWS itself refuses it by the queue's policy. */
function queueUrl(queues: Record<string, unknown>, direction: Direction): string {
  const text = queues[direction];
  const url = typeof text === 'string' ? URL.parse(text) : null;
  const fits =
    url !== null &&
    (url.protocol === 'https:' || url.protocol === 'http:') &&
    url.username === '' &&
    url.password === '' &&
    url.search === '' &&
    url.hash === '' &&
    url.pathname.endsWith('.fifo');
  if (typeof text !== 'string' || !fits) throw malformed(`'queues' has no URL of a FIFO queue for ${direction}`);
  return text;
}

function malformed(what: string): SetupError {
  return new SetupError(`An output of the channel is not what this btr expects: ${what}.`, {
    code: 'outputs-malformed',
    hint: 'Take the file unchanged from `npx cdk deploy ... --outputs-file FILE`, or ask who deployed it for it again.',
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
