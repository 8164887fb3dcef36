/**
 * What goes wrong outside: credentials, region, queues, permissions, the network, the clock. Each ends with code 4, a
 * sentence and a next step; the message is kept, and goes out, once, when the trouble is over.
 */
import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { openAwsDrop } from '../../client/drops/aws/index.ts';
import { eventsOf, textsOf } from '../tools/btr.ts';
import { Stage } from '../tools/stage.ts';
import { type Refusal, sqsError, stubEndpoint, stubTcp } from '../tools/stub.ts';

let stage: Stage;
before(async () => {
  stage = await Stage.make();
});
after(() => stage[Symbol.asyncDispose]());

const secretKey = 'wJalrXUtnFEMIK7MDENGbPxRfiCYSECRET';
const message = 'kept until then';

/** Sends in trouble, then without it: nothing lost, nothing twice, nothing said that must not be. */
async function sendsLater(env: NodeJS.ProcessEnv, code: string, sentence: RegExp) {
  const { alice, bob } = await stage.cloudPair();
  const trouble = { AWS_SECRET_ACCESS_KEY: secretKey, ...env };
  const began = performance.now();
  const failed = await alice.run(['send', 'bob', message, '--json'], { env: trouble });
  const took = performance.now() - began;

  assert.equal(failed.code, 4, failed.stderr);
  assert.match(failed.stderr, sentence);
  const error = eventsOf(failed.stdout).at(-1);
  assert.deepEqual([error?.event, error?.code], ['error', code]);
  assert.ok(String(error?.hint).length > 10, 'no next step is named');
  assert.match(failed.stderr, /The message is kept and goes out with the next btr send or btr listen/);
  const said = `${failed.stdout}${failed.stderr}`;
  assert.doesNotMatch(said, /\n\s+at |\$metadata|node_modules|@aws-sdk|requestId/, 'more than people should read');
  for (const secret of [secretKey, message]) assert.ok(!said.includes(secret), 'a secret or the text was shown');
  assert.ok(took < 45_000, `it took ${took} ms`);

  assert.equal((await alice.run(['send', 'bob', 'and this'])).code, 0);
  assert.deepEqual((await bob.run(['listen', '--count', '2'])).lines, [message, 'and this']);
  const { stdout } = await bob.run(['history', '--json']);
  assert.deepEqual(textsOf(eventsOf(stdout)), [message, 'and this']);
}

// Most of it is waiting, so several go side by side.
describe('trouble outside', { concurrency: 4 }, () => {
  const variables = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'];

  test('no credentials', async () => {
    const { alice, bob } = await stage.cloudPair();
    const usual = { ...alice.env };
    for (const name of variables) delete alice.env[name];
    const { code, stderr } = await alice.run(['send', message]);
    assert.equal(code, 4);
    assert.match(
      stderr,
      /^(The message is kept.*\n)?btr: No usable AWS credentials were found\.\nSet AWS_ACCESS_KEY_ID/m,
    );
    Object.assign(alice.env, usual);
    assert.equal((await alice.run(['send', 'more'])).code, 0);
    assert.deepEqual(await bob.listens(), [message, 'more']);
  });

  test('a profile that is not there', async () => {
    await mkdir(stage.path('.aws'), { recursive: true });
    await writeFile(stage.path('.aws', 'config'), '[profile mine]\nregion = eu-central-1\n');
    const { alice } = await stage.cloudPair();
    for (const name of variables) delete alice.env[name];
    const { code, stderr } = await alice.run(['send', message], { env: { AWS_PROFILE: 'theirs' } });
    assert.equal(code, 4);
    assert.match(stderr, /credentials/);
    assert.doesNotMatch(stderr, /\n\s+at /);
  });

  test('no region', async () => {
    const cloud = await stage.cloud();
    const person = stage.person('no-region', cloud.env);
    for (const name of ['AWS_REGION', 'AWS_DEFAULT_REGION']) delete person.env[name];
    const { queues } = cloud.makeChannel({ a: 'no', b: 'region' });
    await person.run(['init', '--no-passphrase']);
    const drop = `aws:tx=${queues['a-to-b']},rx=${queues['b-to-a']}`;
    const env = { BTR_PIN: 'abcd' };
    const added = await person.run(['channel', 'add', 'bob', '--as', 'a', '--drop', drop, '--suite', 'fernet'], {
      env,
    });
    assert.equal(added.code, 0, 'the channel is made all the same');
    assert.match(added.stderr, /No AWS region is set/);
    const { code, stderr } = await person.run(['send', message]);
    assert.equal(code, 4);
    assert.match(stderr, /btr: No AWS region is set\.\nSet AWS_REGION/);
  });

  test('a queue that is not there', async () => {
    const person = stage.person('no-queue', (await stage.cloud()).env);
    await person.run(['init', '--no-passphrase']);
    const env = { BTR_PIN: 'abcd' };
    const add = [
      'channel',
      'add',
      'bob',
      '--as',
      'a',
      '--drop',
      'aws:tx=none-a.fifo,rx=none-b.fifo',
      '--suite',
      'fernet',
    ];
    const added = await person.run(add, { env });
    assert.match(added.stderr, /none-a\.fifo is not there/);
    for (const args of [['send', message], ['listen', '--once'], ['listen'], ['doctor']]) {
      const { code, stderr, stdout } = await person.run(args);
      assert.equal(code, 4, args.join(' '));
      assert.match(`${stdout}${stderr}`, /none-[ab]\.fifo is not there/);
    }
  });

  test('nobody listens at the endpoint', async () => {
    const gone = await stubTcp(() => {});
    await gone[Symbol.asyncDispose]();
    await sendsLater({ AWS_ENDPOINT_URL: gone.endpoint }, 'connection-refused', /refused the connection/);
  });

  test('the name of the endpoint is not known', async () => {
    await sendsLater({ AWS_ENDPOINT_URL: 'http://sqs.nowhere.invalid' }, 'dns-failure', /can't be found \(DNS\)/);
  });

  test('an endpoint that takes connections and never answers', async () => {
    await using silent = await stubTcp(() => {});
    const env = { AWS_ENDPOINT_URL: silent.endpoint, AWS_MAX_ATTEMPTS: '1' };
    await sendsLater(env, 'no-answer', /did not answer in time/);
  });

  test('an endpoint that is no HTTP server', async () => {
    await using noise = await stubTcp((socket) => socket.end('220 mail.example ESMTP ready\r\n'));
    await sendsLater({ AWS_ENDPOINT_URL: noise.endpoint }, 'bad-answer', /does not speak the AWS protocol/);
  });

  const page = { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>Please sign in</html>' };

  /** What each stub answers to SendMessage, and what a person is told. */
  const refusals: readonly (readonly [string, Refusal, string, RegExp])[] = [
    ['a sign-in page', page, 'bad-answer', /does not speak the AWS protocol/],
    ['expired', sqsError(403, 'ExpiredToken', `token ${secretKey}`), 'expired-credentials', /credentials have expired/],
    ['unknown key', sqsError(403, 'InvalidClientTokenId'), 'invalid-credentials', /does not know these credentials/],
    ['wrong secret', sqsError(403, 'SignatureDoesNotMatch'), 'bad-signature', /signature/],
    [
      'clock',
      sqsError(
        403,
        'SignatureDoesNotMatch',
        'Signature expired: 20261120T090000Z is now earlier than 20261120T095500Z',
      ),
      'clock-skew',
      /clock is wrong/,
    ],
    ['denied', sqsError(403, 'AccessDenied'), 'access-denied', /may not do sqs:SendMessage on queue .*a-to-b\.fifo/],
    ['throttled', sqsError(403, 'RequestThrottled'), 'throttled', /slow down/],
    ['failing', sqsError(500, 'InternalFailure'), 'service-failure', /failure of its own/],
  ];

  for (const [name, refusal, code, sentence] of refusals) {
    test(`an endpoint that answers: ${name}`, async () => {
      const { endpoint } = await stage.cloud();
      const isSend = (action: string) => action.startsWith('SendMessage');
      await using stub = await stubEndpoint(endpoint, (action) => (isSend(action) ? refusal : undefined));
      await sendsLater({ AWS_ENDPOINT_URL: stub.endpoint }, code, sentence);
      assert.ok(stub.calls.some(isSend), 'the stub was never asked');
    });
  }

  test('throttling that ends is waited out', async () => {
    const { endpoint } = await stage.cloud();
    await using stub = await stubEndpoint(endpoint, (action, before) =>
      before < 2 && action !== 'GetQueueUrl' ? sqsError(403, 'RequestThrottled') : undefined,
    );
    const { alice, bob } = await stage.cloudPair('fernet', { AWS_ENDPOINT_URL: stub.endpoint });
    const sent = await alice.run(['send', message]);
    assert.deepEqual([sent.code, sent.stderr], [0, '']);
    assert.deepEqual(await bob.listens(), [message]);
  });

  test('bodies that the cloud altered, cut or invented are quarantined with code 5, and what is real is shown', async () => {
    const { alice, bob, channel } = await stage.cloudPair();
    const cloud = await stage.cloud();
    await alice.run(['send', 'met']);
    await bob.run(['listen', '--count', '1']);
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    const attacker = openAwsDrop({ address: channel.address, role: 'a', credentials });
    await alice.run(['send', 'a real one']);
    const body = cloud.peek(channel.queues['a-to-b']).at(-1) ?? '';
    const altered = `${body.slice(0, 300)}${body[300] === 'A' ? 'B' : 'A'}${body.slice(301)}`;
    const forged = [altered, body.slice(0, 500), 'no base64 at all!', randomBytes(768).toString('base64url'), body];
    for (const text of forged) await attacker.leave([{ to: 'all', body: text, deduplicationId: randomUUID() }]);
    await attacker.close();
    await alice.run(['send', 'another']);
    const { code, stdout, stderr } = await bob.run(['listen', '--once', '--json']);
    assert.equal(code, 5, stderr);
    assert.match(stderr, /btr: Something in the drop was altered.*quarantine/);
    assert.deepEqual(textsOf(eventsOf(stdout)), ['a real one', 'another']);
    const [shown] = eventsOf((await bob.run(['channel', 'show', '--json'])).stdout);
    assert.equal(shown?.quarantined, 4, 'all but the repeat');
  });

  test('a queue that is deleted while listening ends it with code 4', async () => {
    const { endpoint } = await stage.cloud();
    let deleted = false;
    await using stub = await stubEndpoint(endpoint, () =>
      deleted ? sqsError(400, 'QueueDoesNotExist', 'The specified queue does not exist.') : undefined,
    );
    const { alice, bob, channel } = await stage.cloudPair('fernet', { AWS_ENDPOINT_URL: stub.endpoint });
    await alice.run(['send', 'still there']);
    const listening = bob.start(['listen']);
    await listening.untilText(/still there/);
    // Received, shown, removed: only then does the queue go.
    const { peek } = await stage.cloud();
    while (peek(channel.queues['a-to-b']).length > 0) await turn();
    deleted = true;
    await alice.run(['send', 'never comes']);
    const { code, stderr } = await listening.ended;
    assert.equal(code, 4);
    assert.match(stderr, /is not there: it was deleted/);
    deleted = false;
    const again = await alice.run(['send', 'again']);
    assert.equal(again.code, 0, again.stderr);
    assert.deepEqual(await bob.listens(), ['never comes', 'again']);
  });
});
