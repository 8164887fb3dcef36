/** What the sftp drop's own tests share. */
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Drop } from '../../client/drops/drop.ts';
import type { SftpAddress } from '../../client/drops/sftp/address.ts';
import { openSftpDrop } from '../../client/drops/sftp/sftp-drop.ts';
import type { Role } from '../../client/protocol/roles.ts';
import { Sshd, withoutSshd } from '../tools/sshd.ts';

/** For tests that need a server. */
export const needsSshd = { skip: withoutSshd };

/** Ended when the test is over. */
export async function startSshd(context: TestContext, settings?: readonly string[]): Promise<Sshd> {
  const sshd = await Sshd.start(settings);
  context.after(() => sshd[Symbol.asyncDispose]());
  return sshd;
}

/** A folder for a drop, with its address. */
export async function freshPlace(sshd: Sshd): Promise<{ readonly path: string; readonly address: SftpAddress }> {
  const path = await mkdtemp(join(sshd.folder, 'drop-'));
  return { path, address: sshd.address(path) };
}

/** Closed when the test is over. */
export function openDrop(context: TestContext, address: SftpAddress, role: Role): Drop {
  const drop = openSftpDrop({ address, role, poll: 50 });
  context.after(() => drop.close());
  return drop;
}
