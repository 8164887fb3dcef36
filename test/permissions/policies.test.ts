/** What is collected from a template is all that it says of access; what is not understood is an error and no gap. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Resource } from '../synth/template.ts';
import { isAllowed } from '../tools/guard/evaluate.ts';
import { collectPolicies, roleArn, userArn } from '../tools/guard/policies.ts';

function collect(Type: string, Properties: Record<string, unknown>) {
  const resource: Resource = { Type, Properties };
  return collectPolicies([{ stackName: 'Btr-alice-bob', resources: { Thing: resource } }]);
}

const document = (statement: Record<string, unknown>) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', ...statement }],
});
const queue = 'arn:aws:sqs:eu-central-1:123456789012:q.fifo';
const send = document({ Action: 'sqs:SendMessage', Resource: queue });

for (const [what, Type, Properties] of [
  [
    'a policy of AWS',
    'AWS::IAM::User',
    { UserName: 'u', ManagedPolicyArns: ['arn:aws:iam::aws:policy/ReadOnlyAccess'] },
  ],
  ['a group', 'AWS::IAM::ManagedPolicy', { PolicyDocument: send, Groups: ['all'] }],
  ['a boundary', 'AWS::IAM::User', { UserName: 'u', PermissionsBoundary: 'arn:aws:iam::123456789012:policy/p' }],
  ['a URL of a function', 'AWS::Lambda::Url', { AuthType: 'NONE' }],
  ['a key with a policy', 'AWS::KMS::Key', { KeyPolicy: send }],
  [
    'more about an invocation',
    'AWS::Lambda::Permission',
    { Action: 'lambda:*', Principal: '*', PrincipalOrgID: 'o-1' },
  ],
] as const) {
  test(`${what} is not passed over`, () => {
    assert.throws(() => collect(Type, Properties), /Btr-alice-bob\/Thing: what .* allows is not taken into account/);
  });
}

test('policies are found on users, roles and inside either', async () => {
  const role = { RoleName: 'r', AssumeRolePolicyDocument: document({ Action: 'sts:AssumeRole', Principal: '*' }) };
  const inline = [{ PolicyName: 'inline', PolicyDocument: send }];
  for (const [policies, arn, identity] of [
    [collect('AWS::IAM::ManagedPolicy', { PolicyDocument: send, Users: ['u'] }), userArn('u')],
    [collect('AWS::IAM::Policy', { PolicyDocument: send, Roles: ['r'] }), roleArn('r')],
    [collect('AWS::IAM::User', { UserName: 'u', Policies: inline }), userArn('u')],
    [
      collect('AWS::IAM::Role', { ...role, Policies: inline }),
      'arn:aws:sts::123456789012:assumed-role/r/session',
      roleArn('r'),
    ],
  ] as const) {
    const principal = identity === undefined ? { arn } : { arn, identity };
    const request = { principal, action: 'sqs:SendMessage', resource: queue, context: {} };
    assert.equal(await isAllowed(policies, request), true);
    assert.equal(await isAllowed(policies, { ...request, action: 'sqs:DeleteQueue' }), false);
    assert.equal(await isAllowed(policies, { ...request, principal: { arn: userArn('another') } }), false);
  }
});

test('a request that the evaluator can not judge is an error, neither a yes nor a no', async () => {
  const request = { principal: {}, resource: queue, context: {} };
  await assert.rejects(isAllowed([], { ...request, action: 'sqs:SendMessages' }), /invalid\.action/);
  await assert.rejects(isAllowed([], { ...request, action: 's3:GetObject' }), /no\.resource\.types/);
});

test('a policy that is none is an error', async () => {
  const policies = collect('AWS::IAM::Policy', {
    PolicyDocument: document({ Action: 'sqs:SendMessage' }),
    Users: ['u'],
  });
  const request = { principal: { arn: userArn('u') }, action: 'sqs:SendMessage', resource: queue, context: {} };
  await assert.rejects(isAllowed(policies, request), /identityPolicyErrors/);
});
