/**
 * Opens the browser on this machine. The link's token must not be in an argument, which anybody here can read with ps:
 * the browser gets a file that only its owner can read, and that leads on to the link.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const openers: Readonly<Partial<Record<NodeJS.Platform, string>>> = { darwin: 'open', win32: 'explorer.exe' };

export interface Opening extends AsyncDisposable {
  /** Whether this machine has something that opens pages; nobody knows whether it did. */
  readonly isTried: boolean;
}

/** @param link an address of ours: it needs no escaping. Disposing removes the file. */
export async function openBrowser(link: string): Promise<Opening> {
  const folder = await mkdtemp(join(tmpdir(), 'btr-web-'));
  const file = join(folder, 'btr.html');
  const page = `<!doctype html><title>btr</title><meta http-equiv="refresh" content="0; url=${link}">`;
  await writeFile(file, page, { mode: 0o600, flag: 'wx' });
  return {
    isTried: await startOpener(file),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

async function startOpener(file: string): Promise<boolean> {
  const child = spawn(openers[process.platform] ?? 'xdg-open', [file], { detached: true, stdio: 'ignore' });
  child.unref();
  return once(child, 'spawn').then(
    () => true,
    () => false,
  );
}
