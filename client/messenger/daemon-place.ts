/** Where the `btr daemon` of a home is reached. */
import { join } from 'node:path';
import { takeProcessLock } from '../store/process-lock.ts';
import {
  announceServer,
  findServer,
  isOurSocket,
  newAddress,
  removeTraces,
  type SocketPlace,
} from '../store/socket-place.ts';

export type { SocketPlace };

/** Where the home's daemon says it is; nobody has looked yet whether it is there. @throws SecurityError where it is another's. */
export async function findDaemon(home: string): Promise<SocketPlace | undefined> {
  const place = await findServer(home, 'daemon');
  return place && (await isOurSocket(place.address, 'daemon')) ? place : undefined;
}

/** How long to wait for a daemon that is ending, in milliseconds. */
const patience = 3000;

/** Makes this process the only daemon of the home, until it is disposed of; undefined where there is another. */
export function becomeDaemon(home: string): Promise<Disposable | undefined> {
  return takeProcessLock(join(home, 'daemon.lock'), patience);
}

/** A free address in a folder that only this user reaches. @throws SetupError with code `home-open`; SecurityError. */
export function newDaemonAddress(home: string): Promise<string> {
  return newAddress(home, 'daemon');
}

/** Lets others find this daemon, in one step. */
export function announceDaemon(home: string, place: SocketPlace): Promise<void> {
  return announceServer(home, 'daemon', place);
}

/** Whether others still find this daemon: not where the home is gone, or another daemon has taken its place. */
export async function isAnnounced(home: string, { address }: SocketPlace): Promise<boolean> {
  return (await findServer(home, 'daemon'))?.address === address;
}

/** Removes what a daemon leaves in the file system. */
export function removeDaemonTraces(home: string, place: SocketPlace): Promise<void> {
  return removeTraces(home, 'daemon', place);
}
