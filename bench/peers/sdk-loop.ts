/** The loop that anybody would write: send one, receive one, delete one. Prints how many a second. */
import { performance } from 'node:perf_hooks';
import { DeleteMessageCommand, ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';

const [QueueUrl = '', count = '1'] = process.argv.slice(2);
const client = new SQSClient({});
const began = performance.now();
for (let number = 0; number < Number(count); number++) {
  const text = String(number).padEnd(200, '.');
  await client.send(
    new SendMessageCommand({
      QueueUrl,
      MessageBody: text,
      MessageGroupId: 'peer',
      MessageDeduplicationId: crypto.randomUUID(),
    }),
  );
  const { Messages } = await client.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }));
  const [message] = Messages ?? [];
  if (message?.Body !== text) throw new Error('not what was sent');
  await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message.ReceiptHandle }));
}
process.stdout.write(`${Number(count) / ((performance.now() - began) / 1000)}\n`);
client.destroy();
