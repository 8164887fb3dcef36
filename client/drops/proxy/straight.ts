/** A connection of this machine's own, without a proxy. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Target } from './errors.ts';
import type { LargeReads } from './large-reads.ts';

/**
 * With large reads the socket is paused, so that nothing comes before somebody listens.
 * Throws what the system throws.
 */
export async function connectStraight(
  { host, port }: Target,
  signal?: AbortSignal,
  reads?: LargeReads,
): Promise<Socket> {
  signal?.throwIfAborted();
  const onread = reads?.into(() => socket);
  const socket: Socket = connect({ host, port, noDelay: true, ...(onread && { onread }) });
  if (reads) socket.pause();
  try {
    await once(socket, 'connect', signal === undefined ? {} : { signal });
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}
