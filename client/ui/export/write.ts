/** A new file, whole or not at all, under a name that was free. */
import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { BtrError } from '../../errors.ts';
import { onDisk } from '../../messenger/parcels/local-errors.ts';
import { checkTarget, folderOf, placeAt, targetAt } from '../../messenger/parcels/target.ts';
import { createTemporary } from '../../messenger/parcels/temporary.ts';
import { batches } from './batches.ts';

interface NewFile {
  /** The file, or a folder that is there or ends with a slash. */
  readonly path: string;
  /** What it is called in a folder, with a number behind where that is taken. */
  readonly name: string;
  readonly signal?: AbortSignal | undefined;
}

/** Answers where it is, absolute. @throws BtrError; the signal's reason. Nothing of it is left then. */
export async function writeNewFile(lines: Iterable<string>, { path, name, signal }: NewFile): Promise<string> {
  try {
    return await onDisk(dirname(resolve(path)), async () => {
      const target = await targetAt(path);
      await checkTarget(target);
      const temporary = join(folderOf(target), `.btr-${randomUUID()}.part`);
      try {
        await fill(temporary, lines, signal);
        return await placeAt(temporary, target, name, () => {});
      } finally {
        await rm(temporary, { force: true });
      }
    });
  } catch (error) {
    throw ofDisk(error);
  }
}

/** For this user only, and on the disk once this resolves. */
async function fill(path: string, lines: Iterable<string>, signal: AbortSignal | undefined): Promise<void> {
  const file = await createTemporary(path);
  try {
    for (const batch of batches(lines)) {
      signal?.throwIfAborted();
      await file.appendFile(batch);
    }
    signal?.throwIfAborted();
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Downloads go on where they stopped, and their errors say so; this begins anew. */
function ofDisk(error: unknown): unknown {
  if (!(error instanceof BtrError) || (error.code !== 'disk-full' && error.code !== 'file-too-large')) return error;
  const hint = 'Nothing was written. Free some space or choose a folder on another disk, and try again.';
  return new BtrError(error.kind, error.message, { code: error.code, hint, cause: error.cause });
}
