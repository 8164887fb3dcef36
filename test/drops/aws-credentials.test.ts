/** A key in a drop's address: it alone signs, and nothing ever shows it. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import test from 'node:test';
import { inspect } from 'node:util';
import type { AwsAddress } from '../../client/drops/aws/index.ts';
import type { Drop } from '../../client/drops/drop.ts';
import { dropKeys, dropKind, openDrop, parseDropAddress, settleDrop } from '../../client/drops/registry.ts';
import { BtrError } from '../../client/errors.ts';
import { collectNow, freshKey, parcelsOf, readRange } from '../contract/tools.ts';
import { listen } from './aws-tools.ts';
import { bare, withVariables } from './variables.ts';

const own = { accessKeyId: 'AKIAOFTHEDROPONE', secretAccessKey: 'secretOfTheDrop/ItsOwnAndNoOthers' };
const others = {
  ...bare,
  AWS_ACCESS_KEY_ID: 'AKIAENVIRONMENTS',
  AWS_SECRET_ACCESS_KEY: 'secretOfTheEnvironment',
  AWS_SESSION_TOKEN: 'tokenOfTheEnvironment',
};
const letter = [{ to: 'b', body: 'hello' }];

function addressAt(endpoint: string): AwsAddress {
  return {
    kind: 'aws',
    queues: { 'a-to-b': 'ab.fifo', 'b-to-a': 'ba.fifo' },
    bucket: 'bucket',
    region: 'eu-central-1',
    endpoint,
    credentials: own,
  };
}

interface Seen {
  readonly service: string;
  readonly signer: string;
  readonly token: boolean;
  readonly head: string;
}

/** Refuses everything with one error, and notes who signed. */
async function stubService(error: { status: number; code: string }) {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    request.resume();
    const [, signer = '', service = ''] =
      /Credential=([^/]+)\/\d+\/[^/]+\/([^/]+)\//.exec(request.headers.authorization ?? '') ?? [];
    const head = JSON.stringify([request.url, request.headers]);
    seen.push({ service, signer, token: 'x-amz-security-token' in request.headers, head });
    const isQueue = request.headers['x-amz-target'] !== undefined;
    const body = isQueue
      ? JSON.stringify({
          __type: `com.amazonaws.sqs#${error.code}`,
          message: `${own.accessKeyId} ${own.secretAccessKey}`,
        })
      : `<Error><Code>${error.code}</Code><Message>${own.accessKeyId} ${own.secretAccessKey}</Message></Error>`;
    response.writeHead(error.status, { 'content-type': isQueue ? 'application/x-amz-json-1.0' : 'text/xml' }).end(body);
  });
  const endpoint = await listen(server);
  const close = () => {
    server.closeAllConnections();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  };
  return { endpoint, seen, [Symbol.asyncDispose]: close };
}

/** Everything that a drop does; the errors in place of the results. */
async function tryAll(drop: Drop): Promise<unknown[]> {
  const all = [
    drop.leave(letter),
    drop.leave([...letter, ...letter]),
    collectNow(drop),
    readRange(parcelsOf(drop), freshKey('b'), 0, 10),
    parcelsOf(drop).create(freshKey('a')),
    parcelsOf(drop).remove(freshKey('a')),
    drop.check(),
  ];
  return (await Promise.allSettled(all)).map((one) => (one.status === 'rejected' ? one.reason : one.value));
}

function assertUnseen(value: unknown): void {
  const shown = [inspect(value, { depth: 20, showHidden: true }), JSON.stringify(value), String(value)];
  if (value instanceof BtrError) shown.push(value.message, value.hint ?? '', String(value.stack), inspect(value.cause));
  for (const text of shown) {
    for (const secret of [own.accessKeyId, own.secretAccessKey]) assert.ok(!text?.includes(secret), text);
  }
}

test("every request is signed with the address's key, though another is in the environment", async () => {
  await using stub = await stubService({ status: 403, code: 'AccessDenied' });
  using _ = withVariables(others);
  const address = { ...addressAt(stub.endpoint) };
  const drop = await openDrop(address, { role: 'a', style: 'btr' });
  await tryAll(drop);
  await drop.close();
  await assert.rejects(settleDrop(address, 'a'), { code: 'access-denied' });
  assert.deepEqual(new Set(stub.seen.map(({ service }) => service)), new Set(['sqs', 's3']));
  assert.deepEqual(new Set(stub.seen.map(({ signer }) => signer)), new Set([own.accessKeyId]));
  for (const { token, head } of stub.seen) {
    assert.equal(token, false);
    assert.ok(!head.includes(own.secretAccessKey));
  }
});

test("without a key in the address, the environment's signs", async () => {
  await using stub = await stubService({ status: 403, code: 'AccessDenied' });
  using _ = withVariables(others);
  const { credentials: __, ...address } = addressAt(stub.endpoint);
  const drop = await openDrop(address, { role: 'a', style: 'btr' });
  await tryAll(drop);
  await drop.close();
  assert.deepEqual(new Set(stub.seen.map(({ signer }) => signer)), new Set([others.AWS_ACCESS_KEY_ID]));
});

test('a new key in the address is the one that signs from then on', async () => {
  await using stub = await stubService({ status: 403, code: 'AccessDenied' });
  using _ = withVariables(others);
  const keys = await dropKeys('aws');
  const id = 'AKIAOFTHEDROPTWO';
  const address = keys.withKey({ ...addressAt(stub.endpoint) }, { id, secret: 'anotherSecretOfTheDrop' });
  const drop = await openDrop(address, { role: 'a', style: 'btr' });
  await assert.rejects(drop.leave(letter), { code: 'access-denied' });
  await drop.close();
  assert.deepEqual(new Set(stub.seen.map(({ signer }) => signer)), new Set([id]));
});

for (const [status, code] of [
  [403, 'AccessDenied'],
  [403, 'InvalidClientTokenId'],
  [403, 'SignatureDoesNotMatch'],
  [400, 'SomethingNew'],
  [400, 'QueueDoesNotExist'],
] as const) {
  test(`no error, finding or log shows the key: ${code}`, async (t) => {
    const written: string[] = [];
    for (const stream of [process.stdout, process.stderr]) {
      const write = stream.write.bind(stream);
      t.mock.method(stream, 'write', (chunk: string | Uint8Array) => {
        written.push(chunk.toString());
        return write(chunk);
      });
    }
    await using stub = await stubService({ status, code });
    using _ = withVariables(others);
    const troubles: unknown[] = [];
    const onTrouble = (error: unknown) => troubles.push(error);
    const drop = await openDrop({ ...addressAt(stub.endpoint) }, { role: 'a', style: 'btr', onTrouble });
    const outcomes = await tryAll(drop);
    await drop.close();
    assert.ok(outcomes.some((outcome) => outcome instanceof BtrError));
    assert.ok(
      outcomes.some((outcome) => Array.isArray(outcome)),
      'there are findings',
    );
    for (const value of [...outcomes, ...troubles, drop, written]) assertUnseen(value);
  });
}

test('describing, sharing and asking about an address never shows its key', async () => {
  const address = { ...addressAt('https://mq.example'), users: { a: 'Btr-alice-bob-alice', b: 'Btr-alice-bob-bob' } };
  const kind = await dropKind('aws');
  for (const value of [
    kind.describe(address),
    kind.consent(address),
    await kind.share(address, 'b'),
    await kind.id(address),
  ]) {
    assertUnseen(value);
  }
});

test('a malformed address with a key is refused without a word of the key', async () => {
  const good = addressAt('https://mq.example');
  const bad: unknown[] = [
    { ...good, credentials: { ...own, sessionToken: own.secretAccessKey } },
    { ...good, credentials: { [own.accessKeyId]: own.secretAccessKey } },
    { ...good, credentials: `${own.accessKeyId}:${own.secretAccessKey}` },
    { ...good, credentials: [own] },
    { ...good, credentials: { ...own, accessKeyId: own.secretAccessKey } },
    { ...good, credentials: { ...own, secretAccessKey: `${own.secretAccessKey} ` } },
    { ...good, region: 'nowhere' },
    { ...good, kind: undefined },
  ];
  for (const value of bad) {
    await assert.rejects(parseDropAddress(value), (error) => {
      assert.ok(error instanceof BtrError && error.code === 'bad-address');
      assertUnseen(error);
      return true;
    });
  }
});
