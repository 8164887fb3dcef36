/** What `btr doctor` says of a drop laid out like this. */
import { directionFrom } from '../../protocol/roles.ts';
import type { Finding } from '../drop.ts';
import { clockFinding, roundTripFinding } from '../findings.ts';
import { fileSystemTime } from './clock.ts';
import { findingText } from './errors.ts';
import { namesIn } from './files.ts';
import { MARKER } from './layout.ts';
import { readMarker } from './marker.ts';
import type { Settings } from './place.ts';

const LITTLE_SPACE = 64 * 1024 * 1024;

export async function checkPlace(settings: Settings): Promise<readonly Finding[]> {
  const there = await findings(settings, 'folder', checkThere);
  if (there.some(({ ok }) => !ok)) return there;
  const rest = [
    findings(settings, 'round trip', checkRoundTrip),
    findings(settings, 'layout', checkLayout),
    findings(settings, 'writable', checkWriting),
    findings(settings, 'space', checkSpace),
    findings(settings, 'place', ({ files }) => files.findings()),
  ];
  return [...there, ...(await Promise.all(rest)).flat()];
}

type Check = (settings: Settings) => Promise<readonly Finding[]>;

async function findings(settings: Settings, what: string, check: Check): Promise<readonly Finding[]> {
  try {
    return await check(settings);
  } catch (error) {
    return [{ what, ok: false, text: findingText(error, settings.files.name) }];
  }
}

async function checkThere({ files }: Settings): Promise<readonly Finding[]> {
  const ok = (await files.stat('')).isDirectory();
  const text = ok ? `${files.name} is there.` : `${files.name} is not a folder: choose another path.`;
  return [{ what: 'folder', ok, text }];
}

async function checkRoundTrip({ files }: Settings): Promise<readonly Finding[]> {
  const start = performance.now();
  await files.stat('');
  return [roundTripFinding(performance.now() - start)];
}

async function checkLayout({ files, id }: Settings): Promise<readonly Finding[]> {
  const what = 'layout';
  const marker = await readMarker(files);
  if (marker === undefined) {
    const text = `There is no file ${MARKER} yet. It is made at the first use; if the other side uses this folder
already, wait for it to be synchronised.`;
    return [{ what, ok: id === undefined, text: text.replace('\n', ' ') }];
  }
  if (id !== undefined && id !== marker.id) {
    const text = 'This is the folder of another drop: check what is mounted or synchronised there.';
    return [{ what, ok: false, text }];
  }
  const copies = (await namesIn(files, '')).filter(
    (name) => name !== MARKER && /^btr-drop.*(conflict|copy)/i.test(name),
  );
  if (copies.length > 0) {
    const text = `Both sides made the folder at once and it has two ids (${copies.join(', ')}). Agree on one side's
folder, empty the other, and add the channel again.`;
    return [{ what, ok: false, text: text.replace('\n', ' ') }];
  }
  return [{ what, ok: true, text: `Layout ${marker.layout}, drop ${marker.id}.` }];
}

async function checkWriting({ files, role, now }: Settings): Promise<readonly Finding[]> {
  const theirs = await fileSystemTime(files, directionFrom(role));
  return [{ what: 'writable', ok: true, text: 'Files can be written and removed.' }, clockFinding(theirs, now())];
}

async function checkSpace({ files }: Settings): Promise<readonly Finding[]> {
  const free = await files.freeBytes();
  const what = 'space';
  if (free === undefined) return [{ what, ok: true, text: 'It does not tell how much is free.' }];
  const text = `${Math.floor(free / (1024 * 1024))} MiB are free.`;
  const ok = free >= LITTLE_SPACE;
  return [{ what, ok, text: ok ? text : `${text} Make room before sending files.` }];
}
