import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseOutputs } from '../../client/drops/aws/outputs.ts';
import { account, type ChannelTemplate, findResource, region, resolve, synthesize } from './template.ts';

const channel = synthesize({ buddies: 'alice,bob' });
const swappable = synthesize({ buddies: 'alice,bob', allowSwap: 'true' });

const aToB = `arn:aws:sqs:${region}:${account}:Btr-alice-bob-a-to-b.fifo`;
const bToA = `arn:aws:sqs:${region}:${account}:Btr-alice-bob-b-to-a.fifo`;
const ofA = 'arn:aws:s3:::made-up-bucket/a/*';
const ofB = 'arn:aws:s3:::made-up-bucket/b/*';

function ofType({ resources }: ChannelTemplate, type: string) {
  return Object.values(resources).filter((resource) => resource.Type === type);
}

function policyProperties(template: ChannelTemplate, buddy: string): Record<string, unknown> {
  return findResource(template, 'AWS::IAM::ManagedPolicy', 'ManagedPolicyName', `Btr-alice-bob-${buddy}`).Properties;
}

function policyOf(template: ChannelTemplate, buddy: string): unknown {
  return resolve(policyProperties(template, buddy).PolicyDocument, template.resources);
}

/** The whole of what a buddy may do: nothing else stands in the document. */
function policy(resources: { user?: string; send: unknown; receive: unknown; put: unknown; take: unknown }) {
  const ownKeys = `arn:aws:iam::${account}:user/Btr-alice-bob-${resources.user}`;
  const removal = { Sid: 'RemoveOwnKeys', Effect: 'Allow', Action: 'iam:DeleteAccessKey', Resource: ownKeys };
  return {
    Version: '2012-10-17',
    Statement: [
      { Sid: 'Send', Effect: 'Allow', Action: 'sqs:SendMessage', Resource: resources.send },
      {
        Sid: 'Receive',
        Effect: 'Allow',
        Action: ['sqs:ChangeMessageVisibility', 'sqs:DeleteMessage', 'sqs:ReceiveMessage'],
        Resource: resources.receive,
      },
      {
        Sid: 'FindQueues',
        Effect: 'Allow',
        Action: ['sqs:GetQueueAttributes', 'sqs:GetQueueUrl'],
        Resource: [aToB, bToA],
      },
      {
        Sid: 'PutParcels',
        Effect: 'Allow',
        Action: ['s3:AbortMultipartUpload', 's3:DeleteObject', 's3:PutObject'],
        Resource: resources.put,
      },
      { Sid: 'TakeParcels', Effect: 'Allow', Action: ['s3:DeleteObject', 's3:GetObject'], Resource: resources.take },
      ...(resources.user === undefined ? [] : [removal]),
    ],
  };
}

test('a channel is two queues with their dead-letter queues, a bucket, two buddies, and nothing else', () => {
  const counts: Record<string, number> = {};
  for (const { Type } of Object.values(channel.resources)) counts[Type] = (counts[Type] ?? 0) + 1;
  assert.deepEqual(counts, {
    'AWS::SQS::Queue': 4,
    'AWS::SQS::QueuePolicy': 4,
    'AWS::S3::Bucket': 1,
    'AWS::S3::BucketPolicy': 1,
    'AWS::IAM::ManagedPolicy': 2,
    'AWS::IAM::User': 2,
  });
  assert.equal(channel.stackName, 'Btr-alice-bob');
});

for (const direction of ['a-to-b', 'b-to-a']) {
  test(`queue ${direction} is FIFO, encrypted, keeps 14 days and hands over to its dead-letter queue`, () => {
    const common = {
      FifoQueue: true,
      ContentBasedDeduplication: true,
      MessageRetentionPeriod: 1_209_600,
      MaximumMessageSize: 1_048_576,
      SqsManagedSseEnabled: true,
    };
    const queue = findResource(channel, 'AWS::SQS::Queue', 'QueueName', `Btr-alice-bob-${direction}.fifo`);
    assert.deepEqual(resolve(queue.Properties, channel.resources), {
      ...common,
      QueueName: `Btr-alice-bob-${direction}.fifo`,
      RedrivePolicy: {
        deadLetterTargetArn: `arn:aws:sqs:${region}:${account}:Btr-alice-bob-${direction}-dead.fifo`,
        maxReceiveCount: 100,
      },
    });
    assert.equal(queue.DeletionPolicy, 'Delete');
    const dead = findResource(channel, 'AWS::SQS::Queue', 'QueueName', `Btr-alice-bob-${direction}-dead.fifo`);
    assert.deepEqual(dead.Properties, { ...common, QueueName: `Btr-alice-bob-${direction}-dead.fifo` });
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
  assert.deepEqual(others, []);
  assert.deepEqual(bucket?.Properties, {
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
  assert.equal(bucket?.DeletionPolicy, 'Delete');
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

test('each buddy sends one way, receives the other way, and passes parcels; nothing more', () => {
  assert.deepEqual(
    policyOf(channel, 'alice'),
    policy({ user: 'alice', send: aToB, receive: bToA, put: ofA, take: ofB }),
  );
  assert.deepEqual(policyOf(channel, 'bob'), policy({ user: 'bob', send: bToA, receive: aToB, put: ofB, take: ofA }));
});

test('allowSwap gives both buddies both roles, each still its own keys alone, and changes nothing else', () => {
  const both = { send: [aToB, bToA], receive: [aToB, bToA], put: [ofA, ofB], take: [ofA, ofB] };
  assert.deepEqual(policyOf(swappable, 'alice'), policy({ user: 'alice', ...both }));
  assert.deepEqual(policyOf(swappable, 'bob'), policy({ user: 'bob', ...both }));
  const others = (template: ChannelTemplate) =>
    Object.entries(template.resources).filter(([, { Type }]) => Type !== 'AWS::IAM::ManagedPolicy');
  assert.deepEqual(others(swappable), others(channel));
  assert.deepEqual(swappable.outputs, channel.outputs);
});

test('of IAM, a buddy may do one thing: delete access keys of its own user', () => {
  for (const template of [channel, swappable]) {
    const statements = ofType(template, 'AWS::IAM::ManagedPolicy').flatMap(({ Properties }) => {
      const document = resolve(Properties.PolicyDocument, template.resources);
      assert.ok(typeof document === 'object' && document !== null && 'Statement' in document);
      return Array.isArray(document.Statement) ? document.Statement : [];
    });
    const ofIam = statements.filter(({ Action }) => /\b(iam|sts):|\*/.test(JSON.stringify(Action)));
    assert.deepEqual(
      ofIam.map(({ Effect, Action, Resource }) => [Effect, Action, Resource]),
      ['alice', 'bob'].map((buddy) => [
        'Allow',
        'iam:DeleteAccessKey',
        `arn:aws:iam::${account}:user/Btr-alice-bob-${buddy}`,
      ]),
    );
  }
});

test('each buddy is an IAM user with its own policy alone', () => {
  for (const buddy of ['alice', 'bob']) {
    const user = findResource(channel, 'AWS::IAM::User', 'UserName', `Btr-alice-bob-${buddy}`);
    assert.deepEqual(user.Properties, { UserName: `Btr-alice-bob-${buddy}` });
    const { Users, Roles, Groups } = policyProperties(channel, buddy);
    assert.deepEqual(resolve([Users, Roles, Groups], channel.resources), [
      [`Btr-alice-bob-${buddy}`],
      undefined,
      undefined,
    ]);
  }
});

test('a buddy with principals gets a role that only they may assume', () => {
  const principals = ['arn:aws:iam::111122223333:role/laptops', 'arn:aws:iam::111122223333:user/bob'];
  const withRole = synthesize({ buddies: 'alice,bob', bob: principals.join(',') });
  assert.equal(ofType(withRole, 'AWS::IAM::User').length, 1);
  const role = findResource(withRole, 'AWS::IAM::Role', 'RoleName', 'Btr-alice-bob-bob');
  assert.deepEqual(resolve(role.Properties, withRole.resources), {
    RoleName: 'Btr-alice-bob-bob',
    AssumeRolePolicyDocument: {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { AWS: principals }, Action: 'sts:AssumeRole' }],
    },
  });
  const { Users, Roles, PolicyDocument } = policyProperties(withRole, 'bob');
  assert.deepEqual(resolve([Users, Roles], withRole.resources), [undefined, ['Btr-alice-bob-bob']]);
  // No user, no keys: nothing of IAM.
  assert.deepEqual(
    resolve(PolicyDocument, withRole.resources),
    policy({ send: bToA, receive: aToB, put: ofB, take: ofA }),
  );
  assert.deepEqual(JSON.parse(String(resolve(withRole.outputs.ClientAlice?.Value, withRole.resources))).users, {
    a: 'Btr-alice-bob-alice',
  });
});

test('the outputs are what the client reads, and hold no secret', () => {
  const values = Object.fromEntries(
    Object.entries(channel.outputs).map(([key, { Value }]) => [key, resolve(Value, channel.resources)]),
  );
  assert.deepEqual(Object.keys(values), ['ClientAlice', 'ClientBob']);
  const file = JSON.stringify({ [channel.stackName]: values });
  const shared = {
    btr: 1,
    stack: 'Btr-alice-bob',
    region,
    account,
    queues: {
      'a-to-b': `https://sqs.${region}.amazonaws.com/${account}/Btr-alice-bob-a-to-b.fifo`,
      'b-to-a': `https://sqs.${region}.amazonaws.com/${account}/Btr-alice-bob-b-to-a.fifo`,
    },
    bucket: 'made-up-bucket',
    users: { a: 'Btr-alice-bob-alice', b: 'Btr-alice-bob-bob' },
  };
  assert.deepEqual(parseOutputs(file, { buddy: 'alice' }), { ...shared, buddy: 'alice', role: 'a' });
  assert.deepEqual(parseOutputs(file, { buddy: 'b' }), { ...shared, buddy: 'bob', role: 'b' });
  // The values hold these keys and no others: a key that the parser doesn't know would be left out above.
  for (const value of Object.values(values)) {
    const keys = Object.keys(JSON.parse(String(value))).sort();
    assert.deepEqual(keys, ['account', 'btr', 'bucket', 'buddy', 'queues', 'region', 'role', 'stack', 'users']);
  }
});

test('physical names follow the settings', () => {
  const renamed = synthesize({
    buddies: 'ann-lee,bob',
    prefix: 'Quiet',
    aToB: 'there.fifo',
    bToA: 'back',
    bucket: 'our-files',
  });
  assert.equal(renamed.stackName, 'Quiet-ann--lee-bob');
  assert.deepEqual(
    ofType(renamed, 'AWS::SQS::Queue').map(({ Properties }) => Properties.QueueName),
    ['there-dead.fifo', 'there.fifo', 'back-dead.fifo', 'back.fifo'],
  );
  assert.equal(ofType(renamed, 'AWS::S3::Bucket')[0]?.Properties.BucketName, 'our-files');
  findResource(renamed, 'AWS::IAM::User', 'UserName', 'Quiet-ann--lee-bob-ann-lee');
  assert.deepEqual(Object.keys(renamed.outputs), ['ClientAnnLee', 'ClientBob']);
});
