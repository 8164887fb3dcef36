/** The questions that tell what a SAS set, or whoever asks, may do in an Azure drop. */
import { randomBytes } from 'node:crypto';
import { isRestError } from '@azure/storage-queue';
import { formatParcelKey } from '../../protocol/parcel-key.ts';
import { directionFrom, directionTo, otherRole, type Role } from '../../protocol/roles.ts';
import type { Probe } from '../rights.ts';
import type { Containers } from './containers.ts';
import type { Queues } from './queues.ts';

export interface Probes {
  /** What a side needs. */
  readonly needed: readonly Probe[];
  /** What would let it see or do more. */
  readonly excess: readonly Probe[];
}

export function probesOf(queues: Queues, containers: Containers, role: Role): Probes {
  const [out, back, other] = [directionFrom(role), directionTo(role), otherRole(role)];
  const key = (whose: Role) => formatParcelKey(whose, Date.now(), randomBytes(16));
  const nothing = randomBytes(16).toString('hex');
  const queue = (right: string, way: typeof out, ask: (client: QueueClient, options: Options) => Promise<unknown>) => ({
    right: `${right} (${way})`,
    run: (signal: AbortSignal | undefined) =>
      queues.call(right, way, signal, (client, options) => answered(ask(client, options))),
  });
  const container = (
    right: string,
    whose: Role,
    ask: (client: ContainerClient, options: Options) => Promise<unknown>,
  ) => ({
    right: `${right} (container of ${whose})`,
    run: (signal: AbortSignal | undefined) =>
      containers.call(right, whose, signal, (client, options) => answered(ask(client, options))),
  });
  return {
    needed: [
      // No message lives for no time at all, so none is left.
      queue('leave messages', out, (client, options) => client.sendMessage('-', { ...options, messageTimeToLive: 0 })),
      queue('collect messages', back, (client, options) => client.deleteMessage(nothing, nothing, options)),
      queue('hide messages', back, (client, options) => client.updateMessage(nothing, nothing, undefined, 1, options)),
      container('put files', role, (client, options) =>
        client.getBlockBlobClient(key(role)).commitBlockList([nothing], options),
      ),
      container('recall files', role, (client, options) => client.getBlobClient(key(role)).delete(options)),
      container('fetch files', other, (client, options) => client.getBlobClient(key(other)).getProperties(options)),
      container('burn files', other, (client, options) => client.getBlobClient(key(other)).delete(options)),
    ],
    excess: [
      queue('read what it left', out, (client, options) => client.peekMessages(options)),
      queue('take back what it left', out, (client, options) => client.deleteMessage(nothing, nothing, options)),
      queue('leave messages to itself', back, (client, options) =>
        client.sendMessage('-', { ...options, messageTimeToLive: 0 }),
      ),
      queue('read without collecting', back, (client, options) => client.peekMessages(options)),
      container('list files', role, (client, options) => first(client.listBlobsFlat(options))),
      container('list files', other, (client, options) => first(client.listBlobsFlat(options))),
      container('put files', other, (client, options) =>
        client.getBlockBlobClient(key(other)).commitBlockList([nothing], options),
      ),
    ],
  };
}

type QueueClient = ReturnType<Queues['client']>;
type ContainerClient = ReturnType<Containers['client']>;
type Options = { abortSignal?: AbortSignal };

/** An answer about the request itself is one to somebody who may ask it. */
async function answered(request: Promise<unknown>): Promise<Date | undefined> {
  try {
    await request;
    return undefined;
  } catch (error) {
    if (!isRestError(error) || ![400, 404, 409].includes(error.statusCode ?? 0) || isPlaceMissing(error.code))
      throw error;
    const date = Date.parse(error.response?.headers.get('date') ?? '');
    return Number.isNaN(date) ? undefined : new Date(date);
  }
}

function isPlaceMissing(code: string | undefined): boolean {
  return code === 'QueueNotFound' || code === 'ContainerNotFound' || code === 'ResourceNotFound';
}

async function first(list: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of list) return;
}
