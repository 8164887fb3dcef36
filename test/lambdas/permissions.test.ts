/** The uploaded file with the policy of its own role, enforced on every request: all of it is enough, and all is needed. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { CreateMultipartUploadCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { formatParcelKey } from '../../client/protocol/parcel-key.ts';
import { account as accountId } from '../synth/template.ts';
import { Account, deployment } from '../tools/guard/account.ts';
import { roleArn } from '../tools/guard/policies.ts';
import { bundleExpiry } from './bundle.ts';
import { invoke } from './invoke.ts';

const HOUR = 3_600_000;
const channel = deployment('alice', 'bob');
const Bucket = 'btr-alice-bob-parcels';
const role = `${channel.template.stackName}--expire`;
const session = { arn: `arn:aws:sts::${accountId}:assumed-role/${role}/session`, identity: roleArn(role) };
const fresh = formatParcelKey('b', Date.now() + 2 * HOUR, Buffer.alloc(16));

let folder: string;
let file: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'btr-function-'));
  file = bundleExpiry(folder);
});
after(() => rm(folder, { recursive: true, force: true }));

/** Of everything that the function deals with one, put there without asking anybody. */
async function fill({ cloud }: Account): Promise<S3Client> {
  const { endpoint, region } = cloud;
  const client = new S3Client({ endpoint, region, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } });
  const stale = formatParcelKey('a', Date.now() - HOUR, Buffer.alloc(16));
  const later = formatParcelKey('a', Date.now() + HOUR, Buffer.alloc(16));
  for (const Key of [stale, later, fresh, 'a/odd/name', 'b/日']) {
    await client.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }));
  }
  await client.send(new CreateMultipartUploadCommand({ Bucket, Key: 'b/odd' }));
  return client;
}

test('what its role may do is enough', async () => {
  await using account = await Account.start(channel);
  const client = await fill(account);
  const { code, stderr, report } = await invoke(file, { ...account.guard.env(session), BUCKET: Bucket });
  assert.deepEqual({ code, stderr, denials: account.guard.denials }, { code: 0, stderr: '', denials: [] });
  assert.deepEqual([report?.Removed, report?.Aborted, report?.Failed], [3, 1, 0]);
  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket }));
  assert.equal(Contents.length, 2);
  assert.equal(Contents[1]?.Key, fresh);
  client.destroy();
});

for (const [sid, errors] of [
  ['ListParcels', { 's3:ListBucket: AccessDenied': 2 }],
  ['ListUploads', { 's3:ListBucketMultipartUploads: AccessDenied': 2 }],
  ['RemoveParcels', { 's3:DeleteObject: AccessDenied': 3, 's3:AbortMultipartUpload: AccessDenied': 1 }],
] as const) {
  test(`without ${sid} it fails, and says what it may not do`, async () => {
    await using account = await Account.start(channel);
    const client = await fill(account);
    client.destroy();
    account.guard.policies = account.guard.policies.map((policy) => {
      const Statement = policy.document.Statement.filter(({ Sid }) => Sid !== sid);
      return { ...policy, document: { ...policy.document, Statement } };
    });
    const { code, report } = await invoke(file, { ...account.guard.env(session), BUCKET: Bucket });
    assert.deepEqual([code, report?.errors], [1, errors]);
  });
}
