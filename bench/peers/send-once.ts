/** The program that anybody would write who wants to send one message: no encryption, no history, no retry. */
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';

const [url = '', text = ''] = process.argv.slice(2);
const client = new SQSClient({});
await client.send(
  new SendMessageCommand({
    QueueUrl: url,
    MessageBody: text,
    MessageGroupId: 'peer',
    MessageDeduplicationId: crypto.randomUUID(),
  }),
);
client.destroy();
