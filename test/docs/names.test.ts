/** Exit codes, events, notices and error codes that the documentation names are those of the program. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { suiteNamed } from '../../client/crypto/suites.ts';
import { exitCodes } from '../../client/errors.ts';
import { frameKinds } from '../../client/protocol/frames.ts';
import { bodyTextSizes, bytesInText } from '../../client/protocol/padding.ts';
import { refusalReasons } from '../../client/protocol/pairing.ts';
import { eventNames } from '../tools/events-schema.ts';
import { blocks, type Page, pages, root, table } from './pages.ts';

const source = globSync('client/**/*.ts', { cwd: root })
  .map((path) => readFileSync(`${root}${path}`, 'utf8'))
  .join('\n');

const [readme, protocol] = [pageAt('README.md'), pageAt('docs/protocol.md')];

function pageAt(path: string): Page {
  const page = pages().find((one) => one.path === path);
  assert.ok(page, path);
  return page;
}

function quoted(cell: string | undefined): string[] {
  return [...(cell ?? '').matchAll(/`([^`]+)`/g)].map(([, word = '']) => word);
}

/** Every value that the program gives to a field, as `event: 'message'`. */
function valuesOf(field: string): Set<string> {
  return new Set([...source.matchAll(new RegExp(`\\b${field}: '([a-z-]+)'`, 'g'))].map(([, value = '']) => value));
}

test('docs: the exit codes are all there are', () => {
  const named = table(readme, 'exit code').map(([code]) => Number(code));
  assert.deepEqual(named, [0, ...Object.values(exitCodes)]);
});

test('docs: every event is named, and no other', () => {
  const known = new Set(eventNames);
  const named = new Set(table(protocol, 'event').flatMap(([event]) => quoted(event)));
  assert.deepEqual([...named].sort(), [...known].sort());
});

test('docs: the events that are shown as examples are named', () => {
  const named = new Set(table(protocol, 'event').flatMap(([event]) => quoted(event)));
  for (const line of blocks(readme, 'json').flat()) {
    const { event }: { event: string } = JSON.parse(line);
    assert.ok(named.has(event), event);
  }
});

test('docs: every notice and reason is a code of the program', () => {
  const known = new Set([
    ...valuesOf('code'),
    ...[...source.matchAll(/warn\(\s*'([a-z-]+)'/g)].map(([, code]) => code),
    ...[...source.matchAll(/\bstoreNotice\([\w., ]+, '([a-z-]+)'/g)].map(([, code]) => code),
    ...[...source.matchAll(/\bnotice\([\w.]+, '([a-z-]+)'/g)].map(([, code]) => code),
    ...refusalReasons.flatMap((reason) => [`invite-${reason}`, `join-${reason}`]),
  ]);
  const rows = [...table(protocol, 'notice'), ...table(protocol, 'reason')];
  assert.ok(rows.length > 10);
  for (const code of rows.flatMap(([cell]) => quoted(cell))) assert.ok(known.has(code), code);
});

test('docs: every remark that the program warns of is named', () => {
  const named = new Set(table(protocol, 'notice').flatMap(([cell]) => quoted(cell)));
  for (const [, code = ''] of source.matchAll(/\bwarn\(\s*'([a-z-]+)'/g)) assert.ok(named.has(code), code);
});

test('docs: kinds of frames, suites and sizes are those of the wire', () => {
  const kinds = table(protocol, 'kind').map(([kind, name]) => [name, Number(kind)]);
  assert.deepEqual(Object.fromEntries(kinds), { ...frameKinds });
  for (const [, name = '', byte] of protocol.text.matchAll(/`(fernet|btrchat|plain)` \((\d)/g)) {
    assert.equal(suiteNamed(name).byte, Number(byte));
  }
  const number = (cell: string) => Number(cell.replaceAll(',', ''));
  const head = /^\| text \|(.+)\|$/m.exec(protocol.text)?.[1]?.split('|').map(number);
  assert.deepEqual(head, [...bodyTextSizes]);
  const [envelope = []] = table(protocol, 'text');
  assert.deepEqual(envelope.slice(1).map(number), bodyTextSizes.map(bytesInText));
});

test('docs: the package that is installed is the one that npm pack makes', () => {
  const { name, version }: { name: string; version: string } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
  assert.ok(readme.text.includes(`npm install --global ./${name}-${version}.tgz`));
});

test('docs: the variables that are named are read somewhere', () => {
  for (const page of pages()) {
    for (const [name] of page.text.matchAll(/\bBTR_[A-Z_]+\b/g))
      assert.ok(source.includes(name), `${page.path}: ${name}`);
  }
});
