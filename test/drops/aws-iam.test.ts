/** The calls on access keys, against a stand-in for IAM and, where it is installed, against moto. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { createAccessKey, deleteAccessKey, listAccessKeys } from '../../client/drops/aws/keys.ts';
import type { Clock } from '../../client/drops/aws/new-key.ts';
import { DropError, SetupError } from '../../client/errors.ts';
import { motoMissing, startMoto } from '../synth/moto.ts';
import { stubTcp, timing } from './aws-tools.ts';
import { bob, owner, ownersHome, place, virtualClock } from './owners-home.ts';
import { bare, withVariables } from './variables.ts';

test('the owner makes, sees and removes keys of a user', async () => {
  await using home = await ownersHome();
  const key = await createAccessKey(bob, { place });
  assert.deepEqual(home.iam.keys, [{ id: key.accessKeyId, secret: key.secretAccessKey, user: bob }]);
  const createdAt = Date.parse('2026-11-01T12:00:00Z');
  assert.deepEqual(await listAccessKeys(bob, { place }), [{ id: key.accessKeyId, active: true, createdAt }]);
  assert.deepEqual(await listAccessKeys('somebody', { place }), []);
  await deleteAccessKey(key.accessKeyId, { place, user: bob });
  assert.deepEqual(home.iam.keys, []);
  await deleteAccessKey(key.accessKeyId, { place, user: bob });
  assert.ok(home.iam.calls.every(({ signer }) => signer === owner));
});

test('a third key is refused with the ids of the two that live, and how to remove one', async () => {
  await using home = await ownersHome();
  const first = await createAccessKey(bob, { place });
  const second = await createAccessKey(bob, { place });
  await assert.rejects(createAccessKey(bob, { place }), (error) => {
    assert.ok(error instanceof SetupError);
    assert.equal(error.code, 'too-many-keys');
    const said = `${error.message} ${error.hint}`;
    for (const { accessKeyId, secretAccessKey } of [first, second]) {
      assert.ok(said.includes(accessKeyId), said);
      assert.ok(!said.includes(secretAccessKey));
    }
    assert.match(said, /aws iam delete-access-key --user-name Btr-alice-bob-bob --access-key-id ID$/);
    return true;
  });
  assert.equal(home.iam.keys.length, 2);
});

test('of keys that are in the way, the one that this home uses is never the one to remove', async () => {
  await using _ = await ownersHome();
  const first = await createAccessKey(bob, { place });
  const second = await createAccessKey(bob, { place });
  for (const [own, other] of [
    [first, second],
    [second, first],
  ] as const) {
    await assert.rejects(createAccessKey(bob, { place: { ...place, credentials: own } }), {
      message: new RegExp(`; this home uses ${own.accessKeyId}\\.$`),
      hint: new RegExp(`delete-access-key .* --access-key-id ${other.accessKeyId}$`),
    });
  }
});

for (const [action, call] of [
  ['CreateAccessKey', () => createAccessKey(bob, { place, timing })],
  ['ListAccessKeys', () => listAccessKeys(bob, { place, timing })],
  ['DeleteAccessKey', () => deleteAccessKey('AKIAAKIAAKIAAKIA', { place, user: bob, timing })],
] as const) {
  test(`a missing permission for ${action} is named, at once`, async () => {
    await using home = await ownersHome({ refuse: () => ({ status: 403, code: 'AccessDenied' }) });
    await assert.rejects(call(), {
      code: 'access-denied',
      message: `Access denied: these credentials may not do iam:${action} on IAM user ${bob}.`,
      exitCode: 4,
    });
    assert.equal(home.iam.calls.length, 1);
  });
}

test('where the living keys may not be listed, that is said', async () => {
  await using _ = await ownersHome({
    refuse: ({ action }) =>
      action === 'ListAccessKeys' ? { status: 403, code: 'AccessDenied' } : { status: 409, code: 'LimitExceeded' },
  });
  await assert.rejects(createAccessKey(bob, { place, timing }), (error) => {
    assert.ok(error instanceof SetupError);
    assert.equal(error.code, 'too-many-keys');
    assert.match(`${error.message} ${error.hint}`, /iam:ListAccessKeys.*aws iam list-access-keys --user-name Btr/s);
    return true;
  });
});

test('a user who is not there is named', async () => {
  await using _ = await ownersHome({ users: ['Btr-alice-bob-alice'] });
  await assert.rejects(createAccessKey(bob, { place, timing }), { code: 'no-such-user', message: /Btr-alice-bob-bob/ });
  await assert.rejects(listAccessKeys(bob, { place, timing }), { code: 'no-such-user' });
});

test('a key is asked for once, and a lost answer is told as what it may be: a key that nobody knows', async () => {
  await using home = await ownersHome({ refuse: () => ({ status: 500, code: 'ServiceFailure' }) });
  const mayLive = (error: unknown) => {
    assert.ok(error instanceof DropError);
    assert.equal(error.retryable, false);
    assert.match(error.hint ?? '', /may have been made.*aws iam list-access-keys --user-name Btr-alice-bob-bob/);
    return true;
  };
  await assert.rejects(createAccessKey(bob, { place, timing }), mayLive);
  assert.equal(home.iam.calls.length, 1);
  let connections = 0;
  await using rude = await stubTcp((socket) => {
    connections += 1;
    socket.once('data', () => socket.destroy());
  });
  using _ = withVariables({ AWS_ENDPOINT_URL_IAM: rude.endpoint });
  await assert.rejects(createAccessKey(bob, { place, timing }), mayLive);
  assert.equal(connections, 1);
});

test('a second key removes the first with its own rights, whoever is in the environment', async () => {
  await using home = await ownersHome();
  const first = await createAccessKey(bob, { place });
  const credentials = await createAccessKey(bob, { place });
  await deleteAccessKey(first.accessKeyId, { place, credentials });
  await deleteAccessKey(first.accessKeyId, { place, credentials });
  assert.deepEqual(
    home.iam.keys.map(({ id }) => id),
    [credentials.accessKeyId],
  );
  assert.deepEqual(
    home.iam.calls.slice(-2).map(({ action, signer }) => [action, signer]),
    Array(2).fill(['DeleteAccessKey', credentials.accessKeyId]),
  );
});

test("a key can't remove a key of another user", async () => {
  await using home = await ownersHome();
  const other = await createAccessKey('Btr-alice-bob-alice', { place });
  const credentials = await createAccessKey(bob, { place });
  const options = { place, credentials, clock: virtualClock(), user: 'Btr-alice-bob-alice' };
  await assert.rejects(deleteAccessKey(other.accessKeyId, options), { code: 'access-denied' });
  assert.equal(home.iam.keys.length, 2);
});

test('a key that IAM does not know yet is tried again until it does', async () => {
  const codes = ['InvalidClientTokenId', 'AccessDenied', 'InvalidClientTokenId'];
  await using home = await ownersHome({
    refuse: ({ action }, before) => {
      const code = action === 'DeleteAccessKey' ? codes[before] : undefined;
      return code === undefined ? undefined : { status: 403, code };
    },
  });
  const first = await createAccessKey(bob, { place });
  const credentials = await createAccessKey(bob, { place });
  const clock = virtualClock();
  await deleteAccessKey(first.accessKeyId, { place, credentials, clock });
  assert.deepEqual(clock.slept, [500, 1_000, 2_000]);
  assert.equal(home.iam.keys.length, 1);
});

test('a key that IAM does not get to know ends in an error after 30 s, and other errors end at once', async () => {
  await using home = await ownersHome({
    refuse: ({ parameters }) =>
      parameters.AccessKeyId === 'AKIAAKIAAKIAAKIA'
        ? { status: 403, code: 'InvalidClientTokenId' }
        : { status: 403, code: 'SignatureDoesNotMatch' },
  });
  const credentials = { accessKeyId: 'AKIAAKIAAKIAAKIB', secretAccessKey: 'secretsecretsecretsecret' };
  const clock = virtualClock();
  await assert.rejects(deleteAccessKey('AKIAAKIAAKIAAKIA', { place, credentials, clock, timing }), {
    code: 'invalid-credentials',
  });
  const waited = clock.now();
  assert.ok(waited > 25_000 && waited <= 30_000, `${waited} ms`);
  const calls = home.iam.calls.length;
  await assert.rejects(deleteAccessKey('AKIAAKIAAKIAAKIC', { place, credentials, clock, timing }), {
    code: 'bad-signature',
  });
  assert.equal(home.iam.calls.length, calls + 1);
  assert.equal(clock.now(), waited);
});

test('an abort ends the wait for a new key, with its reason', async () => {
  const abort = new AbortController();
  const reason = new Error('enough');
  await using _ = await ownersHome({ refuse: () => ({ status: 403, code: 'AccessDenied' }) });
  const credentials = { accessKeyId: 'AKIAAKIAAKIAAKIB', secretAccessKey: 'secretsecretsecretsecret' };
  const clock = virtualClock();
  const sleep: Clock['sleep'] = (milliseconds, signal) => {
    abort.abort(reason);
    return clock.sleep(milliseconds, signal);
  };
  const options = { place, credentials, signal: abort.signal, clock: { ...clock, sleep } };
  await assert.rejects(deleteAccessKey('AKIAAKIAAKIAAKIA', options), reason);
});

test("IAM is asked where its variable says, else at the drop's own endpoint", async () => {
  await using home = await ownersHome();
  await createAccessKey(bob, { place: { ...place, endpoint: 'http://127.0.0.1:1' }, timing });
  await deleteAccessKey(home.iam.keys[0]?.id ?? '', { place, user: bob });
  using _ = withVariables({ AWS_ENDPOINT_URL_IAM: '' });
  await createAccessKey(bob, { place: { ...place, endpoint: home.iam.url } });
  const queues = { 'a-to-b': `${home.iam.url}/1/ab.fifo`, 'b-to-a': `${home.iam.url}/1/ba.fifo` };
  await createAccessKey(bob, { place: { ...place, queues } });
  assert.equal(home.iam.keys.length, 2);
});

test('the same against moto', { skip: motoMissing(), timeout: 600_000 }, async () => {
  await using moto = await startMoto();
  const endpoint = `http://localhost:${moto.port}`;
  using _ = withVariables({
    ...bare,
    AWS_ACCESS_KEY_ID: owner,
    AWS_SECRET_ACCESS_KEY: 'not-a-secret',
    AWS_ENDPOINT_URL: endpoint,
  });
  await assert.rejects(createAccessKey(bob, { place }), { code: 'no-such-user' });
  const { CreateUserCommand, IAMClient } = await import('@aws-sdk/client-iam');
  const client = new IAMClient({ endpoint, region: 'us-east-1' });
  await client.send(new CreateUserCommand({ UserName: bob }));
  client.destroy();
  const first = await createAccessKey(bob, { place });
  const second = await createAccessKey(bob, { place });
  await assert.rejects(createAccessKey(bob, { place }), {
    code: 'too-many-keys',
    message: new RegExp(`${first.accessKeyId}, ${second.accessKeyId}`),
  });
  await deleteAccessKey(first.accessKeyId, { place, credentials: second });
  assert.deepEqual(
    (await listAccessKeys(bob, { place })).map(({ id, active }) => [id, active]),
    [[second.accessKeyId, true]],
  );
  await deleteAccessKey(second.accessKeyId, { place, user: bob });
  await deleteAccessKey(second.accessKeyId, { place, user: bob });
  assert.deepEqual(await listAccessKeys(bob, { place }), []);
});
