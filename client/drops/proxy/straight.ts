/** A connection of this machine's own, without a proxy. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Target } from './errors.ts';

/** Throws what the system throws. */
export async function connectStraight({ host, port }: Target, signal?: AbortSignal): Promise<Socket> {
  signal?.throwIfAborted();
  const socket = connect({ host, port, noDelay: true });
  try {
    await once(socket, 'connect', signal === undefined ? {} : { signal });
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}
