/** What a buddy who joins by an invite is told of the drops that the invite does not lead to. */
import { shareDrop } from '../../drops/registry.ts';
import { encodeDropWord } from '../../protocol/drop-word.ts';
import { otherRole } from '../../protocol/roles.ts';
import type { Channel } from '../../store/channels.ts';

/** The contents of frames of kind `drop`. Keys to these drops don't go along: `addDrop` makes them when asked to. */
export function furtherWords({ role, further = [] }: Channel): Promise<Uint8Array[]> {
  return Promise.all(
    further.map(async (address) => encodeDropWord({ add: await shareDrop(address, otherRole(role)) })),
  );
}
