/** Which drops a channel may go over. */
import { suiteNamed } from '../../crypto/suites.ts';
import type { DropAddress } from '../../drops/registry.ts';
import { UsageError } from '../../errors.ts';
import type { Channel } from '../../store/channels.ts';

/** @throws UsageError with code `no-several-drops`: without numbers, what comes twice or out of order could not be told. */
export function assertSeveral({ name, suite }: Channel): void {
  if (suiteNamed(suite).framed) return;
  throw new UsageError(`Suite ${suite} of channel ${name} goes over one drop only.`, {
    code: 'no-several-drops',
    hint: 'To go over another one: btr channel set --drop. For several, add a channel with suite signal or fernet.',
  });
}

/** @throws UsageError with code `plain-suite`. */
export function assertPlace({ suite }: Channel, { kind }: DropAddress): void {
  if (suite !== 'plain' || kind === 'folder' || kind === 'memory') return;
  throw new UsageError('Suite plain encrypts nothing; it is for tests on a folder only.', {
    code: 'plain-suite',
    hint: 'Make a channel with another suite: btr channel add',
  });
}
