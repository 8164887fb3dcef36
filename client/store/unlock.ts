/** The asking side of the agent that `btr unlock` leaves behind: starts it, asks it for the key, ends it. */
import { createConnection } from 'node:net';
import { errorCode, SetupError } from '../errors.ts';
import { findServer, isOurSocket, removeTraces, type SocketPlace } from './socket-place.ts';
import { answerBytes, bindingBytes, readAll, requests, statuses } from './unlock-wire.ts';

/** How long an agent may take to answer, in milliseconds. */
const patience = 5_000;

/**
 * The master key, if an agent holds it for the key file that the binding stands for.
 * @throws SecurityError where something else than our agent may be listening; SetupError where the agent is silent.
 */
export async function askAgent(home: string, binding: Buffer): Promise<Buffer | undefined> {
  const place = await findServer(home, 'agent');
  if (!place || !(await isOurSocket(place.address, 'agent'))) return undefined;
  const answer = await exchange(place, requests.key, binding);
  if (!answer || answer.length !== answerBytes || answer[0] !== statuses.given) return undefined;
  return answer.subarray(1);
}

/** Ends the home's agent and removes what it, or one that was killed, has left. Answers whether there was one. */
export async function endAgent(home: string): Promise<boolean> {
  const place = await findServer(home, 'agent');
  if (!place) return false;
  const isThere = await isOurSocket(place.address, 'agent');
  const answer = isThere ? await exchange(place, requests.lock, Buffer.alloc(bindingBytes)) : undefined;
  await removeTraces(home, 'agent', place);
  return answer !== undefined;
}

/** One request and everything that comes back until the agent closes. Absent where nobody listens any more. */
async function exchange(place: SocketPlace, request: number, binding: Buffer): Promise<Buffer | undefined> {
  const socket = createConnection(place.address);
  socket.setTimeout(patience, () => socket.destroy(silent(place)));
  socket.write(Buffer.concat([Buffer.of(request), binding]));
  try {
    return await readAll(socket, answerBytes);
  } catch (error) {
    // Killed, or ended in this very moment.
    if (['ECONNREFUSED', 'ENOENT', 'ECONNRESET', 'EPIPE'].includes(errorCode(error) ?? '')) return undefined;
    throw error;
  } finally {
    socket.destroy();
  }
}

function silent({ pid }: SocketPlace): SetupError {
  return new SetupError('The process that holds the unlocked key does not answer.', {
    code: 'agent-silent',
    hint: `Look at process ${pid} and end it if it is one of btr. The passphrase itself opens the home all the same.`,
  });
}
