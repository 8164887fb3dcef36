/** Queues as SQS has them in this: a receive brings up to ten messages of one group. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { dropUris, serve } from './answering.ts';
import { StubQueue } from './stub-queue.ts';

const calls: Record<string, number> = {};
const queues = new Map<string, StubQueue>();

const server = createServer(async (request, response) => {
  const action = String(request.headers['x-amz-target']).replace(/^AmazonSQS\./, '');
  calls[action] = (calls[action] ?? 0) + 1;
  const input = (await json(request)) as Record<string, unknown>;
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  response.setHeader('content-type', 'application/x-amz-json-1.0');
  response.end(JSON.stringify(await answer(action, input, gone.signal)));
});

async function answer(action: string, input: Record<string, unknown>, gone: AbortSignal): Promise<object> {
  const name = String(input.QueueName ?? String(input.QueueUrl).split('/').at(-1));
  if (action === 'GetQueueUrl') return { QueueUrl: `${endpoint}/000000000000/${name}` };
  if (action === 'GetQueueAttributes')
    return { Attributes: { FifoQueue: 'true', QueueArn: `arn:aws:sqs:x:0:${name}` } };
  const queue = queues.get(name) ?? new StubQueue();
  queues.set(name, queue);
  switch (action) {
    case 'SendMessage':
      return queue.send(String(input.MessageBody));
    case 'SendMessageBatch':
      return {
        Successful: entries(input).map((entry) => ({ Id: entry.Id, ...queue.send(String(entry.MessageBody)) })),
      };
    case 'ReceiveMessage':
      return queue.receive(Number(input.MaxNumberOfMessages ?? 1), Number(input.WaitTimeSeconds ?? 0), gone);
    case 'DeleteMessage':
      queue.remove(String(input.ReceiptHandle));
      return {};
    case 'DeleteMessageBatch':
      for (const entry of entries(input)) queue.remove(String(entry.ReceiptHandle));
      return { Successful: entries(input).map(({ Id }) => ({ Id })) };
    case 'ChangeMessageVisibility':
      queue.changeVisibility(String(input.ReceiptHandle), Number(input.VisibilityTimeout));
      return {};
    case 'ChangeMessageVisibilityBatch':
      for (const entry of entries(input)) {
        queue.changeVisibility(String(entry.ReceiptHandle), Number(entry.VisibilityTimeout));
      }
      return { Successful: entries(input).map(({ Id }) => ({ Id })) };
    default:
      throw new Error(`the stub does not know ${action}`);
  }
}

function entries(input: Record<string, unknown>): Record<string, unknown>[] {
  return Array.isArray(input.Entries) ? input.Entries : [];
}

await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
serve(
  {
    env: {
      AWS_ENDPOINT_URL: endpoint,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'stub',
      AWS_SECRET_ACCESS_KEY: 'stub',
    },
    spare: { queue: `${endpoint}/000000000000/spare.fifo`, bucket: 'none' },
    drops: dropUris('a-to-b.fifo', 'b-to-a.fifo'),
  },
  () => calls,
);
