/** The original btrchat's client as far as its wire goes, on npm's `fernet` and the SDK. */
import {
  DeleteMessageCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import fernet from 'fernet';

export class BtrchatPeer {
  readonly #client: SQSClient;
  readonly #secret: fernet.Secret;

  constructor(endpoint: string, pin: string, suffix: string) {
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    this.#client = new SQSClient({ endpoint, region: 'us-east-1', credentials, useQueueUrlAsEndpoint: false });
    this.#secret = new fernet.Secret(pin + suffix);
  }

  async send(queue: string, texts: readonly string[]): Promise<void> {
    const QueueUrl = await this.#url(queue);
    for (const text of texts) {
      const MessageBody = new fernet.Token({ secret: this.#secret }).encode(text);
      await this.#client.send(new SendMessageCommand({ QueueUrl, MessageBody, MessageGroupId: 'btrchat' }));
    }
  }

  async receive(queue: string, count: number): Promise<string[]> {
    const QueueUrl = await this.#url(queue);
    const texts: string[] = [];
    while (texts.length < count) {
      const { Messages = [] } = await this.#client.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }));
      for (const { Body = '', ReceiptHandle } of Messages) {
        texts.push(new fernet.Token({ secret: this.#secret, token: Body, ttl: 0 }).decode());
        await this.#client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
      }
    }
    return texts;
  }

  close(): void {
    this.#client.destroy();
  }

  async #url(queue: string): Promise<string> {
    const { QueueUrl } = await this.#client.send(new GetQueueUrlCommand({ QueueName: queue }));
    if (QueueUrl === undefined) throw new Error('the endpoint answered no URL');
    return QueueUrl;
  }
}
