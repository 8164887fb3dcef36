/** The page in a real browser, on two real homes with `btr web` each. The tests go on from one another. */
import assert from 'node:assert/strict';
import { mkdir, readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { noBrowser, startBrowser, Window } from '../tools/browser.ts';
import { invites, joins } from '../tools/invited.ts';
import {
  bringAxe,
  button,
  chooseTheme,
  composer,
  findings,
  openChannel,
  sendText,
  shown,
  themes,
} from '../tools/page.ts';
import { type Person, Stage } from '../tools/stage.ts';

const options = { skip: noBrowser, timeout: 120_000 };

const used = new AsyncDisposableStack();
let stage: Stage;
let browser: Browser;
let alice: Window;
let bob: Window;
let people: { readonly alice: Person; readonly bob: Person };

before(async () => {
  if (noBrowser) return;
  stage = used.use(await Stage.make());
  people = await pairedPeople();
  browser = used.use(await startBrowser());
  alice = used.use(await Window.open(browser, people.alice));
  bob = used.use(await Window.open(browser, people.bob, { colorScheme: 'dark' }));
});

after(() => used.disposeAsync());

/** Alice, with a channel that is paired and one that waits for somebody; and Bob. */
async function pairedPeople() {
  const [one, other] = [stage.person('alice'), stage.person('bob')];
  await mkdir(stage.path('drop'));
  await mkdir(stage.path('drop-2'));
  await Promise.all([
    one.run(['init', '--name', 'alice', '--no-passphrase']),
    other.run(['init', '--name', 'bob', '--no-passphrase']),
  ]);
  await one.run(['channel', 'add', 'bob', '--as', 'a', '--drop', `folder:${stage.path('drop')}`]);
  await one.run(['channel', 'add', 'carol', '--as', 'a', '--drop', `folder:${stage.path('drop-2')}`]);
  const invited = await invites(one, 'bob');
  const joined = await joins(other, invited, invited.pin, '--yes');
  assert.equal(joined.code, 0, joined.stderr);
  return { alice: one, bob: other };
}

test('two pages of two homes talk; each sees what became of what it sent', options, async () => {
  await openChannel(alice.page, 'bob');
  await sendText(alice.page, 'hello bob');
  await shown(bob.page, 'hello bob').waitFor();
  await composer(bob.page).fill('hello alice');
  await composer(bob.page).press('Shift+Enter');
  await composer(bob.page).pressSequentially('second line');
  await composer(bob.page).press('Enter');
  await shown(alice.page, 'hello alice\nsecond line').waitFor();
  await alice.page.locator('.mine').getByText('delivered').waitFor();
  await bob.page.locator('.mine').getByText('delivered').waitFor();
  assert.equal(await composer(bob.page).inputValue(), '');
  assert.equal(await alice.page.getByText('2 channels').count(), 1);
});

test(
  'what comes elsewhere counts in the roster and the title, without a word of it; drafts stay',
  options,
  async () => {
    await composer(alice.page).fill('half a thou');
    await openChannel(alice.page, 'carol');
    await shown(alice.page, 'Nothing here yet.').waitFor();
    await sendText(bob.page, 'are you there?');
    await alice.page.getByRole('navigation').getByText('1 unread').waitFor();
    assert.equal(await alice.page.title(), '(1) btr');
    await openChannel(alice.page, 'bob');
    await alice.page.locator('.mark').getByText('New').waitFor();
    while ((await alice.page.title()) !== 'btr') await alice.page.evaluate('new Promise(requestAnimationFrame)');
    assert.equal(await composer(alice.page).inputValue(), 'half a thou');
    await composer(alice.page).fill('');
  },
);

test('hostile messages are shown and do nothing', options, async () => {
  const long = `beginning ${'a1 '.repeat(349_000)}end`;
  const hostile = [
    '<script>document.title = "owned"</script><img src=x onerror="document.title = 1"><style>*{display:none}</style>',
    'javascript:alert(1) [x](javascript:alert(1)) data:text/html,<b>x</b>',
    'safe \u202Egnp.exe\u2066 and \u001b[2Jgone',
    'https://example.org/?q="><script>alert(1)</script>',
  ];
  const requests: string[] = [];
  alice.page.on('request', (request) => requests.push(request.url()));
  for (const text of hostile) await people.bob.run(['send', 'alice', '--whole', '-'], { input: text });
  const { code, stderr } = await people.bob.run(['send', 'alice', '--whole', '-'], { input: long });
  assert.equal(code, 0, stderr);
  const [script = '', link = ''] = hostile;
  await shown(alice.page, script).waitFor();
  await shown(alice.page, link).waitFor();
  await shown(alice.page, 'safe <U+202E>gnp.exe<U+2066> and \u241b[2Jgone').waitFor();
  await button(alice.page, /^Show more/).waitFor();
  const bubble = alice.page.locator('.theirs').filter({ hasText: 'beginning a1' });
  assert.ok((await bubble.innerText()).length < 4000, 'a long text is folded');
  await button(alice.page, /^Show more/).click();
  assert.ok((await bubble.innerText()).length > 90_000);
  const hrefs = await alice.page.locator('.prose a').evaluateAll((links) => links.map(String));
  assert.deepEqual(hrefs, ['https://example.org/?q=']);
  const { rel, target }: { rel: string; target: string } = await alice.page.evaluate(
    '(({ rel, target }) => ({ rel, target }))(document.querySelector(".prose a"))',
  );
  assert.deepEqual([rel, target], ['noopener noreferrer', '_blank']);
  assert.equal(await alice.page.locator('.history script, .history img, .history style').count(), 0);
  assert.notEqual(await alice.page.title(), 'owned');
  assert.deepEqual(
    requests.filter((url) => !url.startsWith('http://127.0.0.1:')),
    [],
  );
  await alice.page.getByRole('region', { name: 'Messages' }).press('End');
});

test('axe finds nothing in any view, in any theme', options, async () => {
  const { page } = alice;
  await bringAxe(page);
  for (const theme of themes) {
    await chooseTheme(page, theme);
    assert.deepEqual(await findings(page), [], `history, ${theme}`);
    for (const name of [
      'Invite',
      'Join',
      'Safety number',
      'Channel settings',
      'Files',
      'Settings',
      'Keyboard and help',
    ]) {
      await button(page, name).click();
      await page.getByRole('dialog').waitFor();
      if (name === 'Safety number') await page.getByRole('img').waitFor();
      assert.deepEqual(await findings(page), [], `${name}, ${theme}`);
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    }
    await page.keyboard.press('Control+k');
    await page.getByRole('searchbox').fill('hello');
    await page.getByText('2 found').waitFor();
    assert.deepEqual(await findings(page), [], `search, ${theme}`);
    await page.keyboard.press('Escape');
  }
});

test(
  'the theme that was chosen is there again in another window; without one the system decides',
  options,
  async () => {
    const ground = (page: Page) => page.evaluate('getComputedStyle(document.body).backgroundColor');
    assert.equal(await ground(alice.page), 'rgb(251, 246, 234)', 'paper');
    await alice.page.reload();
    await composer(alice.page).waitFor({ state: 'attached' });
    assert.equal(await ground(alice.page), 'rgb(251, 246, 234)', 'paper again');
    assert.equal(await ground(bob.page), 'rgb(18, 23, 28)', 'a dark system');
  },
);

test('the keyboard alone switches, writes, searches and reads', options, async () => {
  const { page } = alice;
  await openChannel(page, 'bob');
  await page.getByRole('navigation').getByRole('button', { name: /^bob/ }).focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'carol' }).waitFor();
  await page.keyboard.press('Alt+ArrowUp');
  await page.getByRole('heading', { name: 'bob' }).waitFor();
  await page.keyboard.press('Control+k');
  await page.keyboard.type('hello bob');
  await page.getByText('1 found').waitFor();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.locator('.found').getByText('hello bob').waitFor();
  await page.getByRole('link', { name: 'Skip to writing' }).focus();
  await page.keyboard.press('Enter');
  await page.keyboard.type('by keys alone');
  await page.keyboard.press('Enter');
  await shown(bob.page, 'by keys alone').waitFor();
  await page.keyboard.press('Control+/');
  await page.getByRole('dialog', { name: 'Keyboard and help' }).waitFor();
  await page.keyboard.press('Escape');
  await page.locator('#composer:focus').waitFor();
});

test('both sides see the same safety number, and a mark made in one is kept', options, async () => {
  const digits = async ({ page }: Window) => {
    await button(page, 'Safety number').click();
    return page.locator('.digits').innerText();
  };
  const [mine, theirs] = [await digits(alice), await digits(bob)];
  assert.match(mine.replaceAll(/\s/g, ''), /^\d{60}$/);
  assert.equal(mine, theirs);
  await button(alice.page, /mark as verified/).click();
  await alice.page.getByText('You have verified bob.').waitFor();
  await alice.page.keyboard.press('Escape');
  await bob.page.keyboard.press('Escape');
  await alice.page.getByRole('navigation').getByText('verified', { exact: true }).waitFor();
});

test('a phone shows one thing at a time, and nothing is wider than it', options, async () => {
  const { page } = bob;
  await page.setViewportSize({ width: 360, height: 700 });
  const isTooWide = () => page.evaluate('document.documentElement.scrollWidth > innerWidth');
  await composer(page).waitFor();
  assert.equal(await page.getByRole('navigation').isVisible(), false);
  assert.equal(await isTooWide(), false);
  await button(page, 'Back to the channels').click();
  await page.getByRole('navigation').waitFor();
  assert.equal(await composer(page).count(), 0);
  assert.equal(await isTooWide(), false);
  await openChannel(page, 'alice');
  await composer(page).waitFor();
  await page.setViewportSize({ width: 1100, height: 720 });
});

test('files that are dropped on the page go, are cancelled, and come as they were', options, async () => {
  const drop = async (name: string, bytes: number) => {
    const data = await alice.page.evaluateHandle(`(() => {
      const data = new DataTransfer();
      const content = Uint8Array.from({ length: ${bytes} }, (_, index) => index * index);
      data.items.add(new File([content], ${JSON.stringify(name)}));
      return data;
    })()`);
    await alice.page.getByRole('main').dispatchEvent('drop', { dataTransfer: data });
  };
  const network = await alice.page.context().newCDPSession(alice.page);
  const limits = { offline: false, latency: 0, downloadThroughput: -1 };
  await network.send('Network.emulateNetworkConditions', { ...limits, uploadThroughput: 2_000_000 });
  await drop('too-large.bin', 60_000_000);
  await alice.page.getByText(/^[1-9][0-9.]* MiB of 57.2 MiB$/).waitFor();
  await button(alice.page, 'Cancel too-large.bin').click();
  await alice.page.getByText('Cancelled: too-large.bin').waitFor();
  await button(alice.page, 'Dismiss too-large.bin').click();
  await network.send('Network.emulateNetworkConditions', { ...limits, uploadThroughput: -1 });

  await drop('wanted.bin', 3_000_001);
  const link = bob.page.getByRole('link', { name: 'Download wanted.bin' });
  const [download] = await Promise.all([bob.page.waitForEvent('download'), link.click()]);
  assert.equal(download.suggestedFilename(), 'wanted.bin');
  const got = await readFile(await download.path());
  const sent = Uint8Array.from({ length: 3_000_001 }, (_, index) => index * index);
  assert.ok(got.equals(sent), 'byte for byte');
});

test('the page comes back by itself, and says when its session has ended', options, async () => {
  const { page } = bob;
  await page.addInitScript(`window.EventSource = class extends EventSource {
    constructor(...args) {
      super(...args);
      window.stream = this;
    }
  }`);
  await page.reload();
  await shown(page, 'by keys alone').waitFor();
  await page.route('**/api/**', (route) => route.abort());
  await page.evaluate('stream.dispatchEvent(new Event("error"))');
  await page.getByText('btr web is away.').waitFor();
  await sendText(alice.page, 'while you were away');
  await alice.page.locator('.mine').filter({ hasText: 'while you were away' }).getByText('delivered').waitFor();
  await page.unroute('**/api/**');
  await shown(page, 'while you were away').waitFor();
  await page.getByText('btr web is away.').waitFor({ state: 'detached' });
  const { live } = bob;
  await live.kill('SIGINT');
  await page.getByText('btr web is away.').waitFor();
  const port = new URL(page.url()).port;
  await using again = await Window.open(browser, people.bob, { args: ['--port', port] });
  await page.getByText('This page’s session has ended.').waitFor();
  await shown(again.page, 'while you were away').waitFor();
});

test('nothing that the policy forbids was tried, and no script failed', options, () => {
  const lost = /ERR_FAILED|ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|status of 40[014]/;
  const complaints = [...alice.complaints, ...bob.complaints].filter((complaint) => !lost.test(complaint));
  assert.deepEqual(complaints, []);
});
