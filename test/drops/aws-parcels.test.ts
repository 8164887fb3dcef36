import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import test from 'node:test';
import {
  CompleteMultipartUploadCommand,
  DeleteObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { mockClient } from 'aws-sdk-client-mock';
import { startCloud } from '../../client/cloud/index.ts';
import { openAwsDrop } from '../../client/drops/aws/index.ts';
import { freshKey, parcelsOf, readRange } from '../contract/tools.ts';
import { credentials, dropAt, listen, timing } from './aws-tools.ts';

const key = freshKey('a');
const queues = { 'a-to-b': 'ab.fifo', 'b-to-a': 'ba.fifo' };

function awsDrop() {
  return openAwsDrop({
    address: { kind: 'aws', queues, bucket: 'bucket', region: 'eu-central-1' },
    role: 'a',
    credentials,
    timing,
  });
}

function s3Failure(name: string, status: number): Error {
  return Object.assign(new Error(name), { name, $metadata: { httpStatusCode: status } });
}

/** Answers S3 requests as `answer` says. */
async function stubS3(answer: (request: IncomingMessage, response: ServerResponse, index: number) => void) {
  let index = 0;
  const server = createServer((request, response) => {
    request.resume();
    request.once('end', () => answer(request, response, index++)).once('error', () => undefined);
  });
  const endpoint = await listen(server);
  return {
    drop: dropAt(endpoint)(),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

for (const [taken, expected] of [
  [true, 'succeeds'],
  [false, 'fails'],
] as const) {
  test(`aws: completing an upload that is gone ${expected} where the key is ${taken ? 'taken' : 'free'}`, async () => {
    const mock = mockClient(S3Client);
    try {
      mock.on(CompleteMultipartUploadCommand).rejects(s3Failure('NoSuchUpload', 404));
      // What a sender is told of its own prefix, whatever is there.
      mock.on(HeadObjectCommand).rejects(s3Failure('Forbidden', 403));
      if (taken) mock.on(PutObjectCommand).rejects(s3Failure('PreconditionFailed', 412));
      else mock.on(PutObjectCommand).resolves({});
      mock.on(DeleteObjectCommand).resolves({});
      const drop = awsDrop();
      const completing = parcelsOf(drop).complete(key, 'ticket', ['"receipt"']);
      if (taken) await completing;
      else await assert.rejects(completing, { code: 'no-such-upload' });
      assert.equal(mock.commandCalls(PutObjectCommand)[0]?.args[0].input.IfNoneMatch, '*');
      assert.equal(mock.commandCalls(DeleteObjectCommand).length, taken ? 0 : 1);
      await drop.close();
    } finally {
      mock.restore();
    }
  });
}

const user = 'User: arn:aws:iam::123456789012:user/bob is not authorized to perform:';

for (const [words, code, message] of [
  ['Access Denied', 'no-such-parcel', /no longer in the drop.*may not fetch it/],
  [`${user} s3:ListBucket on resource: "arn:aws:s3:::bucket"`, 'no-such-parcel', /no longer in the drop/],
  [`${user} s3:GetObject on resource: "arn:aws:s3:::bucket/b"`, 'access-denied', /may not do s3:GetObject on s3:/],
] as const) {
  test(`aws: a parcel that S3 denies with "${words}" is told as ${code}`, async () => {
    await using stub = await stubS3((_, response) => {
      response.writeHead(403, { 'content-type': 'application/xml' });
      response.end(`<Error><Code>AccessDenied</Code><Message>${words}</Message></Error>`);
    });
    await assert.rejects(readRange(parcelsOf(stub.drop), key, 0, 10), { code, message });
    await stub.drop.close();
  });
}

test('aws: a parcel that may not be put is told with the permission', async () => {
  await using stub = await stubS3((_, response) => {
    response.writeHead(403, { 'content-type': 'application/xml' });
    response.end('<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>');
  });
  await assert.rejects(parcelsOf(stub.drop).create(key), { code: 'access-denied', message: /s3:PutObject on s3:/ });
  await stub.drop.close();
});

test('aws: a download that breaks off goes on where it stopped', async () => {
  const ranges: (string | undefined)[] = [];
  await using stub = await stubS3((request, response, index) => {
    ranges.push(request.headers.range);
    const [from = 0] = (request.headers.range ?? '').match(/\d+/g)?.map(Number) ?? [];
    response.writeHead(206, { 'content-length': 20 - from });
    const rest = 'abcdefghijklmnopqrst'.slice(from);
    if (index > 0) response.end(rest);
    else response.write(rest.slice(0, 7), () => response.destroy());
  });
  assert.equal((await readRange(parcelsOf(stub.drop), key, 0, 20)).toString(), 'abcdefghijklmnopqrst');
  assert.deepEqual(ranges, ['bytes=0-19', 'bytes=7-19']);
  await stub.drop.close();
});

test('aws: a parcel of another length is refused', async () => {
  await using stub = await stubS3((_, response) => response.writeHead(206, { 'content-length': 5 }).end('short'));
  await assert.rejects(readRange(parcelsOf(stub.drop), key, 0, 20), { code: 'wrong-parcel-length' });
  await stub.drop.close();
});

test('aws: a part is put again when the line breaks, from its beginning', async () => {
  const lengths: number[] = [];
  await using stub = await stubS3((request, response, index) => {
    lengths.push(Number(request.headers['content-length']));
    if (index === 0) response.destroy();
    else response.writeHead(200, { etag: '"receipt"' }).end();
  });
  const pieces = [Buffer.alloc(100_000, 1), Buffer.alloc(3, 2)];
  const receipt = await parcelsOf(stub.drop).putPart(key, 'ticket', { number: 1, offset: 0, pieces });
  assert.equal(receipt, '"receipt"');
  assert.deepEqual(lengths, [100_003, 100_003]);
  await stub.drop.close();
});

test('aws: a bucket that is not there is said, also by the check', async () => {
  const cloud = await startCloud();
  const { address } = cloud.makeChannel({ a: 'alice', b: 'bob' });
  const drop = openAwsDrop({ address: { ...address, bucket: 'no-such-bucket' }, role: 'a', credentials, timing });
  await assert.rejects(parcelsOf(drop).create(key), { code: 'no-such-bucket', exitCode: 4 });
  const findings = await drop.check();
  assert.deepEqual(
    findings.filter(({ ok }) => !ok).map(({ what }) => what),
    ['bucket no-such-bucket'],
  );
  await drop.close();
  await cloud.close();
});
