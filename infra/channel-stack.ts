import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { CfnOutput, Stack } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import type { AwsUsers } from '../client/drops/aws/address.ts';
import type { ClientOutput } from '../client/drops/aws/outputs.ts';
import { type Direction, otherRole, type Role } from '../client/protocol/roles.ts';
import { BuddyAccess } from './constructs/buddy-access.ts';
import { ChannelQueue } from './constructs/channel-queue.ts';
import { ParcelBucket } from './constructs/parcel-bucket.ts';
import { type ChannelNames, channelNames } from './names.ts';
import type { ChannelSettings } from './settings.ts';

/**
 * One channel between two buddies: a queue each way, a bucket for files, one narrow policy a buddy, and one output a
 * buddy with what that buddy's client needs. The stack belongs to no account or region until it is deployed.
 */
export class ChannelStack extends Stack {
  readonly names: ChannelNames;
  readonly queues: Readonly<Record<Direction, IQueue>>;
  readonly bucket: Bucket;

  constructor(scope: Construct, settings: ChannelSettings) {
    const { a, b } = settings.buddies;
    const names = channelNames({ a: a.name, b: b.name }, settings.names);
    super(scope, names.stack, { description: `btr: a private channel between ${a.name} and ${b.name}` });
    this.names = names;
    this.queues = { 'a-to-b': this.#addQueue('AToB', 'a-to-b'), 'b-to-a': this.#addQueue('BToA', 'b-to-a') };
    this.bucket = new ParcelBucket(
      this,
      'Parcels',
      names.bucket === undefined ? {} : { bucketName: names.bucket },
    ).bucket;
    for (const role of ['a', 'b'] as const) this.#addBuddy(role, settings);
  }

  #addQueue(id: string, direction: Direction): IQueue {
    return new ChannelQueue(this, id, {
      queueName: this.names.queues[direction],
      deadLetterQueueName: this.names.deadLetterQueues[direction],
    }).queue;
  }

  #addBuddy(role: Role, settings: ChannelSettings): void {
    const { name, principals } = settings.buddies[role];
    new BuddyAccess(this, `Buddy${role.toUpperCase()}`, {
      buddy: name,
      roles: settings.allowSwap ? [role, otherRole(role)] : [role],
      queues: this.queues,
      bucket: this.bucket,
      policyName: this.names.policies[role],
      principalName: this.names.principals[role],
      principals,
    });
    const output: ClientOutput = {
      btr: 1,
      stack: this.stackName,
      buddy: name,
      role,
      region: this.region,
      account: this.account,
      queues: { 'a-to-b': this.queues['a-to-b'].queueUrl, 'b-to-a': this.queues['b-to-a'].queueUrl },
      bucket: this.bucket.bucketName,
      users: this.#users(settings),
    };
    new CfnOutput(this, this.names.outputs[role], {
      value: this.toJsonString(output),
      description: `What ${name}'s client needs to find the channel; no secret`,
    });
  }

  /** Whoever makes a key for the other buddy has to name that buddy's user. */
  #users({ buddies }: ChannelSettings): AwsUsers {
    const withUser = (['a', 'b'] as const).filter((role) => buddies[role].principals.length === 0);
    return Object.fromEntries(withUser.map((role) => [role, this.names.principals[role]]));
  }
}
