/** What must hold once two people have talked over several drops. */
import assert from 'node:assert/strict';
import type { Pair } from '../messenger/pair.ts';
import { channel } from '../messenger/person.ts';

/** Everything that was written was shown once and in order, and both know it. */
export function assertDelivered({ a, b }: Pick<Pair, 'a' | 'b'>): void {
  assert.deepEqual(b.texts(), a.sent);
  assert.deepEqual(a.texts(), b.sent);
  for (const { messenger } of [a, b]) {
    assert.deepEqual(messenger.pending(channel), { queued: 0, sent: 0 });
    assert.deepEqual(messenger.quarantine(channel), []);
  }
}
