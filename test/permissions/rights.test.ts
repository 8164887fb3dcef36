/** What `btr drop test` tells of the rights at AWS, with the deployed policies enforced, widened and narrowed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openAwsDrop } from '../../client/drops/aws/index.ts';
import type { Finding } from '../../client/drops/drop.ts';
import type { Role } from '../../client/protocol/roles.ts';
import { Account, deployment, userOf } from '../tools/guard/account.ts';

const channel = deployment('alice', 'bob');
const swapping = deployment('alice', 'bob', { allowSwap: 'true' });

async function findings(account: Account, role: Role, deployed = channel): Promise<readonly Finding[]> {
  const credentials = account.guard.keyFor(userOf(deployed, deployed[role]));
  const drop = openAwsDrop({ address: { ...account.address(deployed, role), credentials }, role });
  try {
    return await drop.check();
  } finally {
    await drop.close();
  }
}

const bad = (list: readonly Finding[]) => list.filter(({ ok }) => !ok).map(({ what, text }) => `${what}: ${text}`);

test('each side may do what it needs, and nothing else that is tried', async () => {
  await using account = await Account.start(channel);
  for (const role of ['a', 'b'] as const) {
    const [own, other] = role === 'a' ? ['a-to-b', 'b-to-a'] : ['b-to-a', 'a-to-b'];
    const list = await findings(account, role);
    assert.deepEqual(bad(list), []);
    const rights = list.map(({ what }) => what);
    for (const what of [`leave messages (${own})`, `remove messages (${other})`, `hide messages (${other})`]) {
      assert.ok(rights.includes(what), what);
    }
    for (const what of ['no more than needed', 'round trip', 'clock']) assert.ok(rights.includes(what), what);
  }
});

test('a right that is missing is named, and where', async () => {
  await using account = await Account.start(channel);
  const whole = account.guard.policies;
  const lacks = (sid: string) =>
    whole.map((policy) => ({
      ...policy,
      document: { ...policy.document, Statement: policy.document.Statement.filter(({ Sid }) => Sid !== sid) },
    }));
  for (const [sid, what, says] of [
    ['Send', 'leave messages (a-to-b)', /may not do sqs:SendMessage on queue Btr-alice-bob-a-to-b\.fifo/],
    ['PutParcels', 'put files (files of a)', /may not do s3:AbortMultipartUpload on s3:\/\/btr-alice-bob-parcels\/a\//],
    ['TakeParcels', 'burn files (files of b)', /may not do s3:DeleteObject on s3:\/\/btr-alice-bob-parcels\/b\//],
  ] as const) {
    account.guard.policies = lacks(sid);
    const found = (await findings(account, 'a')).find((finding) => finding.what === what);
    assert.equal(found?.ok, false, what);
    assert.match(found.text, says);
  }
});

test('a key that may do more is told of', async () => {
  await using account = await Account.start(swapping);
  const [told, ...others] = bad(await findings(account, 'a', swapping));
  assert.deepEqual(others, []);
  assert.match(
    told ?? '',
    /^no more than needed: This key may also: take back what it left \(a-to-b\), leave messages to itself \(b-to-a\), put files \(files of b\)\./,
  );
});
