import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { type EmbeddedCloud, startCloud } from '../../client/cloud/index.ts';
import { openAwsDrop } from '../../client/drops/aws/index.ts';
import type { Drop } from '../../client/drops/drop.ts';
import { collectDone, digest, freshKey, parcelOf, parcelsOf, putParcel, readRange } from '../contract/tools.ts';

const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
const people = { a: 'alice', b: 'bob' };

async function folder() {
  const path = await mkdtemp(join(tmpdir(), 'btr-cloud-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

/** Sends a request with its path as it is, which fetch would tidy up. */
function raw(cloud: EmbeddedCloud, method: string, path: string, body = '', headers = {}): Promise<number> {
  return new Promise((resolveStatus, reject) => {
    const { port } = new URL(cloud.endpoint);
    const sent = request({ host: '127.0.0.1', port, method, path, headers }, (response) => {
      response.resume().once('end', () => resolveStatus(response.statusCode ?? 0));
    });
    sent.once('error', reject).end(body);
  });
}

test('cloud: with a folder, messages and parcels outlive the process, whatever the port', async () => {
  await using at = await folder();
  const parcel = parcelOf(anyStore, 1, 1_000);
  const [key, halfKey] = [freshKey('a'), freshKey('a')];
  let ticket = '';
  let receipt = '';
  await withDrops(at.path, async ({ a, b }) => {
    await a.leave([{ to: 'b', body: 'one' }]);
    await a.leave([{ to: 'b', body: 'two' }]);
    // Taken and given back: the emulator's own persistence fails at that.
    for await (const batch of b.collect({ wait: true })) {
      assert.equal(batch[0]?.body, 'one');
      break;
    }
    await putParcel(parcelsOf(a), key, parcel);
    ticket = await parcelsOf(a).create(halfKey);
    const [first] = parcel.parts;
    assert.ok(first);
    receipt = await parcelsOf(a).putPart(halfKey, ticket, first);
  });
  await withDrops(at.path, async ({ a, b }) => {
    assert.deepEqual(await collectDone(b, 2), ['one', 'two']);
    const length = parcel.bytes.length;
    assert.equal(digest(await readRange(parcelsOf(b), key, 0, length)), digest(parcel.bytes));
    const [, second] = parcel.parts;
    assert.ok(second);
    await parcelsOf(a).complete(halfKey, ticket, [receipt, await parcelsOf(a).putPart(halfKey, ticket, second)]);
    assert.equal(digest(await readRange(parcelsOf(b), halfKey, 17, 99)), digest(parcel.bytes.subarray(17, 116)));
    await parcelsOf(b).remove(key);
  });
  await withDrops(at.path, async ({ a, b }) => {
    await assert.rejects(readRange(parcelsOf(b), key, 0, 1), { code: 'no-such-parcel' });
    await a.leave([{ to: 'b', body: 'three' }]);
    assert.deepEqual(await collectDone(b, 1), ['three']);
  });
});

test('cloud: what the emulator would take for something else is refused', async () => {
  await using at = await folder();
  const cloud = await startCloud({ dataDir: join(at.path, 'data') });
  try {
    const { bucket } = cloud.makeChannel(people);
    assert.equal(await raw(cloud, 'PUT', `/${bucket}/kept`, 'content'), 200);
    assert.equal(await raw(cloud, 'PUT', `/${bucket}/kept?tagging`, '<Tagging/>'), 501);
    assert.equal(await raw(cloud, 'GET', `/${bucket}/kept?uploadId=1`), 501);
    assert.equal(await raw(cloud, 'PUT', `/${bucket}/kept`, 'other', { 'if-none-match': '*' }), 412);
    for (const path of [
      '/../../../out',
      '/%2e%2e/%2e%2e/%2e%2e/out',
      '/a/..%2f..%2f..%2f..%2fout',
      '/%00',
      '/%E0%A4%A',
    ]) {
      assert.equal(await raw(cloud, 'PUT', `/${bucket}${path}`, 'content'), 400, path);
    }
    const read = await fetch(`${cloud.endpoint}/${bucket}/kept`);
    assert.equal(await read.text(), 'content');
    assert.deepEqual(await readdir(at.path), ['data']);
  } finally {
    await cloud.close();
  }
});

test('cloud: a part may be larger than the emulator takes by itself', async () => {
  const cloud = await startCloud();
  const { address } = cloud.makeChannel(people);
  const drop = openAwsDrop({ address, role: 'a', credentials });
  try {
    const key = freshKey('a');
    const bytes = randomBytes(13 * 1024 * 1024);
    const store = parcelsOf(drop);
    const ticket = await store.create(key);
    const receipt = await store.putPart(key, ticket, { number: 1, offset: 0, pieces: [bytes] });
    await store.complete(key, ticket, [receipt]);
    assert.equal(digest(await readRange(store, key, 0, bytes.length)), digest(bytes));
  } finally {
    await drop.close();
    await cloud.close();
  }
});

test('cloud: it runs when it is bundled', async () => {
  await using at = await folder();
  const here = dirname(fileURLToPath(import.meta.url));
  const entry = join(at.path, 'entry.ts');
  const source = resolve(here, '../../client/cloud/index.ts');
  await writeFile(entry, `export const load = () => import(${JSON.stringify(source)});`);
  await build({
    entryPoints: [entry],
    outdir: join(at.path, 'out'),
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    outExtension: { '.js': '.mjs' },
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    logLevel: 'error',
  });
  const bundled: unknown = await import(join(at.path, 'out', 'entry.mjs'));
  assert.ok(typeof bundled === 'object' && bundled !== null && 'load' in bundled && typeof bundled.load === 'function');
  const module: { startCloud: typeof startCloud } = await bundled.load();
  const cloud = await module.startCloud();
  try {
    const drop = openAwsDrop({ address: cloud.makeChannel(people).address, role: 'a', credentials });
    await drop.leave([{ to: 'b', body: 'hello' }]);
    await drop.close();
    assert.deepEqual(cloud.peek('Btr-alice-bob-a-to-b.fifo'), ['hello']);
  } finally {
    await cloud.close();
  }
});

/** parcelOf wants only the least size of a part. */
const anyStore = parcelsOf(
  openAwsDrop({
    address: { kind: 'aws', queues: { 'a-to-b': 'a.fifo', 'b-to-a': 'b.fifo' }, bucket: 'none', region: 'us-east-1' },
    role: 'a',
    credentials,
  }),
);

async function withDrops(dataDir: string, run: (drops: { a: Drop; b: Drop }) => Promise<void>): Promise<void> {
  const cloud = await startCloud({ dataDir });
  const { address } = cloud.makeChannel(people);
  const [a, b] = (['a', 'b'] as const).map((role) => openAwsDrop({ address, role, credentials }));
  assert.ok(a && b);
  try {
    await run({ a, b });
  } finally {
    await Promise.all([a.close(), b.close()]);
    await cloud.close();
  }
}
