/** What the page's dialogs do, in a real browser on two real homes. The tests go on from one another. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { hide, noBrowser, startBrowser, until, Window } from '../tools/browser.ts';
import { button, closeDialog, composer, openChannel, openDialog, sendText, shown } from '../tools/page.ts';
import { type Pair, Stage } from '../tools/stage.ts';

const options = { skip: noBrowser, timeout: 120_000 };

const used = new AsyncDisposableStack();
let browser: Browser;
let people: Pair;
let alice: Window;
let bob: Window;

before(async () => {
  if (noBrowser) return;
  const stage = used.use(await Stage.make());
  people = await stage.folderPair();
  browser = used.use(await startBrowser());
  alice = used.use(await Window.open(browser, people.alice, { permissions: ['clipboard-read', 'clipboard-write'] }));
  bob = used.use(await Window.open(browser, people.bob));
});

after(() => used.disposeAsync());

/** What the desktop is told from now on, in place of telling it. */
async function recordNotifications({ page }: Window): Promise<() => Promise<readonly string[]>> {
  await page.evaluate(`{
    window.told = [];
    window.Notification = class extends EventTarget {
      static permission = 'default';
      static async requestPermission() {
        return (this.permission = 'granted');
      }
      constructor(title, { tag, body = '' }) {
        super();
        told.push(title + body);
        window.notification = this;
      }
      close() {}
    };
  }`);
  return () => page.evaluate('told');
}

test('a notification says who wrote and not what, and only while nobody looks', options, async () => {
  const { page } = bob;
  const told = await recordNotifications(bob);
  await openDialog(page, 'Settings');
  await button(page, 'Allow notifications').click();
  await page.getByText('They are allowed.').waitFor();
  await closeDialog(page);
  await sendText(alice.page, 'seen as it comes');
  await shown(page, 'seen as it comes').waitFor();
  await hide(page, true);
  await sendText(alice.page, 'a secret');
  await until(page, 'told.length > 0');
  assert.deepEqual(await told(), ['New message from alice']);
  assert.equal(await page.title(), '(1) btr');
  await page.evaluate('notification.onclick()');
  await hide(page, false);
  await page.locator('.mark').waitFor();
  await until(page, 'document.title === "btr"');
  assert.equal((await told()).length, 1);
});

test(
  'a file is taken back by a click, and whoever asks for it then is told why it does not come',
  options,
  async () => {
    await alice.page
      .locator('input[type=file]')
      .setInputFiles({ name: 'regretted.txt', mimeType: '', buffer: Buffer.alloc(9) });
    const download = bob.page.getByRole('link', { name: 'Download regretted.txt' });
    await download.waitFor();
    const dialog = await openDialog(alice.page, 'Files');
    await dialog.getByRole('button', { name: 'Take back regretted.txt' }).click();
    await dialog.getByText(/recalled/).waitFor();
    assert.equal(await dialog.getByRole('button', { name: /^Take back/ }).count(), 0, 'once');
    await closeDialog(alice.page);
    await alice.page.getByText('The file is taken back.').waitFor();
    await download.click();
    await bob.page.getByText('Failed: regretted.txt').waitFor();
    await button(bob.page, 'Dismiss regretted.txt').click();
  },
);

test('what cannot be read is named as that', options, async () => {
  await alice.page.evaluate(
    'File.prototype.slice = () => new Response(new ReadableStream({ start: (it) => it.error() }))',
  );
  await alice.page.route('**/files?name=*', (route) => route.abort());
  await alice.page.locator('input[type=file]').setInputFiles({ name: 'folder', mimeType: '', buffer: Buffer.alloc(9) });
  await alice.page.getByText('folder: The browser can’t read it.').waitFor();
  await alice.page.unroute('**/files?name=*');
  await alice.page.reload();
});

test('a window that sends a file asks before it closes', options, async () => {
  const { page } = alice;
  await page.route('**/files?name=*', () => {});
  await page.locator('input[type=file]').setInputFiles({ name: 'on its way', mimeType: '', buffer: Buffer.alloc(9) });
  const [dialog] = await Promise.all([page.waitForEvent('dialog'), page.close({ runBeforeUnload: true })]);
  assert.equal(dialog.type(), 'beforeunload');
  await dialog.dismiss();
  await page.unroute('**/files?name=*');
  page.once('dialog', (again) => void again.accept());
  await page.reload();
});

test('messages with a timer go from both pages once they were seen', options, async () => {
  const { page } = alice;
  const dialog = await openDialog(page, 'Channel settings');
  await dialog.getByRole('combobox', { name: /go away/ }).selectOption('1 hour after they were seen');
  await page.getByText('messages go away by themselves').waitFor();
  assert.match((await people.alice.run(['channel', 'show', 'bob'])).stdout, /1h|1 hour/);
  assert.equal((await people.alice.run(['channel', 'set', 'bob', '--timer', '1s'])).code, 0);
  await dialog.getByRole('option', { name: '1 second after they were seen' }).waitFor({ state: 'attached' });
  await closeDialog(page);
  await sendText(page, 'will vanish');
  await shown(bob.page, 'will vanish').waitFor();
  for (const window of [alice, bob]) await shown(window.page, 'will vanish').waitFor({ state: 'detached' });
  await openDialog(page, 'Channel settings');
  await dialog.getByRole('combobox', { name: /go away/ }).selectOption('never');
  await page.getByText('messages go away by themselves').waitFor({ state: 'detached' });
  await closeDialog(page);
});

test('the drops are listed, and found right or wrong', options, async () => {
  const dialog = await openDialog(alice.page, 'Channel settings');
  await dialog
    .locator('.drop-list')
    .getByText(/folder/)
    .waitFor();
  await button(alice.page, 'Check them').click();
  await dialog.getByText('fine:').first().waitFor();
  assert.equal(await dialog.getByText('trouble:').count(), 0);
  await closeDialog(alice.page);
});

test('the focus comes back from the search to where one writes', options, async () => {
  const { page } = alice;
  await composer(page).focus();
  await page.keyboard.press('Control+k');
  await page.getByRole('searchbox').press('Escape');
  await page.locator('#composer:focus').waitFor();
});

test('an invite is on the clipboard as it was shown', options, async () => {
  const { page } = alice;
  await button(page, 'Invite').click();
  await page.getByLabel('Your buddy’s name').fill('dora');
  await page.getByLabel('Drop', { exact: true }).fill(`folder:${people.alice.stage.path('drop-of-dora')}`);
  await button(page, 'Make the invite').click();
  const invite = await page.getByRole('textbox', { name: 'Invite' }).inputValue();
  await button(page, 'Copy the invite').click();
  await button(page, 'Copied').waitFor();
  assert.equal(await page.evaluate('navigator.clipboard.readText()'), invite);
  assert.match(invite, /^btr/);
  await button(page, 'Withdraw the invite').click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
});

test('at twice the size everything can be reached, and nothing is wider than the window', options, async () => {
  const { page } = alice;
  await openChannel(page, 'bob');
  const reachable = async (what: string) => {
    assert.equal(await page.evaluate('document.documentElement.scrollWidth > innerWidth'), false, what);
    await page.mouse.move(0, 0);
  };
  // A browser's zoom: half the pixels, twice as large.
  await page.setViewportSize({ width: 640, height: 360 });
  await sendText(page, 'twice as large');
  await shown(page, 'twice as large').waitFor();
  assert.ok(await shown(page, 'twice as large').isVisible());
  await reachable('zoomed');
  for (const [name, last] of [
    ['Channel settings', 'Swap sides'],
    ['Files', 'Close'],
  ] as const) {
    const dialog = await openDialog(page, name);
    if (last === 'Swap sides') await dialog.getByText('For testing').click();
    await dialog.getByRole('button', { name: last }).scrollIntoViewIfNeeded();
    await dialog.getByRole('button', { name: last }).click({ trial: true });
    await reachable(name);
    await closeDialog(page);
  }
  // Text alone.
  await page.setViewportSize({ width: 1100, height: 720 });
  await page.evaluate('document.documentElement.style.fontSize = "200%"');
  await button(page, 'Send files').click({ trial: true });
  await button(page, 'Channel settings').click({ trial: true });
  await reachable('large text');
});

test('nothing that the policy forbids was tried, and no script failed', options, () => {
  const asked = /ERR_FAILED|status of 50[02]/;
  assert.deepEqual(
    [...alice.complaints, ...bob.complaints].filter((complaint) => !asked.test(complaint)),
    [],
  );
});
