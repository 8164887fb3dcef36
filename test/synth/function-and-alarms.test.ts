import assert from 'node:assert/strict';
import { test } from 'node:test';
import { account, findResource, ofType, propertiesOf, region, synthesize } from './template.ts';

const channel = synthesize({ buddies: 'alice,bob', alarmEmail: 'me@example.org' });
const name = 'Btr-alice-bob--expire';
const topic = `arn:aws:sns:${region}:${account}:Btr-alice-bob--alarms`;

function only(type: string): Record<string, unknown> {
  const [resource, ...others] = ofType(channel, type);
  assert.ok(resource);
  assert.deepEqual(others, []);
  return propertiesOf(resource, channel);
}

test('the function is small, tried once, and told nothing but the bucket', () => {
  const { Code: _, ...rest } = only('AWS::Lambda::Function');
  assert.deepEqual(rest, {
    FunctionName: name,
    Description: 'Removes files whose time in the drop has passed',
    Handler: 'index.handler',
    Runtime: 'nodejs24.x',
    Architectures: ['arm64'],
    MemorySize: 256,
    Timeout: 300,
    Role: `arn:aws:iam::${account}:role/${name}`,
    LoggingConfig: { LogGroup: `/aws/lambda/${name}` },
    Environment: { Variables: { BUCKET: 'made-up-bucket' } },
  });
  assert.deepEqual(only('AWS::Lambda::EventInvokeConfig'), {
    FunctionName: name,
    Qualifier: '$LATEST',
    MaximumRetryAttempts: 0,
  });
});

test('the function may list and remove parcels and write its log, and nothing else', () => {
  const bucket = 'arn:aws:s3:::made-up-bucket';
  assert.deepEqual(only('AWS::IAM::Role'), {
    RoleName: name,
    Description: 'What the function that removes files whose time has passed may do',
    AssumeRolePolicyDocument: {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
    },
    Policies: [
      {
        PolicyName: 'expire-drops',
        PolicyDocument: {
          Version: '2012-10-17',
          Statement: [
            {
              Sid: 'ListParcels',
              Effect: 'Allow',
              Action: 's3:ListBucket',
              Resource: bucket,
              Condition: { StringLike: { 's3:prefix': ['a/*', 'b/*'] } },
            },
            { Sid: 'ListUploads', Effect: 'Allow', Action: 's3:ListBucketMultipartUploads', Resource: bucket },
            {
              Sid: 'RemoveParcels',
              Effect: 'Allow',
              Action: ['s3:AbortMultipartUpload', 's3:DeleteObject'],
              Resource: [`${bucket}/a/*`, `${bucket}/b/*`],
            },
            {
              Sid: 'WriteLogs',
              Effect: 'Allow',
              Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
              Resource: `arn:aws:logs:${region}:${account}:log-group:/aws/lambda/${name}:*`,
            },
          ],
        },
      },
    ],
  });
});

test('the function runs every hour, its rule alone may start it, and its log is kept a month', () => {
  const rule = `arn:aws:events:${region}:${account}:rule/${name}`;
  const fn = `arn:aws:lambda:${region}:${account}:function:${name}`;
  assert.deepEqual(only('AWS::Events::Rule'), {
    Name: name,
    Description: 'Every hour, some minutes after the time of parcels ends',
    ScheduleExpression: 'cron(5 * * * ? *)',
    State: 'ENABLED',
    Targets: [{ Id: 'Target0', Arn: fn, RetryPolicy: { MaximumRetryAttempts: 0 } }],
  });
  assert.deepEqual(only('AWS::Lambda::Permission'), {
    Action: 'lambda:InvokeFunction',
    FunctionName: fn,
    Principal: 'events.amazonaws.com',
    SourceArn: rule,
  });
  assert.deepEqual(only('AWS::Logs::LogGroup'), { LogGroupName: `/aws/lambda/${name}`, RetentionInDays: 30 });
  assert.equal(ofType(channel, 'AWS::Logs::LogGroup')[0]?.DeletionPolicy, 'Delete');
});

const watched: [string, Record<string, unknown>, RegExp][] = [
  ...['a-to-b', 'b-to-a'].flatMap((direction): [string, Record<string, unknown>, RegExp][] => [
    [
      `${direction}-dead`,
      {
        Namespace: 'AWS/SQS',
        MetricName: 'ApproximateNumberOfMessagesVisible',
        Dimensions: [{ Name: 'QueueName', Value: `Btr-alice-bob-${direction}-dead.fifo` }],
        Statistic: 'Maximum',
        Period: 300,
        Threshold: 1,
        EvaluationPeriods: 1,
      },
      new RegExp(`received 100 times from Btr-alice-bob-${direction}\\.fifo.*Update the receiving client`),
    ],
    [
      `${direction}-age`,
      {
        Namespace: 'AWS/SQS',
        MetricName: 'ApproximateAgeOfOldestMessage',
        Dimensions: [{ Name: 'QueueName', Value: `Btr-alice-bob-${direction}.fifo` }],
        Statistic: 'Maximum',
        Period: 3600,
        Threshold: 864_000,
        EvaluationPeriods: 1,
      },
      new RegExp(`in Btr-alice-bob-${direction}\\.fifo for 10 days; 4 days from now.*run \`btr listen --once\``),
    ],
  ]),
  [
    'expire-errors',
    {
      Namespace: 'AWS/Lambda',
      MetricName: 'Errors',
      Dimensions: [{ Name: 'FunctionName', Value: name }],
      Statistic: 'Sum',
      Period: 3600,
      Threshold: 1,
      EvaluationPeriods: 2,
    },
    /Two hours in a row.*Its log says/,
  ],
];
for (const [suffix, expected, description] of watched) {
  test(`alarm ${suffix} watches what it should and says what to do`, () => {
    const AlarmName = `Btr-alice-bob--${suffix}`;
    const alarm = findResource(channel, 'AWS::CloudWatch::Alarm', 'AlarmName', AlarmName);
    const { AlarmDescription, ...rest } = propertiesOf(alarm, channel);
    assert.deepEqual(rest, {
      AlarmName,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      TreatMissingData: 'notBreaching',
      AlarmActions: [topic],
      ...expected,
    });
    assert.match(String(AlarmDescription), description);
    assert.ok(String(AlarmDescription).length <= 1024);
  });
}

test('alarms go to one address, over TLS, and only those of this account', () => {
  assert.equal(ofType(channel, 'AWS::CloudWatch::Alarm').length, watched.length);
  assert.deepEqual(only('AWS::SNS::Topic'), { TopicName: 'Btr-alice-bob--alarms' });
  assert.deepEqual(only('AWS::SNS::Subscription'), { TopicArn: topic, Protocol: 'email', Endpoint: 'me@example.org' });
  assert.deepEqual(only('AWS::SNS::TopicPolicy'), {
    Topics: [topic],
    PolicyDocument: {
      Version: '2012-10-17',
      Statement: [
        {
          Sid: 'AllowPublishThroughSSLOnly',
          Effect: 'Deny',
          Principal: '*',
          Action: 'sns:Publish',
          Resource: topic,
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        },
        {
          Sid: 'Alarms',
          Effect: 'Allow',
          Principal: { Service: 'cloudwatch.amazonaws.com' },
          Action: 'sns:Publish',
          Resource: topic,
          Condition: { StringEquals: { 'aws:SourceAccount': account } },
        },
      ],
    },
  });
});

test('without an address there is no topic, and the alarms are there all the same', () => {
  const { resources } = synthesize({ buddies: 'alice,bob' });
  const alarms = ofType({ resources }, 'AWS::CloudWatch::Alarm');
  assert.deepEqual(
    alarms.map(({ Properties }) => Properties.AlarmActions),
    watched.map(() => undefined),
  );
  assert.deepEqual(ofType({ resources }, 'AWS::SNS::Topic'), []);
});
