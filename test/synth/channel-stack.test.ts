import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseOutputs } from '../../client/drops/aws/outputs.ts';
import { account, findResource, ofType, region, resolve, synthesize, synthesizeAll } from './template.ts';

const channel = synthesize({ buddies: 'alice,bob' });

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

test('several channels of a file are several stacks, with nothing in common', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'btr-channels-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const channels = [{ buddies: ['alice', 'bob'] }, { buddies: ['alice', 'carol'], expiry: false }];
  writeFileSync(join(folder, 'btr.infra.json'), JSON.stringify({ channels }));
  const [first, second, ...others] = synthesizeAll({}, { folder });
  assert.deepEqual(others, []);
  assert.deepEqual(first, channel);
  assert.equal(second?.stackName, 'Btr-alice-carol');
  assert.doesNotMatch(JSON.stringify(second?.resources), /bob|Import|Export/);
});
