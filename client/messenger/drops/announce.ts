/** Telling the buddy of every drop anew: a joiner who knows the invite's alone, or a home that went back in time. */
import { shareDrop } from '../../drops/registry.ts';
import { encodeDropWord } from '../../protocol/drop-word.ts';
import { frameKinds } from '../../protocol/frames.ts';
import { otherRole } from '../../protocol/roles.ts';
import { addressesOf, type Context } from '../context.ts';
import { appendControl } from '../control.ts';
import { changeDropRecord, readDropRecord } from './record.ts';

/** Keys don't go along: `addDrop` makes them when asked to. What the other side knows already, it takes no notice of. */
export async function announceAll(context: Context, channelId: number): Promise<void> {
  const { channels, db } = context.home;
  const channel = channels.get(channelId);
  const addresses = addressesOf(channel);
  const shared = await Promise.all(addresses.map((address) => shareDrop(address, otherRole(channel.role))));
  db.transaction(() => {
    // Another process may have been first; a drop that was added meanwhile has a word of its own.
    if (!readDropRecord(context, channel).announce) return;
    changeDropRecord(context, channel, { announce: false });
    if (addresses.length === 1) return;
    for (const add of shared) appendControl(context, channel, frameKinds.drop, encodeDropWord({ add }));
  });
}
