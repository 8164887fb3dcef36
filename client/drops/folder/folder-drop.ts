/**
 * A drop in a folder: on this machine, on a network share, or one that a tool keeps in step between two machines.
 * Where a tool copies files to and fro there is no such thing as an atomic claim: let each side collect on one machine
 * only; should a letter come twice, the receiver drops the repeat.
 */
import { resolve } from 'node:path';
import type { Role } from '../../protocol/roles.ts';
import type { Drop } from '../drop.ts';
import type { ExpireOptions, ExpiryReport } from '../expiry.ts';
import { MaildirDrop } from '../maildir/maildir-drop.ts';
import { checkDropIn, dropIdIn } from '../maildir/marker.ts';
import { ARRIVAL } from '../maildir/place.ts';
import { localFiles } from './local-files.ts';

export interface FolderDropOptions {
  readonly path: string;
  readonly role: Role;
  /** What `folderDropId` said when the channel was made. With it, another folder in this place is refused. */
  readonly id?: string;
  /**
   * Milliseconds after which letters held by a collector that shows no sign of life are shown again; by default one
   * minute. A collector that died on this machine is noticed at once.
   */
  readonly visibility?: number;
  /** See `Settings`; by default an hour. */
  readonly arrival?: number;
  /** Milliseconds between looks at a folder that doesn't tell of changes, as network shares; by default 2 seconds. */
  readonly poll?: number;
  /** Milliseconds since 1970; by default the machine's clock. */
  readonly now?: () => number;
}

const POLL = 2_000;

/** Opens nothing yet: the folder is looked at by the first call, which rejects with a DropError if it can't be used. */
export function openFolderDrop(options: FolderDropOptions): Drop {
  return new MaildirDrop('folder', {
    files: localFiles(resolve(options.path), options.poll ?? POLL),
    role: options.role,
    id: options.id,
    visibility: options.visibility ?? 60_000,
    arrival: options.arrival ?? ARRIVAL,
    now: options.now ?? Date.now,
  });
}

/** See `dropIdIn`. @throws DropError. */
export function folderDropId(path: string): Promise<string> {
  return dropIdIn(localFiles(resolve(path), POLL));
}

/** See `checkDropIn`. @throws DropError. */
export function checkFolderDrop(path: string, id: string): Promise<void> {
  return checkDropIn(localFiles(resolve(path), POLL), id);
}

/** See `expireFiles`. @throws DropError. */
export async function expireFolder(
  path: string,
  id: string | undefined,
  options: ExpireOptions,
): Promise<ExpiryReport> {
  const { expireFiles } = await import('../maildir/expire.ts');
  return expireFiles(localFiles(resolve(path), POLL), id, options);
}
