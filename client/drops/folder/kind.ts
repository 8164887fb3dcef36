/** The folder drop as the registry knows it. Address: {kind: 'folder', path, id}. */
import { resolve } from 'node:path';
import { UsageError } from '../../errors.ts';
import type { DropAddress, DropKind } from '../registry.ts';
import { openFolderDrop } from './folder-drop.ts';
import { folderDropId } from './marker.ts';

export const folderKind: DropKind = {
  parseUri(uri) {
    const path = uri.slice('folder:'.length);
    if (path !== '') return { kind: 'folder', path: resolve(path) };
    throw badPath();
  },
  async open(address, { role }) {
    const { id } = address;
    return openFolderDrop({ path: pathOf(address), role, ...(typeof id === 'string' ? { id } : {}) });
  },
  id: (address) => folderDropId(pathOf(address)),
  async settle(address) {
    return { ...address, id: await folderDropId(pathOf(address)) };
  },
  describe: (address) => `folder ${pathOf(address)}`,
};

function pathOf({ path }: DropAddress): string {
  if (typeof path === 'string' && path !== '') return path;
  throw badPath();
}

function badPath(): UsageError {
  return new UsageError('The address of a folder drop has no path.', {
    code: 'bad-address',
    hint: 'Write it like folder:/home/me/Sync/btr',
  });
}
