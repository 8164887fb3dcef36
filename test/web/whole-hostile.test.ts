/** What the other side may write, and however much of it: the page shows it, and nothing else happens. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { fillHome, textOf } from '../../bench/filled-home.ts';
import { noBrowser, startBrowser, Window } from '../tools/browser.ts';
import { button, openChannel, shown } from '../tools/page.ts';
import { type Person, Stage } from '../tools/stage.ts';

const options = { skip: noBrowser, timeout: 120_000 };
const stored = 10_000;
/** What each of these would leave behind, had it run. */
const mark = 'window.hasRun = true';
const rightToLeft = '\u202e';
const zeroWidth = '\u200b\u200d\u2060\ufeff'.repeat(5000);

const hostile = [
  `<script>${mark}</script>`,
  `<img src="https://tracker.example/a.png" onerror="${mark}"><svg onload="${mark}"></svg><iframe srcdoc="<script>parent.${mark}</script>"></iframe>`,
  `"><style>@import "https://tracker.example/a.css"; * { display: none }</style><base href="https://tracker.example/">`,
  `<form action="https://tracker.example/"><input autofocus onfocus="${mark}"></form><meta http-equiv="refresh" content="0; url=https://tracker.example/">`,
  `javascript:${mark} [text](javascript:${mark}) data:text/html,<script>${mark}</script> vbscript:x`,
  `https://tracker.example/" onmouseover="${mark}`,
  `{{constructor.constructor("${mark}")()}} \${${mark}} %3Cscript%3E${mark}%3C/script%3E &lt;script&gt;`,
  `before${rightToLeft}exe.gnp\u2067 after`,
  `flood${zeroWidth}end of the flood`,
  `${'\u0300'.repeat(3000)}${'W'.repeat(20_000)}end of a word`,
  `\u001b]0;owned\u0007\u001b[2J\r\b\u0000`,
];

let stage: Stage;
let browser: Browser;
let people: { readonly alice: Person; readonly bob: Person };
let alice: Window;
const requests: string[] = [];
const dialogs: string[] = [];

before(async () => {
  if (noBrowser) return;
  stage = await Stage.make();
  people = await stage.folderPair();
  await fillHome(people.alice.home, stored);
  browser = await startBrowser();
  alice = await Window.open(browser, people.alice);
  await shown(alice.page, textOf(stored - 1)).waitFor();
  await alice.page.evaluate(`{
    window.violations = [];
    document.addEventListener('securitypolicyviolation', ({ blockedURI }) => violations.push(blockedURI));
  }`);
  alice.page.context().on('request', (request) => requests.push(request.url()));
  alice.page.on('dialog', (dialog) => {
    dialogs.push(dialog.message());
    void dialog.dismiss();
  });
});

after(async () => {
  if (noBrowser) return;
  await alice[Symbol.asyncDispose]();
  await browser.close();
  await stage[Symbol.asyncDispose]();
});

/** Whether anything is wider than the window. */
function isTooWide(page: Page): Promise<boolean> {
  return page.evaluate(`[document.documentElement, document.querySelector('.history')].some(
    ({ scrollWidth, clientWidth }) => scrollWidth > clientWidth,
  )`);
}

test(
  'markup, links, overrides, floods and a text of a megabyte are shown, and nothing comes of them',
  options,
  async () => {
    const { page } = alice;
    await people.bob.within(async (bob) => {
      await bob.queue('alice', [...hostile, `long${' long'.repeat(200_000)}`, 'the last one']);
    });
    const { code, stderr } = await people.bob.run(['send', 'that was all']);
    assert.equal(code, 0, stderr);
    await shown(page, 'that was all').waitFor();
    for (const text of hostile.slice(0, 7)) await shown(page, text).waitFor({ state: 'attached' });
    await shown(page, 'before<U+202E>exe.gnp<U+2067> after').waitFor({ state: 'attached' });
    await button(page, /^Show more/)
      .last()
      .click();
    assert.equal(await page.title(), 'btr');
    assert.equal(await page.evaluate('window.hasRun'), undefined);
    assert.equal(
      await page.locator('.history').locator('script, img, iframe, style, base, form, meta, input, object').count(),
      0,
    );
    const links: string[] = await page.locator('.prose a').evaluateAll((found) => found.map(String));
    assert.ok(
      links.every((link) => new URL(link).protocol === 'https:'),
      links.join(' '),
    );
    assert.equal(await isTooWide(page), false);
    await page.setViewportSize({ width: 360, height: 640 });
    assert.equal(await isTooWide(page), false);
    await page.setViewportSize({ width: 1100, height: 720 });
  },
);

test(
  'all of 10,000 messages pass from the end to the beginning and back, each once and in order',
  options,
  async () => {
    const { page } = alice;
    /** Scrolls until this holds. Answers the numbers of all rows that were there; nothing where they ever stood amiss. */
    const walk = (step: number, isOver: string): Promise<number[]> =>
      page.evaluate(`new Promise((resolve) => {
      const list = document.querySelector('.history');
      const seen = new Set();
      const frame = () => {
        list.scrollTop += ${step};
        const rows = [...list.querySelectorAll('li[id]')].map(({ id }) => Number(id.slice('row-'.length)));
        if (rows.some((row, index) => row <= (rows[index - 1] ?? 0))) resolve([]);
        for (const row of rows) seen.add(row);
        if (${isOver}) resolve([...seen].sort((one, other) => one - other));
        else requestAnimationFrame(frame);
      };
      frame();
    })`);
    await openChannel(page, 'bob');
    const up = await walk(-2000, 'list.scrollTop === 0 && list.textContent.includes("Here it began.")');
    assert.equal(up.length, stored + hostile.length + 3);
    const down = await walk(2000, 'list.textContent.includes("that was all")');
    assert.deepEqual(down, up);
    assert.ok((await page.locator('.history li[id]').count()) <= 400, 'the page holds a part of them at a time');
  },
);

test('no script ran, no policy was tried, nobody else was asked', options, async () => {
  assert.deepEqual(await alice.page.evaluate('[window.hasRun, violations]'), [undefined, []]);
  assert.deepEqual(dialogs, []);
  assert.deepEqual(alice.complaints, []);
  const { origin } = new URL(alice.page.url());
  assert.ok(requests.length > 0);
  assert.deepEqual(
    requests.filter((url) => new URL(url).origin !== origin),
    [],
  );
  assert.equal(alice.page.context().pages().length, 1);
});
