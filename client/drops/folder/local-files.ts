/** A folder on this machine, as the layout needs it. */
import { constants } from 'node:fs';
import { chmod, link, lstat, mkdir, open, readdir, rename, rmdir, stat, statfs, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../../errors.ts';
import type { FileSystem } from '../maildir/file-system.ts';
import { FolderWatch } from './watch.ts';

const { O_RDONLY, O_RDWR } = constants;
/** Windows has neither of these. A pipe put in place of a file doesn't make us wait. */
const GUARDS = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/**
 * @param root absolute. @param poll milliseconds between two looks where the file system doesn't tell of changes.
 */
export function localFiles(root: string, poll: number): FileSystem {
  const at = (path: string) => join(root, path);
  return {
    name: root,
    open: (path, access) => open(at(path), (access === 'read' ? O_RDONLY : O_RDWR) | GUARDS),
    create: (path, mode) => open(at(path), 'wx', mode),
    stat: (path) => stat(at(path)),
    lstat: (path) => lstat(at(path)),
    chmod: (path, mode) => chmod(at(path), mode),
    mkdir: (path, mode) => mkdir(at(path), { mode }),
    rmdir: (path) => rmdir(at(path)),
    readdir: (path) => readdir(at(path)),
    rename: (from, to) => rename(at(from), at(to)),
    link: (from, to) => link(at(from), at(to)),
    unlink: (path) => unlink(at(path)),
    syncDirectory: (path) => syncDirectory(at(path)),
    async freeBytes() {
      const { bavail, bsize } = await statfs(root);
      return bavail * bsize;
    },
    watch: (path) => new FolderWatch(at(path), poll),
    findings: async () => [],
    close: async () => {},
  };
}

async function syncDirectory(path: string): Promise<void> {
  // Windows can't open a directory for this and orders its names by a journal of its own.
  if (process.platform === 'win32') return;
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } catch (error) {
    // Some network file systems have no such call for directories; there the server decides what is durable.
    if (!['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(errorCode(error) ?? '')) throw error;
  } finally {
    await handle.close();
  }
}
