import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatParcelKey, parseParcelKey, roundUpToHour } from '../../client/protocol/parcel-key.ts';
import type { Role } from '../../client/protocol/roles.ts';

const random = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex');

test('a key says role and hour of expiry, rounded up', () => {
  const time = Date.UTC(2026, 10, 20, 9, 0, 0, 1);
  assert.equal(formatParcelKey('a', time, random), 'a/2026-11-20T10/AAECAwQFBgcICQoLDA0ODw');
  assert.equal(formatParcelKey('b', time - 1, random), 'b/2026-11-20T09/AAECAwQFBgcICQoLDA0ODw');
});

test('a key parses to what it was made of', () => {
  const roles = fc.constantFrom<Role>('a', 'b');
  const times = fc.integer({ min: 0, max: Date.UTC(9999, 11, 31) });
  fc.assert(
    fc.property(roles, times, fc.uint8Array({ minLength: 16, maxLength: 16 }), (role, time, bytes) => {
      assert.deepEqual(parseParcelKey(formatParcelKey(role, time, bytes)), {
        role,
        expiresAt: roundUpToHour(time),
        random: Buffer.from(bytes).toString('base64url'),
      });
    }),
  );
});

test('keys sort by the time they expire', () => {
  fc.assert(
    fc.property(fc.nat(10 ** 12), fc.nat(10 ** 12), (one, other) => {
      const [early, late] = [Math.min(one, other), Math.max(one, other)];
      const keys = [formatParcelKey('a', late, random), formatParcelKey('a', early, random)];
      assert.equal(keys.sort()[0], formatParcelKey('a', early, random));
    }),
  );
});

test('anything else is not a key of ours', () => {
  const rest = 'AAECAwQFBgcICQoLDA0ODw';
  const refused = [
    '',
    `c/2026-11-20T10/${rest}`,
    `a/2026-11-20T10/${rest}A`,
    `a/2026-11-20T10/${rest.slice(1)}`,
    `a/2026-11-20T10/../${rest}`,
    `/a/2026-11-20T10/${rest}`,
    `a/2026-11-20T10/${rest}\n`,
    `a/2026-11-20 10/${rest}`,
    `a/2026-13-20T10/${rest}`,
    `a/2026-02-30T10/${rest}`,
    `a/2025-02-29T10/${rest}`,
    `a/2026-11-20T24/${rest}`,
    `a/2026-11-20T10/${rest.slice(1)}+`,
  ];
  for (const key of refused) assert.equal(parseParcelKey(key), undefined, key);
});
