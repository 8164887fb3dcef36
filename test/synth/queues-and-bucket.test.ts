import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GetQueueAttributesCommand, GetQueueUrlCommand, SQSClient } from '@aws-sdk/client-sqs';
import { startCloud } from '../../client/cloud/index.ts';
import { account, findResource, ofType, propertiesOf, region, resolve, synthesize } from './template.ts';

const channel = synthesize({ buddies: 'alice,bob' });

for (const direction of ['a-to-b', 'b-to-a']) {
  test(`queue ${direction} is FIFO, encrypted, keeps 14 days and hands over to its dead-letter queue, which takes from no other`, () => {
    const common = {
      FifoQueue: true,
      ContentBasedDeduplication: true,
      DeduplicationScope: 'messageGroup',
      FifoThroughputLimit: 'perMessageGroupId',
      MessageRetentionPeriod: 1_209_600,
      MaximumMessageSize: 1_048_576,
      SqsManagedSseEnabled: true,
    };
    const queue = findResource(channel, 'AWS::SQS::Queue', 'QueueName', `Btr-alice-bob-${direction}.fifo`);
    assert.deepEqual(propertiesOf(queue, channel), {
      ...common,
      QueueName: `Btr-alice-bob-${direction}.fifo`,
      RedrivePolicy: {
        deadLetterTargetArn: `arn:aws:sqs:${region}:${account}:Btr-alice-bob-${direction}-dead.fifo`,
        maxReceiveCount: 100,
      },
    });
    assert.equal(queue.DeletionPolicy, 'Delete');
    const dead = findResource(channel, 'AWS::SQS::Queue', 'QueueName', `Btr-alice-bob-${direction}-dead.fifo`);
    assert.deepEqual(propertiesOf(dead, channel), {
      ...common,
      QueueName: `Btr-alice-bob-${direction}-dead.fifo`,
      RedriveAllowPolicy: {
        redrivePermission: 'byQueue',
        sourceQueueArns: [`arn:aws:sqs:${region}:${account}:Btr-alice-bob-${direction}.fifo`],
      },
    });
  });
}

test('every queue refuses what comes without TLS, and its policy allows nothing', () => {
  const policies = ofType(channel, 'AWS::SQS::QueuePolicy').map(({ Properties }) =>
    resolve(Properties, channel.resources),
  );
  const expected = ['a-to-b-dead', 'a-to-b', 'b-to-a-dead', 'b-to-a'].map((name) => ({
    PolicyDocument: {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Deny',
          Principal: { AWS: '*' },
          Action: 'sqs:*',
          Resource: `arn:aws:sqs:${region}:${account}:Btr-alice-bob-${name}.fifo`,
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        },
      ],
    },
    Queues: [`https://sqs.${region}.amazonaws.com/${account}/Btr-alice-bob-${name}.fifo`],
  }));
  assert.deepEqual(policies, expected);
});

test('the bucket is private, encrypted, unversioned and empties itself', () => {
  const [bucket, ...others] = ofType(channel, 'AWS::S3::Bucket');
  assert.ok(bucket);
  assert.deepEqual(others, []);
  assert.deepEqual(propertiesOf(bucket, channel), {
    PublicAccessBlockConfiguration: {
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    },
    OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
    BucketEncryption: {
      ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
    },
    LifecycleConfiguration: {
      Rules: [
        {
          Id: 'remove-what-stayed-too-long',
          Status: 'Enabled',
          ExpirationInDays: 15,
          AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
        },
      ],
    },
  });
  assert.equal(bucket.DeletionPolicy, 'Delete');
});

test('the bucket stays behind where that was chosen', () => {
  const kept = synthesize({ buddies: 'alice,bob', bucketRemoval: 'retain' });
  const [bucket] = ofType(kept, 'AWS::S3::Bucket');
  assert.deepEqual([bucket?.DeletionPolicy, bucket?.UpdateReplacePolicy], ['Retain', 'Retain']);
});

test('the bucket refuses what comes without TLS, and its policy allows nothing', () => {
  const [bucketPolicy] = ofType(channel, 'AWS::S3::BucketPolicy');
  assert.deepEqual(resolve(bucketPolicy?.Properties, channel.resources), {
    Bucket: 'made-up-bucket',
    PolicyDocument: {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Deny',
          Principal: { AWS: '*' },
          Action: 's3:*',
          Resource: ['arn:aws:s3:::made-up-bucket', 'arn:aws:s3:::made-up-bucket/*'],
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        },
      ],
    },
  });
});

test('the queues of the embedded cloud have the attributes of the deployed ones', async () => {
  const cloud = await startCloud();
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const sqs = new SQSClient({ endpoint: cloud.endpoint, region: cloud.region, credentials });
  try {
    const { queues, deadLetterQueues } = cloud.makeChannel({ a: 'alice', b: 'bob' });
    for (const QueueName of [...Object.values(queues), ...Object.values(deadLetterQueues)]) {
      const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName }));
      const { Attributes = {} } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
      const given: Record<string, string | undefined> = Attributes;
      const [, , , there, owner] = (given.QueueArn ?? '').split(':');
      const { QueueName: _, ...deployed } = propertiesOf(
        findResource(channel, 'AWS::SQS::Queue', 'QueueName', QueueName),
        channel,
      );
      for (const [key, value] of Object.entries(deployed)) {
        const expected = typeof value === 'object' ? JSON.stringify(value) : String(value);
        assert.equal(given[key]?.replaceAll(`:${there}:${owner}:`, `:${region}:${account}:`), expected, key);
      }
    }
  } finally {
    sqs.destroy();
    await cloud.close();
  }
});
