/** The front that the other tests trust: it lets nobody by whose signature, key or clock is wrong, and says so as AWS does. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CreateAccessKeyCommand, DeleteAccessKeyCommand, IAMClient } from '@aws-sdk/client-iam';
import {
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { GetQueueAttributesCommand, SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { SignatureV4 } from '@smithy/signature-v4';
import type { AwsCredentials } from '../../client/drops/aws/index.ts';
import { region } from '../synth/template.ts';
import { Account, deployment, owner, userOf } from '../tools/guard/account.ts';
import { userArn } from '../tools/guard/policies.ts';
import { Sha256 } from '../tools/guard/signature.ts';
import { parcel } from './inventory.ts';

const channel = deployment('alice', 'bob');
const alice = userOf(channel, 'alice');
const QueueUrl = 'https://sqs.eu-central-1.amazonaws.com/123456789012/Btr-alice-bob-a-to-b.fifo';
const Bucket = 'btr-alice-bob-parcels';

let account: Account;
before(async () => {
  account = await Account.start(channel);
});
after(() => account[Symbol.asyncDispose]());

function clients(t: { after(run: () => void): void }, credentials: AwsCredentials) {
  const config = { endpoint: account.guard.endpoint, region, credentials, maxAttempts: 1 };
  const sqs = new SQSClient({ ...config, useQueueUrlAsEndpoint: false });
  const s3 = new S3Client({ ...config, forcePathStyle: true });
  const iam = new IAMClient(config);
  t.after(() => {
    for (const client of [sqs, s3, iam]) client.destroy();
  });
  return { sqs, s3, iam };
}

const attributes = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['FifoQueue'] });
const put = new PutObjectCommand({ Bucket, Key: `a/${parcel}`, Body: 'sealed' });

test('a key that is known, and its own secret, are let by', async (t) => {
  const { sqs, s3 } = clients(t, account.guard.keyFor(alice));
  assert.deepEqual((await sqs.send(attributes)).Attributes, { FifoQueue: 'true' });
  await s3.send(put);
});

test('another secret is no signature, and another id no key', async (t) => {
  const { accessKeyId, secretAccessKey } = account.guard.keyFor(alice);
  const wrong = clients(t, { accessKeyId, secretAccessKey: `${secretAccessKey.slice(1)}x` });
  await assert.rejects(wrong.sqs.send(attributes), { name: 'SignatureDoesNotMatch' });
  await assert.rejects(wrong.s3.send(put), { name: 'SignatureDoesNotMatch' });
  const unknown = clients(t, { accessKeyId: 'AKIAAAAAAAAAAAAAAAAA', secretAccessKey });
  await assert.rejects(unknown.sqs.send(attributes), { name: 'InvalidClientTokenId' });
  await assert.rejects(unknown.s3.send(put), { name: 'InvalidAccessKeyId' });
});

/** GetQueueAttributes, signed by hand so that it can be spoiled afterwards. */
async function signed(credentials: AwsCredentials, signingDate = new Date()) {
  const { host, hostname } = new URL(account.guard.endpoint);
  const body = JSON.stringify({ QueueUrl, AttributeNames: ['FifoQueue'] });
  const headers = {
    host,
    'content-type': 'application/x-amz-json-1.0',
    'x-amz-target': 'AmazonSQS.GetQueueAttributes',
  };
  const signer = new SignatureV4({ service: 'sqs', region, credentials, sha256: Sha256 });
  const request = { method: 'POST', protocol: 'http:', hostname, path: '/', query: {}, headers, body };
  return { ...(await signer.sign(request, { signingDate })), body };
}

async function answerTo({ headers, body }: { readonly headers: Record<string, string>; readonly body: string }) {
  const response = await fetch(account.guard.endpoint, { method: 'POST', headers, body });
  return `${response.status} ${response.headers.get('x-amzn-query-error') ?? (await response.text())}`;
}

test('a key of a session counts with its token alone', async (t) => {
  const key = account.guard.keyFor({ ...alice, identity: userArn('Btr-alice-bob-alice') });
  await clients(t, key).sqs.send(attributes);
  const { sessionToken: _, ...without } = key;
  for (const other of [without, { ...key, sessionToken: 'another' }]) {
    const { sqs } = clients(t, other);
    await assert.rejects(sqs.send(attributes), { name: 'InvalidClientTokenId' });
  }
});

test('what was signed must be what came, and lately', async () => {
  const key = account.guard.keyFor(alice);
  const good = await signed(key);
  assert.equal(await answerTo(good), '200 {"Attributes":{"FifoQueue":"true"}}');
  const badSignature = '403 SignatureDoesNotMatch;Sender';
  assert.equal(await answerTo({ ...good, body: good.body.replace('a-to-b', 'b-to-a') }), badSignature);
  const target = { 'x-amz-target': 'AmazonSQS.SendMessage' };
  assert.equal(await answerTo({ ...good, headers: { ...good.headers, ...target } }), badSignature);
  for (const minutes of [-16, 16]) {
    assert.equal(await answerTo(await signed(key, new Date(Date.now() + minutes * 60_000))), badSignature);
  }
  assert.match(await answerTo(await signed(key, new Date(Date.now() - 14 * 60_000))), /^200 /);
});

test('who does not sign may do nothing', async () => {
  const { headers, body } = await signed(account.guard.keyFor(alice));
  const { authorization: _, ...others } = headers;
  assert.equal(await answerTo({ headers: others, body }), '403 AccessDenied;Sender');
  const response = await fetch(`${account.guard.endpoint}/${Bucket}/a/${parcel}`);
  assert.equal(response.status, 403);
  assert.match(await response.text(), /<Code>AccessDenied<\/Code>.*anonymous.*s3:GetObject/);
});

test('a batch needs the right to its single action', async (t) => {
  const { sqs } = clients(t, account.guard.keyFor(userOf(channel, 'bob')));
  const Entries = [{ Id: 'one', MessageBody: 'body', MessageGroupId: 'btr' }];
  await assert.rejects(sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries })), {
    name: 'AccessDenied',
    message: /Btr-alice-bob-bob is not authorized to perform: sqs:SendMessage on resource: .*a-to-b\.fifo/,
  });
});

test('a key of IAM counts for its user until it is deleted, and only the owner makes one', async (t) => {
  account.ownerAs(channel, 'alice');
  const user = { UserName: 'Btr-alice-bob-alice' };
  const theirs = clients(t, account.guard.keyFor({ arn: owner }));
  const { AccessKey: key } = await theirs.iam.send(new CreateAccessKeyCommand(user));
  const made = clients(t, { accessKeyId: key?.AccessKeyId ?? '', secretAccessKey: key?.SecretAccessKey ?? '' });
  await made.sqs.send(attributes);
  await assert.rejects(made.iam.send(new CreateAccessKeyCommand(user)), { name: 'AccessDenied' });
  await made.iam.send(new DeleteAccessKeyCommand({ AccessKeyId: key?.AccessKeyId }));
  await assert.rejects(made.sqs.send(attributes), { name: 'InvalidClientTokenId' });
  await assert.rejects(made.iam.send(new CreateAccessKeyCommand(user)), { name: 'InvalidClientTokenId' });
});

test('who may not list the bucket is not told what is not there, and HEAD has no words', async (t) => {
  const { s3 } = clients(t, account.guard.keyFor(alice));
  const missing = { Bucket, Key: `b/${parcel}` };
  await assert.rejects(s3.send(new GetObjectCommand(missing)), { name: 'AccessDenied' });
  await assert.rejects(s3.send(new HeadObjectCommand(missing)), (error) => {
    assert.ok(error instanceof S3ServiceException);
    return error.$metadata.httpStatusCode === 403;
  });
});

test('of several keys to delete, those without permission are told and the others go', async (t) => {
  const { s3 } = clients(t, account.guard.keyFor(alice));
  await s3.send(put);
  const Objects = [{ Key: 'c/elsewhere' }, { Key: `a/${parcel}` }];
  const { Deleted, Errors } = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
  assert.deepEqual(
    [Deleted?.map(({ Key }) => Key), Errors?.map(({ Key, Code }) => [Key, Code])],
    [[`a/${parcel}`], [['c/elsewhere', 'AccessDenied']]],
  );
});
