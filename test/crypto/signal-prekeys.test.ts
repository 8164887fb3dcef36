/** Prekey bundles: strictly decoded, signed by the identity in them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generateIdentity, publicIdentity } from '../../client/crypto/signal/identity.ts';
import { bundleIdentity, makePrekeys, readBundle } from '../../client/crypto/signal/prekeys.ts';
import { SecurityError } from '../../client/errors.ts';
import { makeTwo, start } from './signal-people.ts';

const malformed = (error: unknown) => error instanceof SecurityError && error.code === 'malformed';

test('prekeys: a bundle has the length and the identity that it should', async () => {
  const identity = await generateIdentity();
  for (const [form, bytes] of [
    ['one-time', 33],
    ['renewal', 0],
  ] as const) {
    const { bundle, secret } = await makePrekeys(identity, form, start);
    const idBytes = secret.id < 0x80 ? 1 : secret.id < 0x4000 ? 2 : secret.id < 0x20_0000 ? 3 : 4;
    assert.equal(bundle.length, 1 + 33 + idBytes + 1 + bytes + 33 + 64 + 1569 + 64);
    assert.deepEqual(bundleIdentity(bundle), await publicIdentity(identity));
    assert.equal(secret.oneTime === undefined, form === 'renewal');
    assert.equal(secret.madeAt, start);
    const read = await readBundle(bundle);
    assert.equal(read.preKeyId(), form === 'renewal' ? null : secret.id);
    assert.equal(read.signedPreKeyId(), secret.id);
    assert.equal(read.kyberPreKeyId(), secret.id);
  }
});

test('prekeys: cut, lengthened, of another version, with other flags, or with a key that is none: all malformed', async () => {
  const { bundle } = await makePrekeys(await generateIdentity(), 'renewal', start);
  const changed = (at: number, value: number) => {
    const copy = Buffer.from(bundle);
    copy[at] = value;
    return copy;
  };
  const flagsAt = bundle.length - 64 - 1569 - 64 - 33 - 1;
  assert.equal(bundle[flagsAt], 0);
  const bad = [
    Buffer.alloc(0),
    bundle.subarray(0, -1),
    Buffer.concat([bundle, Buffer.of(0)]),
    changed(0, 2),
    changed(flagsAt, 2),
    changed(flagsAt, 1),
    changed(1, 0x77),
    changed(flagsAt + 1, 0x77),
    changed(bundle.length - 64 - 1569, 0x77),
  ];
  for (const one of bad) await assert.rejects(async () => readBundle(one), malformed);
});

test('prekeys: every bit of a key or signature counts when a session is started', async () => {
  const { a, b } = await makeTwo();
  const { bundle } = await a.makePrekeys('renewal');
  const end = bundle.length;
  const kyberAt = end - 64 - 1569;
  for (const at of [end - 1, end - 64, kyberAt + 100, kyberAt - 1, kyberAt - 64, kyberAt - 70]) {
    const copy = Buffer.from(bundle);
    copy[at] = (copy[at] ?? 0) ^ 1;
    await assert.rejects(b.renew(copy), (error) => error instanceof SecurityError);
  }
  await b.renew(bundle);
});
