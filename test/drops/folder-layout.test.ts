import assert from 'node:assert/strict';
import test from 'node:test';
import {
  bodyDigest,
  formatClaim,
  formatHolder,
  formatMarker,
  LetterNamer,
  parcelFileKind,
  parseClaim,
  parseHolder,
  parseHourFolder,
  parseLetterName,
  parseMarker,
  settledLetters,
} from '../../client/drops/maildir/layout.ts';

const body = Buffer.from('hello');
const holder = formatHolder({ random: '0123456789ab', host: 'ba9876543210', pid: 4_194_304 });

test('folder layout: letters sort in the order they were named, although the clock stands still or steps back', () => {
  const namer = new LetterNamer('0123456789ab', 5_000);
  const names = [1_000, 6_000, 6_000, 6_000, 5_500, 7_000].map((now) => namer.next(now, body));
  assert.deepEqual([...names].sort(), names);
  assert.equal(new Set(names).size, names.length);
});

test('folder layout: a letter that was named says its parts again', () => {
  const name = new LetterNamer('0123456789ab', 0).next(1_790_000_000_000, body);
  const expected = { time: 1_790_000_000_000, counter: 0, session: '0123456789ab', digest: bodyDigest(body) };
  assert.deepEqual(parseLetterName(name), expected);
});

test('folder layout: names are portable and short', () => {
  const letter = new LetterNamer('0123456789ab', 0).next(Date.now(), body);
  for (const name of [letter, formatClaim(letter, holder), holder]) {
    assert.match(name, /^[a-z0-9][a-z0-9.-]*[a-z0-9]$/);
    assert.ok(Buffer.byteLength(name) < 200);
  }
});

test('folder layout: a claim says its letter and its holder', () => {
  const letter = new LetterNamer('0123456789ab', 0).next(Date.now(), body);
  assert.deepEqual(parseClaim(formatClaim(letter, holder)), { letter, holder });
  assert.equal(parseHolder(holder)?.pid, 4_194_304);
  for (const text of [
    '',
    '.',
    letter,
    `.${holder}`,
    `${letter}.x`,
    `${letter}.${holder}.bak`,
    `x${letter}.${holder}`,
  ]) {
    assert.equal(parseClaim(text), undefined, text);
  }
});

test('folder layout: what other programs put there is not ours', () => {
  const letter = new LetterNamer('0123456789ab', 0).next(1_790_000_000_000, body);
  const stem = letter.slice(0, -'.letter'.length);
  const foreign = [
    `.${letter}.swp`,
    `${letter}~`,
    `.syncthing.${letter}.tmp`,
    `${stem}.sync-conflict-20261104-101530-ABCDEFG.letter`,
    `${stem} (conflicted copy 2026-11-04).letter`,
    `${stem} (1).letter`,
    letter.toUpperCase(),
    '.DS_Store',
    'desktop.ini',
    `${letter}\n`,
  ];
  for (const name of foreign) assert.equal(parseLetterName(name), undefined, name);
});

test('folder layout: the marker is read strictly, with either end of line', () => {
  const marker = { layout: 1, id: '00112233445566778899aabbccddeeff' };
  const text = formatMarker(marker);
  assert.deepEqual(parseMarker(text), marker);
  assert.deepEqual(parseMarker(text.replaceAll('\n', '\r\n')), marker);
  assert.equal(parseMarker(text.slice(0, -1)), undefined);
  assert.equal(parseMarker(''), undefined);
});

test('folder layout: a listing that missed an earlier letter is not shown beyond the gap', () => {
  const namer = new LetterNamer('0123456789ab', 0);
  const [one = '', two = '', three = ''] = [1, 2, 3].map((now) => namer.next(now, body));
  const other = new LetterNamer('ffffffffffff', 0).next(1, body);
  // The first look saw two, but missed one; the second saw all, but three may stand after one that it missed.
  assert.deepEqual(settledLetters([two], [three, two, one]), [one, two]);
  assert.deepEqual(settledLetters([two], [two, one, other]), [one, two]);
  assert.deepEqual(settledLetters([two, other], [two, one, other]), [one, two, other].sort());
  assert.deepEqual(settledLetters([], [one]), []);
});

test('folder layout: files of parcels are told apart', () => {
  const random = 'AAAAAAAAAAAAAAAAAAAAA-';
  const ticket = '0123456789abcdef01234567';
  assert.equal(parcelFileKind('a', '2026-11-04T10', random), 'parcel');
  assert.equal(parcelFileKind('a', '2026-11-04T10', `${random}.${ticket}.part`), 'part');
  for (const name of [`${random}.bak`, `${random}.${ticket}.part.tmp`, `${random}.x.part`, 'x', '.DS_Store']) {
    assert.equal(parcelFileKind('a', '2026-11-04T10', name), undefined, name);
  }
  assert.equal(parseHourFolder('2026-11-04T10'), Date.UTC(2026, 10, 4, 10));
  assert.equal(parseHourFolder('2026-11-04'), undefined);
});
