/** Two newcomers, each with a home that `btr init` made, do all the rest in the page of `btr web`. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { noBrowser, startBrowser, Window } from '../tools/browser.ts';
import { otherPin } from '../tools/invited.ts';
import {
  bringAxe,
  button,
  closeDialog,
  findings,
  openChannel,
  openDialog,
  safetyNumber,
  sendText,
  shown,
} from '../tools/page.ts';
import { type Person, Stage } from '../tools/stage.ts';
import { makeSyncedFolder, readmeCommands } from './readme.ts';

interface Made {
  readonly invite: string;
  readonly pin: string;
}

/** A home as README.md makes it, and its page. */
async function begin(person: Person, args: readonly string[]): Promise<void> {
  const { code, stderr } = await person.run(args);
  assert.equal(code, 0, stderr);
}

/** Makes the invite in the dialog that is open, and reads what is to be handed over. */
async function makesInvite(page: Page): Promise<Made> {
  const dialog = page.getByRole('dialog');
  await button(page, 'Make the invite').click();
  const pin = await dialog.locator('.pin').innerText();
  const invite = await dialog.getByRole('textbox', { name: 'Invite' }).inputValue();
  await button(page, 'Done').click();
  return { invite, pin };
}

async function joins(page: Page, { invite, pin }: Made): Promise<void> {
  const dialog = await openDialog(page, 'Join');
  await dialog.getByRole('textbox', { name: 'Invite' }).fill(invite);
  await dialog.getByRole('textbox', { name: /^PIN/ }).fill(pin);
  await button(page, 'Join').last().click();
  await dialog.getByText('Say yes only if you expected that').waitFor();
  await button(page, 'Yes, join').click();
  await dialog.waitFor({ state: 'detached' });
}

test('with only the page: an invite, a PIN misheard once, talk, a file, and the same number on both sides', {
  skip: noBrowser,
  timeout: 120_000,
}, async () => {
  await using stage = await Stage.make();
  await makeSyncedFolder(stage);
  const [initAlice, invite, initBob] = readmeCommands(stage, 'A shared folder');
  const [, web] = readmeCommands(stage, 'In the terminal, in the browser');
  assert.deepEqual(web, ['web'], 'what the windows below start');
  assert.ok(initAlice && invite && initBob);
  const drop = invite[invite.indexOf('--drop') + 1] ?? '';
  const people = ['alice', 'bob'].map((name) => stage.person(name, { BTR_PASSPHRASE: `of ${name}` }));
  const [one, other] = people;
  assert.ok(one && other);
  await Promise.all([begin(one, initAlice), begin(other, initBob)]);
  await using browser = await startBrowser();
  await using alice = await Window.open(browser, one);
  await using bob = await Window.open(browser, other);

  await alice.page.getByText('Nobody here yet.').waitFor();
  await bringAxe(alice.page);
  assert.deepEqual(await findings(alice.page), [], 'an empty home');
  const dialog = await openDialog(alice.page, 'Invite');
  await dialog.getByLabel('Your buddy’s name').fill('bob');
  await dialog.getByRole('textbox', { name: 'Drop', exact: true }).fill(drop);
  const first = await makesInvite(alice.page);
  await openChannel(alice.page, 'bob');
  await sendText(alice.page, 'written before you were here');
  await joins(bob.page, { ...first, pin: otherPin(first.pin) });
  await button(alice.page, 'Make an invite').click();
  await joins(bob.page, await makesInvite(alice.page));

  await shown(bob.page, 'written before you were here').waitFor();
  await sendText(bob.page, 'here I am');
  await shown(alice.page, 'here I am').waitFor();
  const path = stage.path('list.txt');
  await writeFile(path, 'bread, and cheese');
  await bob.page.locator('input[type=file]').setInputFiles(path);
  const link = alice.page.getByRole('link', { name: 'Download list.txt' });
  const [download] = await Promise.all([alice.page.waitForEvent('download'), link.click()]);
  assert.equal(await readFile(await download.path(), 'utf8'), 'bread, and cheese');

  const digits = await safetyNumber(alice.page);
  assert.match(digits, /^\d{60}$/);
  assert.equal(await safetyNumber(bob.page), digits);
  for (const { page } of [alice, bob]) {
    await button(page, /mark as verified/).click();
    await page.getByText('You have verified').waitFor();
    await closeDialog(page);
    await page.reload();
    await page.getByRole('navigation').getByText('verified', { exact: true }).waitFor();
  }
  await shown(alice.page, 'here I am').waitFor();
  for (const { complaints } of [alice, bob]) {
    assert.deepEqual(
      complaints.filter((complaint) => !complaint.includes('status of 409')),
      [],
    );
  }
});
