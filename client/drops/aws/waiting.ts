/** How much waits in a queue (Amazon SQS API Reference, "GetQueueAttributes"). */
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { directionFrom, type Role } from '../../protocol/roles.ts';
import type { CallOptions } from '../drop.ts';
import type { AwsAddress } from './address.ts';
import { sendOptions } from './calls.ts';
import { isNoSuchQueue } from './errors.ts';
import { Queues } from './queues.ts';
import { answerTimeout, clientSettings } from './settings.ts';

/**
 * About how many envelopes of the side with this role wait for the other one, those counted that are being received
 * just now. A queue that is gone holds none. @throws DropError.
 */
export async function countWaiting(address: AwsAddress, role: Role, { signal }: CallOptions = {}): Promise<number> {
  const settings = clientSettings(address, undefined, undefined);
  const queues = new Queues(address, settings);
  try {
    const { Attributes = {} } = await queues.call('GetQueueAttributes', directionFrom(role), signal, (QueueUrl) =>
      queues.client.send(
        new GetQueueAttributesCommand({
          QueueUrl,
          AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
        }),
        sendOptions(signal, answerTimeout(settings, 0)),
      ),
    );
    return Object.values(Attributes).reduce((sum, count) => sum + Number(count), 0);
  } catch (error) {
    if (isNoSuchQueue(error)) return 0;
    throw error;
  } finally {
    queues.close();
  }
}
