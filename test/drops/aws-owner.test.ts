/** Who owns a stack, which one it is, and whether it can be deployed as it is now. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { assertDeployable } from '../../client/drops/aws/deployable.ts';
import { describeOwner } from '../../client/drops/aws/owner.ts';
import { describeOutputs, describeStack, findStackOf } from '../../client/drops/aws/stack.ts';
import { BtrError, exitCodes } from '../../client/errors.ts';
import { stackOutputs } from '../tools/outputs.ts';
import { type StacksOptions, startStacks } from '../tools/stacks.ts';
import { bare, withVariables } from './variables.ts';

const queues = { 'a-to-b': 'https://sqs.example/1/ab.fifo', 'b-to-a': 'https://sqs.example/1/ba.fifo' };
const outputs = stackOutputs({ queues });
const buddies = { a: 'alice', b: 'bob' };

/** An account with these stacks, and the owner's credentials in the environment. */
async function withStacks(options: StacksOptions) {
  const stacks = await startStacks(options);
  const owner = { AWS_ACCESS_KEY_ID: 'owner', AWS_SECRET_ACCESS_KEY: 'not-a-secret', AWS_REGION: 'eu-central-1' };
  const variables = withVariables({ ...bare, ...owner, ...stacks.env });
  return {
    stacks,
    async [Symbol.asyncDispose]() {
      variables[Symbol.dispose]();
      await stacks[Symbol.asyncDispose]();
    },
  };
}

test('the owner is who signs, in the region that was named or that is set', async () => {
  await using _ = await withStacks({ account: '111122223333' });
  const known = { account: '111122223333', arn: 'arn:aws:iam::111122223333:user/owner' };
  assert.deepEqual(await describeOwner({}), { ...known, region: 'eu-central-1' });
  assert.deepEqual(await describeOwner({ region: 'eu-west-1' }), { ...known, region: 'eu-west-1' });
});

test('no region, no credentials and an interrupt are told apart', async () => {
  await using _ = await withStacks({});
  {
    using __ = withVariables({ AWS_REGION: '' });
    await assert.rejects(describeOwner({}), { code: 'no-region', exitCode: 4 });
  }
  const reason = new Error('enough');
  await assert.rejects(describeOwner({ signal: AbortSignal.abort(reason) }), reason);
  using __ = withVariables({ AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' });
  await assert.rejects(describeOwner({}), { code: 'no-credentials', exitCode: 4 });
});

test('a stack is found by its queues, in whatever form they are named, and others are not', async () => {
  const others = { 'a-to-b': 'other-ab.fifo', 'b-to-a': 'other-ba.fifo' };
  const other = stackOutputs({
    queues: { 'a-to-b': 'https://q.example/1/x.fifo', 'b-to-a': 'https://q.example/1/y.fifo' },
  });
  await using _ = await withStacks({
    stacks: {
      Network: { status: 'CREATE_COMPLETE', outputs: { Vpc: 'vpc-1' } },
      'Btr-carol-dave': { status: 'CREATE_COMPLETE', outputs: other },
      Copied: { status: 'CREATE_COMPLETE', outputs },
      'Btr-alice-bob': { status: 'UPDATE_COMPLETE', outputs },
    },
  });
  const found = { name: 'Btr-alice-bob', status: 'UPDATE_COMPLETE', outputs };
  assert.deepEqual(await findStackOf(queues, {}), found);
  assert.deepEqual(await findStackOf({ 'a-to-b': 'ab.fifo', 'b-to-a': 'ba.fifo' }, {}), found);
  assert.equal(await findStackOf(others, {}), undefined);
  assert.deepEqual(await describeStack('Btr-alice-bob'), found);
  assert.equal(await describeStack('Nobody'), undefined);
  assert.deepEqual(await describeOutputs('Btr-alice-bob'), outputs);
  await assert.rejects(describeOutputs('Nobody'), { code: 'no-such-stack', exitCode: 3 });
});

test('a stack is found whoever of the two was removed', async () => {
  for (const [key, value] of Object.entries(outputs)) {
    await using _ = await withStacks({
      stacks: { 'Btr-alice-bob': { status: 'UPDATE_COMPLETE', outputs: { [key]: value } } },
    });
    assert.equal((await findStackOf(queues, {}))?.name, 'Btr-alice-bob');
  }
});

test('a missing permission is named', async () => {
  await using _ = await withStacks({ refuse: () => ({ code: 'AccessDenied' }) });
  const message = (resource: string) =>
    `Access denied: these credentials may not do cloudformation:DescribeStacks on ${resource}.`;
  await assert.rejects(describeStack('Btr-alice-bob'), { exitCode: 4, message: message('stack Btr-alice-bob') });
  await assert.rejects(findStackOf(queues, {}), { exitCode: 4, message: message('the stacks of this account') });
});

const name = 'Btr-alice-bob';
for (const [status, code, kind, hint] of [
  ['UPDATE_IN_PROGRESS', 'stack-busy', 'drop', /Wait/],
  ['CREATE_IN_PROGRESS', 'stack-busy', 'drop', /Wait/],
  ['ROLLBACK_COMPLETE', 'stack-failed', 'setup', /delete-stack --stack-name Btr-alice-bob/],
  ['CREATE_FAILED', 'stack-failed', 'setup', /describe-stack-events --stack-name Btr-alice-bob/],
  ['DELETE_FAILED', 'stack-half-deleted', 'setup', /btr destroy/],
  ['UPDATE_ROLLBACK_FAILED', 'stack-stuck', 'setup', /continue-update-rollback --stack-name Btr-alice-bob/],
] as const) {
  test(`a stack that is ${status} is not deployed, and what to do is said`, () => {
    assert.throws(
      () => assertDeployable({ name, status, outputs }, buddies),
      (error) => {
        assert.ok(error instanceof BtrError);
        assert.deepEqual([error.code, error.exitCode], [code, exitCodes[kind]]);
        assert.ok(error.message.includes(name) && error.message.includes(status), error.message);
        assert.match(error.hint ?? '', hint);
        return true;
      },
    );
  });
}

test('a stack that is not there is made; one of the same pair is changed, a removed buddy or none', () => {
  assert.equal(assertDeployable(undefined, buddies), false);
  assert.equal(assertDeployable({ name, status: 'REVIEW_IN_PROGRESS', outputs: {} }, buddies), false);
  for (const status of ['CREATE_COMPLETE', 'UPDATE_COMPLETE', 'UPDATE_ROLLBACK_COMPLETE']) {
    assert.equal(assertDeployable({ name, status, outputs }, buddies), true);
  }
  const { ClientA = '' } = outputs;
  assert.equal(assertDeployable({ name, status: 'UPDATE_COMPLETE', outputs: { ClientA } }, buddies), true);
});

test('a stack of another pair, of the other order, of another name, or of no channel is left alone', () => {
  const swapped = stackOutputs({ queues }, name, { a: 'bob', b: 'alice' });
  const renamed = stackOutputs({ queues }, 'Btr-ann-ben');
  for (const [found, message] of [
    [swapped, /for bob \(role a\) and alice \(role b\), not for alice and bob/],
    [renamed, /not one of btr/],
    [{ Url: 'https://example' }, /not one of btr/],
    [{}, /not one of btr/],
  ] as const) {
    const stack = { name, status: 'CREATE_COMPLETE', outputs: found };
    assert.throws(() => assertDeployable(stack, buddies), { code: 'foreign-stack', exitCode: 2, message });
  }
});
