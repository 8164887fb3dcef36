/** The questions that tell what a key, or whoever asks, may do with the queues and the bucket of an AWS drop. */
import { randomBytes } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  ListObjectsV2Command,
  type S3Client,
} from '@aws-sdk/client-s3';
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  SendMessageBatchCommand,
} from '@aws-sdk/client-sqs';
import { formatParcelKey } from '../../protocol/parcel-key.ts';
import { type Direction, directionFrom, directionTo, otherRole, type Role } from '../../protocol/roles.ts';
import type { Probe } from '../rights.ts';
import { guarded, sendOptions } from './calls.ts';
import type { Queues } from './queues.ts';
import { answerTimeout } from './settings.ts';

export interface Probes {
  /** What a side needs, as far as asking shows nothing to others: whether a message would come can't be asked. */
  readonly needed: readonly Probe[];
  /** What would let it see or do more. */
  readonly excess: readonly Probe[];
}

/** A batch without entries is refused for that, where its action is allowed at all. */
export function queueProbes(queues: Queues, role: Role): Probes {
  const [out, back] = [directionFrom(role), directionTo(role)];
  const batches = {
    SendMessage: (QueueUrl: string) => queues.client.send(new SendMessageBatchCommand({ QueueUrl, Entries: [] })),
    DeleteMessage: (QueueUrl: string) => queues.client.send(new DeleteMessageBatchCommand({ QueueUrl, Entries: [] })),
    ChangeMessageVisibility: (QueueUrl: string) =>
      queues.client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries: [] })),
  };
  const probe = (right: string, action: keyof typeof batches, way: Direction): Probe => ({
    right: `${right} (${way})`,
    run: (signal) => queues.call(action, way, signal, (url) => unless(batches[action](url), /EmptyBatchRequest$/)),
  });
  return {
    needed: [
      probe('leave messages', 'SendMessage', out),
      probe('remove messages', 'DeleteMessage', back),
      probe('hide messages', 'ChangeMessageVisibility', back),
    ],
    excess: [
      probe('take back what it left', 'DeleteMessage', out),
      probe('leave messages to itself', 'SendMessage', back),
    ],
  };
}

type Ask = (key: string, options: ReturnType<typeof sendOptions>) => Promise<unknown>;

/** An upload and an object that nobody ever made: giving up or removing them changes nothing. */
export function bucketProbes(queues: Queues, s3: S3Client, bucket: string, role: Role): Probes {
  const other = otherRole(role);
  const UploadId = randomBytes(16).toString('hex');
  const probe = (right: string, action: string, whose: Role, ask: Ask): Probe => ({
    right: `${right} (files of ${whose})`,
    run: (signal) => {
      const key = formatParcelKey(whose, Date.now(), randomBytes(16));
      const attempt = { action: `s3:${action}`, resource: `s3://${bucket}/${whose}/` };
      return guarded(attempt, signal, () => unless(ask(key, sendOptions(signal, timeout)), /^NoSuchUpload$/));
    },
  });
  const timeout = answerTimeout(queues.settings, 0);
  const abort: Ask = (Key, options) =>
    s3.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key, UploadId }), options);
  const remove: Ask = (Key, options) => s3.send(new DeleteObjectCommand({ Bucket: bucket, Key }), options);
  const list: Ask = (_, options) => s3.send(new ListObjectsV2Command({ Bucket: bucket, MaxKeys: 1 }), options);
  return {
    needed: [
      probe('put files', 'AbortMultipartUpload', role, abort),
      probe('recall files', 'DeleteObject', role, remove),
      probe('burn files', 'DeleteObject', other, remove),
    ],
    excess: [probe('put files', 'AbortMultipartUpload', other, abort), probe('list files', 'ListBucket', other, list)],
  };
}

/** An error about the request itself is an answer to somebody who may make it. */
async function unless(request: Promise<unknown>, expected: RegExp): Promise<undefined> {
  try {
    await request;
  } catch (error) {
    if (!(error instanceof Error) || !expected.test(error.name)) throw error;
  }
}
