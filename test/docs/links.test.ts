/** Links lead somewhere, paths that are named are there, and the picture is what its source gives. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { test } from 'node:test';
import { drawDiagram, parseDiagram, wayOfAMessage, wayOfAMessageFile } from '../../docs/diagrams/draw.ts';
import { anchors, codeSpans, links, type Page, pages, root } from './pages.ts';

for (const page of pages()) {
  test(`docs: the links of ${page.path} resolve`, () => {
    for (const link of links(page)) assert.equal(problemOf(page, link), undefined, link);
  });

  test(`docs: the files that ${page.path} names are there`, () => {
    for (const span of codeSpans(page)) {
      if (/^(client|docs|infra|lambdas|test)\/[\w./-]+$/.test(span)) assert.ok(existsSync(`${root}${span}`), span);
    }
  });
}

test('docs: the check of links can fail', () => {
  const page = { path: 'docs/x.md', text: '# One heading, with `code`' };
  assert.equal(problemOf(page, '#one-heading-with-code'), undefined);
  assert.equal(problemOf(page, '#another'), 'no such heading');
  assert.equal(problemOf(page, '../README.md'), undefined);
  assert.equal(problemOf(page, 'nowhere.md'), 'no such file');
  assert.equal(problemOf(page, '../../outside.md'), 'no such file');
});

test('docs: the picture is what its source gives', () => {
  assert.equal(readFileSync(wayOfAMessageFile, 'utf8'), wayOfAMessage(), 'run: node docs/diagrams/draw.ts');
});

test('docs: a diagram that makes no sense is refused', () => {
  assert.throws(() => parseDiagram('lane a: A\nb: text'), /no lane b/);
  assert.throws(() => parseDiagram('lane a: A\nlane b: B\na + b: one'), /as many boxes/);
  assert.throws(() => parseDiagram('nonsense'), /line 1/);
});

test('docs: a drawing holds every text, escaped', () => {
  const svg = drawDiagram(parseDiagram('lane a: A & B\nlane b: C\na: 1 < 2 | two\na -> b: goes'), 'Title');
  for (const text of ['A &amp; B', '1 &lt; 2', 'two', 'goes', '<title>Title</title>'])
    assert.ok(svg.includes(text), text);
  assert.ok(!svg.includes('A & B'));
});

/** Addresses elsewhere are not looked up: a test must not need the network. */
function problemOf(page: Page, link: string): string | undefined {
  if (/^https?:/.test(link)) return undefined;
  const [file = '', anchor] = link.split('#');
  const path = file === '' ? page.path : posix.normalize(posix.join(posix.dirname(page.path), file));
  if (path.startsWith('..') || (file !== '' && !existsSync(`${root}${path}`))) return 'no such file';
  if (anchor === undefined) return undefined;
  const target = file === '' ? page : { path, text: readFileSync(`${root}${path}`, 'utf8') };
  return anchors(target).has(anchor) ? undefined : 'no such heading';
}
