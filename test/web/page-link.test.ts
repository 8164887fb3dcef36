/**
 * What the page holds against what happened while its connection was away, slow or closed, in a real browser on two
 * real homes. The tests go on from one another.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { hide, noBrowser, startBrowser, until, Window } from '../tools/browser.ts';
import { button, composer, openChannel, sendText, shown, textsShown } from '../tools/page.ts';
import { type Pair, Stage } from '../tools/stage.ts';

const options = { skip: noBrowser, timeout: 120_000 };
const away = 'btr web is away.';

const used = new AsyncDisposableStack();
let browser: Browser;
let people: Pair;
let alice: Window;
let bob: Window;

before(async () => {
  if (noBrowser) return;
  const stage = used.use(await Stage.make());
  people = await stage.folderPair();
  await people.alice.run(['channel', 'add', 'zoe', '--as', 'a', '--drop', `folder:${stage.path('drop-of-zoe')}`]);
  browser = used.use(await startBrowser());
  alice = used.use(await Window.open(browser, people.alice));
  bob = used.use(await Window.open(browser, people.bob));
  await openChannel(alice.page, 'bob');
  // So that a test can end the stream; from the next load on.
  await alice.page.context().addInitScript(`window.EventSource = class extends EventSource {
    constructor(...args) {
      super(...args);
      window.streams = (window.streams ?? []).filter(({ readyState }) => readyState < 2).concat(this);
    }
  }`);
  await alice.page.reload();
  await openChannel(alice.page, 'bob');
});

after(() => used.disposeAsync());

/** Until it is called: nothing of the page's server is heard. */
async function goAway(page: Page): Promise<() => Promise<void>> {
  await page.route('**/api/**', (route) => route.abort());
  await page.evaluate('streams.at(-1).dispatchEvent(new Event("error"))');
  await page.getByText(away).waitFor();
  return async () => {
    await page.unroute('**/api/**');
    await page.getByText(away).waitFor({ state: 'detached' });
  };
}

/** Texts in this order, by the command line. */
async function say(from: 'alice' | 'bob', ...texts: string[]): Promise<void> {
  const { code, stderr } = await people[from].run(['send'], { input: texts.map((text) => `${text}\n`).join('') });
  assert.equal(code, 0, stderr);
}

function scroll(page: Page, top: string): Promise<void> {
  return page.evaluate(`document.querySelector('.history').scrollTop = ${top}`);
}

test('a text does not overtake a longer one that was sent before', options, async () => {
  const { page } = alice;
  const held = Promise.withResolvers<void>();
  await page.route('**/messages', async (route) => {
    if (route.request().postData()?.includes('the long one')) await held.promise;
    await route.continue();
  });
  await sendText(page, 'the long one');
  await sendText(page, 'the short one');
  for (let frame = 0; frame < 30; frame += 1) await page.evaluate('new Promise(requestAnimationFrame)');
  held.resolve();
  await shown(page, 'the short one').waitFor();
  await shown(page, 'the long one').waitFor();
  await page.unroute('**/messages');
  assert.deepEqual(await textsShown(page), ['the long one', 'the short one']);
});

test('what could not be sent is in the composer again, before what was written since', options, async () => {
  const { page } = alice;
  const asked = Promise.withResolvers<void>();
  const refuse = Promise.withResolvers<void>();
  await page.route('**/messages', async (route) => {
    asked.resolve();
    await refuse.promise;
    await route.abort();
  });
  await sendText(page, 'not sent');
  await asked.promise;
  await composer(page).fill('written since');
  refuse.resolve();
  await page.getByText('btr web does not answer.').waitFor();
  assert.equal(await composer(page).inputValue(), 'not sent\nwritten since');
  await composer(page).fill('');
  await page.unroute('**/messages');
});

test('a text whose answer was lost goes once, although it is sent again', options, async () => {
  const { page } = alice;
  await page.route('**/messages', async (route) => {
    await route.fetch();
    await route.abort();
  });
  await sendText(page, 'said once');
  await shown(page, 'said once').waitFor();
  await until(page, 'document.querySelector("#composer").value === "said once"');
  await page.unroute('**/messages');
  await composer(page).press('Enter');
  await sendText(page, 'said after it');
  await shown(page, 'said after it').waitFor();
  await sendText(page, 'said once');
  await until(page, 'document.querySelector("#composer").value === ""');
  await page.locator('.prose').getByText('said once', { exact: true }).nth(1).waitFor();
  const texts = (await textsShown(page)).filter((text) => text.startsWith('said'));
  assert.deepEqual(texts, ['said once', 'said after it', 'said once']);
});

test('after the connection was away marks are right, and what vanished is gone', options, async () => {
  const { page } = alice;
  await bob.page.close();
  await bob.live.kill('SIGINT');
  await people.alice.run(['channel', 'set', 'bob', '--timer', '1s']);
  await sendText(page, 'vanishes meanwhile');
  await page.locator('.mine').filter({ hasText: 'vanishes meanwhile' }).getByText('sent', { exact: true }).waitFor();
  await people.alice.run(['channel', 'set', 'bob', '--timer', 'off']);
  await sendText(page, 'delivered meanwhile');
  const mine = page.locator('.mine').filter({ hasText: 'delivered meanwhile' });
  await mine.getByText('sent', { exact: true }).waitFor();
  const comeBack = await goAway(page);
  assert.deepEqual((await people.bob.listens()).at(-1), 'delivered meanwhile');
  const isSettled = async () => {
    const { lines } = await people.alice.run(['history', 'bob', '--json']);
    const texts = lines.map((line): { text?: string; state?: string } => JSON.parse(line));
    const isDelivered = texts.some(({ text, state }) => text === 'delivered meanwhile' && state === 'delivered');
    return isDelivered && texts.every(({ text }) => text !== 'vanishes meanwhile');
  };
  while (!(await isSettled()));
  await comeBack();
  await mine.getByText('delivered', { exact: true }).waitFor();
  await shown(page, 'vanishes meanwhile').waitFor({ state: 'detached' });
});

test('however much came meanwhile, nothing is missing between; the page asks for it once', options, async () => {
  const { page } = alice;
  const numbers = Array.from({ length: 250 }, (_, index) => `line ${index}`);
  const comeBack = await goAway(page);
  await hide(page, true);
  await say('bob', ...numbers);
  while (!(await people.alice.run(['history', 'bob'])).stdout.includes('line 249'));
  const asked: string[] = [];
  page.on('request', (request) => {
    if (request.url().includes('/messages?')) asked.push(request.url());
  });
  await comeBack();
  await shown(page, 'line 249').waitFor();
  while ((await shown(page, 'line 0').count()) === 0) await scroll(page, '0');
  const texts = (await textsShown(page)).filter((text) => text.startsWith('line'));
  assert.deepEqual(texts, numbers);
  await hide(page, false);
  assert.ok(asked.length < 7, asked.join('\n'));
});

test('who reads further up while the connection is away is not told so again and again', options, async () => {
  const { page } = alice;
  await page.reload();
  await openChannel(page, 'bob');
  await button(page, /new$|^Newest$/).click();
  await shown(page, 'line 249').waitFor();
  let failures = 0;
  page.on('requestfailed', (request) => {
    if (request.url().includes('/messages?')) failures += 1;
  });
  const comeBack = await goAway(page);
  await scroll(page, '0');
  for (let frame = 0; frame < 30; frame += 1) await page.evaluate('new Promise(requestAnimationFrame)');
  assert.ok(failures < 2, `${failures} requests failed`);
  await comeBack();
  while ((await shown(page, 'line 0').count()) === 0) await scroll(page, '0');
});

test('nothing below the end of what was in view counts as read', options, async () => {
  const { page } = alice;
  const unread = () => people.alice.within((messenger) => messenger.unread('bob').count);
  await people.alice.run(['wipe', 'bob', '--yes']);
  await openChannel(page, 'zoe');
  await people.bob.run(['send', '--whole', '-'], { input: 'higher than the window\n'.repeat(100) });
  await say('bob', 'below it', 'and below that');
  await page.getByRole('navigation').getByText('3 unread').waitFor();
  await openChannel(page, 'bob');
  await shown(page, 'below it').waitFor();
  for (let frame = 0; frame < 30; frame += 1) await page.evaluate('new Promise(requestAnimationFrame)');
  assert.equal(await unread(), 3);
  await scroll(page, '1e6');
  while ((await unread()) > 0);
});

test('of the windows out of view one listens, and each is up to date once it is in view', options, async () => {
  const { page } = alice;
  const context = page.context();
  const others = await Promise.all(Array.from({ length: 6 }, () => context.newPage()));
  await hide(page, true);
  for (const other of others) {
    await other.goto(page.url());
    await openChannel(other, 'bob');
    await until(other, 'streams?.length === 1');
    await hide(other, true);
    await until(other, 'streams.at(-1).readyState === 2');
  }
  await hide(page, false);
  await sendText(page, 'seven windows');
  await shown(page, 'seven windows').waitFor();
  const [last] = others.slice(-1);
  assert.ok(last);
  await hide(last, false);
  await shown(last, 'seven windows').waitFor();
  assert.equal(await last.getByText(away).count(), 0);
  await Promise.all(others.map((other) => other.close()));
});
