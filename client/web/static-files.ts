/** The files of the page, as build.ts made them: read once, so that no path of a request ever leads to the disk. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../errors.ts';

export interface StaticFile {
  readonly type: string;
  readonly content: Buffer;
}

const types = new Map([
  ['index.html', 'text/html; charset=utf-8'],
  ['page.js', 'text/javascript; charset=utf-8'],
  ['page.css', 'text/css; charset=utf-8'],
]);

/** By path below the page's place; `index.html` is the place itself. */
export async function readStaticFiles(folder: string): Promise<ReadonlyMap<string, StaticFile>> {
  const files = [...types].map(async ([name, type]) => {
    const content = await readFile(join(folder, name)).catch((error: unknown) => {
      if (errorCode(error) !== 'ENOENT') throw error;
      return Buffer.from('This build has no page. Make one with: node build.ts');
    });
    return [name === 'index.html' ? '' : name, { type, content }] as const;
  });
  return new Map(await Promise.all(files));
}
