/** The script of the README's pictures, as anybody can run it. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { noBrowser } from './tools/browser.ts';
import { repository } from './tools/built.ts';

/** Width and height of a PNG: the first fields of its first chunk (PNG specification, section 11.2.1). */
function sizeOf(png: Buffer): [number, number] {
  assert.equal(png.toString('latin1', 1, 4), 'PNG');
  return [png.readUInt32BE(16), png.readUInt32BE(20)];
}

test('npm run screenshots makes the pictures that README shows', { skip: noBrowser }, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'btr-pictures-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await promisify(execFile)(process.execPath, [join(repository, 'test', 'screenshots.ts'), folder], {
    timeout: 180_000,
  });
  const readme = await readFile(join(repository, 'README.md'), 'utf8');
  const shown = [...readme.matchAll(/\(docs\/screenshots\/([\w-]+\.png)\)/g)].map(([, name = '']) => name);
  assert.ok(shown.length > 1);
  for (const name of shown) {
    const [width, height] = sizeOf(await readFile(join(folder, name)));
    assert.ok(width > 1000 && height > 500, `${name}: ${width} x ${height}`);
  }
});
