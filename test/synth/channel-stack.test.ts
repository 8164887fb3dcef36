import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseOutputs } from '../../client/drops/aws/outputs.ts';
import { account, findResource, ofType, region, resolve, synthesize, synthesizeAll } from './template.ts';

const channel = synthesize({ buddies: 'alice,bob' });

const always = {
  'AWS::SQS::Queue': 4,
  'AWS::SQS::QueuePolicy': 4,
  'AWS::S3::Bucket': 1,
  'AWS::S3::BucketPolicy': 1,
  'AWS::IAM::ManagedPolicy': 2,
  'AWS::IAM::User': 2,
};
const withFunction = {
  'AWS::Logs::LogGroup': 1,
  'AWS::IAM::Role': 1,
  'AWS::Lambda::Function': 1,
  'AWS::Lambda::EventInvokeConfig': 1,
  'AWS::Events::Rule': 1,
  'AWS::Lambda::Permission': 1,
};
const withEmail = { 'AWS::SNS::Topic': 1, 'AWS::SNS::TopicPolicy': 1, 'AWS::SNS::Subscription': 1 };

const contents: [string, Record<string, unknown>, Record<string, number>][] = [
  ['a channel', {}, { ...always, ...withFunction, 'AWS::CloudWatch::Alarm': 5 }],
  ['a channel without the function', { expiry: 'off' }, { ...always, 'AWS::CloudWatch::Alarm': 4 }],
  ['a channel without alarms', { alarms: 'off' }, { ...always, ...withFunction }],
  ['a channel without either', { alarms: 'off', expiry: 'off' }, always],
  [
    'a channel with alarms by e-mail',
    { alarmEmail: 'me@example.org' },
    { ...always, ...withFunction, ...withEmail, 'AWS::CloudWatch::Alarm': 5 },
  ],
];
for (const [what, settings, expected] of contents) {
  test(`${what} is made of this and nothing else`, () => {
    const { resources, stackName } = synthesize({ buddies: 'alice,bob', ...settings });
    const counts: Record<string, number> = {};
    for (const { Type } of Object.values(resources)) counts[Type] = (counts[Type] ?? 0) + 1;
    assert.deepEqual(counts, expected);
    assert.equal(stackName, 'Btr-alice-bob');
  });
}

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

test('several channels of a file are several stacks, with nothing in common', () => {
  const channels = [{ buddies: ['alice', 'bob'] }, { buddies: ['alice', 'carol'], expiry: false }];
  const [first, second, ...others] = synthesizeAll({}, { channels });
  assert.deepEqual(others, []);
  assert.ok(first);
  assert.deepEqual(
    [first.stackName, first.resources, first.outputs],
    [channel.stackName, channel.resources, channel.outputs],
  );
  assert.equal(second?.stackName, 'Btr-alice-carol');
  assert.doesNotMatch(JSON.stringify(second?.resources), /bob|Import|Export/);
});
