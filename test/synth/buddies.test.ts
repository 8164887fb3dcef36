import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  account,
  type ChannelTemplate,
  findResource,
  ofType,
  propertiesOf,
  region,
  resolve,
  synthesize,
} from './template.ts';

const channel = synthesize({ buddies: 'alice,bob' });
const swappable = synthesize({ buddies: 'alice,bob', allowSwap: 'true' });

const aToB = `arn:aws:sqs:${region}:${account}:Btr-alice-bob-a-to-b.fifo`;
const bToA = `arn:aws:sqs:${region}:${account}:Btr-alice-bob-b-to-a.fifo`;
const ofA = 'arn:aws:s3:::made-up-bucket/a/*';
const ofB = 'arn:aws:s3:::made-up-bucket/b/*';

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
    assert.deepEqual(propertiesOf(user, channel), { UserName: `Btr-alice-bob-${buddy}` });
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
  assert.deepEqual(propertiesOf(role, withRole), {
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

test('a buddy who was removed has nothing left, and the other keeps all', () => {
  const without = synthesize({ buddies: 'alice,bob', bob: 'removed' });
  assert.equal(without.stackName, 'Btr-alice-bob');
  assert.deepEqual(policyOf(without, 'alice'), policyOf(channel, 'alice'));
  const gone = Object.keys(channel.resources).filter((id) => !(id in without.resources));
  assert.deepEqual(gone.map((id) => channel.resources[id]?.Type).sort(), ['AWS::IAM::ManagedPolicy', 'AWS::IAM::User']);
  for (const [id, resource] of Object.entries(without.resources)) assert.deepEqual(resource, channel.resources[id]);
  assert.deepEqual(Object.keys(without.outputs), ['ClientAlice']);
  const { users } = JSON.parse(String(resolve(without.outputs.ClientAlice?.Value, without.resources)));
  assert.deepEqual(users, { a: 'Btr-alice-bob-alice' });
});
