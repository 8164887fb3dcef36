/** What `btr doctor` finds out about an AWS drop. Everything here only reads, and no finding is an exception. */
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { BtrError, errorText } from '../../errors.ts';
import { type Direction, directionTo, type Role } from '../../protocol/roles.ts';
import type { Finding } from '../drop.ts';
import { roundTripFinding } from '../findings.ts';
import { excessRights, neededRight } from '../rights.ts';
import type { AwsAddress } from './address.ts';
import { guarded, sendOptions } from './calls.ts';
import { toDropError } from './errors.ts';
import type { Queues } from './queues.ts';
import { answerTimeout } from './settings.ts';

const DAY = 86_400;
/** AWS takes signatures up to five minutes off for SQS; a clock this wrong is worth a word before that. */
const CLOCK_SLACK = 60_000;

export async function checkDrop(
  queues: Queues,
  address: AwsAddress,
  role: Role,
  signal: AbortSignal | undefined,
): Promise<readonly Finding[]> {
  const clock = watchClock(queues);
  const findings = [await checkRegion(queues), await checkCredentials(queues)];
  let took = 0;
  for (const direction of ['a-to-b', 'b-to-a'] as const) {
    // The second time a connection stands.
    const started = performance.now();
    findings.push(await checkQueue(queues, direction, directionTo(role) === direction, signal));
    took = performance.now() - started;
  }
  if (address.bucket !== undefined) findings.push(await checkBucket(queues, address, address.bucket, signal));
  if (findings.some(({ ok }) => !ok)) return [...findings, clock()];
  return [...findings, ...(await checkRights(queues, address, role, signal)), roundTripFinding(took), clock()];
}

/** Who comes with rights of their own, as the owner, may have more; a key that is kept with the drop should not. */
async function checkRights(
  queues: Queues,
  address: AwsAddress,
  role: Role,
  signal: AbortSignal | undefined,
): Promise<readonly Finding[]> {
  const { bucketProbes, queueProbes } = await import('./probes.ts');
  const { makeS3Client } = await import('./s3-client.ts');
  const s3 = makeS3Client(address, queues.settings);
  try {
    const all = [queueProbes(queues, role)];
    if (address.bucket !== undefined) all.push(bucketProbes(queues, s3, address.bucket, role));
    const needed = await Promise.all(all.flatMap((probes) => probes.needed).map((one) => neededRight(one, signal)));
    const findings = needed.map(({ finding }) => finding);
    if (address.credentials === undefined) return findings;
    const excess = all.flatMap((probes) => probes.excess);
    return [...findings, await excessRights(excess, tooMuch, signal)];
  } finally {
    s3.destroy();
  }
}

function tooMuch(rights: string): string {
  return `This key may also: ${rights}. Unless that is meant, as with allowSwap of a test stack, have the owner deploy the stack again and make another key (btr channel rotate-key).`;
}

/** Runs one look; what it throws is the finding. */
async function look(what: string, signal: AbortSignal | undefined, run: () => Promise<string>): Promise<Finding> {
  try {
    return { what, ok: true, text: await run() };
  } catch (error) {
    signal?.throwIfAborted();
    const hint = error instanceof BtrError && error.hint !== undefined ? ` ${error.hint}` : '';
    return { what, ok: false, text: `${errorText(error)}${hint}` };
  }
}

function checkRegion(queues: Queues): Promise<Finding> {
  return look('region', undefined, () =>
    guarded({ action: 'region', resource: 'region' }, undefined, () => queues.client.config.region()),
  );
}

function checkCredentials(queues: Queues): Promise<Finding> {
  return look('credentials', undefined, async () => {
    const attempt = { action: 'credentials', resource: 'credentials' };
    const identity = await guarded(attempt, undefined, () => queues.client.config.credentials());
    if (identity.expiration !== undefined && identity.expiration.getTime() < Date.now()) {
      throw toDropError(Object.assign(new Error(), { name: 'ExpiredToken' }), attempt);
    }
    const until = identity.expiration === undefined ? '' : `, good until ${identity.expiration.toISOString()}`;
    return `found, ${credentialSource(queues)}${until}`;
  });
}

/** Where the credentials come from, in the SDK's order; never their values. */
function credentialSource(queues: Queues): string {
  if (queues.settings.credentials !== undefined) return 'kept with the drop';
  if (process.env.AWS_PROFILE) return `from the profile ${process.env.AWS_PROFILE}`;
  if (process.env.AWS_ACCESS_KEY_ID && process.env.AWS_SECRET_ACCESS_KEY) return 'from AWS_ACCESS_KEY_ID';
  return "from the SDK's default chain (default profile, SSO, or the machine's role)";
}

function checkQueue(
  queues: Queues,
  direction: Direction,
  receives: boolean,
  signal: AbortSignal | undefined,
): Promise<Finding> {
  return look(`queue ${direction}`, signal, async () => {
    const result = await queues.call('GetQueueAttributes', direction, signal, (QueueUrl) =>
      queues.client.send(
        new GetQueueAttributesCommand({
          QueueUrl,
          AttributeNames: [
            'FifoQueue',
            'ContentBasedDeduplication',
            'MessageRetentionPeriod',
            'ApproximateNumberOfMessages',
          ],
        }),
        sendOptions(signal, answerTimeout(queues.settings, 0)),
      ),
    );
    const attributes: Partial<Record<string, string>> = result.Attributes ?? {};
    if (attributes.FifoQueue !== 'true')
      throw new Error('It is not a FIFO queue: order would be lost. Make it a FIFO queue.');
    const days = Number(attributes.MessageRetentionPeriod ?? 0) / DAY;
    const waiting = attributes.ApproximateNumberOfMessages ?? 'some';
    const use = receives ? `this side receives here, about ${waiting} waiting` : 'this side sends here';
    const content =
      attributes.ContentBasedDeduplication === 'true'
        ? ''
        : '; content-based deduplication is off (only btrchat needs it)';
    return `reachable, FIFO, keeps messages ${days.toFixed(1)} days, ${use}${content}`;
  });
}

/** "Forbidden" is the good answer: the bucket is there, and a buddy may not list it. */
function checkBucket(
  queues: Queues,
  address: AwsAddress,
  bucket: string,
  signal: AbortSignal | undefined,
): Promise<Finding> {
  return look(`bucket ${bucket}`, signal, async () => {
    const attempt = { action: 's3:HeadBucket', resource: `s3://${bucket}` };
    try {
      const { headBucket } = await import('./s3-client.ts');
      await headBucket(address, bucket, queues.settings, signal);
      return 'reachable';
    } catch (error) {
      const failure = toDropError(error, attempt);
      if (failure.code === 'access-denied') return 'reachable (it may not be listed, as it should be)';
      if (failure.code !== 'no-such-parcel') throw failure;
      // The answer to HEAD has no body, so it can't say that it is the bucket that is missing.
      throw toDropError(Object.assign(new Error(), { name: 'NoSuchBucket' }), attempt);
    }
  });
}

/** Compares this machine's clock with the Date of the answers that come in while the checks run. */
function watchClock(queues: Queues): () => Finding {
  let difference: number | undefined;
  queues.client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const served = Date.parse(dateHeader(result.response) ?? '');
      if (!Number.isNaN(served)) difference = Date.now() - served;
      return result;
    },
    { step: 'deserialize', name: 'btrWatchClock', override: true },
  );
  return () => {
    if (difference === undefined) return { what: 'clock', ok: true, text: 'not compared: no answer told the time' };
    const seconds = Math.round(Math.abs(difference) / 1000);
    const ok = Math.abs(difference) < CLOCK_SLACK;
    const way = difference < 0 ? 'behind' : 'ahead of';
    if (ok) return { what: 'clock', ok, text: `within ${Math.max(1, seconds)} s of the cloud's` };
    return { what: 'clock', ok, text: `${seconds} s ${way} the cloud's. Set this machine's clock.` };
  };
}

function dateHeader(response: unknown): string | undefined {
  if (typeof response !== 'object' || response === null || !('headers' in response)) return undefined;
  const { headers } = response;
  if (typeof headers !== 'object' || headers === null || !('date' in headers)) return undefined;
  return typeof headers.date === 'string' ? headers.date : undefined;
}
