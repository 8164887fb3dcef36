/** A drop in a folder of any machine with sshd: nothing is installed there, and no command is run. */
import type { Role } from '../../protocol/roles.ts';
import type { Drop } from '../drop.ts';
import type { ExpireOptions, ExpiryReport } from '../expiry.ts';
import { MaildirDrop } from '../maildir/maildir-drop.ts';
import { checkDropIn, dropIdIn } from '../maildir/marker.ts';
import { ARRIVAL } from '../maildir/place.ts';
import type { SettledAddress, SftpAddress } from './address.ts';
import { Connection } from './connection.ts';
import { RemoteFiles } from './remote-files.ts';

export interface SftpDropOptions {
  readonly address: SftpAddress;
  readonly role: Role;
  /** Milliseconds between two looks for new letters; by default 1 second. */
  readonly poll?: number;
  /** As for a folder drop. */
  readonly visibility?: number;
  /** Milliseconds since 1970; by default the machine's clock. */
  readonly now?: () => number;
}

const POLL = 1_000;

/** Connects with the first call, which rejects with a BtrError if the place can't be used. */
export function openSftpDrop({ address, role, poll, visibility, now }: SftpDropOptions): Drop {
  return new MaildirDrop('sftp', {
    files: new RemoteFiles(new Connection(address), poll ?? POLL),
    role,
    id: address.id,
    visibility: visibility ?? 60_000,
    arrival: ARRIVAL,
    now: now ?? Date.now,
  });
}

/**
 * Adds what only a visit tells: the host's key, which is pinned from here on, and the drop's id. Makes the folder (in
 * one that is there) and the marker where they are missing; with an id, the folder must be that drop.
 * @throws BtrError.
 */
export async function settleSftp(address: SftpAddress): Promise<SettledAddress> {
  const connection = new Connection(address);
  const files = new RemoteFiles(connection, POLL);
  try {
    if (address.id !== undefined) await checkDropIn(files, address.id);
    const id = address.id ?? (await dropIdIn(files));
    const { hostKey } = await connection.session();
    return { ...address, id, hostKey };
  } finally {
    await files.close();
  }
}

/** See `expireFiles`. @throws BtrError. */
export async function expireSftp(address: SftpAddress, options: ExpireOptions): Promise<ExpiryReport> {
  const { expireFiles } = await import('../maildir/expire.ts');
  const files = new RemoteFiles(new Connection(address), POLL);
  try {
    return await expireFiles(files, address.id, options);
  } finally {
    await files.close();
  }
}
