/** What `btr doctor` says of a folder drop. */
import { stat, statfs } from 'node:fs/promises';
import { directionFrom } from '../../protocol/roles.ts';
import type { Finding } from '../drop.ts';
import { fileSystemTime } from './clock.ts';
import { findingText } from './errors.ts';
import { namesIn } from './files.ts';
import { MARKER } from './layout.ts';
import { readMarker } from './marker.ts';
import type { Settings } from './place.ts';

const CLOCK_TOLERANCE = 5 * 60_000;
const LITTLE_SPACE = 64 * 1024 * 1024;

export async function checkFolder(settings: Settings): Promise<readonly Finding[]> {
  const there = await finding(settings, 'folder', checkThere);
  if (!there.ok) return [there];
  const rest = [
    finding(settings, 'layout', checkLayout),
    finding(settings, 'writable and clock', checkWriting),
    finding(settings, 'space', checkSpace),
  ];
  return [there, ...(await Promise.all(rest))];
}

type Check = (settings: Settings) => Promise<Omit<Finding, 'what'>>;

async function finding(settings: Settings, what: string, check: Check): Promise<Finding> {
  try {
    return { what, ...(await check(settings)) };
  } catch (error) {
    return { what, ok: false, text: findingText(error, settings.folder) };
  }
}

async function checkThere({ folder }: Settings): Promise<Omit<Finding, 'what'>> {
  const isFolder = (await stat(folder)).isDirectory();
  return { ok: isFolder, text: isFolder ? `${folder} is there.` : `${folder} is not a folder: choose another path.` };
}

async function checkLayout({ folder, id }: Settings): Promise<Omit<Finding, 'what'>> {
  const marker = await readMarker(folder);
  if (marker === undefined) {
    const text = `There is no file ${MARKER} yet. It is made at the first use; if the other side uses this folder
already, wait for it to be synchronised.`;
    return { ok: id === undefined, text: text.replace('\n', ' ') };
  }
  if (id !== undefined && id !== marker.id) {
    return { ok: false, text: 'This is the folder of another drop: check what is mounted or synchronised there.' };
  }
  const copies = (await namesIn(folder)).filter((name) => name !== MARKER && /^btr-drop.*(conflict|copy)/i.test(name));
  if (copies.length > 0) {
    const text = `Both sides made the folder at once and it has two ids (${copies.join(', ')}). Agree on one side's
folder, empty the other, and add the channel again.`;
    return { ok: false, text: text.replace('\n', ' ') };
  }
  return { ok: true, text: `Layout ${marker.layout}, drop ${marker.id}.` };
}

async function checkWriting({ folder, role, now }: Settings): Promise<Omit<Finding, 'what'>> {
  const apart = Math.abs(now() - (await fileSystemTime(folder, directionFrom(role))));
  if (apart <= CLOCK_TOLERANCE) return { ok: true, text: 'Files can be written; its clock agrees with ours.' };
  const minutes = Math.round(apart / 60_000);
  return {
    ok: false,
    text: `Files can be written, but its clock and ours are ${minutes} minutes apart: set both by network time.`,
  };
}

async function checkSpace({ folder }: Settings): Promise<Omit<Finding, 'what'>> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  const text = `${Math.floor(free / (1024 * 1024))} MiB are free.`;
  return free >= LITTLE_SPACE ? { ok: true, text } : { ok: false, text: `${text} Make room before sending files.` };
}
