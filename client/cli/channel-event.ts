/** The event of a channel, the same whether it was made, changed or only shown. */
import type { Messenger } from '../messenger/index.ts';
import { dropFields } from '../ui/drop-words.ts';
import { pairingFields } from '../ui/pairing-words.ts';
import { retentionFields } from './retention.ts';

export async function channelEvent(messenger: Messenger, name: string): Promise<Record<string, unknown>> {
  const { role, suite, receipts, retention, policy } = messenger.channel(name);
  const pairing = messenger.pairing(name);
  return {
    event: 'channel',
    channel: name,
    role,
    suite,
    drop: await messenger.describeDrop(name),
    drops: (await messenger.drops(name)).map(dropFields),
    policy,
    receipts,
    ...retentionFields(retention),
    ...(pairing ? { pairing: pairingFields(pairing) } : {}),
    ...messenger.pending(name),
    quarantined: quarantined(messenger, name),
  };
}

/** How many bodies could not be opened. */
export function quarantined(messenger: Messenger, name: string): number {
  return messenger.quarantine(name).reduce((sum, { count }) => sum + count, 0);
}
