/** The two queues of a drop as one side sees them: an SQS client, their URLs, and how a lost URL is found again. */
import { GetQueueUrlCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { Direction } from '../../protocol/roles.ts';
import { type AwsAddress, isQueueUrl, queueAccount, queueName } from './address.ts';
import { guarded, sendOptions } from './calls.ts';
import { type Attempt, isNoSuchQueue } from './errors.ts';
import { eachAttempt, metering } from './meter.ts';
import { answerTimeout, type ClientSettings, serviceEndpoint, sharedConfig } from './settings.ts';

export type QueueUrls = Readonly<Partial<Record<Direction, string>>>;

export class Queues {
  readonly client: SQSClient;
  readonly settings: ClientSettings;
  readonly #address: AwsAddress;
  readonly #endpoint: string | undefined;
  readonly #onResolved: ((urls: QueueUrls) => void) | undefined;
  readonly #urls = new Map<Direction, Promise<string>>();
  /** Directions whose URL this process asked the service for: asking again would give the same. */
  readonly #asked = new Set<Direction>();

  constructor(address: AwsAddress, settings: ClientSettings, onResolved?: (urls: QueueUrls) => void) {
    this.#address = address;
    this.settings = settings;
    this.#onResolved = onResolved;
    this.#endpoint = serviceEndpoint(settings, address, 'SQS');
    this.client = new SQSClient({
      ...sharedConfig(settings, this.#endpoint),
      // A queue URL is only a name here: its host may be that of an emulator's port of yesterday.
      useQueueUrlAsEndpoint: false,
    });
    if (settings.meter) this.client.middlewareStack.add(metering(settings.meter), eachAttempt);
  }

  /** What an error says of a call on one of the queues. */
  attempt(action: string, direction: Direction): Attempt {
    return { action: `sqs:${action}`, resource: `queue ${queueName(this.#address.queues[direction])}` };
  }

  /**
   * Runs a call with the queue's URL. Where a stored URL turns out to be of no queue, the name is resolved anew, once,
   * and the call repeated. @throws DropError, or the signal's abort reason.
   */
  async call<T>(
    action: string,
    direction: Direction,
    signal: AbortSignal | undefined,
    run: (url: string) => Promise<T>,
  ): Promise<T> {
    const attempt = this.attempt(action, direction);
    const url = await this.#url(direction, signal);
    try {
      return await guarded(attempt, signal, () => run(url));
    } catch (error) {
      if (!isNoSuchQueue(error) || this.#asked.has(direction)) throw error;
    }
    this.#urls.delete(direction);
    const found = await this.#resolve(direction, signal);
    return guarded(attempt, signal, () => run(found));
  }

  close(): void {
    this.client.destroy();
  }

  #url(direction: Direction, signal: AbortSignal | undefined): Promise<string> {
    const known = this.#urls.get(direction) ?? this.#knownUrl(direction);
    return known ?? this.#resolve(direction, signal);
  }

  /** A URL that needs no request: stored, or put together from account and region as SQS does. */
  #knownUrl(direction: Direction): Promise<string> | undefined {
    const queue = this.#address.queues[direction];
    if (isQueueUrl(queue)) return Promise.resolve(queue);
    const { account } = this.#address;
    const { region } = this.settings;
    if (account === undefined) return undefined;
    if (this.#endpoint !== undefined) return Promise.resolve(`${this.#endpoint}/${account}/${queue}`);
    if (region === undefined) return undefined;
    const suffix = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
    return Promise.resolve(`https://sqs.${region}.${suffix}/${account}/${queue}`);
  }

  async #resolve(direction: Direction, signal: AbortSignal | undefined): Promise<string> {
    const url = await guarded(this.attempt('GetQueueUrl', direction), signal, () => this.#ask(direction, signal));
    this.#asked.add(direction);
    this.#urls.set(direction, Promise.resolve(url));
    this.#onResolved?.({ [direction]: url });
    return url;
  }

  async #ask(direction: Direction, signal: AbortSignal | undefined): Promise<string> {
    const queue = this.#address.queues[direction];
    const owner = this.#address.account ?? queueAccount(queue);
    const { QueueUrl } = await this.client.send(
      new GetQueueUrlCommand({
        QueueName: queueName(queue),
        ...(owner === undefined ? {} : { QueueOwnerAWSAccountId: owner }),
      }),
      sendOptions(signal, answerTimeout(this.settings, 0)),
    );
    if (QueueUrl === undefined || !isQueueUrl(QueueUrl)) throw new SyntaxError('an answer without a queue URL');
    return QueueUrl;
  }
}
