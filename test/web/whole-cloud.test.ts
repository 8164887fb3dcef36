/**
 * Two homes with a channel in the embedded cloud, by their pages in a real browser: a large file, several windows, a
 * connection that is cut in every way, both taking the other's role, the export. The tests go on from one another.
 */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { noBrowser, startBrowser, Window } from '../tools/browser.ts';
import {
  bringAxe,
  button,
  chooseTheme,
  closeDialog,
  composer,
  findings,
  openDialog,
  sendText,
  shown,
  textsShown,
  themes,
} from '../tools/page.ts';
import { Relay } from '../tools/relay.ts';
import { type Pair, Stage } from '../tools/stage.ts';
import { startWeb } from '../tools/web.ts';

const options = { skip: noBrowser, timeout: 120_000 };
const MiB = 2 ** 20;
const large = 200 * MiB;
/** What a server may take beside the file that passes through it. */
const mostMemory = 200 * MiB;

let stage: Stage;
let browser: Browser;
/** Between the browser and the server of each. */
let relays: { readonly alice: Relay; readonly bob: Relay };
let people: Pair;
let alice: Window;
let bob: Window;
/** What was written, in order. */
const said: string[] = [];

before(async () => {
  if (noBrowser) return;
  stage = await Stage.make();
  people = await stage.cloudPair();
  const [started, other] = await Promise.all([startWeb(people.alice), startWeb(people.bob)]);
  const [one, two] = [started, other].map(({ link }) => Number(new URL(link).port));
  assert.ok(one && two);
  relays = { alice: await Relay.start(one), bob: await Relay.start(two) };
  const detours = [
    `MAP 127.0.0.1:${one} 127.0.0.1:${relays.alice.port}`,
    `MAP 127.0.0.1:${two} 127.0.0.1:${relays.bob.port}`,
  ];
  browser = await startBrowser(`--host-resolver-rules=${detours.join(',')}`);
  [alice, bob] = await Promise.all([Window.at(browser, started), Window.at(browser, other)]);
});

after(async () => {
  if (noBrowser) return;
  await Promise.all([alice, bob].map((window) => window[Symbol.asyncDispose]()));
  await browser.close();
  await relays.alice[Symbol.asyncDispose]();
  await relays.bob[Symbol.asyncDispose]();
  await stage[Symbol.asyncDispose]();
});

async function say(page: Page, text: string): Promise<void> {
  said.push(text);
  await sendText(page, text);
}

/** Both pages show all that was said, once each and in order. */
async function bothShowAll(...pages: Page[]): Promise<void> {
  for (const page of [alice.page, bob.page, ...pages]) {
    await shown(page, said.at(-1) ?? '').waitFor();
    assert.deepEqual(await textsShown(page), said);
  }
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/** Bytes that a window's server has had in memory at most. */
async function peakOf({ live }: Window): Promise<number> {
  const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(await readFile(`/proc/${live.child.pid}/status`, 'utf8')) ?? [];
  return Number(kibibytes) * 1024;
}

async function makeFile(path: string): Promise<void> {
  await using file = await open(path, 'w');
  for (let written = 0; written < large; written += MiB) await file.write(randomBytes(MiB));
}

test('two pages of two homes talk over a cloud, and several windows of one home stay in step', options, async () => {
  await say(alice.page, 'hello bob');
  await shown(bob.page, 'hello bob').waitFor();
  const second = await alice.page.context().newPage();
  await second.goto(alice.page.url());
  await composer(second).fill('a draft of this window');
  await say(bob.page, 'hello both windows');
  await bothShowAll(second);
  await say(alice.page, 'from the first one');
  await bothShowAll(second);
  assert.equal(await composer(second).inputValue(), 'a draft of this window');
  assert.equal(await second.getByRole('navigation').getByText('unread').count(), 0);
  await second.close();
});

test('a file of 200 MiB passes from page to page as it was, and the servers hold none of it', options, async () => {
  const path = stage.path('large.bin');
  await makeFile(path);
  await alice.page.locator('input[type=file]').setInputFiles(path);
  await alice.page.locator('progress').waitFor();
  await bringAxe(alice.page);
  for (const theme of themes) {
    await chooseTheme(alice.page, theme);
    assert.deepEqual(await findings(alice.page), [], `with a file on its way, ${theme}`);
  }
  const link = bob.page.getByRole('link', { name: 'Download large.bin' });
  await link.waitFor();
  const [download] = await Promise.all([bob.page.waitForEvent('download'), link.click()]);
  assert.equal(await sha256(await download.path()), await sha256(path));
  for (const window of [alice, bob]) {
    const peak = await peakOf(window);
    assert.ok(peak < mostMemory, `${Math.round(peak / MiB)} MiB`);
  }
});

test(
  'a stream that is cut, a network that is away, a server that stops: nothing is lost or doubled',
  options,
  async () => {
    for (const number of [1, 2, 3]) {
      relays.alice.cut();
      await say(bob.page, `cut ${number}`);
      await bothShowAll();
    }
    relays.alice.stop();
    await say(bob.page, 'while nothing came through');
    await shown(bob.page, 'while nothing came through').waitFor();
    relays.alice.cut();
    await bothShowAll();
    await bob.page.context().setOffline(true);
    relays.bob.cut();
    await bob.page.getByText('btr web is away.').waitFor();
    await say(alice.page, 'while bob was offline');
    await say(alice.page, 'and once more');
    await shown(alice.page, 'and once more').waitFor();
    await bob.page.context().setOffline(false);
    await bothShowAll();
    await bob.page.context().close();
    await bob.live.kill('SIGINT');
    await say(alice.page, 'to nobody');
    await shown(alice.page, 'to nobody').waitFor();
    bob = await Window.open(browser, people.bob);
    await bothShowAll();
  },
);

test(
  'both take the other side of the drop; messages go both ways after it, and nobody reads their own',
  options,
  async () => {
    for (const { page } of [alice, bob]) {
      await openDialog(page, 'Channel settings');
      await page.getByText('For testing').click();
      await button(page, 'Swap sides').click();
      await page.getByText('You have the other side of the drop now.').waitFor();
      await closeDialog(page);
    }
    await say(alice.page, 'from the other side');
    await bothShowAll();
    await say(bob.page, 'and back');
    await bothShowAll();
    const mine = await alice.page.locator('.mine .prose').allInnerTexts();
    const theirs = await bob.page.locator('.theirs .prose').allInnerTexts();
    assert.deepEqual(mine, theirs);
  },
);

test('the export that the page gives holds all of it', options, async () => {
  const exported = async (format: string) => {
    await alice.page.getByRole('combobox', { name: /^As\b/ }).selectOption(format);
    const link = alice.page.getByRole('link', { name: 'Export the history' });
    const [download] = await Promise.all([alice.page.waitForEvent('download'), link.click()]);
    return readFile(await download.path(), 'utf8');
  };
  await openDialog(alice.page, 'Channel settings');
  const events: { event: string; text?: string; name?: string }[] = (await exported('json'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    events.flatMap(({ event, text }) => (event === 'message' ? [text] : [])),
    said,
  );
  assert.ok(events.some(({ event, name }) => event === 'file' && name === 'large.bin'));
  const page = await exported('html');
  const places = said.map((text) => page.indexOf(text));
  assert.ok(!places.includes(-1) && places.every((place, index) => index === 0 || place > (places[index - 1] ?? 0)));
  await closeDialog(alice.page);
});

test('axe finds nothing where something went wrong, at the width of a phone', options, async () => {
  const { page } = alice;
  await page.setViewportSize({ width: 390, height: 700 });
  await alice.live.kill('SIGINT');
  await page.getByText('btr web is away.').waitFor();
  await sendText(page, 'too late');
  await page.locator('.remark-error').waitFor();
  assert.equal(await composer(page).inputValue(), 'too late', 'what was not sent is still there');
  await bringAxe(page);
  assert.deepEqual(await findings(page), []);
});
