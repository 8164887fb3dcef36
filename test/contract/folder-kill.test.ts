import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { folderDropId } from '../../client/drops/folder/folder-drop.ts';
import { killContract } from './maildir-kill.ts';

killContract('folder', async () => {
  const path = await mkdtemp(join(tmpdir(), 'btr-kill-'));
  const address = { kind: 'folder', path, id: await folderDropId(path) };
  return { address, path, close: () => rm(path, { recursive: true }) };
});
