import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UsageError } from '../../client/errors.ts';
import { parseSince, parseUntil } from '../../client/ui/export/when.ts';

test('export: a time is a local day, a time with its zone, or so long ago', () => {
  assert.equal(parseSince('2026-11-20'), new Date(2026, 10, 20).getTime());
  assert.equal(parseUntil('2026-12-31'), new Date(2027, 0, 1).getTime());
  for (const parse of [parseSince, parseUntil]) {
    assert.equal(parse('2026-11-20T12:03:00Z'), Date.UTC(2026, 10, 20, 12, 3));
    assert.equal(parse('2026-11-20t12:03:00.250z'), Date.UTC(2026, 10, 20, 12, 3, 0, 250));
    assert.equal(parse('2026-11-20 12:03:00+01:00'), Date.UTC(2026, 10, 20, 11, 3));
    assert.equal(parse('7d', 1e12), 1e12 - 7 * 86_400_000);
  }
});

test('export: what is no time is refused with the forms that are', () => {
  const wrong = ['', 'yesterday', '2026-13-01', '2026-02-30', '2026-02-30T12:00:00Z', '2026-11-20T24:00:00Z'];
  for (const text of [...wrong, '2026-11-20T12:00:00', '2026-11-20T12:00Z', '20.11.2026', '-7d', '0000-00-00']) {
    assert.throws(
      () => parseSince(text),
      (error) => error instanceof UsageError && error.code === 'bad-time' && error.exitCode === 2,
      text,
    );
  }
});
