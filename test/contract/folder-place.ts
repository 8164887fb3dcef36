/** A fresh folder for the folder drop's own tests. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Drop } from '../../client/drops/drop.ts';
import { type FolderDropOptions, openFolderDrop } from '../../client/drops/folder/folder-drop.ts';
import type { Role } from '../../client/protocol/roles.ts';

/** Removed when the test is over. */
export async function freshFolder(context: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'btr-folder-'));
  context.after(() => rm(path, { recursive: true, force: true }));
  return path;
}

/** Closed when the test is over. */
export function openDrop(
  context: TestContext,
  path: string,
  role: Role,
  options: Partial<FolderDropOptions> = {},
): Drop {
  const drop = openFolderDrop({ path, role, ...options });
  context.after(() => drop.close());
  return drop;
}
