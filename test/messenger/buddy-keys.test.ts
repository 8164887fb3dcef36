/** Making a buddy's two keys: both, or none that lives on. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeBuddyKeys } from '../../client/messenger/pairing/keys.ts';
import { ownersHome, place } from '../drops/owners-home.ts';

test('an interrupt between the two keys leaves none', async () => {
  const interrupt = new AbortController();
  const reason = new Error('enough');
  await using home = await ownersHome({
    refuse: ({ action }, before) => {
      if (action !== 'CreateAccessKey' || before === 0) return undefined;
      interrupt.abort(reason);
      return { status: 403, code: 'AccessDenied' };
    },
  });
  const drop = { ...place };
  await assert.rejects(makeBuddyKeys(drop, 'b', drop, { signal: interrupt.signal, until: Date.now() }), reason);
  assert.deepEqual(
    home.iam.calls.map(({ action }) => action),
    ['CreateAccessKey', 'CreateAccessKey', 'DeleteAccessKey'],
  );
  assert.deepEqual(home.iam.keys, []);
});
