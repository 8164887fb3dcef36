import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { CfnOutput, Stack, Tags } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import type { AwsUsers } from '../client/drops/aws/address.ts';
import type { ClientOutput } from '../client/drops/aws/outputs.ts';
import { type Direction, otherRole, type Role } from '../client/protocol/roles.ts';
import { BuddyAccess } from './constructs/buddy-access.ts';
import { ChannelAlarms } from './constructs/channel-alarms.ts';
import { ChannelQueue } from './constructs/channel-queue.ts';
import { ExpiryFunction } from './constructs/expiry-function.ts';
import { ParcelBucket } from './constructs/parcel-bucket.ts';
import type { ChannelSettings } from './settings/channel.ts';

/**
 * One channel between two buddies: a queue each way, a bucket for files, one narrow policy a buddy, one output a buddy
 * with what that buddy's client needs, the function that removes files in time, and alarms. The stack belongs to no
 * account or region until it is deployed.
 */
export class ChannelStack extends Stack {
  readonly queues: Readonly<Record<Direction, ChannelQueue>>;
  readonly bucket: Bucket;
  readonly #settings: ChannelSettings;

  constructor(scope: Construct, settings: ChannelSettings) {
    const { buddies, names } = settings;
    const tags = { 'btr:channel': names.stack, ...settings.tags };
    super(scope, names.stack, {
      description: `btr: a private channel between ${buddies.a.name} and ${buddies.b.name}`,
      tags,
    });
    this.#settings = settings;
    // CloudFormation hands the stack's tags on by itself; that each thing has them is said in the template all the same.
    for (const [key, value] of Object.entries(tags)) Tags.of(this).add(key, value);
    this.queues = { 'a-to-b': this.#addQueue('AToB', 'a-to-b'), 'b-to-a': this.#addQueue('BToA', 'b-to-a') };
    const { bucket: bucketName } = names;
    this.bucket = new ParcelBucket(this, 'Parcels', {
      removal: settings.bucketRemoval,
      ...(bucketName === undefined ? {} : { bucketName }),
    }).bucket;
    for (const role of ['a', 'b'] as const) if (!buddies[role].removed) this.#addBuddy(role);
    const expiryFunction = settings.expiry ? this.#addExpiry() : undefined;
    if (settings.alarms) this.#addAlarms(expiryFunction);
  }

  #addQueue(id: string, direction: Direction): ChannelQueue {
    const { queues, deadLetterQueues } = this.#settings.names;
    return new ChannelQueue(this, id, {
      queueName: queues[direction],
      deadLetterQueueName: deadLetterQueues[direction],
    });
  }

  #addExpiry(): IFunction {
    const { expiry: name, expiryLogs: logGroupName } = this.#settings.names;
    return new ExpiryFunction(this, 'Expiry', { bucket: this.bucket, name, logGroupName }).function;
  }

  #addAlarms(expiryFunction: IFunction | undefined): void {
    const { names, alarmEmail: email } = this.#settings;
    new ChannelAlarms(this, 'Alarms', { names, queues: this.queues, expiryFunction, email });
  }

  #addBuddy(role: Role): void {
    const { buddies, names, allowSwap } = this.#settings;
    const { name, principals } = buddies[role];
    const queues = { 'a-to-b': this.queues['a-to-b'].queue, 'b-to-a': this.queues['b-to-a'].queue };
    new BuddyAccess(this, `Buddy${role.toUpperCase()}`, {
      buddy: name,
      roles: allowSwap ? [role, otherRole(role)] : [role],
      queues,
      bucket: this.bucket,
      policyName: names.policies[role],
      principalName: names.principals[role],
      principals,
    });
    const output: ClientOutput = {
      btr: 1,
      stack: this.stackName,
      buddy: name,
      role,
      region: this.region,
      account: this.account,
      queues: { 'a-to-b': queues['a-to-b'].queueUrl, 'b-to-a': queues['b-to-a'].queueUrl },
      bucket: this.bucket.bucketName,
      users: this.#users(),
    };
    new CfnOutput(this, names.outputs[role], {
      value: this.toJsonString(output),
      description: `What ${name}'s client needs to find the channel; no secret`,
    });
  }

  /** Whoever makes a key for the other buddy has to name that buddy's user. */
  #users(): AwsUsers {
    const { buddies, names } = this.#settings;
    const withUser = (['a', 'b'] as const).filter(
      (role) => buddies[role].principals.length === 0 && !buddies[role].removed,
    );
    return Object.fromEntries(withUser.map((role) => [role, names.principals[role]]));
  }
}
