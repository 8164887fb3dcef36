import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { GetBucketLocationCommand, ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
import {
  GetQueueAttributesCommand,
  ListQueuesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { runCdk } from './cdk.ts';
import { motoMissing, startMoto } from './moto.ts';
import { account, region } from './template.ts';

const credentials = { accessKeyId: 'owner', secretAccessKey: 'not-a-secret' };

test('cdk bootstrap and cdk deploy, on moto', { skip: motoMissing(), timeout: 1_200_000 }, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'btr-deploy-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await using moto = await startMoto();
  // By the name: the CDK puts a bucket's name before the host, and nothing can stand before an address.
  const endpoint = `http://localhost:${moto.port}`;
  const env = {
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  };
  const cdk = async (...args: string[]) => {
    const { code, stdout, stderr } = await runCdk([...args, '--output', join(folder, 'out')], folder, env);
    assert.equal(code, 0, `cdk ${args.join(' ')}\n${stdout}${stderr}`);
  };
  const sqs = new SQSClient({ endpoint, region, credentials });
  const s3 = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  t.after(() => {
    sqs.destroy();
    s3.destroy();
  });

  await cdk('bootstrap', '-c', 'buddies=alice,bob');
  await cdk('deploy', '--require-approval', 'never', '-c', 'buddies=alice,bob');

  const { QueueUrls } = await sqs.send(new ListQueuesCommand({}));
  assert.deepEqual((QueueUrls ?? []).map((url) => url.slice(url.lastIndexOf('/') + 1)).sort(), [
    'Btr-alice-bob-a-to-b-dead.fifo',
    'Btr-alice-bob-a-to-b.fifo',
    'Btr-alice-bob-b-to-a-dead.fifo',
    'Btr-alice-bob-b-to-a.fifo',
  ]);
  const QueueUrl = `${endpoint}/${account}/Btr-alice-bob-a-to-b.fifo`;
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
  assert.equal(Attributes?.FifoQueue, 'true');
  assert.equal(Attributes.ContentBasedDeduplication, 'true');
  assert.equal(Attributes.MessageRetentionPeriod, '1209600');
  assert.deepEqual(JSON.parse(Attributes.RedrivePolicy ?? ''), {
    deadLetterTargetArn: `arn:aws:sqs:${region}:${account}:Btr-alice-bob-a-to-b-dead.fifo`,
    maxReceiveCount: 100,
  });

  // The largest body that the client leaves, through the queue as deployed.
  const body = 'A'.repeat(1_048_576);
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: body, MessageGroupId: 'btr' }));
  const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl }));
  assert.equal(Messages?.[0]?.Body === body, true);

  const { Buckets } = await s3.send(new ListBucketsCommand({}));
  const [Bucket, ...others] = (Buckets ?? []).flatMap(({ Name }) => (Name?.startsWith('btr-') ? [Name] : []));
  assert.deepEqual(others, []);
  const location = await s3.send(new GetBucketLocationCommand({ Bucket }));
  assert.equal(location.LocationConstraint, region);
  for (const buddy of ['alice', 'bob']) {
    const attached = await iam(endpoint, { Action: 'ListAttachedUserPolicies', UserName: `Btr-alice-bob-${buddy}` });
    assert.deepEqual(
      [...attached.matchAll(/<PolicyName>([^<]*)</g)].map(([, name]) => name),
      [`Btr-alice-bob-${buddy}`],
    );
    const keys = await iam(endpoint, { Action: 'ListAccessKeys', UserName: `Btr-alice-bob-${buddy}` });
    assert.doesNotMatch(keys, /<AccessKeyId>/);
  }
});

/** One call of IAM's query API, whose SDK client nothing else here needs. moto goes by the header's service, not its signature. */
async function iam(endpoint: string, parameters: Record<string, string>): Promise<string> {
  const scope = `${credentials.accessKeyId}/20260101/us-east-1/iam/aws4_request`;
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: { authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0` },
    body: new URLSearchParams({ ...parameters, Version: '2010-05-08' }),
  });
  const text = await response.text();
  assert.equal(response.status, 200, text);
  return text;
}
