/** What S3 answers, as the shelf tells it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeleteObjectsCommand, S3Client } from '@aws-sdk/client-s3';
import { mockClient } from 'aws-sdk-client-mock';
import { S3Shelf } from '../../lambdas/expire-drops/shelf.ts';

test('refusals of a batch are one error for each reason, counted: many of them fit in a small memory', async () => {
  const keys = Array.from({ length: 1_000 }, (_, index) => `a/${index}`);
  const Errors = keys.map((Key, index) => ({ Key, Code: index === 0 ? 'SlowDown' : 'AccessDenied' }));
  const client = new S3Client({ region: 'us-east-1' });
  mockClient(client).on(DeleteObjectsCommand).resolves({ Errors });
  const errors = await new S3Shelf(client, 'bucket', new AbortController().signal).remove(keys);
  client.destroy();
  assert.equal(errors.length, 1_000);
  assert.deepEqual(
    [...new Set(errors)].map(({ message }) => message),
    ['s3:DeleteObject: SlowDown', 's3:DeleteObject: AccessDenied'],
  );
});
