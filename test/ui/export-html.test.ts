/** The exported page, in a real browser: what messages hold is text in it, and it asks for nothing. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium } from 'playwright-core';
import { exportLines, exportToFile } from '../../client/ui/export.ts';
import { file, holding, message, noon, notice } from './export-tools.ts';

const program = '/usr/bin/chromium';
const skip = !existsSync(program) && 'chromium is not installed (test/system/setup.sh does it)';

const hostile = [
  '<script>document.title = "owned"</script>',
  '<img src="http://127.0.0.1:9/x.png" onerror="document.title = `owned`">',
  '</div></article></main><h1>alice</h1><!--',
  '<style>* { display: none }</style><link rel="stylesheet" href="http://127.0.0.1:9/x.css">',
  '<meta http-equiv="refresh" content="0;url=http://127.0.0.1:9/">',
  'https://example.org/ javascript:alert(1) \' " &lt; &amp;',
  'a\u202egpj.exe\u0000\u001b[2J',
  'two\nlines',
  `${'x'.repeat(1_000_000)}`,
];

let folder: string;
let browser: Browser | undefined;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'btr-export-'));
  if (!skip) browser = await chromium.launch({ executablePath: program, args: ['--no-sandbox'] });
});
after(async () => {
  await browser?.close();
  await rm(folder, { recursive: true, force: true });
});

test('export: hostile texts and names are text in the page, which loads and runs nothing', { skip }, async () => {
  assert.ok(browser);
  const events = hostile.flatMap((text) => [message(text), file(text), notice(text)]);
  const mine = message('mine', { from: 'alice', receivedAt: null, state: 'sent', sentAt: noon + 86_400_000 });
  const { path } = await exportToFile(holding([...events, mine]), 'bob', { format: 'html', path: `${folder}/` });
  const page = await browser.newPage({ viewport: { width: 320, height: 640 } });
  const asked: string[] = [];
  const said: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  page.on('console', (line) => said.push(line.text()));
  await page.goto(pathToFileURL(path).href);
  assert.deepEqual(asked, [pathToFileURL(path).href]);
  assert.deepEqual(said, [], 'the policy had nothing to stop');
  assert.equal(await page.title(), 'alice and bob');
  assert.deepEqual(await page.locator('h2').allTextContents(), [
    'Friday, November 20, 2026',
    'Saturday, November 21, 2026',
  ]);
  const texts = await page.locator('article:not(.mine) div:not(.file)').allTextContents();
  assert.deepEqual(texts, [...hostile.slice(0, 6), 'a<U+202E>gpj.exe\u2400\u241b[2J', ...hostile.slice(7)]);
  assert.deepEqual(await page.locator('article.mine').allTextContents(), ['alice 12:00 sentmine']);
  assert.equal(await page.locator('script, img, link, a, h1:not(:first-child), article article').count(), 0);
  assert.equal(await page.locator('article').count(), 2 * hostile.length + 1);
  const width = await page.evaluate('document.documentElement.scrollWidth');
  assert.equal(width, 320, 'a phone shows it without scrolling sideways');
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    const background = 'getComputedStyle(document.querySelector("article.mine")).backgroundColor';
    assert.equal(await page.evaluate(background), colorScheme === 'light' ? 'rgb(220, 239, 226)' : 'rgb(29, 58, 42)');
  }
});

test('export: axe finds nothing in the page, in the light and in the dark', { skip }, async () => {
  assert.ok(browser);
  const events = [message('hello'), file('a.txt'), notice('lost'), message('hi', { receivedAt: null, state: 'sent' })];
  const html = [...exportLines(holding(events), 'bob', { format: 'html' })].join('\n');
  for (const colorScheme of ['light', 'dark'] as const) {
    const context = await browser.newContext({ colorScheme, bypassCSP: true });
    const page = await context.newPage();
    await page.setContent(html);
    await page.evaluate(readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
    const found = await page.evaluate('axe.run().then(({ violations }) => violations.map(({ id }) => id))');
    assert.deepEqual(found, [], colorScheme);
    await context.close();
  }
});
