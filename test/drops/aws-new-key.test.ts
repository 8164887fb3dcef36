/** A key that was made just now, before all of AWS knows it: refusals are not believed for half a minute. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { untilUsable } from '../../client/drops/aws/new-key.ts';
import { DropError } from '../../client/errors.ts';
import { Account, deployment, userOf } from '../tools/guard/account.ts';
import { virtualClock } from './owners-home.ts';

const channel = deployment('alice', 'bob');

async function begin() {
  const account = await Account.start(channel);
  const { AWS_ACCESS_KEY_ID: accessKeyId = '', AWS_SECRET_ACCESS_KEY: secretAccessKey = '' } = account.guard.env(
    userOf(channel, 'alice'),
  );
  return { account, address: { ...account.address(channel, 'a'), credentials: { accessKeyId, secretAccessKey } } };
}

test('a new key is waited for until the queue takes it', async () => {
  const { account, address } = await begin();
  await using _account = account;
  const { guard } = account;
  const known = guard.policies;
  guard.policies = [];
  const clock = virtualClock();
  let pauses = 0;
  const sleep = async (milliseconds: number, signal: AbortSignal | undefined) => {
    await clock.sleep(milliseconds, signal);
    if (++pauses === 3) guard.policies = known;
  };
  await untilUsable(address, 'a', { clock: { ...clock, sleep } });
  assert.equal(pauses, 3);
});

test('a key that stays refused ends in what is missing, after 30 s', async () => {
  const { account, address } = await begin();
  await using _account = account;
  account.guard.policies = [];
  const clock = virtualClock();
  await assert.rejects(untilUsable(address, 'a', { clock }), (error) => {
    assert.ok(error instanceof DropError);
    assert.equal(error.code, 'access-denied');
    assert.match(error.message, /sqs:GetQueueAttributes on queue Btr-alice-bob-b-to-a\.fifo/);
    return true;
  });
  assert.ok(clock.now() > 20_000 && clock.now() <= 30_000, String(clock.now()));
});
