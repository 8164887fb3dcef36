/**
 * The endpoint's own round trip: for each line on stdin a message goes to a queue on which a receive waits. Prints the
 * milliseconds from before the send until the message is here.
 */
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { DeleteMessageCommand, ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';

const [QueueUrl = ''] = process.argv.slice(2);
const client = new SQSClient({});
const poll = () => client.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }));

let receiving = poll();
for await (const line of createInterface({ input: process.stdin })) {
  const began = performance.now();
  const sending = client.send(
    new SendMessageCommand({
      QueueUrl,
      MessageBody: line,
      MessageGroupId: 'peer',
      MessageDeduplicationId: crypto.randomUUID(),
    }),
  );
  let received = await receiving;
  while (received.Messages === undefined) received = await poll();
  const [message] = received.Messages;
  const milliseconds = performance.now() - began;
  await sending;
  await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message?.ReceiptHandle }));
  receiving = poll();
  process.stdout.write(`${milliseconds}\n`);
}
process.exit(0);
