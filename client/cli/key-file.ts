/** The file of a channel key: made by the side that comes first, carried to the other by hand. */
import { open, readFile } from 'node:fs/promises';
import { errorCode, SetupError } from '../errors.ts';
import { type ChannelKey, generateChannelKey, parseChannelKey } from '../messenger/index.ts';
import type { Running } from './command.ts';

/** @throws SetupError where the file is not a key file, or can't be read or made. */
export async function readOrMakeKey({ output }: Running, path: string, suite: string): Promise<ChannelKey> {
  const known = await readKey(path);
  if (known) return known;
  if (suite === 'btrchat') {
    throw new SetupError(`There is no key file ${path}.`, {
      code: 'no-key-file',
      hint: 'For btrchat it holds the 40 characters that the other client adds to its PIN.',
    });
  }
  const key = generateChannelKey();
  const file = await open(path, 'wx', 0o600);
  await file.writeFile(`${key.text}\n`);
  await file.sync();
  await file.close();
  output.event({ event: 'key-file', path });
  output.note(`Made a channel key in ${path}. Carry it to your buddy by a safe way, then delete it on both sides.`);
  return key;
}

export async function readKey(path: string): Promise<ChannelKey | undefined> {
  try {
    return parseChannelKey(await readFile(path, 'utf8'));
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') return undefined;
    if (cause instanceof SetupError) throw cause;
    throw new SetupError(`The key file can't be read: ${path}`, { code: 'bad-key-file', cause });
  }
}
