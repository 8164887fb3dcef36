/** The loop that anybody would write: send one, receive one, delete one. Prints how many a second. */
import { performance } from 'node:perf_hooks';
import { QueueServiceClient } from '@azure/storage-queue';

const [queue = '', count = '1'] = process.argv.slice(2);
const connection = process.env.AZURE_STORAGE_CONNECTION_STRING ?? '';
const client = QueueServiceClient.fromConnectionString(connection).getQueueClient(queue);
const began = performance.now();
for (let number = 0; number < Number(count); number++) {
  const text = String(number).padEnd(200, '.');
  await client.sendMessage(text);
  const { receivedMessageItems } = await client.receiveMessages();
  const [message] = receivedMessageItems;
  if (message?.messageText !== text) throw new Error('not what was sent');
  await client.deleteMessage(message.messageId, message.popReceipt);
}
process.stdout.write(`${Number(count) / ((performance.now() - began) / 1000)}\n`);
