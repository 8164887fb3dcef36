/** Frames that clients say to each other and no person sees: kept, numbered and acknowledged, but not in the history. */
import { randomBytes } from 'node:crypto';
import { frameIdBytes } from '../protocol/frames.ts';
import type { Channel } from '../store/channels.ts';
import type { Context } from './context.ts';

/** Within a transaction. */
export function appendControl(context: Context, channel: Pick<Channel, 'id'>, kind: number, content: Uint8Array): void {
  context.home.outbox.append(channel.id, [{ kind, content, id: randomBytes(frameIdBytes), sentAt: context.now() }]);
}
