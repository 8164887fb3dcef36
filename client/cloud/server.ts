/**
 * An AWS of one's own, in this process: SQS and S3 on 127.0.0.1, so that the real AWS path runs without an account.
 * It is for trying things out and for tests: it asks nobody who they are.
 */
import type { AddressInfo } from 'node:net';
import { buildApp } from 'fauxqs';
import type { AwsAddress } from '../drops/aws/address.ts';
import { isBuddyName } from '../drops/aws/outputs.ts';
import type { Direction } from '../protocol/roles.ts';
import { putFront } from './front.ts';
import { ACCOUNT, type LocalSqsStore, makeStores, persistStores, type Stores } from './stores.ts';

export interface CloudOptions {
  /** Default 0: any free port. */
  readonly port?: number;
  /** A folder that outlives this process. Absent: everything is in memory. */
  readonly dataDir?: string;
  /** What is there from the start, in memory. Absent: nothing. */
  readonly stores?: Stores;
}

/** The names of the two people, in the roles they have. */
export interface ChannelPeople {
  readonly a: string;
  readonly b: string;
}

export interface CloudChannel {
  /** Names of the queues, as the deployed stack has them. */
  readonly queues: Readonly<Record<Direction, string>>;
  readonly deadLetterQueues: Readonly<Record<Direction, string>>;
  readonly bucket: string;
  /** What a drop is opened with: queue URLs, region and endpoint included. */
  readonly address: AwsAddress;
}

export interface EmbeddedCloud {
  /** `http://127.0.0.1:PORT`. */
  readonly endpoint: string;
  readonly region: string;
  /** The variables that any AWS client needs to talk to it. */
  readonly env: Readonly<Record<string, string>>;
  /** Makes the queues and the bucket of a channel, as the deployed stack does. What is there already stays. */
  makeChannel(people: ChannelPeople): CloudChannel;
  /** The bodies that a queue holds, oldest first, those in flight included: all that the cloud sees. */
  peek(queue: string): readonly string[];
  /** How often each API action was called since the start. */
  calls(): Readonly<Record<string, number>>;
  /** Ends open polls and stops listening. */
  close(): Promise<void>;
}

const REGION = 'us-east-1';
const RETENTION = 14 * 86_400;
const MAX_MESSAGE_SIZE = 1_048_576;
const MAX_RECEIVE_COUNT = 100;

/** @throws the system's error (`EADDRINUSE`, `EACCES`) where the port can't be had. */
export async function startCloud(options: CloudOptions = {}): Promise<EmbeddedCloud> {
  const { port = 0, dataDir, stores = makeStores(REGION) } = options;
  const app = buildApp({ logger: false, defaultRegion: REGION, stores });
  const front = putFront(app, stores);
  await app.listen({ port, host: '127.0.0.1' });
  const endpoint = `http://127.0.0.1:${portOf(app.server.address())}`;
  stores.sqsStore.endpoint = endpoint;
  const closeStores = dataDir === undefined ? () => {} : persistStores(stores, dataDir);
  front.open();
  return {
    endpoint,
    region: REGION,
    env: variables(endpoint),
    makeChannel: (people) => {
      const names = channelNames(people);
      for (const direction of ['a-to-b', 'b-to-a'] as const) {
        makeQueues(stores.sqsStore, names.queues[direction], names.deadLetterQueues[direction]);
      }
      stores.s3Store.createBucket(names.bucket);
      return { ...names, address: addressOf(stores.sqsStore, names, endpoint) };
    },
    peek: (queue) => peek(stores.sqsStore, queue),
    calls: () => Object.fromEntries(front.calls),
    close: async () => {
      await app.close();
      closeStores();
    },
  };
}

/** Any credentials will do; none that are real should be near. */
function variables(endpoint: string): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: REGION,
    AWS_DEFAULT_REGION: REGION,
    AWS_ACCESS_KEY_ID: 'embedded',
    AWS_SECRET_ACCESS_KEY: 'embedded',
  };
}

type ChannelNames = Omit<CloudChannel, 'address'>;

function channelNames({ a, b }: ChannelPeople): ChannelNames {
  for (const name of [a, b]) {
    if (!isBuddyName(name)) throw new RangeError(`not a name of letters, digits and single hyphens: ${name}`);
  }
  // As the deployed stack has it: a hyphen stands between two names, so those inside a name are doubled.
  const stack = `Btr-${a.replaceAll('-', '--')}-${b.replaceAll('-', '--')}`;
  return {
    queues: { 'a-to-b': `${stack}-a-to-b.fifo`, 'b-to-a': `${stack}-b-to-a.fifo` },
    deadLetterQueues: { 'a-to-b': `${stack}-a-to-b-dead.fifo`, 'b-to-a': `${stack}-b-to-a-dead.fifo` },
    bucket: `${stack.toLowerCase()}-parcels`,
  };
}

/** With the attributes of the deployed ones (infra/constructs/channel-queue.ts). */
function makeQueues(store: LocalSqsStore, name: string, deadLetterQueue: string): void {
  const common = {
    FifoQueue: 'true',
    ContentBasedDeduplication: 'true',
    DeduplicationScope: 'messageGroup',
    FifoThroughputLimit: 'perMessageGroupId',
    MessageRetentionPeriod: String(RETENTION),
    MaximumMessageSize: String(MAX_MESSAGE_SIZE),
    SqsManagedSseEnabled: 'true',
  };
  const RedriveAllowPolicy = JSON.stringify({ redrivePermission: 'byQueue', sourceQueueArns: [arnOf(name)] });
  makeQueue(store, deadLetterQueue, { ...common, RedriveAllowPolicy });
  const RedrivePolicy = JSON.stringify({
    deadLetterTargetArn: arnOf(deadLetterQueue),
    maxReceiveCount: MAX_RECEIVE_COUNT,
  });
  makeQueue(store, name, { ...common, RedrivePolicy });
}

function makeQueue(store: LocalSqsStore, name: string, attributes: Record<string, string>): void {
  if (store.getQueueByName(name) !== undefined) return;
  store.createQueue(name, store.urlOf(name), arnOf(name), attributes);
}

function arnOf(queue: string): string {
  return `arn:aws:sqs:${REGION}:${ACCOUNT}:${queue}`;
}

function addressOf(store: LocalSqsStore, names: ChannelNames, endpoint: string): AwsAddress {
  const { queues, bucket } = names;
  return {
    kind: 'aws',
    queues: { 'a-to-b': store.urlOf(queues['a-to-b']), 'b-to-a': store.urlOf(queues['b-to-a']) },
    bucket,
    region: REGION,
    endpoint,
  };
}

function peek(store: LocalSqsStore, name: string): readonly string[] {
  const messages = store.inspectQueue(name)?.messages;
  if (messages === undefined) throw new RangeError(`no such queue: ${name}`);
  const all = [...messages.ready, ...messages.delayed, ...messages.inflight.map((entry) => entry.message)];
  all.sort((one, other) => (one.sequenceNumber ?? '').localeCompare(other.sequenceNumber ?? ''));
  return all.map((message) => message.body);
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new TypeError('the cloud does not listen on a port');
  return address.port;
}
