import assert from 'node:assert/strict';
import { basename, resolve, win32 } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { numberedName, safeFileName } from '../../client/messenger/parcels/names.ts';

/** Text made of what names are attacked with, among ordinary characters. */
const nasty = fc
  .array(
    fc.oneof(
      fc.constantFrom('..', '.', '/', '\\', 'C:', 'con', 'NUL', 'lpt1', '~', '-', ' ', '\0', '\n', '\u202e', '\u2066'),
      fc.constantFrom('\u200f', '\ufeff', '\ud800', '\u2028', '.txt', '.tar.gz', '😀', '\u{1f468}\u200d\u{1f469}', 'é'),
      fc.string({ unit: 'binary', maxLength: 30 }),
      fc.string({ unit: 'grapheme', maxLength: 300 }),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''));

function assertSafe(name: string): void {
  assert.ok(Buffer.byteLength(name) >= 1 && Buffer.byteLength(name) <= 255, `length of ${JSON.stringify(name)}`);
  assert.equal(resolve('/folder', name), `/folder/${name}`);
  assert.equal(basename(name), name);
  assert.equal(win32.resolve('C:\\folder', name), `C:\\folder\\${name}`);
  assert.ok(name.isWellFormed());
  assert.doesNotMatch(name, /[\p{Cc}\p{Zl}\p{Zp}<>:"/\\|?*\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/u);
  assert.doesNotMatch(name, /^[.~\s-]|[\s.]$/u);
  assert.doesNotMatch(name, /^(con|prn|aux|nul|com\d|lpt\d) *(\.|$)/i);
}

test('whatever the sender calls a file, it becomes one safe component', () => {
  fc.assert(
    fc.property(nasty, (name) => assertSafe(safeFileName(name))),
    { numRuns: 2000 },
  );
});

test('a safe name is kept as it is', () => {
  fc.assert(fc.property(nasty, (name) => assert.equal(safeFileName(safeFileName(name)), safeFileName(name))));
  for (const name of ['photo.jpg', 'Grüße aus Köln.tar.gz', '写真 1.png', '👨‍👩‍👧.gif', 'a', 'no extension']) {
    assert.equal(safeFileName(name), name);
  }
});

test('known tricks come out as expected', () => {
  const expected: Record<string, string> = {
    '../../etc/passwd': 'passwd',
    '/etc/shadow': 'shadow',
    'C:\\Windows\\system.ini': 'system.ini',
    '..': 'file',
    '': 'file',
    '/': 'file',
    '. . .': 'file',
    'con.txt': '_con.txt',
    'COM¹': '_COM¹',
    '.bashrc': '_.bashrc',
    '-rf': '_-rf',
    'name. . ': 'name',
    'photo\u202egpj.exe': 'photo_gpj.exe',
    'a:b': 'a_b',
    'nul\0': 'nul_',
    'folder/': 'folder',
  };
  for (const [name, safe] of Object.entries(expected)) assert.equal(safeFileName(name), safe, JSON.stringify(name));
});

test('a long name is cut between characters and keeps its extension', () => {
  const cut = safeFileName(`${'ü'.repeat(300)}.tar.gz`);
  assert.ok(cut.endsWith('ü.tar.gz'));
  assert.ok(Buffer.byteLength(cut) > 250);
  assert.equal(Buffer.byteLength(safeFileName('x'.repeat(255))), 255);
  const emoji = safeFileName('😀'.repeat(100));
  assert.ok(emoji.isWellFormed() && Buffer.byteLength(emoji) === 252);
});

test('a number goes before the extension and still fits', () => {
  assert.equal(numberedName('photo.jpg', 1), 'photo (1).jpg');
  assert.equal(numberedName('a.tar.gz', 2), 'a (2).tar.gz');
  assert.equal(numberedName('README', 3), 'README (3)');
  fc.assert(
    fc.property(nasty, fc.integer({ min: 1, max: 9999 }), (name, number) => {
      const numbered = numberedName(safeFileName(name), number);
      assertSafe(numbered);
      assert.ok(numbered.includes(`(${number})`));
    }),
  );
});
