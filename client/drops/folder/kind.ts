/** The folder drop as the registry knows it. Address: {kind: 'folder', path, id}. */
import { posix, resolve, win32 } from 'node:path';
import { UsageError } from '../../errors.ts';
import { folderLimits } from '../maildir/limits.ts';
import type { DropAddress, DropKind } from '../registry.ts';
import { checkFolderDrop, expireFolder, folderDropId, openFolderDrop } from './folder-drop.ts';

export const folderKind: DropKind = {
  bodyBytes: folderLimits.bodyBytes,
  parseUri(uri) {
    const path = uri.slice('folder:'.length);
    if (path !== '') return { kind: 'folder', path: resolve(path) };
    throw badPath();
  },
  async open(address, { role }) {
    const id = idOf(address);
    return openFolderDrop({ path: pathOf(address), role, ...(id === undefined ? {} : { id }) });
  },
  id: async (address) => idOf(address) ?? folderDropId(pathOf(address)),
  /** An id that came with the address stays: a folder that is not that drop is refused, and none is made in its place. */
  async settle(address) {
    const path = pathOf(address);
    const id = idOf(address);
    if (id !== undefined) await checkFolderDrop(path, id);
    return { ...address, id: id ?? (await folderDropId(path)) };
  },
  describe: (address) => `folder ${pathOf(address)}`,
  parse: readAddress,
  /** The path goes along: it may well be right there, too, and is put right with --drop where it is not. */
  async share(address) {
    const path = pathOf(address);
    return { kind: 'folder', path, id: idOf(address) ?? (await folderDropId(path)) };
  },
  consent: (address) => [`It is a folder on this machine, in which files are written and removed: ${pathOf(address)}`],
  expire: (address, options) => expireFolder(pathOf(address), idOf(address), options),
};

/** So that an invite with it stays short. */
const longestPath = 1024;

/** An address that somebody else wrote: the id must be there, and the path must not mean another place each time. */
function readAddress(value: unknown): DropAddress {
  if (typeof value !== 'object' || value === null || !('path' in value && 'id' in value && 'kind' in value)) {
    throw badAddress('it has no path or no id');
  }
  const { kind, path, id, ...others } = value;
  if (kind !== 'folder' || Object.keys(others).length > 0) throw badAddress('it has a part that is not known');
  if (typeof id !== 'string' || !/^[0-9a-f]{32}$/.test(id)) throw badAddress('its id is not that of a folder drop');
  if (typeof path !== 'string' || path.length > longestPath || !isAbsolute(path)) {
    throw badAddress('its path is not an absolute one');
  }
  // What can't be seen could make the question for the user's yes show another path.
  if (/\p{C}|\p{Zl}|\p{Zp}/u.test(path)) throw badAddress('its path holds characters that can not be seen');
  return { kind, path, id };
}

/** On this system or on the sender's, which may be another one. */
function isAbsolute(path: string): boolean {
  return posix.isAbsolute(path) || win32.isAbsolute(path);
}

function idOf({ id }: DropAddress): string | undefined {
  return typeof id === 'string' ? id : undefined;
}

function pathOf({ path }: DropAddress): string {
  if (typeof path === 'string' && path !== '') return path;
  throw badPath();
}

function badPath(): UsageError {
  return badAddress('it has no path');
}

function badAddress(what: string): UsageError {
  return new UsageError(`The address of a folder drop can't be used: ${what}.`, {
    code: 'bad-address',
    hint: 'Write it like folder:/home/me/Sync/btr',
  });
}
