/**
 * Where an AWS drop is: two one-way FIFO queues and, for parcels, a bucket. Two people write the same drop down in
 * different forms (a queue's name or its URL, another endpoint), so `awsDropId` rests on the queue names alone.
 */
import { type Direction, directionFrom, directionTo, type Role } from '../../protocol/roles.ts';
import { type AccessKey, isUserName, readAccessKey } from './access-key.ts';
import { badAddress, known, optionalText, quoted, record, text } from './fields.ts';

/** The IAM users of the two sides; one who uses a role of AWS's in place of a user has none. */
export type AwsUsers = Readonly<Partial<Record<Role, string>>>;

export interface AwsAddress {
  readonly kind: 'aws';
  /** A queue's name (ends in `.fifo`) or its URL. */
  readonly queues: Readonly<Record<Direction, string>>;
  /** Absent: the drop keeps no parcels. */
  readonly bucket?: string;
  /** Absent: taken from a queue URL, else from the usual AWS variables and profiles. */
  readonly region?: string;
  /** Base URL of a service that is not AWS's own: SQS and S3 are both asked there. */
  readonly endpoint?: string;
  /** The twelve digits of the account that owns the queues, where it is not the caller's own. */
  readonly account?: string;
  /** Absent: not known, as with queues made by other means. */
  readonly users?: AwsUsers;
  /** Whoever opens the drop uses this key alone. Absent: the usual AWS variables and profiles. */
  readonly credentials?: AccessKey;
}

const QUEUE_NAME = /^[A-Za-z0-9_-]{1,75}\.fifo$/;
const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const REGION = /^(?=.{4,32}$)[a-z]{2,}(-[a-z0-9]+)+$/;
const ACCOUNT = /^\d{12}$/;

/** Reads an address as it was stored or handed over. @throws UsageError with code `bad-address`. */
export function parseAwsAddress(value: unknown): AwsAddress {
  const fields = record(value, 'the address');
  known(fields, ['kind', 'queues', 'bucket', 'region', 'endpoint', 'account', 'users', 'credentials']);
  if (fields.kind !== 'aws') throw badAddress('its kind is not aws');
  const queues = record(fields.queues, 'queues');
  known(queues, ['a-to-b', 'b-to-a']);
  const place = makeAddress({
    'a-to-b': text(queues['a-to-b'], 'the queue a-to-b'),
    'b-to-a': text(queues['b-to-a'], 'the queue b-to-a'),
    bucket: optionalText(fields.bucket, 'bucket'),
    region: optionalText(fields.region, 'region'),
    endpoint: optionalText(fields.endpoint, 'endpoint'),
    account: optionalText(fields.account, 'account'),
  });
  return {
    ...place,
    ...(fields.users === undefined ? {} : { users: parseUsers(fields.users) }),
    ...(fields.credentials === undefined ? {} : { credentials: parseCredentials(fields.credentials) }),
  };
}

/** The address with a side's IAM user. @throws UsageError with code `bad-address`. */
export function withUser(address: AwsAddress, role: Role, user: string): AwsAddress {
  return { ...address, users: parseUsers({ ...address.users, [role]: user }) };
}

/**
 * Reads `aws:tx=QUEUE,rx=QUEUE[,bucket=NAME][,region=R][,endpoint=URL]`, as seen by the side with this role: `tx` is
 * the queue it sends on. @throws UsageError with code `bad-address`.
 */
export function parseAwsUri(uri: string, role: Role): AwsAddress {
  if (!uri.startsWith('aws:')) throw badAddress('it does not begin with aws:');
  const fields: Record<string, string> = {};
  for (const part of uri.slice('aws:'.length).split(',')) {
    const equals = part.indexOf('=');
    if (equals < 1) throw badAddress(`"${part}" is not of the form name=value`);
    const name = part.slice(0, equals);
    if (name in fields) throw badAddress(`${name} is given twice`);
    fields[name] = part.slice(equals + 1);
  }
  known(fields, ['tx', 'rx', 'bucket', 'region', 'endpoint', 'account']);
  const queues = { [directionFrom(role)]: text(fields.tx, 'tx'), [directionTo(role)]: text(fields.rx, 'rx') };
  return makeAddress({
    'a-to-b': queues['a-to-b'] ?? '',
    'b-to-a': queues['b-to-a'] ?? '',
    bucket: fields.bucket,
    region: fields.region,
    endpoint: fields.endpoint,
    account: fields.account,
  });
}

/** The same for both sides of a drop, whatever form they name it in. */
export function awsDropId(address: AwsAddress): string {
  return `aws:${queueName(address.queues['a-to-b'])},${queueName(address.queues['b-to-a'])}`;
}

/** The name of a queue that is given by name or URL. @throws UsageError with code `bad-address`. */
export function queueName(queue: string): string {
  const name = isQueueUrl(queue) ? (new URL(queue).pathname.split('/').at(-1) ?? '') : queue;
  if (!QUEUE_NAME.test(name)) throw badAddress(`${quoted(name)} is not the name of a FIFO queue, which ends in .fifo`);
  return name;
}

export function isQueueUrl(queue: string): boolean {
  return /^https?:\/\//.test(queue) && URL.canParse(queue);
}

/** The account in a queue URL's path, as in `https://sqs.eu-west-1.amazonaws.com/123456789012/Name.fifo`. */
export function queueAccount(queue: string): string | undefined {
  if (!isQueueUrl(queue)) return undefined;
  const account = new URL(queue).pathname.split('/').at(-2);
  return account !== undefined && ACCOUNT.test(account) ? account : undefined;
}

/** The region in the host of one of AWS's own queue URLs. */
export function queueRegion(queue: string): string | undefined {
  if (!isQueueUrl(queue)) return undefined;
  const [, region] =
    /^sqs(?:-fips)?\.([a-z0-9-]+)\.(?:amazonaws\.com|amazonaws\.com\.cn|api\.aws)$/.exec(new URL(queue).hostname) ?? [];
  return region;
}

/** The origin of a queue URL that is not one of AWS's own: the endpoint to use where no other is set. */
export function queueOrigin(queue: string): string | undefined {
  if (!isQueueUrl(queue)) return undefined;
  const url = new URL(queue);
  return /\.(amazonaws\.com|amazonaws\.com\.cn|api\.aws)$/.test(url.hostname) ? undefined : url.origin;
}

interface AddressParts extends Record<Direction, string> {
  bucket: string | undefined;
  region: string | undefined;
  endpoint: string | undefined;
  account: string | undefined;
}

function parseUsers(value: unknown): AwsUsers {
  const users = record(value, 'users');
  known(users, ['a', 'b']);
  return Object.fromEntries(
    Object.entries(users).map(([role, user]) => {
      if (!isUserName(user)) throw badAddress(`the user of ${role} is not the name of an IAM user`);
      return [role, user];
    }),
  );
}

function parseCredentials(value: unknown): AccessKey {
  const key = readAccessKey(value);
  if (key === undefined) throw badAddress('its credentials are not one access key');
  return key;
}

function makeAddress(parts: AddressParts): AwsAddress {
  for (const direction of ['a-to-b', 'b-to-a'] as const) checkQueue(parts[direction]);
  const names = [queueName(parts['a-to-b']), queueName(parts['b-to-a'])];
  if (names[0] === names[1]) throw badAddress('both directions are the same queue');
  check(parts.bucket, BUCKET, 'the bucket is not a bucket name');
  check(parts.region, REGION, 'the region is not one like eu-central-1');
  check(parts.account, ACCOUNT, 'the account is not twelve digits');
  return {
    kind: 'aws',
    queues: { 'a-to-b': parts['a-to-b'], 'b-to-a': parts['b-to-a'] },
    ...(parts.bucket === undefined ? {} : { bucket: parts.bucket }),
    ...(parts.region === undefined ? {} : { region: parts.region }),
    ...(parts.endpoint === undefined ? {} : { endpoint: parseEndpoint(parts.endpoint) }),
    ...(parts.account === undefined ? {} : { account: parts.account }),
  };
}

/** A URL has the queue's path and nothing that would be passed over in silence. */
function checkQueue(queue: string): void {
  if (!isQueueUrl(queue)) return;
  if (!/^[!-~]+$/.test(queue)) throw badAddress("a queue's URL holds what no URL can");
  const { username, password, search, hash } = new URL(queue);
  if (`${username}${password}${search}${hash}` !== '') throw badAddress("a queue's URL holds more than host and path");
}

function parseEndpoint(endpoint: string): string {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    throw badAddress('the endpoint is not an http or https URL');
  }
  if (url.username !== '' || url.password !== '') throw badAddress('the endpoint holds a user name or password');
  return url.href.replace(/\/+$/, '');
}

function check(value: string | undefined, pattern: RegExp, what: string): void {
  if (value !== undefined && !pattern.test(value)) throw badAddress(what);
}
