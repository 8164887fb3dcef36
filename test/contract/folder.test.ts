import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { folderDropId, openFolderDrop } from '../../client/drops/folder/folder-drop.ts';
import { dropContract } from './drop-contract.ts';

dropContract('folder', async () => {
  const path = await mkdtemp(join(tmpdir(), 'btr-folder-'));
  const id = await folderDropId(path);
  return {
    open: async (role) => openFolderDrop({ path, role, id }),
    close: () => rm(path, { recursive: true }),
  };
});
