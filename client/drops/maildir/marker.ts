/** The file `btr-drop`: says that a folder is a drop, which layout it has, and its random id. */
import { randomBytes } from 'node:crypto';
import { DropError, errorCode } from '../../errors.ts';
import { folderError, isMissing } from './errors.ts';
import type { FileSystem } from './file-system.ts';
import { type Modes, modesFor, removeFile, writeDurably } from './files.ts';
import { formatMarker, LAYOUT_VERSION, MARKER, type Marker, parseMarker } from './layout.ts';

/**
 * The random id of the drop in this folder, 32 characters of hexadecimal: the same for everybody who uses it. Makes
 * the folder (in a parent that is there) and the marker where they are missing, so call it when a channel is added;
 * afterwards give the id to the drop, which then notices a share that is not mounted or another folder.
 *
 * @throws DropError where the folder can't be used, or holds a layout that this version doesn't know.
 */
export async function dropIdIn(files: FileSystem): Promise<string> {
  try {
    await makeFolder(files);
    const modes = modesFor((await files.stat('')).mode);
    return (await readOrMakeMarker(files, modes)).id;
  } catch (error) {
    throw folderError(error, files.name);
  }
}

/** Changes nothing. @throws DropError where the folder is not the drop with this id, or can't be read. */
export async function checkDropIn(files: FileSystem, id: string): Promise<void> {
  try {
    const marker = await readMarker(files);
    if (marker?.id !== id) throw anotherFolder(files.name, marker);
  } catch (error) {
    throw folderError(error, files.name);
  }
}

export function anotherFolder(folder: string, marker: Marker | undefined): DropError {
  const seen = marker === undefined ? `has no file ${MARKER}` : `has another id in its file ${MARKER}`;
  return new DropError(`The folder ${folder} is not the drop that this channel was made with: it ${seen}.`, {
    code: 'folder-another',
    hint: 'Check that the disk or share is mounted and that the folder has been synchronised.',
    retryable: false,
  });
}

async function makeFolder(files: FileSystem): Promise<void> {
  try {
    await files.mkdir('', 0o700);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
}

/** Undefined where the folder has no marker. @throws DropError `folder-layout` where it has one we can't use. */
export async function readMarker(files: FileSystem): Promise<Marker | undefined> {
  let text: string;
  try {
    text = await readText(files, MARKER);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  const marker = parseMarker(text);
  if (marker === undefined) {
    throw new DropError(`The file ${MARKER} in ${files.name} is damaged, or has not arrived as a whole.`, {
      code: 'folder-layout',
      hint: 'Wait until your synchronising tool is done, or bring the file back from the other side or a backup.',
      retryable: true,
    });
  }
  if (marker.layout !== LAYOUT_VERSION) {
    throw new DropError(`The folder ${files.name} has layout ${marker.layout}; this btr knows ${LAYOUT_VERSION}.`, {
      code: 'folder-layout',
      hint: 'Use the same version of btr on both sides.',
      retryable: false,
    });
  }
  return marker;
}

export async function readOrMakeMarker(files: FileSystem, modes: Modes): Promise<Marker> {
  const found = await readMarker(files);
  if (found !== undefined) return found;
  const made = formatMarker({ layout: LAYOUT_VERSION, id: randomBytes(16).toString('hex') });
  const temporary = `${MARKER}.${randomBytes(6).toString('hex')}.tmp`;
  await writeDurably(files, temporary, Buffer.from(made), modes);
  try {
    await publish(files, temporary);
  } finally {
    await removeFile(files, temporary);
  }
  await files.syncDirectory('');
  const marker = await readMarker(files);
  if (marker === undefined) throw new DropError(`The file ${MARKER} in ${files.name} was removed just now.`, lost);
  return marker;
}

const lost = { code: 'folder-layout', hint: 'Try again.', retryable: true };

/** A hard link, unlike a rename, never replaces the marker that another process made a moment earlier. */
async function publish(files: FileSystem, temporary: string): Promise<void> {
  try {
    await files.link(temporary, MARKER);
  } catch (error) {
    const code = errorCode(error) ?? '';
    if (code === 'EEXIST') return;
    // FAT and some network shares have no hard links.
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EINVAL'].includes(code)) throw error;
    await files.rename(temporary, MARKER);
  }
}

async function readText(files: FileSystem, path: string): Promise<string> {
  const handle = await files.open(path, 'read');
  try {
    return (await handle.readFile()).toString('utf8');
  } finally {
    await handle.close();
  }
}
