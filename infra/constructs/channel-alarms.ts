import { Alarm, type AlarmProps, ComparisonOperator, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Subscription, SubscriptionProtocol, Topic } from 'aws-cdk-lib/aws-sns';
import { Duration, Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { Direction } from '../../client/protocol/roles.ts';
import type { ChannelNames } from '../names.ts';
import type { ChannelQueue } from './channel-queue.ts';

export interface ChannelAlarmsProps {
  readonly names: Pick<ChannelNames, 'alarms' | 'topic' | 'queues' | 'deadLetterQueues'>;
  readonly queues: Readonly<Record<Direction, ChannelQueue>>;
  /** Absent: there is no such function. */
  readonly expiryFunction: IFunction | undefined;
  /** Absent: alarms show in CloudWatch, and nobody is told. */
  readonly email: string | undefined;
}

/** Queues keep 14 days. */
const longUncollected = Duration.days(10);

/** What somebody should look at. A description says what happened and what to do; the e-mail quotes it. */
export class ChannelAlarms extends Construct {
  readonly topic: Topic | undefined;

  constructor(scope: Construct, id: string, { names, queues, expiryFunction, email }: ChannelAlarmsProps) {
    super(scope, id);
    this.topic = email === undefined ? undefined : this.#addTopic(names.topic, email);
    for (const [suffix, direction] of [
      ['AToB', 'a-to-b'],
      ['BToA', 'b-to-a'],
    ] as const) {
      const { queue, deadLetterQueue } = queues[direction];
      this.#add(`DeadLetters${suffix}`, {
        alarmName: names.alarms.deadLetters[direction],
        alarmDescription: aboutDeadLetters(names.queues[direction], names.deadLetterQueues[direction]),
        metric: deadLetterQueue.metricApproximateNumberOfMessagesVisible({ statistic: Stats.MAXIMUM }),
        threshold: 1,
        evaluationPeriods: 1,
      });
      this.#add(`OldestMessage${suffix}`, {
        alarmName: names.alarms.oldestMessage[direction],
        alarmDescription: aboutOldestMessage(names.queues[direction]),
        metric: queue.metricApproximateAgeOfOldestMessage({ statistic: Stats.MAXIMUM, period: Duration.hours(1) }),
        threshold: longUncollected.toSeconds(),
        evaluationPeriods: 1,
      });
    }
    if (expiryFunction === undefined) return;
    this.#add('ExpiryErrors', {
      alarmName: names.alarms.expiry,
      alarmDescription: aboutExpiry,
      metric: expiryFunction.metricErrors({ statistic: Stats.SUM, period: Duration.hours(1) }),
      threshold: 1,
      evaluationPeriods: 2,
    });
  }

  #add(id: string, props: AlarmProps): void {
    const alarm = new Alarm(this, id, {
      ...props,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      // A queue that nobody used for hours tells nothing, which is as it should be.
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    if (this.topic !== undefined) alarm.addAlarmAction(new SnsAction(this.topic));
  }

  #addTopic(topicName: string, email: string): Topic {
    // Not encrypted by a key of KMS: CloudWatch can't use the one that AWS manages, and what is told here is no secret.
    const topic = new Topic(this, 'Topic', { topicName, enforceSSL: true });
    // Only alarms of this account: CloudWatch acts for all accounts under one name.
    topic.addToResourcePolicy(
      new PolicyStatement({
        sid: 'Alarms',
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    );
    new Subscription(this, 'Email', { topic, protocol: SubscriptionProtocol.EMAIL, endpoint: email });
    return topic;
  }
}

function aboutDeadLetters(queue: string, deadLetterQueue: string): string {
  return (
    `A message was received 100 times from ${queue} and never removed, so it was put aside in ${deadLetterQueue}. ` +
    'A client ends each time it receives it. The channel goes on, and its sender leaves again what is not ' +
    "acknowledged. Update the receiving client; then move the message back with 'Start DLQ redrive', or delete it."
  );
}

function aboutOldestMessage(queue: string): string {
  return (
    `Nobody has collected what lies in ${queue} for 10 days; 4 days from now the queue forgets it. Let the receiving ` +
    'buddy run `btr listen --once`. What is forgotten all the same is not lost: its sender leaves it again.'
  );
}

const aboutExpiry =
  'Two hours in a row, the function that removes files whose time has passed could not remove all of them. They stay, ' +
  'and cost, until it can; after 15 days the bucket removes them itself. Its log says which permission or call failed. ' +
  'Deploy the stack again if something in it was changed by hand.';
