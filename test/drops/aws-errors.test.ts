import assert from 'node:assert/strict';
import test from 'node:test';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { mockClient } from 'aws-sdk-client-mock';
import { openAwsDrop } from '../../client/drops/aws/index.ts';
import { DropError } from '../../client/errors.ts';
import { freshKey, parcelsOf, readRange } from '../contract/tools.ts';
import { credentials, dropAt, failure, stubSqs, stubTcp, timing } from './aws-tools.ts';
import { bare, withVariables } from './variables.ts';

const letter = [{ to: 'b', body: 'hello' }];
const queues = { 'a-to-b': 'ab.fifo', 'b-to-a': 'ba.fifo' };

const services = [
  ['AccessDeniedException', 'User is not authorized', 'access-denied', false],
  ['KmsAccessDenied', 'no', 'access-denied', false],
  ['ExpiredToken', 'The security token included in the request is expired', 'expired-credentials', false],
  ['InvalidClientTokenId', 'no', 'invalid-credentials', false],
  ['UnrecognizedClientException', 'no', 'invalid-credentials', false],
  ['RequestThrottled', 'Rate exceeded', 'throttled', true],
  ['OverLimit', 'no', 'throttled', true],
  ['InternalFailure', 'no', 'service-failure', true],
  ['SignatureDoesNotMatch', 'Signature expired: 20261101T000000Z is now earlier than', 'clock-skew', false],
  ['SignatureDoesNotMatch', 'The request signature we calculated does not match', 'bad-signature', false],
  ['RequestTimeTooSkewed', 'no', 'clock-skew', false],
  ['InvalidParameterValue', 'Reason: Message must be shorter than 1048576 bytes.', 'too-large', false],
  ['SomethingNew', 'AKIASECRETKEY', 'aws-failure', false],
] as const;

for (const [name, text, code, retryable] of services) {
  test(`aws: ${name} (${text.slice(0, 20)}) is ${code}`, async () => {
    const mock = mockClient(SQSClient);
    try {
      mock.on(SendMessageCommand).rejects(Object.assign(new Error(text), { name, $metadata: { httpStatusCode: 400 } }));
      const drop = dropAt('http://127.0.0.1:1')();
      const error: unknown = await drop.leave(letter).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      assert.ok(error instanceof DropError);
      assert.equal(error.code, code);
      assert.equal(error.retryable, retryable);
      assert.equal(error.exitCode, 4);
      assert.ok(error.hint !== undefined && error.message !== '');
      assert.doesNotMatch(`${error.stack} ${String(error.cause)} ${error.hint}`, /AKIASECRETKEY/);
      if (code === 'access-denied') assert.match(error.message, /sqs:SendMessage on queue ab\.fifo/);
      await drop.close();
    } finally {
      mock.restore();
    }
  });
}

test('aws: the same names are understood as they come over the wire', async () => {
  for (const [name, code] of [
    ['AccessDenied', 'access-denied'],
    ['QueueDoesNotExist', 'no-such-queue'],
    ['InvalidClientTokenId', 'invalid-credentials'],
  ]) {
    await using stub = await stubSqs(() => failure(name ?? '', 'no', 403));
    const drop = stub.drop();
    await assert.rejects(drop.leave(letter), { code });
    await drop.close();
  }
});

test('aws: a clock that is wrong is corrected by the answer’s date, so that nothing is lost', async () => {
  let refused = 0;
  await using stub = await stubSqs(({ body }) => {
    refused += 1;
    if (refused > 1) return { body: { MessageId: '1', MD5OfMessageBody: '5d41402abc4b2a76b9719d911017c592' } };
    const date = new Date(Date.now() + 3_600_000).toUTCString();
    const { status, headers, body: text } = failure('RequestTimeTooSkewed', String(body.MessageBody), 403);
    return { status: status ?? 403, headers: { ...headers, date }, body: text };
  });
  const drop = stub.drop();
  await drop.leave(letter);
  assert.equal(refused, 2);
  await drop.close();
});

test('aws: missing credentials and a missing region are said', async () => {
  using _ = withVariables(bare);
  const noKey = openAwsDrop({ address: { kind: 'aws', queues, region: 'eu-central-1' }, role: 'a', timing });
  await assert.rejects(noKey.leave(letter), { code: 'no-credentials', exitCode: 4 });
  const noRegion = openAwsDrop({ address: { kind: 'aws', queues }, role: 'a', credentials, timing });
  await assert.rejects(noRegion.leave(letter), { code: 'no-region', exitCode: 4 });
  const findings = await noKey.check();
  assert.deepEqual(
    findings.filter(({ ok }) => !ok).map(({ what }) => what),
    ['credentials', 'queue a-to-b', 'queue b-to-a'],
  );
  await Promise.all([noKey.close(), noRegion.close()]);
});

test('aws: the endpoint of the variables counts, and the host of a stored queue URL does not', async () => {
  await using stub = await stubSqs(() => ({
    body: { MessageId: '1', MD5OfMessageBody: '5d41402abc4b2a76b9719d911017c592' },
  }));
  using _ = withVariables({ ...bare, AWS_ENDPOINT_URL: stub.endpoint, AWS_DEFAULT_REGION: 'eu-central-1' });
  const stored = { 'a-to-b': 'http://127.0.0.1:1/1/ab.fifo', 'b-to-a': 'http://127.0.0.1:1/1/ba.fifo' };
  const drop = openAwsDrop({ address: { kind: 'aws', queues: stored }, role: 'a', credentials, timing });
  await drop.leave(letter);
  assert.equal(stub.calls.length, 1);
  await drop.close();
});

test('aws: an endpoint that hangs ends in an error', async () => {
  await using silence = await stubTcp(() => undefined);
  const drop = silence.drop();
  await assert.rejects(drop.leave(letter), { code: 'no-answer', retryable: true });
  await assert.rejects(readRange(parcelsOf(drop), freshKey('b'), 0, 10), { code: 'no-answer', retryable: true });
  await drop.close();
});

test('aws: garbage from the endpoint ends in an error', async () => {
  await using noise = await stubTcp((socket) => socket.end('\u0000\u0001 this is no HTTP\r\n\r\n'));
  const drop = noise.drop();
  await assert.rejects(drop.leave(letter), { code: 'bad-answer', retryable: true });
  await drop.close();
  const pages = ['<html>Please sign in</html>', '{"half": ', '[]', 'null', '""'];
  for (const page of pages) {
    await using stub = await stubSqs(() => ({ headers: { 'content-type': 'text/html' }, body: page }));
    const other = stub.drop();
    await assert.rejects(other.leave(letter), { code: 'bad-answer' }, page);
    const batch = [...letter, { to: 'b', body: 'more' }];
    await assert.rejects(other.leave(batch), DropError, page);
    await other.close();
  }
});

test('aws: an endpoint that hangs up or refuses is told apart', async () => {
  await using rude = await stubTcp((socket) => socket.destroy());
  const drop = rude.drop();
  await assert.rejects(drop.leave(letter), { code: 'connection-lost', retryable: true });
  await drop.close();
  const port = new URL(rude.endpoint).port;
  await rude[Symbol.asyncDispose]();
  const refused = dropAt(`http://127.0.0.1:${port}`)();
  await assert.rejects(refused.leave(letter), { code: 'connection-refused', retryable: true });
  await refused.close();
});

test('aws: a host that DNS does not know is said', async () => {
  const drop = dropAt('http://nobody.invalid')();
  await assert.rejects(drop.leave(letter), { code: 'dns-failure', retryable: true });
  await drop.close();
});

test('aws: an abort ends a call that hangs, with its reason', async () => {
  await using silence = await stubTcp((socket) => socket.once('data', () => abort.abort(reason)));
  const reason = new Error('enough');
  const abort = new AbortController();
  const drop = silence.drop({ timing: { ...timing, answer: 60_000 } });
  await assert.rejects(drop.leave(letter, { signal: abort.signal }), reason);
  await drop.close();
});
