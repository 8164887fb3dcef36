import {
  DeduplicationScope,
  FifoThroughputLimit,
  Queue,
  QueueEncryption,
  type QueueProps,
  RedrivePermission,
} from 'aws-cdk-lib/aws-sqs';
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';

export interface ChannelQueueProps {
  /** Both end in `.fifo`. */
  readonly queueName: string;
  readonly deadLetterQueueName: string;
}

/**
 * One direction of a channel: a FIFO queue that keeps what is left in it for 14 days, the longest SQS offers, and a
 * dead-letter queue for what was received a hundred times and never removed.
 *
 * The client settles whatever it receives, also what it can't open, so a hundred receives mean a client that dies
 * each time: then the one body steps aside and the rest of the channel goes on.
 */
export class ChannelQueue extends Construct {
  readonly queue: Queue;
  readonly deadLetterQueue: Queue;

  constructor(scope: Construct, id: string, props: ChannelQueueProps) {
    super(scope, id);
    const common: QueueProps = {
      fifo: true,
      // High throughput (Amazon SQS Developer Guide, "High throughput for FIFO queues").
      deduplicationScope: DeduplicationScope.MESSAGE_GROUP,
      fifoThroughputLimit: FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
      // The client gives a deduplication id of its own; others, such as btrchat, rely on the body's hash.
      contentBasedDeduplication: true,
      retentionPeriod: Duration.days(14),
      // The largest padded body. Said here so that it does not hang on a default that has changed over time.
      maxMessageSizeBytes: 1_048_576,
      encryption: QueueEncryption.SQS_MANAGED,
      // Refuses whatever comes without TLS, so the statement names all actions.
      enforceSSL: true,
      removalPolicy: RemovalPolicy.DESTROY,
    };
    // By its name: a reference would go round in a circle.
    const sourceArn = Stack.of(this).formatArn({ service: 'sqs', resource: props.queueName });
    this.deadLetterQueue = new Queue(this, 'DeadLetters', {
      ...common,
      queueName: props.deadLetterQueueName,
      redriveAllowPolicy: {
        redrivePermission: RedrivePermission.BY_QUEUE,
        sourceQueues: [Queue.fromQueueArn(this, 'Source', sourceArn)],
      },
    });
    this.queue = new Queue(this, 'Queue', {
      ...common,
      queueName: props.queueName,
      deadLetterQueue: { queue: this.deadLetterQueue, maxReceiveCount: 100 },
    });
  }
}
